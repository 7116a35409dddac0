"""Datasets as DCAT-AP 3 writes them: JSON-LD made by hand, of which the other syntaxes are made.

Nodes have names of their own (no blank ones), so that the same dataset always gives the same document. Terms of
vocabularies are described once for each document, with the types that the shapes of DCAT-AP ask for.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import orjson

from services.catalog.domain.vocabularies import formats, frequencies, licenses, territories, themes
from services.catalog.domain.vocabularies.schemas import TABLE as SCHEMAS
from shared.atom import xml_text

Node = dict[str, Any]
Row = Mapping[str, Any]

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geosparql": "http://www.opengis.net/ont/geosparql#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_LINKS = (
    "dcat:accessURL dcat:contactPoint dcat:dataset dcat:distribution dcat:downloadURL dcat:landingPage "
    "dcat:mediaType dcat:theme dcat:themeTaxonomy dct:accessRights dct:accrualPeriodicity dct:conformsTo dct:format "
    "dct:language dct:license dct:publisher dct:spatial dct:temporal foaf:homepage hydra:first hydra:next hydra:view "
    "owl:sameAs skos:inScheme spdx:algorithm spdx:checksum vcard:hasEmail vcard:hasURL"
)
_TYPED = {
    "dcat:byteSize": "xsd:nonNegativeInteger",
    "dcat:endDate": "xsd:date",
    "dcat:startDate": "xsd:date",
    "dct:issued": "xsd:dateTime",
    "dct:modified": "xsd:dateTime",
    "hydra:totalItems": "xsd:integer",
    "geosparql:asGeoJSON": "geosparql:geoJSONLiteral",
    "spdx:checksumValue": "xsd:hexBinary",
}
CONTEXT: Node = {
    **PREFIXES,
    **{name: {"@type": "@id"} for name in _LINKS.split()},
    **{name: {"@type": kind} for name, kind in _TYPED.items()},
}

_EU = "http://publications.europa.eu/resource/authority/"
_FRENCH = _EU + "language/FRA"
_PUBLIC = _EU + "access-right/PUBLIC"
_REGISTRY = "https://schema.data.gouv.fr"
_PLAIN_IRI = re.compile(
    r"https?://[\w.-]+(?::\d+)?(?:/(?:[\w./~!$&'()*+,;=:@?-]|%[0-9A-Fa-f]{2})*)?", re.ASCII
)
_IRI_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:(?://[^/?#]*)?)([^#]*)(?:#(.*))?", re.DOTALL)
_NOT_IN_IRI = re.compile(r"[\x00-\x20\x7f-\x9f<>\"{}|\\^`\[\]#]|%(?![0-9A-Fa-f]{2})")
_NOT_IN_AUTHORITY = re.compile(r"[\x00-\x20\x7f-\x9f<>\"{}|\\^`]|%(?![0-9A-Fa-f]{2})")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*", re.IGNORECASE)
_HEX = re.compile(r"(?:[0-9a-f]{2})+", re.IGNORECASE)
_DIGESTS = ("md5", "sha1", "sha256")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The catalogue that the datasets are in: its address, its words, and who publishes it."""

    link: str
    title: str
    description: str
    publisher: str
    homepage: str


@dataclass(frozen=True, slots=True)
class PageView:
    """A page of the catalogue: its address, that of the first one and of the next one if there is one."""

    link: str
    first: str
    following: str | None = None


def iri(address: str) -> str:
    """Return an address as an IRI: what none may hold is percent-encoded, everything else stays."""
    if _PLAIN_IRI.fullmatch(address):
        return address
    found = _IRI_PARTS.fullmatch(address.strip())
    if found is None:
        return quote(address, safe="")
    head = _NOT_IN_AUTHORITY.sub(_encoded, found[1])
    tail = _NOT_IN_IRI.sub(_encoded, found[2])
    return f"{head}{tail}" + ("" if found[3] is None else "#" + _NOT_IN_IRI.sub(_encoded, found[3]))


def _encoded(match: re.Match[str]) -> str:
    return quote(match[0], safe="")


def _text(value: str) -> str:
    """Return a text that XML can hold too."""
    return value if value.isascii() and value.isprintable() else xml_text(value)


def _moment(value: datetime | str) -> str:
    return value if isinstance(value, str) else value.isoformat()


def _day(value: date | str) -> str:
    return value if isinstance(value, str) else value.isoformat()


@dataclass(slots=True)
class DcatDocument:
    """A document in the making; `link` gives the absolute address of a path of the suite."""

    link: Callable[[str], str]
    _described: set[str] = field(default_factory=set)
    _terms: list[Node] = field(default_factory=list)

    def catalogue(self, said: Catalogue, page: PageView | None = None) -> Node:
        """Return the node of the catalogue, without its datasets, as a page of it when there is one."""
        publisher = said.link + "#publisher"
        node: Node = {
            "@id": said.link,
            "@type": ["dcat:Catalog", "hydra:Collection"] if page else "dcat:Catalog",
            "dct:title": _text(said.title),
            "dct:description": _text(said.description),
            "dct:publisher": publisher,
            "dct:language": self._concept(_FRENCH, "dct:LinguisticSystem", "français", "French"),
            "foaf:homepage": iri(said.homepage),
            "dcat:themeTaxonomy": themes.EU.rstrip("/"),
        }
        self._describe({"@id": publisher, "@type": "foaf:Agent", "foaf:name": _text(said.publisher)})
        self._describe({"@id": iri(said.homepage), "@type": "foaf:Document"})
        taxonomy = {"@id": themes.EU.rstrip("/"), "@type": "skos:ConceptScheme"}
        self._describe({**taxonomy, "dct:title": {"@language": "fr", "@value": "Thèmes des données"}})
        if page:
            node["hydra:view"] = page.link
            view = {"@id": page.link, "@type": "hydra:PartialCollectionView", "hydra:first": page.first}
            self._describe({**view, "hydra:next": page.following} if page.following else view)
        return node

    def listed(self, said: Catalogue, nodes: Iterable[Node]) -> Node:
        """Return what says that datasets are in the catalogue."""
        return {"@id": said.link, "dcat:dataset": [node["@id"] for node in nodes]}

    def new_terms(self) -> list[Node]:
        """Return the nodes that those before name and that the document does not describe yet."""
        found, self._terms = self._terms, []
        return found

    def dataset(self, row: Row) -> Node:
        """Return the node of a dataset with its distributions inside, from its row with its `resources`."""
        own = self.link(f"/catalog/v1/datasets/{row['id']}")
        uri = row["uri"] if (row["uri"] or "").startswith(("http://", "https://")) else None
        # Two datasets of the same URI stay two: only what is alone takes it for its name.
        name = iri(uri) if uri and not row["same_as"] else own
        node: Node = {
            "@id": name,
            "@type": "dcat:Dataset",
            "dct:title": _text(row["title"]),
            "dct:description": _text(row["description"] or row["description_short"] or row["title"]),
            "dct:identifier": _text(row["remote_id"] or str(row["id"])),
            "dct:accessRights": self._concept(_PUBLIC, "dct:RightsStatement", "public", "public"),
        }
        if uri and name == own:
            node["owl:sameAs"] = iri(uri)
        self._add_facts(node, row, own)
        if place := self._places(row, own):
            node["dct:spatial"] = place
        if contacts := [
            self._contact(said, f"{own}#contact-{rank}") for rank, said in enumerate(row["contact_points"])
        ]:
            node["dcat:contactPoint"] = contacts
        known, of_files = licenses.BY_ID.get(row["license"]), None
        if known is not None and known.id != licenses.NOT_SPECIFIED:
            # French portals (udata) know a licence by the address of its text, and read the dataset's first;
            # those of the European Union by its authority table, and read the files'.
            node["dct:license"] = self._license(known, known.url or known.uri)
            of_files = self._license(known, known.uri or known.url)
        if files := [self._distribution(item, own, row, of_files) for item in row["resources"]]:
            node["dcat:distribution"] = files
        return node

    def _add_facts(self, node: Node, row: Row, own: str) -> None:
        if row["remote_created_at"]:
            node["dct:issued"] = _moment(row["remote_created_at"])
        if row["remote_modified_at"]:
            node["dct:modified"] = _moment(row["remote_modified_at"])
        if row["tags"]:
            node["dcat:keyword"] = [_text(tag) for tag in row["tags"]]
        if row["themes"]:
            node["dcat:theme"] = [self._theme(theme) for theme in row["themes"] if theme in themes.BY_ID]
        if row["organization_name"]:
            node["dct:publisher"] = self._publisher(row, own)
        if row["frequency"] != frequencies.UNKNOWN:
            node["dct:accrualPeriodicity"] = self._frequency(row["frequency"])
        if row["landing_page"]:
            page = iri(row["landing_page"])
            self._describe({"@id": page, "@type": "foaf:Document"})
            node["dcat:landingPage"] = page
        start, end = row["temporal_start"], row["temporal_end"]
        if start or end:
            period: Node = {"@id": f"{own}#period", "@type": "dct:PeriodOfTime"}
            if start:
                period["dcat:startDate"] = _day(start)
            if end:
                period["dcat:endDate"] = _day(end)
            node["dct:temporal"] = period

    def _publisher(self, row: Row, dataset: str) -> str:
        known = row["organization_id"]
        name = self.link(f"/catalog/v1/organizations/{known}") if known else f"{dataset}#publisher"
        if name not in self._described:
            agent: Node = {"@id": name, "@type": "foaf:Agent", "foaf:name": _text(row["organization_name"])}
            number = row["organization_siret"] or row["organization_siren"]
            if number:
                agent["dct:identifier"] = number
            if row["organization_url"]:
                page = iri(row["organization_url"])
                self._describe({"@id": page, "@type": "foaf:Document"})
                agent["foaf:homepage"] = page
            self._describe(agent)
        return name

    def _places(self, row: Row, own: str) -> list[Any]:
        found: list[Any] = []
        for zone in row["zones"]:
            name = territories.zone_uri(zone) or f"{own}#zone-{quote(zone, safe='')}"
            self._describe({"@id": name, "@type": "dct:Location", "dct:identifier": zone})
            found.append(name)
        if row["geom"]:
            # The shapes of 3.0.0 and of 3.0.1 want two different things of `locn:geometry`.
            shape = {
                "@id": f"{own}#geometry",
                "@type": "geosparql:Geometry",
                "geosparql:asGeoJSON": _json(row["geom"]),
            }
            found.append({"@id": f"{own}#place", "@type": "dct:Location", "geosparql:hasGeometry": shape})
        return found

    def _contact(self, said: Mapping[str, Any], name: str) -> Node:
        node: Node = {"@id": name, "@type": "vcard:Kind"}
        if said.get("name"):
            node["vcard:fn"] = _text(said["name"])
        if said.get("email"):
            node["vcard:hasEmail"] = iri(f"mailto:{said['email']}")
        if said.get("contact_form"):
            node["vcard:hasURL"] = iri(said["contact_form"])
        return node

    def _distribution(self, item: Row, own: str, dataset: Row, license_link: str | None) -> Node:
        address = iri(item["url"]) if item["url"] else None
        page = iri(dataset["landing_page"]) if dataset["landing_page"] else own
        node: Node = {
            "@id": f"{own}#{item['id']}",
            "@type": "dcat:Distribution",
            "dct:title": _text(item["title"]),
            "dct:identifier": _text(item["remote_id"] or item["uri"] or str(item["id"])),
            "dcat:accessURL": {"@id": address or page, "@type": "rdfs:Resource"},
        }
        if address and item["type"] in ("main", "update"):
            node["dcat:downloadURL"] = address
        if item["description"]:
            node["dct:description"] = _text(item["description"])
        if license_link:
            node["dct:license"] = license_link
        if item["remote_created_at"]:
            node["dct:issued"] = _moment(item["remote_created_at"])
        if item["remote_modified_at"]:
            node["dct:modified"] = _moment(item["remote_modified_at"])
        self._add_file(node, item)
        return node

    def _add_file(self, node: Node, item: Row) -> None:
        if item["format"]:
            node["dct:format"] = self._format(item["format"])
        media = item["mime"] or formats.media_type_of(item["format"])
        if media and _MEDIA_TYPE.fullmatch(media):
            name = iri(formats.IANA + media)
            self._describe(
                {"@id": name, "@type": ["dct:MediaType", "dct:MediaTypeOrExtent"], "dct:identifier": media}
            )
            node["dcat:mediaType"] = name
        size = item["filesize"] if item["filesize"] is not None else item["validated_size"]
        if size is not None:
            node["dcat:byteSize"] = str(size)
        if schema := self._schema(item):
            node["dct:conformsTo"] = schema
        kind, digest = item["checksum_type"], item["checksum_value"]
        if kind in _DIGESTS and _HEX.fullmatch(digest or ""):
            algorithm = f"{PREFIXES['spdx']}checksumAlgorithm_{kind}"
            self._describe({"@id": algorithm, "@type": "spdx:ChecksumAlgorithm"})
            node["spdx:checksum"] = {
                "@id": f"{node['@id']}-checksum",
                "@type": "spdx:Checksum",
                "spdx:algorithm": algorithm,
                "spdx:checksumValue": digest,
            }

    def _schema(self, item: Row) -> str | None:
        name, version, url = item["schema_name"], item["schema_version"], item["schema_url"]
        address = schema_address(name, version) if name in SCHEMAS else url
        if address is None:
            return None
        link = iri(address)
        standard: Node = {"@id": link, "@type": "dct:Standard"}
        if name:
            standard["dct:title"] = _text(f"{name} {version}" if version else name)
        self._describe(standard)
        return link

    def _format(self, format_id: str) -> str:
        known = formats.BY_ID.get(format_id)
        name = (known and known.uri) or self._own("formats", format_id)
        if name not in self._described:
            labels = {"skos:prefLabel": _text(format_id.upper()), "dct:identifier": _text(format_id)}
            node = {"@id": name, "@type": ["dct:MediaTypeOrExtent", "skos:Concept"], **labels}
            self._describe({**node, "skos:inScheme": _scheme(name)})
        return name

    def _license(self, known: licenses.License, address: str | None) -> str:
        name = iri(address) if address else self._own("licenses", known.id)
        if name not in self._described:
            labels = {"dct:title": {"@language": "fr", "@value": known.fr}, "dct:identifier": known.id}
            self._describe({"@id": name, "@type": "dct:LicenseDocument", **labels})
        return name

    def _frequency(self, frequency_id: str) -> str:
        known = frequencies.BY_ID[frequency_id]
        name = known.uri or self._own("frequencies", frequency_id)
        return self._concept(name, "dct:Frequency", known.fr, known.en)

    def _theme(self, theme_id: str) -> str:
        theme = themes.BY_ID[theme_id]
        return self._concept(theme.uri, None, theme.fr, theme.en)

    def _own(self, vocabulary: str, value: str) -> str:
        return self.link(f"/catalog/v1/vocabularies/{vocabulary}#{quote(value, safe='')}")

    def _concept(self, name: str, kind: str | None, fr: str, en: str) -> str:
        if name not in self._described:
            labels = [{"@language": "fr", "@value": fr}, {"@language": "en", "@value": en}]
            types = [kind, "skos:Concept"] if kind else "skos:Concept"
            self._describe(
                {"@id": name, "@type": types, "skos:prefLabel": labels, "skos:inScheme": _scheme(name)}
            )
        return name

    def _describe(self, node: Node) -> None:
        if node["@id"] not in self._described:
            self._described.add(node["@id"])
            self._terms.append(node)


def schema_address(name: str, version: str | None) -> str:
    """Return the address of a schema of the national registry."""
    return f"{_REGISTRY}/schemas/{name}/{version}/schema.json" if version else f"{_REGISTRY}/schemas/{name}"


def _scheme(name: str) -> str:
    return name.rpartition("#")[0] or name.rpartition("/")[0]


def _json(value: Any) -> str:
    return _text(orjson.dumps(value).decode())
