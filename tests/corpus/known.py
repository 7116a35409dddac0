"""Differences from frictionless 5.21 on random tables that are meant, each with the reason why ours is right."""

from __future__ import annotations

from typing import Any

from tests.corpus.agreement import Errors, header_of
from tests.corpus.tables import Case


def why_different(case: Case, theirs: Errors, ours: Errors) -> str | None:
    """The reason for what only one side says, None when there is none."""
    if not case.data.strip(b"\r\n"):
        return "a file of line ends alone is empty; the reference takes the first for the header"
    if case.data.startswith((b"\r", b"\n")):
        return "a blank first line is not the header when a later line is; the reference takes it"
    if any(code == "format-error" for code, *_ in ours):
        return "lines above the header are told and passed over; the reference takes the first for the header"
    if {code for code, *_ in theirs + ours} == {"foreign-key"}:
        return _why_other_foreign_keys(case)
    return None


def _why_other_foreign_keys(case: Case) -> str | None:
    types = {field["name"]: field["type"] for field in case.schema["fields"]}
    labels = {label.strip() for label in header_of(case)}
    key: dict[str, Any] = case.schema["foreignKeys"][0]
    pairs = list(zip(key["fields"], key["reference"]["fields"], strict=True))
    if any(types[here] != types[there] for here, there in pairs if "boolean" in (types[here], types[there])):
        return "a boolean is not a number: `false` does not refer to `0`; in the reference's language it does"
    if not labels >= set(key["reference"]["fields"]):
        return (
            "a column that is not in the file refers to nothing; the reference takes its cells for empty ones"
        )
    return None
