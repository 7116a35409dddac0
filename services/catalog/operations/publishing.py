"""The catalogue given back as SCDL rows, to search engines, and to a page that embeds it."""

from collections.abc import Mapping
from html import escape
from typing import Any
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, tostring

from services.catalog.domain.conformity import Conformity, of_dataset
from services.catalog.domain.payloads.scdl import COLUMNS
from services.catalog.domain.scdl_export import cells_of, missing_columns
from services.catalog.operations.context import CatalogContext
from services.catalog.store import datasets as datasets_store
from services.catalog.store import feeds as store
from shared.dumps.response import Dump
from shared.dumps.writers import Column

DATASETS = "/catalog/v1/datasets"
SITEMAP = "/catalog/v1/sitemap.xml"
# The most that a sitemap may hold (sitemaps.org).
SITEMAP_SIZE = 50_000
_SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
# Looked at for one page of omissions: where nearly all are whole, a page may be short, and has a next one.
MOST_LOOKED_AT = 2_000
LABELS = {
    Conformity.VALID: "Conforme",
    Conformity.INVALID: "Non conforme",
    Conformity.QUEUED: "Validation en cours",
    Conformity.STALE: "À revalider",
    Conformity.ERROR: "Non vérifiable",
}


def scdl_catalogue(siren: str | None) -> Dump:
    """Return the SCDL catalogue of a body, or of all: the datasets that fill a whole row."""
    return Dump(
        name=f"catalogue-{siren}" if siren else "catalogue",
        sql=store.EVERY_DATASET_OF if siren else store.EVERY_DATASET,
        args=(siren,) if siren else (),
        columns=[Column(name) for name in COLUMNS],
        shown=_whole,
        flat=lambda cells: cells,
    )


def _whole(context: CatalogContext, row: dict[str, Any]) -> dict[str, str] | None:
    cells = cells_of(row, context.link(f"{DATASETS}/{row['id']}"))
    return None if missing_columns(cells) else cells


async def omissions(
    context: CatalogContext, *, siren: str | None, after: UUID | None, limit: int
) -> tuple[list[dict[str, Any]], UUID | None]:
    """Return datasets that the SCDL catalogue leaves out, each with the columns it lacks, and where to go on."""
    found: list[dict[str, Any]] = []
    looked_at = 0
    while looked_at < MOST_LOOKED_AT:
        rows = await datasets_store.page(context.db, after=after, limit=500, siren=siren)
        for row in rows:
            link = context.link(f"{DATASETS}/{row['id']}")
            missing = missing_columns(cells_of(row, link))
            if missing:
                found.append({"id": row["id"], "title": row["title"], "missing": missing, "self": link})
            after = row["id"]
            if len(found) == limit:
                return found, after
        if len(rows) < 500:
            return found, None
        looked_at += len(rows)
    return found, after


async def sitemap_index(context: CatalogContext) -> bytes:
    """Return the index of the sitemaps."""
    root = Element("sitemapindex", {"xmlns": _SITEMAPS})
    for after in [None, *await store.every_nth(context.db, SITEMAP_SIZE)]:
        query = f"?after={after}" if after else ""
        address = context.link(f"/catalog/v1/sitemaps/datasets.xml{query}")
        SubElement(SubElement(root, "sitemap"), "loc").text = address
    return _xml(root)


async def sitemap(context: CatalogContext, after: UUID | None) -> bytes:
    """Return the sitemap of the datasets that follow one, in the order of their registration."""
    root = Element("urlset", {"xmlns": _SITEMAPS})
    for row in await store.addresses(context.db, after, SITEMAP_SIZE):
        entry = SubElement(root, "url")
        SubElement(entry, "loc").text = context.link(f"{DATASETS}/{row['id']}")
        SubElement(entry, "lastmod").text = row["modified_at"].isoformat(timespec="seconds")
    return _xml(root)


def _xml(root: Element) -> bytes:
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


async def widget(context: CatalogContext, siren: str, limit: int) -> dict[str, Any]:
    """Return what a body's own page shows of its datasets: the last changed ones, and how many there are."""
    rows, total = await store.latest_of_body(context.db, siren, limit)
    items = [
        {
            "title": row["title"],
            "url": row["landing_page"] or context.link(f"{DATASETS}/{row['id']}"),
            "updated": row["remote_modified_at"] or row["modified_at"],
            "formats": row["formats"],
            "conformity": of_dataset(row["conformities"]),
            "self": context.link(f"{DATASETS}/{row['id']}"),
        }
        for row in rows
    ]
    name = next((row["organization_name"] for row in rows), None)
    return {"siren": siren, "organization": name, "total": total, "items": items}


STYLE = (
    ":root{color-scheme:light dark}body{margin:0;padding:1rem;font:1rem/1.5 system-ui,sans-serif;"
    "color:#161616;background:#fff}h1{font-size:1.25rem;margin:0 0 .25rem}p{margin:0 0 .75rem;color:#3a3a3a}"
    "ul{list-style:none;margin:0;padding:0}li{padding:.6rem 0;border-top:1px solid #ddd;overflow-wrap:anywhere}"
    "a{color:#000091}small{display:block;color:#3a3a3a}.valid{color:#18753c}.invalid{color:#b34000}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}p,small{color:#ccc}a{color:#8585f6}"
    "li{border-color:#3a3a3a}.valid{color:#88fdaa}.invalid{color:#ffb27a}}"
)


def widget_page(shown: Mapping[str, Any]) -> str:
    """Return the same as a page to embed (`<iframe>`); everything that people wrote is escaped."""
    count = shown["total"]
    counted = "Aucun jeu de données" if not count else f"{count} jeu{'x' if count > 1 else ''} de données"
    title = f"Données ouvertes{' : ' + shown['organization'] if shown['organization'] else ''}"
    lines = "".join(_line(item) for item in shown["items"])
    return (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1><p>{counted}</p><ul>{lines}</ul></body></html>"
    )


def _line(item: Mapping[str, Any]) -> str:
    label = LABELS.get(item["conformity"])
    told = f' · <span class="{item["conformity"]}">{label}</span>' if label else ""
    words = f" · {escape(', '.join(item['formats']).upper())}" if item["formats"] else ""
    return (
        f'<li><a href="{escape(item["url"])}" target="_blank" rel="noopener">{escape(item["title"])}</a>'
        f"<small>Mis à jour le {item['updated']:%d/%m/%Y}{words}{told}</small></li>"
    )
