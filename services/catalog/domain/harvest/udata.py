"""udata's API (`/api/1/datasets/`): pages of `{data, next_page, total}`."""

from typing import Any

from services.catalog.domain.harvest.pages import (
    Found,
    Page,
    below,
    count,
    decoded,
    members,
    named,
    with_defaults,
)
from services.catalog.domain.payloads import udata
from services.catalog.domain.payloads.reading import LONGEST_URL, PayloadRefused, joined, text, url
from services.catalog.domain.record import Record

PAGE_SIZE = 100


def first(address: str) -> str:
    """Return the address of the first page; the oldest datasets come first, so that new ones move no page."""
    # The second version of the API gives a link in the place of the files.
    address = address.replace("/api/2/datasets/search", "/api/1/datasets").replace("/api/2/", "/api/1/")
    listing = below(
        address, "/api/1/datasets/", r"/api/1/.|\.json$", r"/api(?:/|$)|/(?:fr|en|es|datasets)(?:/|$)"
    )
    return with_defaults(listing, page=1, page_size=PAGE_SIZE, sort="created")


def read(data: bytes, address: str) -> Page:
    """Return the datasets of a page; raises `PayloadRefused` when it is none."""
    document = decoded(data)
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        raise PayloadRefused(
            "ce n'est pas une page de l'API udata (il manque « data »)",
            "Not a page of udata's API (no `data`)",
        )
    found = tuple(Found(named(item.get("id")), _record(item)) for item in members(document["data"]))
    return Page(found, _following(document, address), count(document.get("total")))


def _following(document: dict[str, Any], address: str) -> str | None:
    said = text(document.get("next_page"), LONGEST_URL)
    return url(joined(address, said)) if said else None


def _record(document: dict[str, Any]) -> Record | PayloadRefused:
    if named(document.get("id")) is None:
        return PayloadRefused("il manque « id »", "`id` is missing")
    try:
        return udata.read(document)
    except PayloadRefused as refused:
        return refused
