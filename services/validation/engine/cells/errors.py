"""The refusal of one cell, said by a message key and its parameters."""

from __future__ import annotations

from collections.abc import Mapping


class CellError(ValueError):
    """A text that a field's type or constraint refuses.

    `key` is a key of `cells.messages.MESSAGES`; it ends in `-fix` when `fix`, the text to write instead, is certain.
    """

    def __init__(self, key: str, params: Mapping[str, object] | None = None, fix: str | None = None) -> None:
        self.key = key if fix is None else f"{key}-fix"
        self.params: Mapping[str, object] = {**(params or {}), **({} if fix is None else {"fix": fix})}
        self.fix = fix
        super().__init__(self.key, self.params)


class CellTooCostly(Exception):
    """Judging this cell took more time than a cell may take: neither accepted nor refused, and said so."""

    def __init__(self, key: str, params: Mapping[str, object]) -> None:
        self.key = key
        self.params = params
        super().__init__(key, params)
