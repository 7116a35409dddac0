"""`Prefer: wait=N` (RFC 7240, section 4.3): how long a client is ready to wait for an answer with news."""

import re

# Section 2: a name in any case, a value bare or quoted, among other preferences.
_WAIT = re.compile(r'(?:^|[,;])\s*wait\s*=\s*("?)(\d{1,20})\1\s*(?=[,;]|$)', re.IGNORECASE | re.ASCII)


def seconds_to_wait(prefer: str | None, longest: float) -> float | None:
    """Return the seconds that a `Prefer` header asks to wait, `longest` at most; None when it does not ask."""
    match = _WAIT.search(prefer or "")
    return float(min(int(match[2]), longest)) if match else None
