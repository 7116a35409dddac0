"""The states of a validation."""

from typing import Literal

State = Literal["awaiting", "queued", "running", "done", "failed", "cancelled"]

# Those that a validation leaves; the others are its end.
OPEN: tuple[State, ...] = ("awaiting", "queued", "running")


def ended(state: str) -> bool:
    """Tell whether a validation in this state will change no more."""
    return state not in OPEN
