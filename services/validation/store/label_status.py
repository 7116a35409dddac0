"""SQL of the status lists: which of their bits are set."""

from services.validation.domain.labels.addresses import Purpose
from services.validation.domain.labels.facts import LabelState
from shared.db import Database

_STATES = {"revocation": LabelState.REVOQUE, "suspension": LabelState.SUSPENDU}


async def set_bits(db: Database, purpose: Purpose, number: int) -> list[int] | None:
    """Return the bits set in a list; None when no label is in it (the first is always there)."""
    rows = await db.fetch(
        "SELECT status_index, state FROM label WHERE status_list = $1 AND state = $2 ORDER BY status_index",
        number,
        _STATES[purpose].value,
    )
    if not rows and number > 0 and not await _is_used(db, number):
        return None
    return [row["status_index"] for row in rows]


async def _is_used(db: Database, number: int) -> bool:
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM label WHERE status_list = $1)", number))
