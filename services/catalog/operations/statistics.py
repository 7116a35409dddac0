"""Figures over the catalogue: the quality of a dataset, statistics, what several portals have."""

from io import BytesIO
from typing import Any
from uuid import UUID

from services.catalog.domain import quality
from services.catalog.domain.vocabularies import themes
from services.catalog.domain.vocabularies.places import name_of
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.exports import shown_dataset
from services.catalog.store import statistics as store
from services.catalog.store.statistics import By
from shared.clock import now
from shared.dumps.writers import TABULAR, Column, Kind

_KINDS: dict[str, Kind] = {
    "value": "text",
    "label": "text",
    "datasets": "integer",
    "organizations": "integer",
    "resources": "integer",
    "valid": "integer",
    "invalid": "integer",
}


async def quality_of(context: CatalogContext, dataset_id: UUID) -> dict[str, Any]:
    """Return both measures of a dataset; raises `DatasetNotFound`, `DatasetDeleted`."""
    row = await shown_dataset(context, dataset_id)
    flags = quality.flags(row, now())
    return {
        "id": row["id"],
        "flags": flags,
        "missing": [name for name, has in flags.items() if has is False],
        "mqa": quality.mqa(row),
        "self": context.link(f"/catalog/v1/datasets/{dataset_id}/quality"),
    }


async def counted(context: CatalogContext, by: By) -> list[dict[str, Any]]:
    """Return the figures of each territory, theme or schema."""
    rows = await store.counted(context.db, by)
    return [{"value": row["value"], "label": _label(by, row["value"]), **row} for row in rows]


def _label(by: By, value: str) -> str:
    if by == "theme" and value in themes.BY_ID:
        return themes.BY_ID[value].fr
    return (name_of(value) if by == "zone" else None) or value


def as_csv(lines: list[dict[str, Any]]) -> bytes:
    """Return the figures as CSV."""
    file = BytesIO()
    writer = TABULAR.open("csv", file, [Column(name, kind) for name, kind in _KINDS.items()])
    writer.write(lines)
    writer.close()
    return file.getvalue()


async def clusters(context: CatalogContext, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Return the URIs that several datasets have."""
    rows = await store.clusters(context.db, after, limit)
    return [
        {
            "uri": row["uri"],
            "datasets": [context.link(f"/catalog/v1/datasets/{one}") for one in row["ids"]],
        }
        for row in rows
    ]
