"""Opendatasoft's Explore API v2.1: pages of datasets up to 10,000, beyond that its export; files are exports too."""

from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from services.catalog.domain.harvest.pages import (
    Found,
    Page,
    below,
    count,
    decoded,
    first_text,
    members,
    named,
    number_in,
    with_defaults,
    with_query,
)
from services.catalog.domain.payloads.reading import (
    PayloadRefused,
    contact,
    day,
    mapping,
    moment,
    tags,
    text,
    url,
)
from services.catalog.domain.record import DESCRIPTION_LENGTH, TITLE_LENGTH, Organization, Record, Resource
from services.catalog.domain.vocabularies.formats import format_of, format_of_url
from services.catalog.domain.vocabularies.frequencies import frequency_of
from services.catalog.domain.vocabularies.licenses import license_of
from services.catalog.domain.vocabularies.schemas import is_schema_file, resolve_leniently
from services.catalog.domain.vocabularies.territories import zone_of
from services.catalog.domain.vocabularies.themes import themes_of

API = "/api/explore/v2.1"
LIMIT = 100
# `offset + limit` may not exceed it.
WINDOW = 10_000
_LISTING = f"{API}/catalog/datasets"
_GEOGRAPHIC = ("geo_point_2d", "geo_shape")
_MEDIA = {"csv": "text/csv", "json": "application/json", "geojson": "application/geo+json"}


def first(address: str) -> str:
    """Return the address of the first page."""
    listing = below(address, _LISTING, rf"{API}/catalog/.|\.json$", r"/(?:api|explore)(?:/|$)")
    return with_defaults(listing, limit=LIMIT, offset=0)


def read(data: bytes, address: str) -> Page:
    """Return the datasets of a page or of an export; raises `PayloadRefused` when it is neither."""
    document = decoded(data)
    exported = isinstance(document, list)
    results = document if exported else document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, list):
        raise PayloadRefused(
            "ce n'est pas une page de l'API Explore v2.1 (il manque « results »)",
            "Not a page of the Explore API v2.1 (no `results`)",
        )
    home = _home(address)
    datasets = list(members(results))
    found = tuple(Found(named(item.get("dataset_id")), _tried(item, home)) for item in datasets)
    total = len(datasets) if exported else count(document.get("total_count"))
    if exported or total is None:
        return Page(found, None, total)
    if total > WINDOW:
        # The export has them all: this page of the list only told how many.
        export = address.replace("/catalog/datasets", "/catalog/exports/json", 1)
        return Page((), with_query(export, limit=-1, offset=0), total)
    limit, offset = number_in(address, "limit", 10), number_in(address, "offset", 0)
    after = offset + len(datasets)
    more = bool(datasets) and after < total
    return Page(
        found, with_query(address, limit=min(limit, WINDOW - after), offset=after) if more else None, total
    )


def _home(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=parts.path.partition("/api/explore/")[0], query="", fragment=""))


def _tried(document: dict[str, Any], home: str) -> Record | PayloadRefused:
    try:
        return _record(document, home)
    except PayloadRefused as refused:
        return refused


def _record(document: dict[str, Any], home: str) -> Record:
    identity = named(document.get("dataset_id"))
    metas = mapping(document.get("metas"))
    default, dcat, inspire = (mapping(metas.get(name)) for name in ("default", "dcat", "inspire"))
    title = text(default.get("title"), TITLE_LENGTH)
    if identity is None or title is None:
        raise PayloadRefused("il manque « dataset_id » ou « title »", "`dataset_id` or `title` is missing")
    keywords, topics = tags(_listed(default.get("keyword"))), _listed(default.get("theme"))
    # The second address of a federated dataset: where it came from.
    uri = url(default.get("source_dataset_uri")) or url(dcat.get("dct_identifier"))
    places = [*_listed(dcat.get("spatial")), *_listed(default.get("geographic_reference"))]
    return Record(
        title=title,
        description=text(default.get("description"), DESCRIPTION_LENGTH) or "",
        remote_id=identity,
        uri=uri,
        slug=identity,
        tags=keywords,
        themes=themes_of([*(word for item in topics if (word := text(item))), *keywords]),
        license=license_of(*(text(default.get(name), 4000) for name in ("license_url", "license"))),
        frequency=frequency_of(first_text([dcat.get("accrualperiodicity"), default.get("update_frequency")])),
        temporal_start=day(dcat.get("temporal_coverage_start") or inspire.get("temporal_extent_start")),
        temporal_end=day(dcat.get("temporal_coverage_end") or inspire.get("temporal_extent_end"), end=True),
        zones=tuple(dict.fromkeys(zone for item in places if (zone := zone_of(text(item) or "")))),
        organization=_organization(default, dcat),
        contact_points=tuple(
            item for item in [contact(dcat.get("contact_name"), dcat.get("contact_email"))] if item
        ),
        landing_page=f"{home}/explore/dataset/{quote(identity, safe='')}/",
        created=moment(dcat.get("issued")) or moment(dcat.get("created")),
        modified=moment(default.get("modified")),
        extras={
            name: value
            for name, value in (
                ("opendatasoft:territory", default.get("territory")),
                ("opendatasoft:references", default.get("references")),
            )
            if value
        },
        resources=_resources(document, home, identity, _schema(metas)),
    )


def _listed(value: Any) -> list[Any]:
    """A metadata of several values may be written as one text."""
    if isinstance(value, list):
        return value
    found = text(value, 4000)
    return found.split(";") if found else []


def _organization(default: dict[str, Any], dcat: dict[str, Any]) -> Organization | None:
    name = first_text([default.get("publisher"), dcat.get("creator")], TITLE_LENGTH)
    return Organization(name) if name else None


def _schema(metas: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    for group, members_named in (
        ("dcat", ("conforms_to", "conformsto")),
        ("custom", ("schema", "conforms_to")),
    ):
        for name in members_named:
            for value in _listed(mapping(metas.get(group)).get(name)):
                if (address := url(value)) is not None:
                    found = resolve_leniently(None, None, address)
                    if found[0] or is_schema_file(found[2] or ""):
                        return found
    return None, None, None


def _resources(
    document: dict[str, Any], home: str, identity: str, schema: tuple[str | None, str | None, str | None]
) -> tuple[Resource, ...]:
    place = f"{home}{_LISTING}/{quote(identity, safe='')}"
    modified = moment(mapping(mapping(document.get("metas")).get("default")).get("data_processed"))
    fields = {field.get("type") for field in members(document.get("fields"))}
    kinds = ["csv", "json", *(["geojson"] if fields & set(_GEOGRAPHIC) else [])]
    exports = [
        Resource(
            title=f"Export {kind.upper()}",
            url=f"{place}/exports/{kind}" + ("?use_labels=true" if kind == "csv" else ""),
            remote_id=f"export:{kind}",
            format=kind,
            mime=_MEDIA[kind],
            schema_name=schema[0] if kind == "csv" else None,
            schema_version=schema[1] if kind == "csv" else None,
            schema_url=schema[2] if kind == "csv" else None,
            modified=modified,
        )
        for kind in kinds
        if document.get("has_records") is not False
    ]
    return (*exports, *_attachments(document, place))


def _attachments(document: dict[str, Any], place: str) -> tuple[Resource, ...]:
    files = [*members(document.get("attachments")), *members(document.get("alternative_exports"))]
    found = []
    for file in files:
        identity = first_text([file.get("id"), file.get("title")])
        address = url(file.get("href")) or url(file.get("url"))
        if address is None and identity is not None:
            address = f"{place}/attachments/{quote(identity, safe='')}"
        if address is not None:
            mime = text(file.get("mimetype"), 200)
            found.append(
                Resource(
                    title=first_text([file.get("title"), identity], TITLE_LENGTH) or "Pièce jointe",
                    url=address,
                    remote_id=f"attachment:{identity}" if identity else None,
                    type="other",
                    format=format_of(mime) or format_of_url(address),
                    mime=mime,
                )
            )
    return tuple(found)
