"""CSW 2.0.2: pages of GetRecords (KVP), whose records are ISO 19139 or DCAT."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from services.catalog.domain.harvest import iso19139, rdf
from services.catalog.domain.harvest.pages import Found, Page, number_in, with_defaults, with_query
from services.catalog.domain.payloads import rdf as reading
from services.catalog.domain.payloads.encoding import as_utf8
from services.catalog.domain.payloads.reading import PayloadRefused

MAX_RECORDS = 50
_CSW = re.compile(r"\{http://www\.opengis\.net/cat/csw/[^}]*\}")
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"


def first(address: str) -> str:
    """Return the address of the first page; what it says already (an `outputSchema`, a constraint) is kept."""
    return with_defaults(
        # Portals show the address of their `GetCapabilities`.
        with_query(address, service="CSW", request="GetRecords"),
        version="2.0.2",
        resultType="results",
        typeNames="gmd:MD_Metadata",
        outputSchema="http://www.isotc211.org/2005/gmd",
        elementSetName="full",
        startPosition=1,
        maxRecords=MAX_RECORDS,
    )


def read(data: bytes, address: str) -> Page:
    """Return the records of a page; raises `PayloadRefused` when it is none of CSW."""
    results = _results(data)
    total = _number(results.get("numberOfRecordsMatched"))
    found = [item for child in results for item in _records(child, address)]
    return Page(tuple(found), _following(results, address, total, len(found)), total)


def _results(data: bytes) -> Element:
    data = as_utf8(data)
    reading.refuse_entities(data)
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 (no entity is left, and expat bounds what names itself)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise PayloadRefused(
            f"ce XML est illisible ({error})", f"This XML cannot be read ({error})"
        ) from error
    if root.tag.endswith("ExceptionReport"):
        said = " ".join("".join(root.itertext()).split())[:300]
        raise PayloadRefused(
            f"le serveur CSW répond par une erreur ({said})", f"The CSW server answers with an error ({said})"
        )
    found = next((child for child in root.iter() if _CSW.sub("", child.tag) == "SearchResults"), None)
    if found is None:
        raise PayloadRefused(
            "ce n'est pas une réponse CSW GetRecords (il manque « SearchResults »)",
            "Not an answer to CSW GetRecords (no `SearchResults`)",
        )
    return found


def _records(element: Element, address: str) -> Iterator[Found]:
    if element.tag == _RDF:
        try:
            yield from rdf.datasets(reading.read(ElementTree.tostring(element), "xml", address))
        except PayloadRefused as refused:
            yield Found(None, refused)
    elif element.tag.endswith("}MD_Metadata"):
        yield iso19139.read(element)
    else:
        name = element.tag.rpartition("}")[2]
        yield Found(
            None,
            PayloadRefused(
                f"une fiche « {name} » n'est ni de l'ISO 19139 ni du DCAT : précisez « outputSchema »",
                f"A `{name}` is neither ISO 19139 nor DCAT: name an `outputSchema`",
            ),
        )


def _following(results: Element, address: str, total: int | None, read: int) -> str | None:
    """Return the next page; servers say 0, nothing, the same place again or one beyond the end when there is none.

    A total smaller than what was read already is no total.
    """
    start = number_in(address, "startPosition", 1)
    after = start + read
    known = total if total is not None and total >= after - 1 else None
    said = results.get("nextRecord")
    following = after if said is None and known is not None else _number(said)
    if not following or following <= start or read == 0 or (known is not None and following > known):
        return None
    return with_query(address, startPosition=following)


def _number(value: str | None) -> int | None:
    return int(value) if value is not None and value.isdecimal() and len(value) < 16 else None
