"""Datasets as udata (data.gouv.fr) writes them, in its API and in its exports."""

from typing import Any

from services.catalog.domain.payloads.reading import (
    LARGEST,
    PayloadRefused,
    contact,
    day,
    integer,
    mapping,
    moment,
    plain,
    siren,
    siret,
    tags,
    text,
    url,
)
from services.catalog.domain.record import (
    CHECKSUM_TYPES,
    DESCRIPTION_LENGTH,
    RESOURCE_TYPES,
    TITLE_LENGTH,
    Checksum,
    Contact,
    Organization,
    Record,
    Resource,
    split_claims,
)
from services.catalog.domain.vocabularies.formats import format_of, format_of_url
from services.catalog.domain.vocabularies.frequencies import frequency_of
from services.catalog.domain.vocabularies.licenses import license_of
from services.catalog.domain.vocabularies.schemas import resolve_leniently
from services.catalog.domain.vocabularies.territories import granularity_of, zone_of
from services.catalog.domain.vocabularies.themes import themes_of


def read(document: Any) -> Record:
    """Return the record of one udata dataset; raises `PayloadRefused` when it is none.

    Everything but the title may be missing or wrong: it is left out.
    """
    if not isinstance(document, dict):
        raise PayloadRefused("un jeu de données est un objet JSON", "A dataset is a JSON object")
    title = text(document.get("title"), TITLE_LENGTH)
    if title is None:
        raise PayloadRefused("un jeu de données a un titre (« title »)", "A dataset has a title (`title`)")
    if url(mapping(document.get("resources")).get("href")) is not None:
        raise PayloadRefused(
            "ses ressources n'y sont pas, seulement un lien (« api/2 ») : demandez-le à « api/1 »",
            "Its resources are not in it, only a link to them (`api/2`): ask `api/1` for it",
        )
    spatial = mapping(document.get("spatial"))
    coverage = document.get("temporal_coverage")
    coverage = coverage if isinstance(coverage, dict) else {}
    keywords = tags(_listed(document.get("tags")))
    extras, claims = split_claims(mapping(document.get("extras")))
    archived, deleted = document.get("archived"), document.get("deleted")
    return Record(
        title=title,
        description=text(document.get("description"), DESCRIPTION_LENGTH) or "",
        remote_id=text(document.get("id")),
        uri=url(mapping(document.get("harvest")).get("uri")),
        acronym=text(document.get("acronym"), 350),
        slug=text(document.get("slug")),
        description_short=text(document.get("description_short"), 1000),
        tags=keywords,
        badges=tags(_kind(badge) for badge in _listed(document.get("badges"))),
        themes=themes_of([*keywords, *_themes(extras)]),
        license=license_of(text(_id_of(document.get("license")), 4000)),
        frequency=frequency_of(text(_id_of(document.get("frequency")))),
        frequency_date=moment(document.get("frequency_date")),
        temporal_start=day(coverage.get("start")),
        temporal_end=day(coverage.get("end"), end=True),
        zones=_zones(spatial.get("zones")),
        granularity=granularity_of(text(_id_of(spatial.get("granularity")))),
        geom=mapping(spatial.get("geom")) or None,
        organization=organization(document.get("organization")),
        contact_points=_contacts(document.get("contact_points")),
        landing_page=url(document.get("page")),
        private=document.get("private") is True,
        archived=moment(archived),
        deleted=moment(deleted),
        created=moment(document.get("created_at")),
        modified=moment(document.get("last_modified")),
        extras=extras,
        claims=claims,
        harvest=mapping(document.get("harvest")),
        popularity=_popularity(document.get("metrics")),
        resources=tuple(
            resource(item) for item in _listed(document.get("resources")) if isinstance(item, dict)
        ),
    )


def resource(document: dict[str, Any]) -> Resource:
    """Return the record of one udata resource."""
    address = url(document.get("url"))
    schema = document.get("schema")
    schema = schema if isinstance(schema, dict) else {"name": schema}
    name, version, place = resolve_leniently(
        text(schema.get("name")), text(schema.get("version"), 50), url(schema.get("url"))
    )
    extras, claims = split_claims(mapping(document.get("extras")))
    harvest = mapping(document.get("harvest"))
    kind = document.get("type")
    return Resource(
        title=text(document.get("title"), TITLE_LENGTH) or "Ressource sans titre",
        url=address,
        remote_id=text(document.get("id")),
        uri=url(harvest.get("uri")),
        description=text(document.get("description"), DESCRIPTION_LENGTH) or "",
        type=kind if kind in RESOURCE_TYPES else "main",
        format=format_of(text(document.get("format")), text(document.get("mime"))) or format_of_url(address),
        mime=text(document.get("mime"), 200),
        filesize=integer(document.get("filesize")),
        checksum=checksum(document.get("checksum")),
        schema_name=name,
        schema_version=version,
        schema_url=place,
        created=moment(document.get("created_at")),
        modified=moment(document.get("last_modified")),
        extras=extras,
        claims=claims,
        harvest=harvest,
    )


def organization(document: Any) -> Organization | None:
    """Return the record of a udata organization, or None; one known by its identifier alone has it for a name."""
    if isinstance(document, str):
        document = {"id": document, "name": document}
    if not isinstance(document, dict):
        return None
    name = text(document.get("name"), TITLE_LENGTH) or text(document.get("id"))
    if name is None:
        return None
    number = document.get("business_number_id")
    return Organization(
        name=name,
        siren=siren(number),
        siret=siret(number),
        remote_id=text(document.get("id")),
        acronym=text(document.get("acronym"), 350),
        slug=text(document.get("slug")),
        description=text(document.get("description"), DESCRIPTION_LENGTH),
        url=url(document.get("url")) or url(document.get("page")),
        logo=url(document.get("logo")),
        badges=tags(_kind(badge) for badge in _listed(document.get("badges"))),
        zone=zone_of(text(document.get("zone")) or ""),
    )


def checksum(document: Any) -> Checksum | None:
    """Return a digest `{type, value}`, or None."""
    if not isinstance(document, dict):
        return None
    kind, value = text(document.get("type"), 20), text(document.get("value"), 200)
    return (
        Checksum(kind.lower(), value.lower()) if kind and value and kind.lower() in CHECKSUM_TYPES else None
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _id_of(value: Any) -> Any:
    """The second version of udata's API writes `{id, title}` where the first wrote the identifier."""
    return value.get("id") if isinstance(value, dict) else value


def _kind(badge: Any) -> Any:
    return badge.get("kind") if isinstance(badge, dict) else badge


def _themes(extras: dict[str, Any]) -> list[str]:
    found = [plain(extras.get(name)) for name in ("theme", "label_theme", "themes", "dcat:theme")]
    return [
        word
        for item in found
        for word in (item if isinstance(item, list) else [item])
        if isinstance(word, str)
    ]


def _popularity(metrics: Any) -> int:
    if not isinstance(metrics, dict):
        return 0
    # Views are counted in another way from one version of udata to the next.
    return min(sum(integer(metrics.get(name)) or 0 for name in ("followers", "reuses")), LARGEST)


def _zones(values: Any) -> tuple[str, ...]:
    found = (zone_of(text(_id_of(value)) or "") for value in _listed(values))
    return tuple(dict.fromkeys(zone for zone in found if zone))


def _contacts(values: Any) -> tuple[Contact, ...]:
    found = (
        contact(item.get("name"), item.get("email"), item.get("contact_form"), item.get("role"))
        for item in _listed(values)
        if isinstance(item, dict)
    )
    return tuple(item for item in found if item)[:50]
