"""The conformity of a resource: always that of its present file to its present schema, never assumed."""

from enum import StrEnum


class Conformity(StrEnum):
    """`valid` and `invalid` are verdicts; everything else says why there is none."""

    NOT_VALIDATED = "not_validated"
    QUEUED = "queued"
    VALID = "valid"
    INVALID = "invalid"
    ERROR = "error"
    STALE = "stale"


def initial(*, has_schema: bool, has_content: bool) -> Conformity:
    """Return the conformity of a resource just written: validation needs a schema and a file."""
    return Conformity.QUEUED if has_schema and has_content else Conformity.NOT_VALIDATED
