"""What every write to the directory has in common: the scope it needs, and how a claim is taken."""

from uuid import UUID

from services.directory.domain.claims import Statement
from services.directory.operations import claims
from services.directory.operations.context import DirectoryContext
from services.directory.schemas.usages import ClaimInput
from services.directory.store.usages import Subject
from shared import idempotency
from shared.auth import Caller

SCOPE = "directory:write"


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
    caller.require(SCOPE)
    async with context.db.transaction() as session:
        await claims.add_once(
            session,
            subject,
            subject_id,
            statement=Statement(body.statement),
            source=body.source.model_dump(),
            stated_on=body.stated_on,
            caller=caller,
            key=idempotency.check(key),
        )
