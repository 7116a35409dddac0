"""Differences from frictionless 5.21 on random tables that are meant, each with the reason why ours is right."""

from __future__ import annotations

from tests.corpus.agreement import Errors
from tests.corpus.tables import Case


def why_different(case: Case, theirs: Errors, ours: Errors) -> str | None:
    """The reason for what only one side says, None when there is none."""
    if not case.data.strip(b"\r\n"):
        return "a file of line ends alone is empty; the reference takes the first for the header"
    if case.data.startswith((b"\r", b"\n")):
        return "a blank first line is not the header when a later line is; the reference takes it"
    return None
