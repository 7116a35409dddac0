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
from services.catalog.domain.payloads.reading import PayloadRefused, url
from services.catalog.domain.record import Record

PAGE_SIZE = 100


def first(address: str) -> str:
    """Return the address of the first page; the oldest datasets come first, so that new ones move no page."""
    listing = below(address, "/api/1/datasets/", "/api/")
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
    return Page(found, url(document.get("next_page")), count(document.get("total")))


def _record(document: dict[str, Any]) -> Record | PayloadRefused:
    if named(document.get("id")) is None:
        return PayloadRefused("il manque « id »", "`id` is missing")
    try:
        return udata.read(document)
    except PayloadRefused as refused:
        return refused
