"""Who may see and change a validation (`domain.ownership`): to anybody else it does not exist."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request

from services.validation.operations import withdrawals
from services.validation.operations.withdrawals import require_changeable as changeable
from shared.app import CallerDep, context_of

__all__ = ["Readable", "Token", "changeable"]

Token = Annotated[
    str | None,
    Header(
        alias="X-Validation-Token",
        max_length=200,
        description="The `token` received when the validation was made without an API key.",
    ),
]


async def _readable(request: Request, validation_id: UUID, caller: CallerDep) -> None:
    await withdrawals.require_readable(context_of(request), validation_id, caller)


# For every route that shows something of a validation: raises `ValidationNotFound`.
Readable = Depends(_readable)
