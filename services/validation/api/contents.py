"""`/validation/v1/validations/{id}/content`: the file itself, sent after the validation was asked for."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.validation.api.rights import Token, changeable
from services.validation.api.submissions import keep_body
from services.validation.api.validations import Prefer, answer, seconds_to_wait
from services.validation.operations import uploads, withdrawals
from services.validation.operations import validations as operations
from services.validation.operations.context import ValidationContext
from services.validation.schemas.validations import ValidationView
from shared.app import CallerDep, context_of
from shared.db import OutcomeUnknown
from shared.requests import StrictRoute
from shared.uploads import UNBOUNDED

router = APIRouter(prefix="/v1/validations", tags=["validations"], route_class=StrictRoute)


@router.put(
    "/{validation_id}/content",
    status_code=201,
    response_model=ValidationView,
    responses={202: {"model": ValidationView, "description": "Not ended yet: follow `Location`."}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
    max_body_size=UNBOUNDED,
    summary="Send the content of a file",
)
async def put_content(
    request: Request, validation_id: UUID, caller: CallerDep, token: Token = None, prefer: Prefer = None
) -> Response:
    """Send the file that a validation awaits, as it is; sent twice, it is validated once."""
    context: ValidationContext = context_of(request)
    await changeable(context, validation_id, caller, token)
    seconds = seconds_to_wait(prefer, context)
    stored = await keep_body(request, context)
    try:
        async with context.db.transaction() as session:
            received = await withdrawals.receive_content(session, validation_id, stored)
    except OutcomeUnknown:
        # The row may name the file: it stays, and is removed within a day if it does not.
        raise
    except Exception:
        await uploads.remove(context, [stored.key])
        raise
    if received:
        await operations.ring(context)
    else:
        await uploads.remove(context, [stored.key])
    found = await operations.wait_ended(context, validation_id, seconds or 0)
    return await answer(context, found, waited=seconds)
