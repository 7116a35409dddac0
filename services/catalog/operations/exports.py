"""The catalogue given back as DCAT-AP: a dataset, a page, everything."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, BinaryIO, Literal
from uuid import UUID

import orjson
from pyoxigraph import RdfFormat, parse, serialize

from services.catalog.domain.dcat_export import CONTEXT, PREFIXES, Catalogue, DcatDocument, Node, PageView
from services.catalog.domain.problems import DatasetDeleted, DatasetNotFound
from services.catalog.operations.context import CatalogContext
from services.catalog.store import datasets as datasets_store
from services.catalog.store import feeds as store
from shared.dumps.response import Dump
from shared.dumps.writers import Column, Forms, Row

RdfForm = Literal["jsonld", "ttl", "rdf"]
CATALOGUE = "/catalog/v1/catalog"
# Without the charset some harvesters read another one.
RDF_TYPES: dict[str, str] = {
    "jsonld": "application/ld+json; charset=utf-8",
    "ttl": "text/turtle; charset=utf-8",
    "rdf": "application/rdf+xml; charset=utf-8",
}
_SYNTAX = {"ttl": RdfFormat.TURTLE, "rdf": RdfFormat.RDF_XML}
_XML_END = b"</rdf:RDF>"


def catalogue_of(context: CatalogContext) -> Catalogue:
    """Return what the catalogue says of itself."""
    settings = context.settings
    return Catalogue(
        link=context.link(CATALOGUE),
        title=settings.catalog_title,
        description="Jeux de données des collectivités, avec leur schéma et leur conformité.",
        publisher=settings.catalog_publisher,
        homepage=context.link("/"),
    )


async def shown_dataset(context: CatalogContext, dataset_id: UUID) -> dict[str, Any]:
    """Return the row of a dataset that everybody may see; raises `DatasetNotFound`, `DatasetDeleted`."""
    row = await datasets_store.get(context.db, dataset_id)
    if row is None or row["private"]:
        raise DatasetNotFound.of(dataset_id)
    if row["deleted_at"] is not None:
        raise DatasetDeleted.at(row["deleted_at"])
    return row


async def dataset_document(context: CatalogContext, dataset_id: UUID, form: RdfForm) -> bytes:
    """Return a dataset in a syntax of RDF; raises `DatasetNotFound`."""
    document = DcatDocument(context.link)
    node = document.dataset(await shown_dataset(context, dataset_id))
    return written([node, *document.new_terms()], form)


def page_document(
    context: CatalogContext, rows: Sequence[Row], total: int, page: PageView, form: RdfForm
) -> bytes:
    """Return a page of the catalogue (hydra) in a syntax of RDF."""
    document = DcatDocument(context.link)
    said = catalogue_of(context)
    nodes = [document.dataset(row) for row in rows]
    catalogue = document.catalogue(said, page) | document.listed(said, nodes)
    catalogue["hydra:totalItems"] = str(total)
    return written([catalogue, *nodes, *document.new_terms()], form)


def written(nodes: Sequence[Node], form: str) -> bytes:
    """Return nodes as a document of a syntax of RDF."""
    jsonld = orjson.dumps({"@context": CONTEXT, "@graph": nodes})
    return jsonld if form == "jsonld" else _serialized(jsonld, form)


def _serialized(jsonld: bytes, form: str) -> bytes:
    found = parse(jsonld, format=RdfFormat.JSON_LD, lenient=True)
    return serialize(found, format=_SYNTAX[form], prefixes=PREFIXES) or b""


class _Written:
    """Writes a document of RDF batch by batch: what opens it, the nodes, what closes it."""

    def __init__(self, file: BinaryIO, form: str, document: DcatDocument, said: Catalogue) -> None:
        self._file = file
        self._form = form
        self._document = document
        self._said = said
        self._begun = False
        self._put([document.catalogue(said)])

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add datasets."""
        self._put(
            [*(dict(row) for row in rows), self._document.listed(self._said, [dict(row) for row in rows])]
        )

    def close(self) -> None:
        """Close the document."""
        if self._form == "jsonld":
            self._file.write(b"]}")
        elif self._form == "rdf":
            self._file.write(_XML_END + b"\n")

    def _put(self, nodes: list[Node]) -> None:
        added = [*nodes, *self._document.new_terms()]
        if self._form == "jsonld":
            opening = b"," if self._begun else b'{"@context":' + orjson.dumps(CONTEXT) + b',"@graph":['
            self._file.write(opening + orjson.dumps(added)[1:-1])
        else:
            self._file.write(self._inside(written(added, self._form)))
        self._begun = True

    def _inside(self, document: bytes) -> bytes:
        """Return a document without its opening when there is one already, and without its end."""
        if self._form == "rdf":
            start = document.index(b">", document.index(b"<rdf:RDF")) + 1 if self._begun else 0
            return document[start : document.rindex(_XML_END)]
        if not self._begun:
            return document
        lines = BytesIO(document)
        position = 0
        while lines.readline().startswith(b"@prefix"):
            position = lines.tell()
        return document[position:]


def dump(context: CatalogContext) -> Dump:
    """Return the dump of every dataset in the syntaxes of RDF."""
    document = DcatDocument(context.link)
    said = catalogue_of(context)

    def opened(form: str, file: BinaryIO, _columns: Sequence[Column]) -> _Written:
        return _Written(file, form, document, said)

    return Dump(
        name="catalog",
        sql=store.EVERY_DATASET,
        columns=(),
        shown=lambda _context, row: document.dataset(row),
        forms=Forms(RDF_TYPES, opened),
    )
