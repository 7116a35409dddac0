"""How a dataset is shown (see `schemas.datasets.DatasetView`), and written again as it was sent."""

from typing import Any

from services.catalog.domain.conformity import of_dataset
from services.catalog.operations.context import CatalogContext

_AS_STORED = (
    "id",
    "remote_id",
    "uri",
    "title",
    "acronym",
    "slug",
    "description",
    "description_short",
    "license",
    "frequency",
    "frequency_date",
    "tags",
    "badges",
    "themes",
    "contact_points",
    "landing_page",
    "private",
    "extras",
    "claims",
    "harvest",
    "created_at",
    "modified_at",
)
_RESOURCE_AS_STORED = (
    "id",
    "title",
    "description",
    "type",
    "url",
    "format",
    "mime",
    "filesize",
    "remote_id",
    "uri",
    "extras",
    "claims",
    "harvest",
    "created_at",
    "modified_at",
)
# What a client may send of what it reads.
_READ_ONLY = frozenset(
    (
        "id",
        "source",
        "remote_id",
        "same_as",
        "claims",
        "deleted",
        "created_at",
        "modified_at",
        "conformity",
        "self",
    )
)
_RESOURCE_READ_ONLY = frozenset(
    ("claims", "created_at", "modified_at", "conformity", "content", "suggested_schemas")
)


def view(context: CatalogContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a dataset as the API shows it."""
    link = context.link(f"/catalog/v1/datasets/{row['id']}")
    resources = [_resource_view(context, resource, link) for resource in row["resources"]]
    judged = row.get("judged") or [item["conformity"]["status"] for item in resources if item["schema"]]
    return {
        **{name: row[name] for name in _AS_STORED},
        "source": row["source"],
        "same_as": [context.link(f"/catalog/v1/datasets/{other}") for other in row["same_as"]],
        "organization": _organization(row),
        "temporal_coverage": _coverage(row),
        "spatial": _spatial(row),
        "archived": row["archived_at"],
        "deleted": row["deleted_at"],
        "issued": row["remote_created_at"],
        "modified": row["remote_modified_at"],
        "conformity": of_dataset(judged),
        "resources": resources,
        "self": link,
    }


def _organization(row: dict[str, Any]) -> dict[str, Any] | None:
    if not row["organization_name"]:
        return None
    return {
        "id": row["organization_id"],
        "siren": row["organization_siren"],
        "siret": row["organization_siret"],
        "name": row["organization_name"],
        "remote_id": row["organization_remote_id"],
        "acronym": row["organization_acronym"],
        "url": row["organization_url"],
    }


def _coverage(row: dict[str, Any]) -> dict[str, Any] | None:
    start, end = row["temporal_start"], row["temporal_end"]
    return {"start": start, "end": end} if start or end else None


def _spatial(row: dict[str, Any]) -> dict[str, Any] | None:
    found = {name: row[name] for name in ("zones", "granularity", "geom")}
    return found if any(found.values()) else None


def _resource_view(context: CatalogContext, row: dict[str, Any], dataset_link: str) -> dict[str, Any]:
    schema = {"name": row["schema_name"], "version": row["schema_version"], "url": row["schema_url"]}
    checksum = {"type": row["checksum_type"], "value": row["checksum_value"]}
    declared = row["schema_name"] or row["schema_url"]
    return {
        **{name: row[name] for name in _RESOURCE_AS_STORED},
        "checksum": checksum if row["checksum_type"] else None,
        "schema": schema if declared else None,
        "suggested_schemas": []
        if declared or row["suggested_revision"] != row["revision"]
        else row["suggestions"],
        "issued": row["remote_created_at"],
        "modified": row["remote_modified_at"],
        "conformity": {
            "status": row["conformity"],
            "validation": validation_link(context, row["validation_id"]),
            "validated_at": row["validated_at"],
            "checksum": row["validated_checksum"],
            "size": row["validated_size"],
            "schema_version": row["validated_schema_version"],
            "rows": row["rows"],
            "errors": row["errors"],
            "warnings": row["warnings"],
            "problem": row["problem"],
        },
        "content": f"{dataset_link}/resources/{row['id']}/content",
    }


def validation_link(context: CatalogContext, validation: object | None) -> str | None:
    """Return the address of a validation."""
    return context.link(f"/validation/v1/validations/{validation}") if validation else None


def sent(shown: dict[str, Any]) -> dict[str, Any]:
    """Return what a client would send to register a dataset as it is shown: the ground of a merge patch."""
    return {
        **{name: value for name, value in shown.items() if name not in _READ_ONLY},
        "extras": shown["extras"] | shown["claims"],
        "resources": [
            {
                **{name: value for name, value in item.items() if name not in _RESOURCE_READ_ONLY},
                "extras": item["extras"] | item["claims"],
            }
            for item in shown["resources"]
        ],
    }
