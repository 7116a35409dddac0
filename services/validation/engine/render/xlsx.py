"""The source table as a workbook whose cells in error are coloured and say why, and a sheet that sums them up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from services.validation.engine.formats.opening import unwrap
from services.validation.engine.messages import Language
from services.validation.engine.options import Options
from services.validation.engine.read import ReadAs, read_table
from services.validation.engine.render.document import EntryDocument, ReportDocument
from services.validation.engine.render.wording import (
    by_importance,
    kind_name,
    place_name,
    said,
    verdict,
    visible,
)
from services.validation.engine.schema import Schema
from services.validation.engine.text.blocks import Block, Table
from services.validation.engine.text.source import Source, open_source

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
LONGEST_CELL = 32_767
MOST_COMMENTS = 10_000
_LONGEST_COMMENT = 1_000

_WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "data": "Données",
        "report": "Rapport",
        "head": "Colonne;Erreur;Code;Nombre;Premières lignes;Exemple",
        "rows": "Seules les {} premières lignes sont dans ce classeur : c'est le plus qu'Excel accepte.",
        "columns": "Seules les {} premières colonnes sont dans ce classeur : c'est le plus qu'Excel accepte.",
        "cells": "Des cellules de plus de {} caractères sont coupées : c'est le plus qu'Excel accepte.",
        "unmarked": "{} erreurs sont comptées mais ne sont pas marquées dans les données.",
        "comments": "Seules les {} premières cellules en erreur ont une note ; les autres sont seulement colorées.",
    },
    "en": {
        "data": "Data",
        "report": "Report",
        "head": "Column;Error;Code;Number;First rows;Example",
        "rows": "Only the first {} rows are in this workbook: Excel accepts no more.",
        "columns": "Only the first {} columns are in this workbook: Excel accepts no more.",
        "cells": "Cells longer than {} characters are cut: Excel accepts no more.",
        "unmarked": "{} errors are counted but not marked in the data.",
        "comments": "Only the first {} cells in error have a note; the others are only coloured.",
    },
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a table a workbook takes: at most what Excel opens."""

    rows: int = MOST_ROWS
    columns: int = MOST_COLUMNS
    cell: int = LONGEST_CELL
    comments: int = MOST_COMMENTS


_EXCEL = Limits()
_Places = dict[int, dict[int, list[str]]]


def rows_of(
    source: Source, schema: Schema, report: ReportDocument, options: Options
) -> Iterator[Sequence[str]]:
    """The header, then each record, read again as the report says. Raises Unreadable."""
    with _reading(source, schema, report, options) as table:
        yield table.header
        for block in table.blocks:
            yield from _records(block)


def annotate(
    source: Source,
    schema: Schema,
    report: ReportDocument,
    target: BinaryIO,
    options: Options | None = None,
    language: Language = "fr",
) -> None:
    """Read the source again, as the report says it was read, and write the workbook to `target`.

    Only the errors that the report lists are marked: validate with as many `samples` as cells to mark. Raises
    Unreadable when the source can no longer be read.
    """
    with _reading(source, schema, report, options or Options()) as table:
        write_workbook(target, table, report, language)


@contextmanager
def _reading(source: Source, schema: Schema, report: ReportDocument, asked: Options) -> Iterator[Table]:
    with closing(open_source(source, asked.label)) as given:
        opened = unwrap(given)
        with closing(opened.source):
            table = read_table(opened, schema, asked, ReadAs(asked.encoding or report["source"]["encoding"]))
            with closing(table):
                yield table


def write_workbook(
    target: BinaryIO,
    table: Table,
    report: ReportDocument,
    language: Language = "fr",
    limits: Limits = _EXCEL,
) -> None:
    """Write a table and its report as a workbook, row by row: memory does not grow with the table.

    Row n of the report is row n of the first sheet. Every cell is text: a formula stays what it was, text.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        # The same report gives the same bytes, whenever it is asked for.
        book.set_properties({"created": datetime.fromisoformat(report["date"])})
        data = _DataSheet(book, report, language, limits)
        data.write(table)
        _write_report(book, report, language, data.notes())


class _DataSheet:
    """The sheet of the source's cells."""

    def __init__(
        self, book: xlsxwriter.Workbook, report: ReportDocument, language: Language, limits: Limits
    ) -> None:
        self._words = _WORDS[language]
        self._limits = limits
        self._report = report
        self._sheet: Worksheet = book.add_worksheet(self._words["data"])
        self._sheet.freeze_panes(1, 0)
        self._head: Format = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self._wrong: Format = book.add_format({"bg_color": "#FFC7CE", "font_color": "#7A0014"})
        self._wrong_head: Format = book.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#FFC7CE", "font_color": "#7A0014"}
        )
        self._places = _places(report["errors"], language)
        self._marked = 0
        self._comments = 0
        self._cut: set[str] = set()

    def write(self, table: Table) -> None:
        self._row(1, table.header)
        row = 1
        for block in table.blocks:
            for cells in _records(block):
                row += 1
                if row > self._limits.rows:
                    self._cut.add("rows")
                    return
                self._row(row, cells)

    def _row(self, row: int, cells: Sequence[str]) -> None:
        wrong = self._places.get(row, {})
        if len(cells) > self._limits.columns:
            self._cut.add("columns")
            cells = cells[: self._limits.columns]
        for column, text in enumerate(cells):
            if text or column + 1 in wrong:
                self._cell(row, column, text, wrong.get(column + 1))
        for place in sorted(wrong):
            if len(cells) < place <= self._limits.columns:
                self._cell(row, place - 1, "", wrong[place])

    def _cell(self, row: int, column: int, text: str, messages: list[str] | None) -> None:
        if len(text) > self._limits.cell:
            self._cut.add("cells")
            text = text[: self._limits.cell]
        form = self._head if row == 1 else None
        if messages:
            form = self._wrong_head if row == 1 else self._wrong
            self._comment(row, column, messages)
        if text:
            self._sheet.write_string(row - 1, column, text, form)
        else:
            self._sheet.write_blank(row - 1, column, None, form)

    def _comment(self, row: int, column: int, messages: list[str]) -> None:
        self._marked += len(messages)
        if self._comments >= self._limits.comments:
            self._cut.add("comments")
            return
        self._comments += 1
        text = visible("\n".join(messages)).replace("⏎", "\n")[:_LONGEST_COMMENT]
        self._sheet.write_comment(row - 1, column, text, {"author": "Socle", "x_scale": 2.5})

    def notes(self) -> list[str]:
        """What the workbook does not hold, in words."""
        figures = {
            "rows": self._limits.rows,
            "columns": self._limits.columns,
            "cells": self._limits.cell,
            "comments": self._limits.comments,
        }
        told = [self._words[name].format(figure) for name, figure in figures.items() if name in self._cut]
        unmarked = self._report["stats"]["errors"] - self._marked
        return [*told, self._words["unmarked"].format(unmarked)] if unmarked else told


def _places(errors: Iterable[EntryDocument], language: Language) -> _Places:
    """Row -> column number -> what is wrong there; an error of a whole row is told at its first cell."""
    places: _Places = {}
    for entry in errors:
        row = entry["rowNumber"]
        if row is not None:
            column = entry["fieldNumber"] or 1
            places.setdefault(row, {}).setdefault(column, []).append(said(entry, language))
    return places


def _records(block: Block) -> Iterator[Sequence[str]]:
    """The records of a block as lists of texts; a cell that the record does not have is empty."""
    columns = [column.to_pylist() for column in block.columns]
    for offset in range(block.length):
        cells = [column[offset] or "" for column in columns]
        extra = block.extra.get(offset)
        yield [*cells, *extra] if extra else cells


def _write_report(
    book: xlsxwriter.Workbook, report: ReportDocument, language: Language, notes: list[str]
) -> None:
    words = _WORDS[language]
    sheet = book.add_worksheet(words["report"])
    bold = book.add_format({"bold": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for column, width in enumerate((28, 34, 28, 10, 26, 90)):
        sheet.set_column(column, column, width)
    sheet.write_string(0, 0, f"{visible(report['source']['name'])} — {verdict(report, language)}", bold)
    lines = notes + [said(warning, language) for warning in report["warnings"]]
    for row, text in enumerate(lines, 1):
        sheet.write_string(row, 0, visible(text)[:LONGEST_CELL])
    top = len(lines) + 2
    for column, name in enumerate(words["head"].split(";")):
        sheet.write_string(top, column, name, bold)
    for row, line in enumerate(by_importance(report), top + 1):
        example = said(line["examples"][0], language) if line["examples"] else ""
        rows = ", ".join(str(number) for number in line["rowNumbers"])
        sheet.write_string(row, 0, place_name(line, language), wrap)
        sheet.write_string(row, 1, line["title"][language], wrap)
        sheet.write_string(row, 2, kind_name(line), wrap)
        sheet.write_number(row, 3, line["count"], wrap)
        sheet.write_string(row, 4, rows, wrap)
        sheet.write_string(row, 5, visible(example)[:LONGEST_CELL], wrap)
