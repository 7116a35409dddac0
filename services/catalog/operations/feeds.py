"""The datasets as a feed and as dumps."""

from datetime import datetime
from typing import Any

from services.catalog.operations.context import CatalogContext
from services.catalog.operations.views import view
from services.catalog.store import feeds as store
from shared.atom import Deleted, Entry, Feed, write_feed
from shared.changes import log
from shared.dumps.response import LICENCE, Dump
from shared.dumps.writers import Column, Row

DATASETS = "/catalog/v1/datasets"
SUMMARY_CHARACTERS = 500

_WHAT = {
    "dataset.created": "Nouveau jeu de données. ",
    "dataset.conformity_changed": "Conformité jugée. ",
}

_COLUMNS = (
    Column("id"),
    Column("title"),
    Column("description"),
    Column("organization_siren"),
    Column("organization_name"),
    Column("license"),
    Column("frequency"),
    Column("tags", "texts"),
    Column("themes", "texts"),
    Column("zones", "texts"),
    Column("granularity"),
    Column("temporal_start", "date"),
    Column("temporal_end", "date"),
    Column("landing_page"),
    Column("uri"),
    Column("source"),
    Column("remote_id"),
    Column("created_at", "moment"),
    Column("modified_at", "moment"),
    Column("conformity"),
    Column("resource_count", "integer"),
    Column("resources", "json"),
    Column("self"),
)


async def datasets_feed(context: CatalogContext, path: str, limit: int) -> bytes:
    """Return the Atom feed of the datasets that changed last, those deleted among them."""
    changes = await log.latest_of_each(context.db, limit=limit)
    known = await store.headlines(context.db, [change["subject"] for change in changes])
    feed = Feed(
        link=context.link(path),
        home=context.link(DATASETS),
        title="Jeux de données des collectivités, par dernier changement",
        author="Socle",
        rights=f"Licence Ouverte 2.0 ({LICENCE})",
    )
    entries = [_entry(context, change, known.get(change["subject"])) for change in changes]
    return write_feed(feed, entries)


def _entry(
    context: CatalogContext, change: dict[str, Any], dataset: dict[str, Any] | None
) -> Entry | Deleted:
    identity = f"urn:uuid:{change['subject']}"
    if dataset is None:
        return Deleted(identity, change["recorded_at"], comment=str(change["data"].get("title") or ""))
    return Entry(
        id=identity,
        title=dataset["title"],
        link=context.link(f"{DATASETS}/{change['subject']}"),
        updated=change["recorded_at"],
        summary=_WHAT.get(change["type"], "") + dataset["description"][:SUMMARY_CHARACTERS],
        author=dataset["organization_name"] or "",
        categories=tuple(dataset["tags"]),
    )


def _shown(context: CatalogContext, row: Row) -> dict[str, Any]:
    """Return a dataset of the dump as the API shows it.

    The database writes the moments inside its JSON without their last zeros: they are read back first.
    """
    resources = [
        {
            **resource,
            **{name: datetime.fromisoformat(resource[name]) for name in ("created_at", "modified_at")},
        }
        for resource in row["resources"]
    ]
    return view(context, {**row, "resources": resources})


def _flat(shown: Row) -> Row:
    """Return a dataset as shown in the columns of the flat forms."""
    organization = shown["organization"] or {}
    spatial = shown["spatial"] or {}
    coverage = shown["temporal_coverage"] or {}
    return {
        **shown,
        "organization_siren": organization.get("siren"),
        "organization_name": organization.get("name"),
        "zones": spatial.get("zones") or [],
        "granularity": spatial.get("granularity"),
        "temporal_start": coverage.get("start"),
        "temporal_end": coverage.get("end"),
        "resource_count": len(shown["resources"]),
    }


DUMP = Dump(name="datasets", sql=store.EVERY_DATASET, columns=_COLUMNS, shown=_shown, flat=_flat)
