"""The conformity of a resource: always that of its present file to its present schema, never assumed."""

from collections.abc import Iterable
from enum import StrEnum


class Conformity(StrEnum):
    """`valid` and `invalid` are verdicts; everything else says why there is none."""

    NOT_VALIDATED = "not_validated"
    QUEUED = "queued"
    VALID = "valid"
    INVALID = "invalid"
    ERROR = "error"
    STALE = "stale"


# The first that some resource has is that of the whole dataset.
_WORST_FIRST = (
    Conformity.INVALID,
    Conformity.ERROR,
    Conformity.STALE,
    Conformity.QUEUED,
    Conformity.NOT_VALIDATED,
    Conformity.VALID,
)


def initial(*, has_schema: bool, has_content: bool) -> Conformity:
    """Return the conformity of a resource just written: validation needs a schema and a file."""
    return Conformity.QUEUED if has_schema and has_content else Conformity.NOT_VALIDATED


def after_change(before: str, *, has_schema: bool, has_content: bool) -> Conformity:
    """Return the conformity of a resource whose file or schema changed: a verdict given before is stale at best."""
    now = initial(has_schema=has_schema, has_content=has_content)
    judged = before in (Conformity.VALID, Conformity.INVALID, Conformity.STALE)
    return Conformity.STALE if now is Conformity.NOT_VALIDATED and has_schema and judged else now


def of_dataset(conformities: Iterable[str]) -> Conformity:
    """Return the conformity of a dataset from those of its resources that name a schema: the worst one."""
    found = {Conformity(value) for value in conformities}
    return next((value for value in _WORST_FIRST if value in found), Conformity.NOT_VALIDATED)
