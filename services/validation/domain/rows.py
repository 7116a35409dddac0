"""Rows written in a JSON body, as the CSV file that holds the same values.

A text stays as it is; `null` or an absent member is an empty cell; `true` and `false` are written so; a number is
written in its shortest form (`5.0` is `5`: JSON does not tell them apart), so that an identifier with leading zeros
must be sent as text; a list or an object is written as JSON.
"""

import csv
import io
from collections.abc import Sequence
from typing import Any

import orjson

from shared.problems import InvalidRequest

# How such a file is written, told to the engine so that nothing is left to guess.
WRITTEN_AS = {"delimiter": ",", "encoding": "utf-8"}
MAX_COLUMNS = 10_000
MAX_CELLS = 5_000_000


def as_csv(rows: Sequence[Any]) -> bytes:
    """Return rows as CSV: objects (the header is every name, in order of appearance), or lists, the first the header.

    Raises `InvalidRequest` for a mixture of both, or for anything else.
    """
    table = _from_objects(rows) if isinstance(rows[0], dict) else _from_lists(rows)
    if not table[0] or len(table[0]) > MAX_COLUMNS:
        raise InvalidRequest.at(
            "/body/rows/0",
            fr=f"Il faut de 1 à {MAX_COLUMNS} colonnes : donnez leurs noms dans la première ligne.",
            en=f"1 to {MAX_COLUMNS} columns are needed: give their names in the first row.",
        )
    text = io.StringIO()
    # Every cell between quotes: none can be taken for the signature of another format.
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(table)
    return text.getvalue().encode()


def _from_objects(rows: Sequence[Any]) -> list[list[str]]:
    names: dict[str, None] = {}
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise _mixed(index)
        names.update(dict.fromkeys(row))
        if len(names) > MAX_COLUMNS:
            break
    header = list(names)
    if len(header) * len(rows) > MAX_CELLS:
        raise InvalidRequest.at(
            "/body/rows",
            fr="Ces objets ont trop peu de noms en commun pour former un tableau : envoyez un fichier.",
            en="These objects share too few names to make a table: send a file.",
        )
    return [header, *([cell_text(row.get(name)) for name in header] for row in rows)]


def _from_lists(rows: Sequence[Any]) -> list[list[str]]:
    for index, row in enumerate(rows):
        if not isinstance(row, list):
            raise _mixed(index)
    return [[cell_text(value) for value in row] for row in rows]


def _mixed(index: int) -> InvalidRequest:
    return InvalidRequest.at(
        f"/body/rows/{index}",
        fr="Les lignes sont toutes des objets, ou toutes des listes dont la première est l'en-tête.",
        en="Rows are all objects, or all lists of which the first is the header.",
    )


def cell_text(value: Any) -> str:
    """Return a decoded JSON value as the text of a cell."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        case int() | float():
            return repr(value)
        case _:
            return orjson.dumps(value).decode()
