"""Catalogues in RDF: JSON-LD, Turtle or RDF/XML, paged by hydra or not at all."""

import re

from services.catalog.domain.harvest.pages import Found, Page, named
from services.catalog.domain.payloads import dcat, rdf
from services.catalog.domain.payloads.encoding import as_utf8
from services.catalog.domain.payloads.rdf import Graph
from services.catalog.domain.payloads.reading import PayloadRefused
from services.catalog.domain.record import Record

_EXTENSIONS = {"nt": "nt"}
_WEB_PAGE = re.compile(
    rb"(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_JSON = re.compile(rb"\{|\[\s*[\[{\]]")
_XML = re.compile(rb"<(?:[?!]|[\w.-]+:[\w.-]+[\s/>])")


def first(address: str) -> str:
    """Return the address of the first page: the one that was given."""
    return address


def read(data: bytes, address: str, media_type: str = "") -> Page:
    """Return the datasets of a document; raises `PayloadRefused` when no parser can read it, or it is no catalogue."""
    data = as_utf8(data)
    graph = rdf.read(data, syntax_of(data, address, media_type), address)
    found, following = datasets(graph), dcat.next_page(graph, address)
    if not found and following is None and not dcat.is_catalog(graph):
        raise PayloadRefused(
            "ce document ne décrit ni catalogue ni jeu de données (DCAT) : donnez l'adresse de l'export DCAT",
            "This document describes no catalogue nor dataset (DCAT): give the address of the DCAT export",
        )
    return Page(found, following, dcat.total(graph))


def datasets(graph: Graph) -> tuple[Found, ...]:
    """Return the datasets of a graph, those without a title as what they lack."""
    found = []
    for node, record in dcat.described(graph):
        identity = record.remote_id if isinstance(record, Record) else dcat.identity(graph, node)
        found.append(Found(named(identity), record))
    return tuple(found)


def syntax_of(data: bytes, address: str, media_type: str) -> str:
    """Return the syntax of a document (UTF-8): as it begins, else as it is declared, else as it is named.

    Many a server says `text/xml`, `application/json` or `text/plain` of anything. Raises `PayloadRefused` for a web
    page.
    """
    start = data[:4096].lstrip()
    if _WEB_PAGE.match(start):
        raise PayloadRefused(
            "l'adresse donne une page web, pas un catalogue : donnez celle de l'export DCAT",
            "The address gives a web page, not a catalogue: give that of the DCAT export",
        )
    if _JSON.match(start):
        return "jsonld"
    if _XML.match(start) and (b"xmlns" in start or start.startswith(b"<?xml")):
        return "xml"
    declared = rdf.MEDIA_TYPES.get(media_type.partition(";")[0].strip().lower())
    named = _EXTENSIONS.get(address.partition("?")[0].rpartition(".")[2].lower())
    # It begins like neither XML nor JSON, and N-Triples are Turtle.
    return "nt" if "nt" in (declared, named) else "turtle"
