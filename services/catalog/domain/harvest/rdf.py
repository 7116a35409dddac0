"""Catalogues in RDF: JSON-LD, Turtle or RDF/XML, paged by hydra or not at all."""

from services.catalog.domain.harvest.pages import Found, Page, named
from services.catalog.domain.payloads import dcat, rdf
from services.catalog.domain.payloads.rdf import Graph
from services.catalog.domain.payloads.reading import PayloadRefused, integer
from services.catalog.domain.record import Record

_HYDRA = "http://www.w3.org/ns/hydra/core#"
_EXTENSIONS = {
    "jsonld": "jsonld",
    "json": "jsonld",
    "ttl": "turtle",
    "nt": "nt",
    "rdf": "xml",
    "xml": "xml",
}


def first(address: str) -> str:
    """Return the address of the first page: the one that was given."""
    return address


def read(data: bytes, address: str, media_type: str = "") -> Page:
    """Return the datasets of a document; raises `PayloadRefused` when no parser can read it."""
    graph = rdf.read(data, syntax_of(data, address, media_type), address)
    totals = (
        integer(graph.text(node, _HYDRA + "totalItems"))
        for node in graph.typed(_HYDRA + "Collection", _HYDRA + "PagedCollection")
    )
    return Page(datasets(graph), dcat.next_page(graph), next((total for total in totals if total), None))


def datasets(graph: Graph) -> tuple[Found, ...]:
    """Return the datasets of a graph, those without a title as what they lack."""
    found = []
    for node, record in dcat.described(graph):
        identity = record.remote_id if isinstance(record, Record) else dcat.identity(graph, node)
        found.append(Found(named(identity), record))
    return tuple(found)


def syntax_of(data: bytes, address: str, media_type: str) -> str:
    """Return the syntax of a document: as it is declared, else by its name, else by its first character.

    Raises `PayloadRefused` for a web page.
    """
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:14].lower().startswith((b"<!doctype html", b"<html")):
        raise PayloadRefused(
            "l'adresse donne une page web, pas un catalogue : donnez celle de l'export DCAT",
            "The address gives a web page, not a catalogue: give that of the DCAT export",
        )
    declared = media_type.partition(";")[0].strip().lower()
    # Many a server says `text/xml` or `text/plain` of anything.
    if declared in rdf.MEDIA_TYPES and (rdf.MEDIA_TYPES[declared] != "xml" or start.startswith(b"<")):
        return rdf.MEDIA_TYPES[declared]
    if start.startswith((b"{", b"[")):
        return "jsonld"
    extension = address.partition("?")[0].rpartition(".")[2].lower()
    if extension in _EXTENSIONS:
        return _EXTENSIONS[extension]
    return "xml" if start.startswith((b"<?xml", b"<rdf", b"<")) and b"xmlns" in start else "turtle"
