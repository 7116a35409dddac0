"""What every write to the directory has in common: the scope it needs, and how a claim is taken."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.responses import Response

from services.directory.domain.claims import Statement, Terms
from services.directory.domain.identifiers import InvalidIdentifier, parse_siren
from services.directory.domain.problems import NotListed
from services.directory.operations import claims, history
from services.directory.operations.claims import Said
from services.directory.operations.context import DirectoryContext
from services.directory.operations.editing import Match
from services.directory.operations.history import Subject as HistorySubject
from services.directory.operations.rights import WRITE, may_write, require_writer
from services.directory.schemas.history import PageQuery
from services.directory.schemas.usages import ClaimInput, ModuleClaimInput
from services.directory.store.usages import Subject
from shared import idempotency
from shared.auth import Caller
from shared.caching import page_response, require_present
from shared.pagination import decode_cursor, encode_cursor
from shared.problems import InvalidRequest

SCOPE = WRITE


def _matching(
    request: Request,
    _if_match: Annotated[
        str | None, Header(alias="If-Match", description="The `ETag` of what was read; it is needed.")
    ] = None,
) -> Match:
    return partial(require_present, request)


# Compares a document with the version that the client has seen (`If-Match`, which is needed).
Seen = Annotated[Match, Depends(_matching)]


def siren_of_path(siren: str) -> str:
    """Return the SIREN in a path; raises `InvalidRequest`."""
    try:
        return parse_siren(siren)
    except InvalidIdentifier as refused:
        raise InvalidRequest.at("/path/siren", fr=refused.fr, en=refused.en) from refused


def after_id(listing: str, cursor: str | None) -> UUID | None:
    """Return the id after which a page begins, or None for the first."""
    return None if cursor is None else decode_cursor(listing, cursor, [UUID])[0]


def page_by_id(
    request: Request, listing: str, rows: Sequence[dict[str, Any]], limit: int, *, key: str = "id"
) -> Response:
    """Return a page of items in the order of their ids, of which one more than `limit` was read."""
    shown = list(rows[:limit])
    following = encode_cursor(listing, [str(shown[-1][key])]) if len(rows) > limit else None
    return page_response(request, {"items": shown, "next": following})


async def history_response(
    request: Request,
    context: DirectoryContext,
    subject: HistorySubject,
    subject_id: object,
    query: PageQuery,
    *,
    caller: Caller,
    owner: str | None,
) -> Response:
    """Return a page of the history of an entry; its owner and the moderators see who, and why."""
    full = caller.key_id is not None and may_write(caller, owner)
    items = await history.page(
        context.db,
        subject,
        subject_id,
        after=after_id("history", query.cursor),
        limit=query.limit + 1,
        full=full,
    )
    return page_by_id(request, "history", items, query.limit)


async def owner_of(
    context: DirectoryContext,
    subject: HistorySubject,
    subject_id: object,
    find: Callable[[], Awaitable[dict[str, Any]]],
    owner: Callable[[dict[str, Any]], str],
) -> str | None:
    """Return whose an entry is (SIREN), None for one that was removed; raises `NotListed` for one that never was."""
    try:
        return owner(await find())
    except NotListed:
        if not await history.page(context.db, subject, subject_id, after=None, limit=1, full=False):
            raise
        return None


async def take_claim(
    context: DirectoryContext,
    subject: Subject,
    subject_id: UUID,
    body: ClaimInput,
    *,
    caller: Caller,
    key: str | None,
) -> None:
    """Add what a caller says of a subject, once for each idempotency key.

    Raises `Unauthenticated`, `Forbidden`, `IdempotencyKeyReused`, and the problem of an unknown subject.
    """
    require_writer(caller)
    terms = None
    if isinstance(body, ModuleClaimInput) and body.policy is not None:
        terms = Terms(body.policy, body.price_note)
    async with context.db.transaction() as session:
        await claims.add_once(
            session,
            subject,
            Said(subject_id, Statement(body.statement), body.source.model_dump(), body.stated_on, terms),
            caller=caller,
            key=idempotency.check(key),
        )
