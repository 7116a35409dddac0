"""The JSON-LD contexts of catalogues, kept here so that none is ever fetched."""

from typing import Any

_PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "locn": "http://www.w3.org/ns/locn#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "http://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_DCAT = (
    "accessURL accessService bbox byteSize catalog centroid compressFormat contactPoint dataset distribution "
    "downloadURL endDate endpointDescription endpointURL keyword landingPage mediaType packageFormat record "
    "servesDataset service spatialResolutionInMeters startDate temporalResolution theme themeTaxonomy version"
)
_DCT = (
    "abstract accessRights accrualPeriodicity conformsTo created creator description format hasPart hasVersion "
    "identifier isPartOf isVersionOf issued language license modified provenance publisher references relation rights "
    "source spatial temporal title type"
)
_VCARD = "fn hasEmail hasURL hasTelephone"
_FOAF = "homepage mbox name page"
_CLASSES = {
    "Catalog": "dcat:Catalog",
    "CatalogRecord": "dcat:CatalogRecord",
    "Dataset": "dcat:Dataset",
    "DatasetSeries": "dcat:DatasetSeries",
    "DataService": "dcat:DataService",
    "Distribution": "dcat:Distribution",
    "Agent": "foaf:Agent",
    "Kind": "vcard:Kind",
    "PeriodOfTime": "dct:PeriodOfTime",
    "Location": "dct:Location",
}

# One context for all of them: those of DCAT-AP and of Project Open Data name the same things by the same words.
KNOWN: dict[str, Any] = {
    **_PREFIXES,
    **{word: f"dcat:{word}" for word in _DCAT.split()},
    **{word: f"dct:{word}" for word in _DCT.split()},
    **{word: f"vcard:{word}" for word in _VCARD.split()},
    **{word: f"foaf:{word}" for word in _FOAF.split()},
    **_CLASSES,
    "label": "rdfs:label",
    "prefLabel": "skos:prefLabel",
    "notation": "skos:notation",
    "checksum": "spdx:checksum",
    "checksumValue": "spdx:checksumValue",
    "algorithm": "spdx:algorithm",
    "contactEmail": "vcard:hasEmail",
    "systemOfRecords": None,
    "id": "@id",
}
_MOST_CONTEXTS = 20


def with_known_context(document: Any) -> Any:
    """Return a JSON-LD document whose contexts are all inside; an address of a context becomes the one above."""
    if isinstance(document, list):
        return [with_known_context(item) for item in document]
    if not isinstance(document, dict):
        return document
    context = document.get("@context")
    # `data.json` files often leave it out.
    given = [] if context is None else context if isinstance(context, list) else [context]
    inside = [item if isinstance(item, dict) else KNOWN for item in given[:_MOST_CONTEXTS]]
    if context is None and any(name.startswith(("@", "http")) for name in document):
        return document
    return {**document, "@context": [_without_imports(item) for item in inside] or KNOWN}


def _without_imports(context: dict[str, Any]) -> dict[str, Any]:
    """A context may name another to import, inside a term too."""
    kept = {name: value for name, value in context.items() if name != "@import"}
    return {
        name: {key: item for key, item in value.items() if key != "@context" or isinstance(item, dict)}
        if isinstance(value, dict)
        else value
        for name, value in kept.items()
    }
