"""ISO 19139 metadata (`gmd:MD_Metadata`) as a dataset."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from services.catalog.domain.harvest.pages import Found, named
from services.catalog.domain.payloads.reading import PayloadRefused, contact, day, moment, tags, text, url
from services.catalog.domain.record import (
    DESCRIPTION_LENGTH,
    TITLE_LENGTH,
    Contact,
    Organization,
    Record,
    Resource,
)
from services.catalog.domain.vocabularies.formats import format_of, format_of_url
from services.catalog.domain.vocabularies.frequencies import frequency_of
from services.catalog.domain.vocabularies.licenses import license_of
from services.catalog.domain.vocabularies.territories import zone_of
from services.catalog.domain.vocabularies.themes import themes_of

_NAMES = {
    "gmd": "http://www.isotc211.org/2005/gmd",
    "gco": "http://www.isotc211.org/2005/gco",
    "gml": "http://www.opengis.net/gml",
    "gml32": "http://www.opengis.net/gml/3.2",
}
_HREF = "{http://www.w3.org/1999/xlink}href"
_ANCHOR = "{http://www.isotc211.org/2005/gmx}Anchor"
_IDENTIFICATION = "gmd:identificationInfo/*"
_CITATION = f"{_IDENTIFICATION}/gmd:citation/gmd:CI_Citation"
_MAINTENANCE = f"{_IDENTIFICATION}/gmd:resourceMaintenance/*/gmd:maintenanceAndUpdateFrequency/*"
_PERIOD = ".//gmd:EX_TemporalExtent/gmd:extent/*"
# Codes of MD_MaintenanceFrequencyCode that are no words of ours.
_FREQUENCIES = {
    "continual": "continuous",
    "fortnightly": "biweekly",
    "biannually": "semiannual",
    "annually": "annual",
    "asNeeded": "punctual",
    "irregular": "irregular",
    "notPlanned": "notPlanned",
    "unknown": "unknown",
}
# Roles of CI_RoleCode, the one that publishes first.
_ROLES = ("publisher", "owner", "custodian", "author", "pointOfContact")


def read(element: Element) -> Found:
    """Return the dataset that a record describes."""
    identity = named(_text(element, "gmd:fileIdentifier"))
    title = text(_text(element, f"{_CITATION}/gmd:title"), TITLE_LENGTH)
    if title is None or identity is None:
        missing = "gmd:title" if identity else "gmd:fileIdentifier"
        return Found(identity, PayloadRefused(f"il manque « {missing} »", f"`{missing}` is missing"))
    keywords = tags(_texts(element, f"{_IDENTIFICATION}/gmd:descriptiveKeywords/*/gmd:keyword"))
    topics = [*_texts(element, f"{_IDENTIFICATION}/gmd:topicCategory"), *keywords]
    start, end = _period(element)
    dates = _dates(element)
    return Found(
        identity,
        Record(
            title=title,
            description=text(_text(element, f"{_IDENTIFICATION}/gmd:abstract"), DESCRIPTION_LENGTH) or "",
            remote_id=identity,
            uri=url(_text(element, f"{_CITATION}/gmd:identifier/*/gmd:code")),
            tags=keywords,
            themes=themes_of(topics),
            license=license_of(*_licences(element)),
            frequency=_frequency(element),
            temporal_start=day(start),
            temporal_end=day(end, end=True),
            zones=tuple(dict.fromkeys(zone for said in _places(element) if (zone := zone_of(said)))),
            geom=_box(element),
            organization=_organization(element),
            contact_points=_contacts(element),
            created=moment(dates.get("publication") or dates.get("creation")),
            modified=moment(dates.get("revision") or _text(element, "gmd:dateStamp")),
            resources=tuple(_resources(element)),
        ),
    )


def _words(element: Element) -> str:
    """Return what an element says, in the language of the record; its translations only when it says nothing else."""
    own = " ".join("".join(_own_text(element)).split())
    translated = element.iter(f"{{{_NAMES['gmd']}}}LocalisedCharacterString")
    return own or next((found for item in translated if (found := " ".join((item.text or "").split()))), "")


def _own_text(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if not child.tag.endswith("}PT_FreeText"):
            yield from _own_text(child)
        yield child.tail or ""


def _texts(element: Element, path: str) -> list[str]:
    return [found for item in element.iterfind(path, _NAMES) if (found := _words(item))]


def _text(element: Element, path: str) -> str | None:
    return next(iter(_texts(element, path)), None)


def _code(element: Element | None) -> str:
    return (element.get("codeListValue") or _words(element)) if element is not None else ""


def _frequency(element: Element) -> str:
    code = _code(element.find(_MAINTENANCE, _NAMES))
    return _FREQUENCIES.get(code) or frequency_of(code)


def _licences(element: Element) -> Iterator[str]:
    for constraint in element.iterfind(f"{_IDENTIFICATION}/gmd:resourceConstraints/*", _NAMES):
        for path in ("gmd:otherConstraints", "gmd:useLimitation"):
            for item in constraint.iterfind(path, _NAMES):
                for anchor in item.iter(_ANCHOR):
                    if address := url(anchor.get(_HREF)):
                        yield address
                yield _words(item)


def _period(element: Element) -> tuple[str | None, str | None]:
    for period in element.iterfind(_PERIOD, _NAMES):
        found = [
            next((_words(item) for item in period.iter() if item.tag.endswith(names)), None)
            for names in (("}beginPosition", "}begin"), ("}endPosition", "}end"))
        ]
        if any(found):
            return found[0] or None, found[1] or None
    return None, None


def _dates(element: Element) -> dict[str, str]:
    return {
        _code(date.find("gmd:dateType/*", _NAMES)): _words(value)
        for date in element.iterfind(f"{_CITATION}/gmd:date/gmd:CI_Date", _NAMES)
        if (value := date.find("gmd:date", _NAMES)) is not None
    }


def _places(element: Element) -> Iterator[str]:
    for code in element.iterfind(
        ".//gmd:EX_GeographicDescription/gmd:geographicIdentifier/*/gmd:code", _NAMES
    ):
        yield from filter(None, (anchor.get(_HREF) for anchor in code.iter(_ANCHOR)))
        yield _words(code)


def _box(element: Element) -> dict[str, object] | None:
    box = element.find(".//gmd:EX_GeographicBoundingBox", _NAMES)
    if box is None:
        return None
    names = ("westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude")
    try:
        west, south, east, north = (float(_text(box, f"gmd:{name}") or "") for name in names)
    except ValueError:
        return None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return None
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [corners]}


def _parties(element: Element) -> list[tuple[str, Element]]:
    paths = (f"{_IDENTIFICATION}/gmd:pointOfContact/*", "gmd:contact/*")
    return [
        (_code(party.find("gmd:role/*", _NAMES)), party)
        for path in paths
        for party in element.iterfind(path, _NAMES)
    ]


def _organization(element: Element) -> Organization | None:
    parties = _parties(element)
    for wanted in (*_ROLES, None):
        for role, party in parties:
            name = text(_text(party, "gmd:organisationName"), TITLE_LENGTH)
            if name and wanted in (role, None):
                return Organization(name)
    return None


def _contacts(element: Element) -> tuple[Contact, ...]:
    found = (
        contact(
            _text(party, "gmd:organisationName") or _text(party, "gmd:individualName"),
            _text(party, ".//gmd:electronicMailAddress"),
        )
        for _, party in _parties(element)
    )
    return tuple(dict.fromkeys(item for item in found if item))[:50]


def _resources(element: Element) -> Iterator[Resource]:
    formats = _texts(element, "gmd:distributionInfo/*/gmd:distributionFormat/*/gmd:name")
    for item in element.iterfind("gmd:distributionInfo//gmd:CI_OnlineResource", _NAMES):
        address = url(_text(item, "gmd:linkage"))
        if address is None:
            continue
        protocol = _text(item, "gmd:protocol") or ""
        name = _text(item, "gmd:name")
        service = protocol.upper().startswith("OGC:")
        download = "download" in protocol.lower() or _code(item.find("gmd:function/*", _NAMES)) == "download"
        alone = formats[0] if download and len(formats) == 1 else None
        found = format_of_url(address) or (format_of(protocol[4:7]) if service else format_of(alone))
        last = address.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]
        yield Resource(
            title=text(_text(item, "gmd:description") or name, TITLE_LENGTH) or text(last) or "Ressource",
            url=address,
            description=text(name) or "",
            type="api" if service else "main" if download or format_of_url(address) else "documentation",
            format=found,
        )
