"""The files that a command line means: as given, or found in a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from services.validation.engine.formats.detect import KNOWN_EXTENSIONS

if TYPE_CHECKING:
    from services.validation.engine import ParsedSchema, Reference


@dataclass(frozen=True, slots=True)
class Target:
    """A file to validate: with which schema (None: say which it is like), beside which other tables."""

    path: str
    schema_name: str
    schema: ParsedSchema | None
    references: Mapping[str, Reference] = field(default_factory=dict)


class NoTable(Exception):
    """A folder holds no file that can be a table."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.folder = folder


def table_files(given: tuple[str, ...]) -> list[str]:
    """The paths to validate, in order: `-` and files as given, a folder's tables by name, at any depth.

    In a folder, only files whose extension is that of a table are taken, and no hidden ones.
    Raises NoTable when a folder has none.
    """
    found: list[str] = []
    for path in given:
        if path != "-" and Path(path).is_dir():
            found += _tables_in(path)
        else:
            found.append(path)
    return found


def _tables_in(folder: str) -> list[str]:
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            str(Path(place) / name)
            for name in sorted(names)
            if not name.startswith((".", "~$")) and Path(name).suffix.lower() in KNOWN_EXTENSIONS
        ]
    if not found:
        raise NoTable(folder)
    return found


def shown_path(path: str) -> str:
    """The path as text that can be written anywhere; bytes that are no text become `�`."""
    return "stdin" if path == "-" else os.fsencode(path).decode("utf-8", "replace")
