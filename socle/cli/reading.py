"""How to read a file, for the commands that read tables: encoding, delimiter, sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

DELIMITERS = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "pipe": "|",
    ",": ",",
    ";": ";",
    "\\t": "\t",
    "\t": "\t",
    "|": "|",
}
_Command = Callable[..., Any]
_OPTIONS = (
    click.option("--encoding", help="Encodage, au lieu de le trouver. / Encoding, instead of finding it."),
    click.option(
        "--delimiter",
        type=click.Choice(tuple(DELIMITERS)),
        metavar="comma|semicolon|tab|pipe",
        help="Séparateur, au lieu de le trouver. / Delimiter, instead of finding it.",
    ),
    click.option(
        "--sheet",
        help="Feuille du classeur : nom, ou numéro à partir de 1. / Sheet: name or number from 1.",
    ),
)


def reading_options(command: _Command) -> _Command:
    """Give a command the options `--encoding`, `--delimiter` and `--sheet`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def delimiter_of(told: str | None) -> str | None:
    """The delimiter itself, from its name."""
    return DELIMITERS[told] if told else None


def sheet_of(told: str | None) -> str | int | None:
    """The name of a sheet, or its number."""
    return int(told) if told and told.isdecimal() else told
