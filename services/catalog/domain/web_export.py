"""A dataset as search engines (schema.org) and machine learning (Croissant 1.0) read it: JSON-LD of their own."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from services.catalog.domain.dcat_export import iri, schema_address
from services.catalog.domain.vocabularies import formats, licenses, territories
from services.catalog.domain.vocabularies.places import name_of
from services.catalog.domain.vocabularies.schemas import TABLE as SCHEMAS

Document = dict[str, Any]
Row = Mapping[str, Any]

CROISSANT = "http://mlcommons.org/croissant/1.0"
_CROISSANT_CONTEXT: Document = {
    "@language": "fr",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "md5": "cr:md5",
    "sha256": "sc:sha256",
}
# What a search engine takes for a description (it refuses others).
_SHORTEST, _LONGEST = 50, 5000
_SHA256 = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)


def schema_org(row: Row, link: str) -> Document:
    """Return a dataset (a row with its `resources`) as a `Dataset` of schema.org."""
    return _filled({"@context": "https://schema.org/", **_dataset(row, link)}) | {
        "distribution": [_filled(_download(item)) for item in row["resources"] if item["url"]]
    }


def croissant(row: Row, link: str) -> Document:
    """Return a dataset as Croissant: its files; their columns are told by the schema that each names."""
    files = [_filled(_file_object(item)) for item in row["resources"] if item["url"]]
    said = {**_dataset(row, link), "@type": "sc:Dataset", "conformsTo": CROISSANT}
    return _filled({"@context": _CROISSANT_CONTEXT, **said}) | {"distribution": files}


def _dataset(row: Row, link: str) -> Document:
    body = row["organization_name"]
    description = row["description"] or row["description_short"] or ""
    if len(description) < _SHORTEST:
        description = f"{row['title']}. {description}".strip()
    return {
        "@type": "Dataset",
        "@id": link,
        "name": row["title"],
        "alternateName": row["acronym"],
        "description": description[:_LONGEST],
        "url": iri(row["landing_page"]) if row["landing_page"] else link,
        "identifier": [item for item in (row["remote_id"], row["uri"]) if item],
        "sameAs": iri(row["uri"]) if (row["uri"] or "").startswith("http") else None,
        "keywords": list(row["tags"]),
        "license": _license(row["license"]),
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": body, "taxID": row["organization_siren"]}
        if body
        else None,
        "publisher": {"@type": "Organization", "name": body} if body else None,
        "dateCreated": _written(row["remote_created_at"]),
        "datePublished": _written(row["remote_created_at"]),
        "dateModified": _written(row["remote_modified_at"]),
        "temporalCoverage": _period(row),
        "spatialCoverage": [
            {
                "@type": "Place",
                "name": name_of(zone) or zone,
                "identifier": territories.zone_uri(zone) or zone,
            }
            for zone in row["zones"]
        ],
    }


def _download(item: Row) -> Document:
    return {
        "@type": "DataDownload",
        "name": item["title"],
        "description": item["description"],
        "contentUrl": iri(item["url"]),
        "encodingFormat": item["mime"] or formats.media_type_of(item["format"]) or item["format"],
        "contentSize": f"{item['filesize']} B" if item["filesize"] is not None else None,
        "dateModified": _written(item["remote_modified_at"]),
        "sha256": _sha256(item),
        "schemaVersion": _schema(item),
    }


def _file_object(item: Row) -> Document:
    media = item["mime"] or formats.media_type_of(item["format"]) or "application/octet-stream"
    return {
        "@type": "cr:FileObject",
        "@id": str(item["id"]),
        "name": item["title"],
        "description": item["description"],
        "contentUrl": iri(item["url"]),
        "encodingFormat": media,
        "contentSize": f"{item['filesize']} B" if item["filesize"] is not None else None,
        "sha256": _sha256(item),
        "md5": item["checksum_value"] if item["checksum_type"] == "md5" else None,
        "conformsTo": _schema(item),
    }


def _sha256(item: Row) -> str | None:
    """Return the digest that the portal gives, else that of the bytes that were validated."""
    for value in (
        item["checksum_value"] if item["checksum_type"] == "sha256" else "",
        item["validated_checksum"],
    ):
        if _SHA256.fullmatch(value or ""):
            return value
    return None


def _schema(item: Row) -> str | None:
    if item["schema_name"] in SCHEMAS:
        return schema_address(item["schema_name"], item["schema_version"])
    return iri(item["schema_url"]) if item["schema_url"] else None


def _license(license_id: str) -> str | None:
    known = licenses.BY_ID.get(license_id)
    return known.url if known else None


def _period(row: Row) -> str | None:
    start, end = row["temporal_start"], row["temporal_end"]
    return f"{_written(start) or '..'}/{_written(end) or '..'}" if start or end else None


def _written(value: date | datetime | str | None) -> str | None:
    return value if value is None or isinstance(value, str) else value.isoformat()


def _filled(document: Document) -> Document:
    return {name: value for name, value in document.items() if value not in (None, "", [])}
