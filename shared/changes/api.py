"""`GET …/changes?since=`: everything that changed, in order, deletions included; each service mounts it."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from shared.app import Context, context_of
from shared.caching import json_response
from shared.changes import log
from shared.pagination import DEFAULT_LIMIT, Limit, decode_cursor, encode_cursor
from shared.prefer import seconds_to_wait
from shared.problems import Problem
from shared.requests import StrictRoute

LISTING = "changes"
LONGEST_WAIT_SECONDS = 30
LOOK_AGAIN_SECONDS = 1.0
LAST_POSITION = 2**63 - 1

Prefer = Annotated[
    str | None,
    Header(
        description=f"`wait=N`: wait up to N seconds ({LONGEST_WAIT_SECONDS} at most) for news (RFC 7240)."
    ),
]
Since = Annotated[
    str | None,
    Query(
        max_length=1000,
        description="The `next` of the answer before, or a moment (ISO 8601); without it, from the oldest change kept.",
    ),
]


class ChangesForgotten(Problem):
    status = 410
    slug = "changes-forgotten"
    title_fr = "Changements trop anciens"
    title_en = "Changes too old"

    @classmethod
    def since(cls, days: int) -> "ChangesForgotten":
        """Return the problem for a cursor older than what is kept."""
        return cls(
            fr=f"Des changements survenus depuis ce curseur ne sont plus gardés (ils le sont {days} jours) : reprenez "
            "tout (liste complète ou export), puis suivez les changements sans « since ».",
            en=f"Changes that came after this cursor are no longer kept (they are for {days} days): take everything "
            "anew (the whole list or a dump), then follow the changes without `since`.",
        )


class ChangeView(BaseModel):
    """Something that happened."""

    id: UUID = Field(description="The same in a webhook that tells it.")
    sequence: int = Field(description="Its place: changes are given once each, in this order.")
    type: str = Field(
        description="`<kind>.<what happened>`; `<kind>.deleted` means gone.", examples=["dataset.updated"]
    )
    subject: str = Field(description="Key of what changed.")
    self: str | None = Field(description="Where to read it as it is now; null when it is gone.")
    recorded_at: datetime
    data: dict[str, Any]


class ChangePage(BaseModel):
    """Changes in order. Keep `next`: it is the `since` of the next call, even when nothing is new."""

    items: list[ChangeView]
    next: str
    more: bool = Field(description="Whether more changes are there already.")


def changes_router(paths: Mapping[str, str]) -> APIRouter:
    """Return the routes of a service's change log; `paths` gives the address of each kind of subject.

    changes_router({"dataset": "/catalog/v1/datasets"})
    """
    router = APIRouter(prefix="/v1/changes", tags=["changes"], route_class=StrictRoute)

    @router.get("", response_model=ChangePage, summary="Follow what changes")
    async def list_changes(
        request: Request, since: Since = None, limit: Limit = DEFAULT_LIMIT, prefer: Prefer = None
    ) -> Response:
        """Return what changed since a former answer, each change once, in order, deletions included.

        Ask again with `since` set to `next`. With `Prefer: wait=20` the answer comes as soon as something changes.
        """
        context: Context[Any] = context_of(request)
        after = await _position(context, since)
        waited = seconds_to_wait(prefer, LONGEST_WAIT_SECONDS)
        rows = await _news(context, after, limit + 1, waited or 0)
        shown = rows[:limit]
        page = {
            "items": [view(context, paths, row) for row in shown],
            "next": encode_cursor(LISTING, [shown[-1]["position"] if shown else after]),
            "more": len(rows) > limit,
        }
        response = json_response(request, page)
        following = context.link(f"{request.url.path}?since={page['next']}&limit={limit}")
        response.headers["link"] = f'<{following}>; rel="next"'
        if waited is not None:
            response.headers["preference-applied"] = f"wait={waited:g}"
        return response

    return router


def cursor_at(position: int) -> str:
    """Return the `since` with which to follow what comes after a position."""
    return encode_cursor(LISTING, [position])


def view(context: Context[Any], paths: Mapping[str, str], row: dict[str, Any]) -> dict[str, Any]:
    """Return a change as the API shows it (see `ChangeView`)."""
    kind, _, what = row["type"].partition(".")
    gone = what == "deleted" or kind not in paths
    return {
        "id": row["id"],
        "sequence": row["position"],
        "type": row["type"],
        "subject": row["subject"],
        "self": None if gone else context.link(f"{paths[kind]}/{quote(row['subject'], safe='')}"),
        "recorded_at": row["recorded_at"],
        "data": row["data"],
    }


async def _position(context: Context[Any], since: str | None) -> int:
    first = await log.first_position(context.db)
    if since is None:
        return first - 1
    moment = _moment(since)
    if moment is not None:
        return await log.position_before(context.db, moment)
    after: int = decode_cursor(LISTING, since, [int], place="since")[0]
    if after < first - 1:
        raise ChangesForgotten.since(context.settings.changes_keep_days)
    return min(after, LAST_POSITION)


def _moment(since: str) -> datetime | None:
    try:
        # A `+` that was not escaped comes as a space.
        moment = datetime.fromisoformat(since.replace(" ", "+"))
        return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


async def _news(context: Context[Any], after: int, limit: int, seconds: float) -> list[dict[str, Any]]:
    """Return the changes after a position, waiting for the first one if there is none yet."""
    deadline = asyncio.get_running_loop().time() + seconds
    changed = asyncio.Event()
    async with context.listener.hearing(log.channel(context.service), lambda _: changed.set()):
        while True:
            changed.clear()
            rows = await log.read(context.db, after=after, limit=limit)
            left = deadline - asyncio.get_running_loop().time()
            if rows or left <= 0:
                return rows
            try:
                # Looking again now and then covers a notification lost with its connection.
                async with asyncio.timeout(min(left, LOOK_AGAIN_SECONDS)):
                    await changed.wait()
            except TimeoutError:
                continue
