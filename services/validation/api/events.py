"""`/validation/v1/validations/{id}/events`: how a validation goes, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Request
from fastapi.responses import Response, StreamingResponse

from services.validation.api.rights import Readable
from services.validation.domain.states import ended
from services.validation.operations import progress
from services.validation.operations import validations as operations
from services.validation.operations.context import ValidationContext
from shared.app import context_of
from shared.edge import BODILESS, STOPPING
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/validations", tags=["validations"], route_class=StrictRoute)

EVENT_STREAM = "text/event-stream"
RETRY_MILLISECONDS = 1000


@router.get(
    "/{validation_id}/events",
    dependencies=[Readable],
    response_class=StreamingResponse,
    responses={
        200: {"content": {EVENT_STREAM: {}}, "description": "Events `progress`, then `end`."},
        204: {"description": "The end was told already (`Last-Event-ID`): do not come back."},
    },
    summary="Follow a validation, event by event",
)
async def follow_validation(
    request: Request,
    validation_id: UUID,
    after: Annotated[
        str | None, Header(alias="Last-Event-ID", max_length=100, description="Sent by browsers that resume.")
    ] = None,
) -> Response:
    """Tell each progress (`{state, progress}`), then the validation itself once it has ended (`end`).

    A comment comes as a sign of life; `deleted` replaces `end` for a validation deleted meanwhile.
    """
    context: ValidationContext = context_of(request)
    state = request.scope["state"]
    if state.get(BODILESS):
        return Response(media_type=EVENT_STREAM)
    if after == progress.END and ended((await operations.find(context, validation_id))["state"]):
        return Response(status_code=204)
    return StreamingResponse(
        _events(context, validation_id, after, state.get(STOPPING) or asyncio.Event()),
        media_type=EVENT_STREAM,
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _events(
    context: ValidationContext, validation_id: UUID, after: str | None, stopping: asyncio.Event
) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    async for update in progress.follow(context, validation_id, after, stopping):
        if update is None:
            yield b": ...\n\n"
        else:
            yield f"event: {update.kind}\nid: {update.mark}\ndata: ".encode()
            yield orjson.dumps(update.document) + b"\n\n"
