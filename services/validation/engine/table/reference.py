"""Reads the keys of another table, for the foreign keys that lead to it."""

from __future__ import annotations

from collections.abc import Iterator

from services.validation.engine.formats.opening import Opened, unwrap
from services.validation.engine.options import Options, Reference
from services.validation.engine.read import ReadAs, read_table
from services.validation.engine.table.columns import ColumnChecker, ColumnSet, FaultsByColumn
from services.validation.engine.table.header import match_header
from services.validation.engine.table.keys import KeyColumns
from services.validation.engine.table.view import BlockView
from services.validation.engine.text.reader import NotUtf8, legacy_encoding
from services.validation.engine.text.source import open_source


def key_blocks(
    reference: Reference, names: tuple[str, ...], options: Options
) -> Iterator[tuple[KeyColumns, BlockView, FaultsByColumn]]:
    """The blocks of the table referred to, with the columns of its key; nothing when it lacks one of them."""
    source = open_source(reference.source)
    opened = unwrap(source)
    try:
        try:
            yield from _read(opened, reference, names, options, ReadAs(None))
        except NotUtf8 as wrong:
            found = ReadAs(legacy_encoding(opened.source, wrong.offset), found=True)
            yield from _read(opened, reference, names, options, found)
    finally:
        opened.source.close()
        source.close()


def _read(
    opened: Opened, reference: Reference, names: tuple[str, ...], options: Options, told: ReadAs
) -> Iterator[tuple[KeyColumns, BlockView, FaultsByColumn]]:
    table = read_table(opened, reference.schema, Options(cancelled=options.cancelled), told)
    header = match_header(table.header, reference.schema)
    by_name = {column.field.name: column for column in reversed(header.columns)}
    if not all(name in by_name for name in names):
        table.close()
        return
    columns = KeyColumns(tuple(ColumnChecker(by_name[name]) for name in names))
    try:
        judged = ColumnSet(columns.checkers)
        for block in table.blocks:
            view = BlockView(block)
            yield columns, view, judged.faults(view)
    finally:
        table.close()
