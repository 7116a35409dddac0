"""What the answer of a server says of a published file: there or not, changed or not, when to look again."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# A file that changes is looked at often, one that does not ever more seldom.
DELAYS = tuple(timedelta(hours=hours) for hours in (12, 24, 168, 720))
LONGEST_WAIT = timedelta(days=30)
# Pages by which firewalls and hosts answer 200 in the place of a file.
_WALLS = (
    b"request rejected",
    b"access denied",
    b"just a moment...",
    b"attention required!",
    b"cf-challenge",
    b"_incapsula_resource",
    b"captcha",
    b"are you a robot",
)
_PAGES = frozenset(("html", "htm", "xhtml", "www", "web"))


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells one content of an address from another, as far as its server says."""

    etag: str | None = None
    last_modified: str | None = None
    size: int | None = None
    sha256: str | None = None

    @property
    def tell(self) -> bool:
        """Whether they tell a change without reading the file."""
        return bool(self.etag or self.last_modified)


def changed(before: Marks, after: Marks) -> bool:
    """Tell whether the content is another one; what either side does not know proves nothing.

    A digest of the content proves more than its date and size, and these more than an ETag, which differs from one
    server of a farm to the next.
    """
    if before.sha256 and after.sha256:
        return before.sha256 != after.sha256
    sizes = None not in (before.size, after.size)
    if sizes and before.size != after.size:
        return True
    if before.last_modified and after.last_modified:
        return before.last_modified != after.last_modified
    return bool(before.etag and after.etag and _bare(before.etag) != _bare(after.etag))


def _bare(etag: str) -> str:
    return etag.removeprefix("W/")


def next_level(level: int, *, first: bool, different: bool) -> int:
    """Return which of the delays comes next: the shortest for what is new or changed, else the one after the last."""
    return 0 if first or different else min(level + 1, len(DELAYS) - 1)


def wait_asked(header: str | None, moment: datetime) -> timedelta:
    """Return how long a `Retry-After` (seconds, or a date) asks to wait, within reason."""
    if header is None:
        return timedelta(0)
    if header.strip().isdecimal():
        return min(timedelta(seconds=int(header.strip()[:9])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return timedelta(0)
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(timedelta(0), min(until - moment, LONGEST_WAIT))


def is_page(format_id: str | None, kind: str) -> bool:
    """Tell whether a resource is a web page by right: one of documentation, or an interface."""
    return (format_id or "") in _PAGES or (format_id is None and kind in ("documentation", "api", "code"))


def is_wall(start: bytes) -> bool:
    """Tell whether a web page that begins so is that of a firewall."""
    head = start.lower()
    return any(mark in head for mark in _WALLS)
