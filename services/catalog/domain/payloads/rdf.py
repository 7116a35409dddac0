"""RDF read into a small graph: JSON-LD, Turtle and RDF/XML, where nothing is ever fetched."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import orjson
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, parse

from services.catalog.domain.payloads.contexts import with_known_context
from services.catalog.domain.payloads.encoding import as_utf8
from services.catalog.domain.payloads.reading import PayloadRefused

MEDIA_TYPES = {
    "application/ld+json": "jsonld",
    "text/turtle": "turtle",
    "application/x-turtle": "turtle",
    "application/n-triples": "nt",
    "application/rdf+xml": "xml",
    "application/xml": "xml",
    "text/xml": "xml",
}
_FORMATS = {
    "jsonld": RdfFormat.JSON_LD,
    "turtle": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "xml": RdfFormat.RDF_XML,
}
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_LANGUAGES = ("fr", "", "en")
# A document type of its own declares entities: those of a bomb, or files of ours.
_ENTITY = re.compile(rb"<!\s*ENTITY", re.IGNORECASE)

# Namespaces as catalogues write them -> as they are.
_DC = "http://purl.org/dc/elements/1.1/"
_DCT = "http://purl.org/dc/terms/"
_VOCABULARIES = re.compile(
    r"https://(?=(?:www\.w3\.org|purl\.org|schema\.org|xmlns\.com|spdx\.org|www\.opengis\.net)/)"
)

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal


class Graph:
    """Statements by subject and predicate; every question about a node that says nothing has an empty answer."""

    def __init__(self, statements: Iterable[tuple[Node, str, Term]]) -> None:
        self._about: dict[Node, dict[str, list[Term]]] = {}
        for subject, predicate, value in statements:
            self._about.setdefault(subject, {}).setdefault(canonical(predicate), []).append(value)

    def all(self, subject: Term, *predicates: str) -> list[Term]:
        """Return what a node says by any of the predicates, in their order."""
        if isinstance(subject, Literal):
            return []
        about = self._about.get(subject, {})
        return [value for predicate in predicates for value in about.get(predicate, ())]

    def first(self, subject: Term, *predicates: str) -> Term | None:
        """Return the first of them that is not empty, a French text before an unmarked one, then an English one."""
        for predicate in predicates:
            found = [value for value in self.all(subject, predicate) if written(value)]
            if found:
                return min(found, key=_rank)
        return None

    def text(self, subject: Term, *predicates: str) -> str | None:
        """Return the same as a text: a literal's words, a node's address."""
        found = self.first(subject, *predicates)
        return written(found) if found is not None else None

    def typed(self, *classes: str) -> Iterator[Node]:
        """Yield the nodes of any of the classes, each once, in the order of the document."""
        wanted = set(classes)
        for subject, about in self._about.items():
            if any(canonical(written(value)) in wanted for value in about.get(TYPE, ())):
                yield subject

    def saying(self, *predicates: str) -> Iterator[Node]:
        """Yield the nodes that say something by any of the predicates, each once, in the order of the document."""
        for subject, about in self._about.items():
            if any(predicate in about for predicate in predicates):
                yield subject

    def objects(self, predicate: str) -> Iterator[Node]:
        """Yield the nodes that anything names by the predicate."""
        for about in self._about.values():
            for value in about.get(predicate, ()):
                if not isinstance(value, Literal):
                    yield value

    def says(self, subject: Term) -> bool:
        """Tell whether the document says anything of a node."""
        return subject in self._about


@lru_cache(maxsize=2000)
def canonical(address: str) -> str:
    """Return a term of a vocabulary in the one form that is compared: `http`, and `dct` for the older `dc`."""
    address = _VOCABULARIES.sub("http://", address, count=1)
    return _DCT + address.removeprefix(_DC) if address.startswith(_DC) else address


def written(term: Term) -> str:
    """Return a literal's words or a node's address; nothing for a blank node."""
    return "" if isinstance(term, BlankNode) else term.value.strip()


def _rank(term: Term) -> int:
    language = (term.language or "")[:2] if isinstance(term, Literal) else ""
    return _LANGUAGES.index(language) if language in _LANGUAGES else len(_LANGUAGES)


def read(data: bytes, syntax: str, base_iri: str) -> Graph:
    """Return the graph of a document; raises `PayloadRefused` when no parser can read it.

    `syntax` is one of the values of MEDIA_TYPES; relative addresses are completed with `base_iri`.
    """
    data = as_utf8(data)
    if syntax == "xml":
        refuse_entities(data)
    if syntax == "jsonld":
        data = _inlined(data)
    try:
        quads = list(parse(data, format=_FORMATS[syntax], base_iri=base_iri, lenient=True))
    except (SyntaxError, ValueError, OSError, RecursionError) as error:
        if syntax not in ("xml", "turtle"):
            raise _unreadable(error) from error
        return Graph(_read_leniently(data, syntax, base_iri, error))
    return Graph((quad.subject, quad.predicate.value, quad.object) for quad in quads)


def refuse_entities(data: bytes) -> None:
    """Raise `PayloadRefused` for an XML document (UTF-8) that declares entities."""
    if _ENTITY.search(data):
        raise PayloadRefused(
            "ce XML déclare des entités, qui sont refusées : écrivez les valeurs en toutes lettres",
            "This XML declares entities, which are refused: write the values in full",
        )


def _inlined(data: bytes) -> bytes:
    try:
        document = orjson.loads(data)
    except ValueError as error:
        raise _unreadable(error) from error
    return orjson.dumps(with_known_context(document))


def _read_leniently(
    data: bytes, syntax: str, base_iri: str, cause: Exception
) -> list[tuple[Node, str, Term]]:
    """Read again with rdflib, which bears more (texts beside `rdf:resource`); slower by a hundred times."""
    import rdflib  # heavy, and seldom needed

    graph = rdflib.Graph()
    try:
        graph.parse(data=data, format=syntax, publicID=base_iri)
    except Exception as error:  # its parsers raise anything
        raise _unreadable(cause) from error
    return [
        (_converted(subject), str(predicate), _converted(value))  # type: ignore[misc]
        # Its own order changes from one process to the next, and a digest is made of what comes out.
        for subject, predicate, value in sorted(graph)
    ]


def _converted(term: Any) -> Term:
    import rdflib

    if isinstance(term, rdflib.BNode):
        return BlankNode(re.sub(r"[^A-Za-z0-9]", "x", str(term)) or "b")
    if isinstance(term, rdflib.Literal):
        return Literal(str(term), language=term.language) if term.language else Literal(str(term))
    # An address with spaces, which real catalogues have, is no IRI.
    return NamedNode(str(term).replace(" ", "%20")) if ":" in str(term) else Literal(str(term))


def _unreadable(error: Exception) -> PayloadRefused:
    reason = str(error)[:300]
    return PayloadRefused(f"ce RDF est illisible ({reason})", f"This RDF cannot be read ({reason})")
