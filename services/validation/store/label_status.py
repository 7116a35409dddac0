"""SQL of the status lists: which of their bits are set."""

from services.validation.domain.labels.addresses import Purpose
from services.validation.domain.labels.facts import LabelState
from shared.db import Database

_OF_LABELS = "SELECT status_index FROM label WHERE status_list = $1 AND state = $2"
_STATES = {"revocation": LabelState.REVOQUE, "suspension": LabelState.SUSPENDU}
# A credential that was replaced is revoked; its label may live.
_BITS = {
    "revocation": f"{_OF_LABELS} UNION SELECT status_index FROM label_withdrawn_place WHERE status_list = $1",
    "suspension": _OF_LABELS,
}


async def set_bits(db: Database, purpose: Purpose, number: int) -> list[int] | None:
    """Return the bits set in a list; None when no label is in it (the first is always there)."""
    rows = await db.fetch(f"{_BITS[purpose]} ORDER BY status_index", number, _STATES[purpose].value)
    if not rows and number > 0 and not await _is_used(db, number):
        return None
    return [row["status_index"] for row in rows]


async def _is_used(db: Database, number: int) -> bool:
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM label WHERE status_list = $1) "
            "OR EXISTS (SELECT FROM label_withdrawn_place WHERE status_list = $1)",
            number,
        )
    )
