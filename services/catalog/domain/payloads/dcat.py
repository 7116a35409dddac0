"""Datasets as DCAT writes them, in any profile (DCAT-AP, GeoDCAT, Project Open Data) and as catalogues really are."""

import hashlib
from collections.abc import Iterator

from pyoxigraph import BlankNode, NamedNode

from services.catalog.domain.payloads import rdf
from services.catalog.domain.payloads.rdf import Graph, Node, Term, written
from services.catalog.domain.payloads.reading import (
    LONGEST_WORD,
    PayloadRefused,
    contact,
    day,
    geometry,
    integer,
    joined,
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
)
from services.catalog.domain.vocabularies import themes
from services.catalog.domain.vocabularies.formats import format_of, format_of_url, media_type_of
from services.catalog.domain.vocabularies.frequencies import UNKNOWN, frequency_of
from services.catalog.domain.vocabularies.licenses import NOT_SPECIFIED, license_of
from services.catalog.domain.vocabularies.schemas import is_schema_file, resolve_leniently
from services.catalog.domain.vocabularies.territories import granularity_of, zone_of

ADMS = "http://www.w3.org/ns/adms#"
DCAT = "http://www.w3.org/ns/dcat#"
DCT = "http://purl.org/dc/terms/"
FOAF = "http://xmlns.com/foaf/0.1/"
GEOSPARQL = "http://www.opengis.net/ont/geosparql#"
LOCN = "http://www.w3.org/ns/locn#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
HYDRA = "http://www.w3.org/ns/hydra/core#"
SCHEMA = "http://schema.org/"
TIME = "http://www.w3.org/2006/time#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
SPDX = "http://spdx.org/rdf/terms#"
VCARD = "http://www.w3.org/2006/vcard/ns#"
_RDF_VALUE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#value"
_LABELS = (
    FOAF + "name",
    RDFS + "label",
    SKOS + "prefLabel",
    DCT + "title",
    VCARD + "fn",
    SCHEMA + "name",
    _RDF_VALUE,
)
_NEXT = (HYDRA + "next", HYDRA + "nextPage")
# OWL-Time says a moment in a node of its own (GeoDCAT-AP).
_MOMENTS = tuple(
    TIME + name
    for name in ("inXSDDateTimeStamp", "inXSDDateTime", "inXSDDate", "inXSDgYearMonth", "inXSDgYear")
)


def read(data: bytes, syntax: str, base_iri: str) -> Iterator[Record | PayloadRefused]:
    """Yield each dataset of a document, or why it is none; raises `PayloadRefused` when the whole cannot be read.

    `syntax` is one of the values of `rdf.MEDIA_TYPES`; `base_iri` completes relative addresses.
    """
    for _, found in described(rdf.read(data, syntax, base_iri)):
        yield found


def described(graph: Graph) -> Iterator[tuple[Node, Record | PayloadRefused]]:
    """Yield each dataset of a graph with its node, or why it is none."""
    for node in datasets(graph):
        try:
            yield node, _record(graph, node)
        except PayloadRefused as refused:
            yield node, refused


def datasets(graph: Graph) -> list[Node]:
    """Return the datasets of a graph: what says it is one, and what a catalogue names and the document describes.

    A catalogue inside another (DCAT 2 makes every catalogue a dataset) is not one: its own datasets are.
    """
    typed = list(graph.typed(DCAT + "Dataset", DCAT + "DatasetSeries"))
    named = [node for node in graph.objects(DCAT + "dataset") if graph.says(node)]
    catalogs = set(graph.typed(DCAT + "Catalog"))
    return [node for node in dict.fromkeys([*typed, *named]) if node not in catalogs]


def is_catalog(graph: Graph) -> bool:
    """Tell whether a graph is a catalogue, be it empty."""
    return any(graph.typed(DCAT + "Catalog", HYDRA + "Collection", HYDRA + "PagedCollection"))


def next_page(graph: Graph, address: str) -> str | None:
    """Return the address of the next page of a catalogue read at an address, when it has one (hydra, old or new)."""
    views = graph.typed(HYDRA + "PartialCollectionView", HYDRA + "PagedCollection")
    for view in [*views, *graph.saying(*_NEXT)]:
        # Some write it as a text, which nothing completes.
        if (said := graph.text(view, *_NEXT)) and (found := url(joined(address, said))):
            return found
    return None


def total(graph: Graph) -> int | None:
    """Return how many datasets a catalogue says to have in all its pages."""
    said = HYDRA + "totalItems"
    return next((found for node in graph.saying(said) if (found := integer(graph.text(node, said)))), None)


def _record(graph: Graph, node: Node) -> Record:
    title = text(graph.text(node, DCT + "title", RDFS + "label", SCHEMA + "name"), TITLE_LENGTH)
    if title is None:
        raise PayloadRefused(
            f"un jeu de données a un titre (dct:title) : {written(node)[:300]} n'en a pas",
            f"A dataset has a title (dct:title): {written(node)[:300]} has none",
        )
    files = tuple(_resource(graph, item) for item in _distributions(graph, node))
    found_themes = graph.all(node, DCAT + "theme", DCT + "subject")
    labels = [label for item in found_themes if (label := _label(graph, item))]
    # The name of a theme of the European Union is not the dataset's own word.
    own_words = [
        label
        for item in found_themes
        if not written(item).startswith(themes.EU) and (label := _label(graph, item))
    ]
    spatial = graph.all(node, DCT + "spatial")
    start, end = _period(graph, node)
    return Record(
        title=title,
        description=text(graph.text(node, DCT + "description", DCT + "abstract"), DESCRIPTION_LENGTH) or "",
        remote_id=identity(graph, node, title),
        uri=url(written(node)),
        tags=tags([*(written(word) for word in graph.all(node, DCAT + "keyword")), *own_words]),
        themes=themes.themes_of([*(written(item) for item in found_themes), *labels]),
        license=_license(graph, node),
        frequency=_frequency(graph, node),
        temporal_start=day(start),
        temporal_end=day(end, end=True),
        zones=_zones(graph, spatial),
        granularity=granularity_of(graph.text(node, DCAT + "spatialGranularity", DCT + "granularity")),
        geom=_geometry(graph, spatial),
        organization=_organization(graph, node),
        contact_points=_contacts(graph, node),
        landing_page=url(graph.text(node, DCAT + "landingPage", FOAF + "page", FOAF + "homepage")),
        created=moment(graph.text(node, DCT + "issued", DCT + "created")),
        modified=moment(graph.text(node, DCT + "modified", DCT + "updated")),
        harvest=_harvest(graph, node),
        resources=files,
    )


def identity(graph: Graph, node: Node, title: str = "") -> str:
    """Return what names a dataset in its catalogue; a nameless one is told by its title and page."""
    named = text(graph.text(node, DCT + "identifier", ADMS + "identifier", SKOS + "notation")) or text(
        written(node)
    )
    if named is not None:
        return named
    page = graph.text(node, DCAT + "landingPage") or ""
    return "sans-identifiant:" + hashlib.blake2b(f"{title}\n{page}".encode(), digest_size=12).hexdigest()


def _harvest(graph: Graph, node: Node) -> dict[str, str]:
    identifier = text(graph.text(node, DCT + "identifier"))
    found = {"uri": url(written(node)), "dct_identifier": identifier}
    return {name: value for name, value in found.items() if value}


def _label(graph: Graph, term: Term | None) -> str | None:
    """Return the words for a term: a literal's own, or a node's label."""
    if term is None:
        return None
    if not isinstance(term, NamedNode | BlankNode):
        return text(written(term), TITLE_LENGTH)
    return text(graph.text(term, *_LABELS), TITLE_LENGTH)


def _said(graph: Graph, node: Node, *predicates: str) -> list[str]:
    """Return what a node says by the predicates, each in its own words or by its address, then by its label."""
    found = (word for term in graph.all(node, *predicates) for word in (written(term), _label(graph, term)))
    return [word for word in found if word]


def _frequency(graph: Graph, node: Node) -> str:
    said = map(frequency_of, _said(graph, node, DCT + "accrualPeriodicity"))
    return next((found for found in said if found != UNKNOWN), UNKNOWN)


def _license(graph: Graph, node: Node) -> str:
    """Return the licence of a dataset: its own, else the first that its files say."""
    for holder in (node, *_distributions(graph, node)):
        said = graph.all(holder, DCT + "license", DCT + "rights")
        words = [
            word for term in said for word in (written(term), _label(graph, term), *_described(graph, term))
        ]
        if (found := license_of(*words)) != NOT_SPECIFIED:
            return found
    return NOT_SPECIFIED


def _described(graph: Graph, term: Term) -> Iterator[str | None]:
    for predicate in (DCT + "identifier", FOAF + "homepage", FOAF + "page", RDFS + "seeAlso", SCHEMA + "url"):
        yield graph.text(term, predicate)
    yield graph.text(term, DCT + "description", SKOS + "notation")


def _period(graph: Graph, node: Node) -> tuple[str | None, str | None]:
    for term in graph.all(node, DCT + "temporal"):
        if not isinstance(term, NamedNode | BlankNode):
            start, _, end = written(term).partition("/")
            return start.strip() or None, end.strip() or None
        found = (
            graph.text(term, DCAT + "startDate", SCHEMA + "startDate")
            or _instant(graph, term, TIME + "hasBeginning"),
            graph.text(term, DCAT + "endDate", SCHEMA + "endDate") or _instant(graph, term, TIME + "hasEnd"),
        )
        if any(found):
            return found
    return None, None


def _instant(graph: Graph, period: Term, predicate: str) -> str | None:
    return next(
        filter(None, (graph.text(moment, *_MOMENTS) for moment in graph.all(period, predicate))), None
    )


def _zones(graph: Graph, spatial: list[Term]) -> tuple[str, ...]:
    said = [
        word for term in spatial for word in (written(term), graph.text(term, DCT + "identifier")) if word
    ]
    return tuple(dict.fromkeys(zone for word in said if (zone := zone_of(word)) is not None))


def _geometry(graph: Graph, spatial: list[Term]) -> dict[str, object] | None:
    """Return the first GeoJSON geometry that can be read."""
    for term in spatial:
        shapes = graph.all(term, GEOSPARQL + "hasGeometry", LOCN + "geometry")
        said_inside = [said for shape in shapes for said in graph.all(shape, GEOSPARQL + "asGeoJSON")]
        for said in [*said_inside, *graph.all(term, LOCN + "geometry", DCAT + "bbox")]:
            if (found := geometry(written(said))) is not None:
                return found
    return None


def _organization(graph: Graph, node: Node) -> Organization | None:
    publisher = graph.first(node, DCT + "publisher", DCT + "creator") or next(
        iter(graph.all(node, DCT + "publisher", DCT + "creator")), None
    )
    name = _label(graph, publisher)
    if publisher is None or name is None:
        return None
    numbers = [
        graph.text(publisher, DCT + "identifier"),
        graph.text(publisher, ADMS + "identifier"),
        written(publisher),
    ]
    numbers = [(number or "").rstrip("/").rsplit("/", 1)[-1] for number in numbers]
    return Organization(
        name=name,
        siren=next((found for number in numbers if (found := siren(number))), None),
        siret=next((found for number in numbers if (found := siret(number))), None),
        remote_id=text(written(publisher)) if isinstance(publisher, NamedNode) else None,
        url=url(graph.text(publisher, FOAF + "homepage")),
    )


def _contacts(graph: Graph, node: Node) -> tuple[Contact, ...]:
    found = []
    for term in graph.all(node, DCAT + "contactPoint", ADMS + "contactPoint"):
        mails = graph.all(term, VCARD + "hasEmail", VCARD + "email", FOAF + "mbox")
        addresses = (graph.text(mail, VCARD + "hasValue") or written(mail) for mail in mails)
        found.append(
            contact(
                graph.text(term, VCARD + "fn", VCARD + "organization-name", *_LABELS),
                next(filter(None, addresses), None),
                graph.text(term, VCARD + "hasURL", VCARD + "hasUrl", VCARD + "url"),
            )
        )
    return tuple(item for item in found if item)[:50]


def _distributions(graph: Graph, node: Node) -> list[Node]:
    named = graph.all(node, DCAT + "distribution", ADMS + "sample")
    return [term for term in dict.fromkeys(named) if isinstance(term, NamedNode | BlankNode)]


def _resource(graph: Graph, node: Node) -> Resource:
    access = url(graph.text(node, DCAT + "accessURL"))
    address = url(graph.text(node, DCAT + "downloadURL")) or access or url(written(node))
    media = next(iter(_said(graph, node, DCAT + "mediaType")), None)
    words = _said(graph, node, DCT + "format", DCAT + "mediaType")
    name, version, place = _schema(graph, node)
    format_id = format_of(*words) or format_of_url(address)
    last = (address or "").partition("?")[0].rstrip("/").rsplit("/", 1)[-1]
    return Resource(
        title=text(graph.text(node, DCT + "title", RDFS + "label"), TITLE_LENGTH)
        or text(last)
        or "Ressource",
        url=address,
        remote_id=text(graph.text(node, DCT + "identifier")),
        uri=url(written(node)),
        description=text(graph.text(node, DCT + "description"), DESCRIPTION_LENGTH) or "",
        type="api" if graph.all(node, DCAT + "accessService") else "main",
        format=format_id,
        mime=text(media.rpartition("/media-types/")[2], 200) if media else media_type_of(format_id),
        filesize=integer(graph.text(node, DCAT + "byteSize", SCHEMA + "contentSize")),
        checksum=_checksum(graph, node),
        schema_name=name,
        schema_version=version,
        schema_url=place,
        created=moment(graph.text(node, DCT + "issued", DCT + "created")),
        modified=moment(graph.text(node, DCT + "modified")),
    )


def _schema(graph: Graph, node: Node) -> tuple[str | None, str | None, str | None]:
    """Return the Table Schema that a file conforms to; standards of other kinds are none."""
    for term in graph.all(node, DCT + "conformsTo"):
        address = url(written(term)) or url(graph.text(term, DCT + "identifier", FOAF + "page"))
        label = text(_label(graph, term), LONGEST_WORD) or text(written(term))
        name, version, place = resolve_leniently(None if address else label, None, address)
        if (name and place is None and "/" in name) or is_schema_file(place or ""):
            return name, version, place
    return None, None, None


def _checksum(graph: Graph, node: Node) -> Checksum | None:
    for term in graph.all(node, SPDX + "checksum"):
        algorithm = (graph.text(term, SPDX + "algorithm") or "").rsplit("checksumAlgorithm_", 1)[-1].lower()
        value = text(graph.text(term, SPDX + "checksumValue"), 200)
        if value and algorithm in ("sha1", "sha256", "md5"):
            return Checksum(algorithm, value.lower())
    return None
