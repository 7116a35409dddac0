"""The kinds of portals that are harvested, one reader each."""

from collections.abc import Callable
from typing import Literal, get_args

from services.catalog.domain.harvest import ckan, csw, opendatasoft, rdf, udata
from services.catalog.domain.harvest.pages import Page

HarvestedKind = Literal["udata", "dcat", "ckan", "opendatasoft", "csw"]
KINDS: tuple[str, ...] = get_args(HarvestedKind)

_FIRST: dict[str, Callable[[str], str]] = {
    "udata": udata.first,
    "dcat": rdf.first,
    "ckan": ckan.first,
    "opendatasoft": opendatasoft.first,
    "csw": csw.first,
}
_READERS: dict[str, Callable[[bytes, str], Page]] = {
    "udata": udata.read,
    "ckan": ckan.read,
    "opendatasoft": opendatasoft.read,
    "csw": csw.read,
}
ACCEPT = {
    "dcat": "application/ld+json, text/turtle, application/rdf+xml;q=0.9, */*;q=0.5",
    "csw": "application/xml, text/xml",
}


def first(kind: str, address: str) -> str:
    """Return the address of the first page of a portal."""
    return _FIRST[kind](address)


def read(kind: str, data: bytes, address: str, media_type: str) -> Page:
    """Return what an answer holds; raises `PayloadRefused` when it is not what such a portal answers."""
    return rdf.read(data, address, media_type) if kind == "dcat" else _READERS[kind](data, address)
