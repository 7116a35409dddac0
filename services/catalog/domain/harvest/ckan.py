"""CKAN's API (`package_search`, and the lists that DKAN answers): packages, their extras and their files."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

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
    geometry,
    integer,
    mapping,
    moment,
    siren,
    siret,
    tags,
    text,
    url,
)
from services.catalog.domain.record import (
    DESCRIPTION_LENGTH,
    TITLE_LENGTH,
    Checksum,
    Contact,
    Organization,
    Record,
    Resource,
    split_claims,
)
from services.catalog.domain.vocabularies.formats import format_of, format_of_url
from services.catalog.domain.vocabularies.frequencies import UNKNOWN, frequency_of
from services.catalog.domain.vocabularies.licenses import license_of
from services.catalog.domain.vocabularies.schemas import is_schema_file, resolve_leniently
from services.catalog.domain.vocabularies.territories import granularity_of, zone_of
from services.catalog.domain.vocabularies.themes import themes_of

ROWS = 250
# CKAN's kinds of resources (`resource_type`) that are no files of data.
_TYPES = {
    "api": "api",
    "service": "api",
    "documentation": "documentation",
    "doc": "documentation",
    "code": "code",
}
_DIGESTS = {32: "md5", 40: "sha1", 64: "sha256"}


def first(address: str) -> str:
    """Return the address of the first page."""
    address = address.replace("/action/package_list", "/action/package_search")
    search = below(
        address,
        "/api/3/action/package_search",
        r"/api/3/action/.|\.json$",
        r"/(?:api|dataset|organization)(?:/|$)",
    )
    if "package_search" not in search:
        return search
    return with_defaults(search, rows=ROWS, start=0, sort="metadata_created asc")


def read(data: bytes, address: str) -> Page:
    """Return the datasets of an answer; raises `PayloadRefused` when it is none of CKAN's."""
    document = decoded(data)
    if isinstance(document, dict) and document.get("success") is False:
        said = first_text([mapping(document.get("error")).get("message")], 300) or "success: false"
        raise PayloadRefused(f"CKAN répond par une erreur ({said})", f"CKAN answers with an error ({said})")
    result = document.get("result", document) if isinstance(document, dict) else document
    total = None
    if isinstance(result, dict) and isinstance(result.get("results"), list):
        total = count(result.get("count"))
        packages = list(members(result["results"]))
    elif isinstance(result, dict) and (result.get("id") or result.get("name")):
        packages = [result]
    elif isinstance(result, list) and (not result or any(members(result))):
        packages = list(members(result))
    else:
        raise PayloadRefused(
            "ce n'est pas une réponse de l'API de CKAN (il manque « result »)",
            "Not an answer of CKAN's API (no `result`)",
        )
    # A draft or a deleted package is not published: it is as if it were not there.
    published = (item for item in packages if (text(item.get("state")) or "active").lower() == "active")
    found = tuple(Found(_identity(item), _tried(item)) for item in published)
    following = None
    if isinstance(result, dict) and "results" in result and packages:
        start = number_in(address, "start", 0) + len(packages)
        more = start < total if total is not None else len(packages) >= number_in(address, "rows", 10)
        following = with_query(address, start=start) if more else None
    return Page(found, following, total)


def _identity(package: dict[str, Any]) -> str | None:
    return named(package.get("id")) or named(package.get("name"))


def _tried(package: dict[str, Any]) -> Record | PayloadRefused:
    try:
        return _record(package)
    except PayloadRefused as refused:
        return refused


def _record(package: dict[str, Any]) -> Record:
    identity = _identity(package)
    title = _in_french(package, "title", TITLE_LENGTH) or text(package.get("name"), TITLE_LENGTH)
    if identity is None or title is None:
        raise PayloadRefused("il manque « id » ou « title »", "`id` or `title` is missing")
    extras, claims = split_claims(_extras(package))
    said = {**extras, **{name: value for name, value in package.items() if value}}
    keywords = tags(_names(package.get("tags"), "display_name", "name"))
    topics = [
        *_words(said.get("theme")),
        *_words(said.get("themes")),
        *_names(package.get("groups"), "title", "display_name", "name"),
        *keywords,
    ]
    start, end = _period(said)
    return Record(
        title=title,
        description=_in_french(package, "notes", DESCRIPTION_LENGTH) or "",
        remote_id=identity,
        uri=first_text([url(said.get(name)) for name in ("uri", "identifier", "guid")], 2000),
        slug=text(package.get("name")),
        tags=keywords,
        themes=themes_of(topics),
        license=license_of(*_licenses(said)),
        frequency=_frequency(said),
        temporal_start=day(start),
        temporal_end=day(end, end=True),
        zones=_zones(said),
        granularity=granularity_of(text(said.get("granularity"))),
        geom=_geometry(said),
        organization=_organization(package, said),
        contact_points=_contacts(package, said),
        landing_page=url(package.get("url")),
        # DKAN, whose states have a capital, says it of what it publishes to everybody.
        private=package.get("private") is True and package.get("state") != "Active",
        created=_first_moment(said, "issued", "dcat_issued", "metadata_created"),
        modified=_first_moment(said, "modified", "dcat_modified", "metadata_modified"),
        extras=extras,
        claims=claims,
        resources=tuple(
            _resource(item) for item in members(package.get("resources")) if item.get("state") != "deleted"
        ),
    )


def _in_french(item: dict[str, Any], name: str, limit: int) -> str | None:
    """Return a text that may be given in several languages (`{fr: …}`, or `title_translated` beside `title`)."""
    for value in (item.get(f"{name}_translated"), item.get(name)):
        said = mapping(value) if isinstance(value, dict) else {"": value}
        if found := first_text([said.get("fr"), said.get(""), said.get("en"), *said.values()], limit):
            return found
    return None


def _names(values: Any, *members_named: str) -> list[str]:
    """Return the names of tags or groups: objects, or plain texts as the first versions of the API wrote them."""
    listed = values if isinstance(values, list) else []
    said = (
        [item.get(name) for name in members_named] if isinstance(item, dict) else [item] for item in listed
    )
    return [found for names in said if (found := first_text(names))]


def _licenses(said: dict[str, Any]) -> Iterator[str | None]:
    for name in ("license_id", "license_url", "license_title", "license", "licence"):
        yield text(said.get(name), 4000)
        # Those that come from ISO 19139 are lists written as JSON.
        yield from _words(said.get(name))


def _first_moment(said: dict[str, Any], *names: str) -> datetime | None:
    return next((found for name in names if (found := moment(said.get(name)))), None)


def _geometry(said: dict[str, Any]) -> dict[str, Any] | None:
    places = [place.get(name) for place in members(said.get("spatial_coverage")) for name in ("geom", "bbox")]
    return next((found for value in (said.get("spatial"), *places) if (found := geometry(value))), None)


def _extras(package: dict[str, Any]) -> dict[str, Any]:
    pairs = package.get("extras")
    if isinstance(pairs, dict):
        return mapping(pairs)
    return mapping({str(pair.get("key")): pair.get("value") for pair in members(pairs) if pair.get("key")})


def _words(value: Any) -> list[str]:
    """CKAN's extras hold lists as JSON, as texts between braces, or as they are."""
    if isinstance(value, list):
        return [word for item in value if (word := text(item))]
    return [word for part in re.split(r'[\[\]{}",;]+', text(value, 4000) or "") if (word := part.strip())]


def _frequency(said: dict[str, Any]) -> str:
    for name in (
        "frequency",
        "accrual_periodicity",
        "accrualPeriodicity",
        "update_frequency",
        "frequency-of-update",
    ):
        if (found := frequency_of(text(said.get(name)))) != UNKNOWN:
            return found
    return UNKNOWN


def _period(said: dict[str, Any]) -> tuple[Any, Any]:
    for period in members(said.get("temporal_coverage")):
        return period.get("start"), period.get("end")
    return (
        said.get("temporal_start") or said.get("temporal_coverage_from") or said.get("temporal-extent-begin"),
        said.get("temporal_end") or said.get("temporal_coverage_to") or said.get("temporal-extent-end"),
    )


def _zones(said: dict[str, Any]) -> tuple[str, ...]:
    places = [place.get("uri") for place in members(said.get("spatial_coverage"))]
    writings = [text(said.get("spatial_uri"), 2000), text(said.get("spatial"), 2000), *map(text, places)]
    return tuple(dict.fromkeys(zone for word in writings if word and (zone := zone_of(word))))


def _organization(package: dict[str, Any], said: dict[str, Any]) -> Organization | None:
    body = package.get("organization")
    publisher: dict[str, Any] = next(members(said.get("publisher")), {})
    body = body if isinstance(body, dict) else publisher
    name = first_text(
        [body.get("title"), body.get("name"), said.get("publisher_name"), package.get("author")], TITLE_LENGTH
    )
    if name is None:
        return None
    number = first_text(
        [
            body.get("siret"),
            body.get("siren"),
            said.get("siret"),
            said.get("siren"),
            publisher.get("identifier"),
        ]
    )
    return Organization(
        name=name,
        siren=siren(number),
        siret=siret(number),
        remote_id=named(body.get("id")),
        slug=text(body.get("name")) if body is not publisher else None,
        description=text(body.get("description"), DESCRIPTION_LENGTH),
        url=url(publisher.get("url")),
        logo=url(body.get("image_url")),
    )


def _contacts(package: dict[str, Any], said: dict[str, Any]) -> tuple[Contact, ...]:
    found = [contact(item.get("name"), item.get("email")) for item in members(said.get("contact"))]
    found.append(contact(said.get("contact_name"), said.get("contact_email") or said.get("contact-email")))
    found += [contact(package.get(who), package.get(f"{who}_email")) for who in ("maintainer", "author")]
    return tuple(dict.fromkeys(item for item in found if item))[:50]


def _resource(item: dict[str, Any]) -> Resource:
    address = url(item.get("url")) or url(item.get("download_url")) or url(item.get("access_url"))
    schema = item.get("schema")
    declared = [schema, *_words(item.get("conforms_to")), *_words(item.get("conformsTo"))]
    name, version, place = next(
        (found for value in declared if any(found := _schema(value))), (None, None, None)
    )
    return Resource(
        title=_in_french(item, "name", TITLE_LENGTH)
        or first_text([item.get("title"), item.get("description")], TITLE_LENGTH)
        or "Ressource sans titre",
        url=address,
        remote_id=named(item.get("id")),
        uri=url(item.get("uri")),
        description=_in_french(item, "description", DESCRIPTION_LENGTH) or "",
        type=_TYPES.get(text(item.get("resource_type")) or "", "main"),
        format=format_of(text(item.get("format")), text(item.get("mimetype"))) or format_of_url(address),
        mime=text(item.get("mimetype"), 200),
        filesize=integer(item.get("size")),
        checksum=_checksum(item.get("hash")),
        schema_name=name,
        schema_version=version,
        schema_url=place,
        created=moment(item.get("issued")) or moment(item.get("created")),
        modified=moment(item.get("modified")) or moment(item.get("last_modified")),
    )


def _schema(value: Any) -> tuple[str | None, str | None, str | None]:
    """Return the Table Schema that a file declares: by address, by a name of the registry, or as `{name, version}`."""
    if isinstance(value, dict):
        found = text(value.get("name"))
        return (
            resolve_leniently(found, text(value.get("version"), 50), url(value.get("url")))
            if found and "/" in found
            else (None, None, None)
        )
    address, word = url(value), text(value)
    if address is not None:
        name, version, place = resolve_leniently(None, None, address)
        return (name, version, place) if place is None or is_schema_file(place) else (None, None, None)
    if word is not None and re.fullmatch(r"[\w-]+/[\w.-]+", word):
        return resolve_leniently(word, None, None)
    return None, None, None


def _checksum(value: Any) -> Checksum | None:
    found = (text(value, 200) or "").rpartition(":")[2].lower()
    kind = _DIGESTS.get(len(found))
    return Checksum(kind, found) if kind and re.fullmatch("[0-9a-f]+", found) else None
