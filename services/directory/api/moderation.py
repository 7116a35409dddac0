"""`/directory/v1/declarations`: what anybody sends; `/directory/v1/moderation`: the queue of the moderators."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.directory.api.writing import after_id, history_response, page_by_id
from services.directory.operations import moderation as operations
from services.directory.operations import submissions
from services.directory.operations.context import DirectoryContext
from services.directory.operations.rights import MODERATE
from services.directory.schemas.history import HistoryPage, PageQuery
from services.directory.schemas.moderation import (
    DecisionInput,
    DeclarationInput,
    ModerationQuery,
    SubmissionDetail,
    SubmissionPage,
    SubmissionView,
)
from services.directory.store import moderation as store
from shared import idempotency
from shared.app import CallerDep, context_of, count_hit
from shared.caching import created_response, json_response
from shared.idempotency import IdempotencyKey
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["modération"], route_class=StrictRoute)

LISTING = "moderation"


@router.post(
    "/declarations", status_code=201, response_model=SubmissionView, summary="Declare a usage by form"
)
async def create_declaration(
    request: Request, body: DeclarationInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Say, without a key, which application a collectivité uses: a moderator looks at it before it is published.

    The key of the collectivité itself is believed at once. The address of the answer tells what became of it.
    """
    context: DirectoryContext = context_of(request)
    checked = idempotency.check(key)
    await count_hit(request, "declarations", context.settings.directory_declarations_rate, caller.name)
    async with context.db.transaction() as session:
        submission_id = await operations.declare(context, session, body, caller=caller, key=checked)
    return created_response(await submissions.find(context, submission_id, full=False))


@router.get("/declarations/{submission_id}", response_model=SubmissionView, summary="Follow what was sent")
async def read_declaration(request: Request, submission_id: UUID) -> Response:
    """Return where a submission is and, once decided, what was published or why it was refused."""
    context: DirectoryContext = context_of(request)
    return json_response(request, await submissions.find(context, submission_id, full=False))


@router.get("/moderation", response_model=SubmissionPage, summary="List what waits for a moderator")
async def list_submissions(
    request: Request, query: Annotated[ModerationQuery, Query()], caller: CallerDep
) -> Response:
    """List submissions, oldest first, with why each had to wait; for moderators."""
    caller.require(MODERATE)
    context: DirectoryContext = context_of(request)
    rows = await store.page(
        context.db,
        state=query.state,
        kind=query.kind,
        after=after_id(LISTING, query.cursor),
        limit=query.limit + 1,
    )
    items = [submissions.shown(context, row, full=True) for row in rows]
    return page_by_id(request, LISTING, items, query.limit)


@router.get("/moderation/{submission_id}", response_model=SubmissionDetail, summary="Read a submission")
async def read_submission(request: Request, submission_id: UUID, caller: CallerDep) -> Response:
    """Return a submission whole; for moderators."""
    caller.require(MODERATE)
    context: DirectoryContext = context_of(request)
    return json_response(request, await submissions.find(context, submission_id, full=True))


@router.post(
    "/moderation/{submission_id}/decision", response_model=SubmissionDetail, summary="Publish or refuse"
)
async def decide_submission(
    request: Request, submission_id: UUID, body: DecisionInput, caller: CallerDep
) -> Response:
    """Decide, once and with a reason; what is published is published in the name of whoever sent it."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.decide(context, session, submission_id, body, caller=caller)
    return json_response(request, await submissions.find(context, submission_id, full=True))


@router.get(
    "/moderation/{submission_id}/history",
    response_model=HistoryPage,
    summary="Read what was decided and when",
)
async def read_submission_history(
    request: Request, submission_id: UUID, query: Annotated[PageQuery, Query()], caller: CallerDep
) -> Response:
    """List what happened to a submission; for moderators."""
    caller.require(MODERATE)
    context: DirectoryContext = context_of(request)
    await submissions.find(context, submission_id, full=True)
    return await history_response(
        request, context, "submission", submission_id, query, caller=caller, owner=None
    )
