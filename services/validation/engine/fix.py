"""A corrected copy of a table: what is certain is written as the schema wants it, nothing else is touched.

Encoding, delimiter, the spelling and order of labels, dates, numbers, yes and no, garbled accents, spaces around and
case of listed values. A value is replaced only by a text that means the same and that its field accepts; a column in
which some date can only be read month first keeps its ambiguous dates.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import IO, Literal

from services.validation.engine.cells import CellError, CellTooCostly, judges_for, reader_for
from services.validation.engine.checks.recognise import repair_mojibake
from services.validation.engine.formats import Opened, unwrap
from services.validation.engine.labels import plain
from services.validation.engine.messages import Unreadable
from services.validation.engine.options import Options
from services.validation.engine.read import ReadAs, read_table
from services.validation.engine.schema import Field, Schema
from services.validation.engine.text.blocks import Block, Table
from services.validation.engine.text.reader import NotUtf8, legacy_encoding
from services.validation.engine.text.source import Source, open_source

Kind = Literal[
    "format", "encoding", "delimiter", "title-lines", "label", "order", "value", "spaces", "accents"
]
_MOST_REMEMBERED = 100_000
_DAY_AND_MONTH = re.compile(r"\s*(\d{1,2})[/.\- ](\d{1,2})[/.\- ]\d{4}\b", re.ASCII)
_DATES = ("date", "datetime")


@dataclass(frozen=True, slots=True)
class Change:
    """One correction. `row` counts records, header = 1; None for what concerns the whole file."""

    kind: Kind
    before: str
    after: str
    row: int | None = None
    field: str = ""


@dataclass(slots=True)
class _Survey:
    """What a first reading tells: how to read, whether rows are of even length, which columns put months first."""

    told: ReadAs
    columns: tuple[_Column, ...]
    ragged: bool = False
    month_first: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the file, with the name to give it and the field it holds, if any."""

    index: int
    label: str
    name: str
    field: Field | None


def fix(
    source: Source,
    schema: Schema,
    target: IO[bytes],
    on_change: Callable[[Change], None],
    options: Options | None = None,
) -> None:
    """Write the corrected copy to `target` as CSV (UTF-8, commas), and tell each change to `on_change`.

    Raises Unreadable when the source cannot be read whole without loss: then nothing should be kept of `target`.
    """
    asked = options or Options()
    with closing(open_source(source, asked.label)) as given:
        opened = unwrap(given)
        with closing(opened.source):
            survey = _survey(opened, schema, asked)
            table = read_table(opened, schema, asked, survey.told)
            _Copy(table, survey, schema, target, on_change).write()


def _survey(opened: Opened, schema: Schema, options: Options) -> _Survey:
    told = ReadAs(options.encoding)
    while True:
        try:
            return _survey_as(opened, schema, options, told)
        except NotUtf8 as wrong:
            told = ReadAs(legacy_encoding(opened.source, wrong.offset), found=True)


def _survey_as(opened: Opened, schema: Schema, options: Options, told: ReadAs) -> _Survey:
    table = read_table(opened, schema, options, told)
    survey = _Survey(told, _columns(table.header, schema))
    dates = [column.index for column in survey.columns if column.field and column.field.type in _DATES]
    for block in table.blocks:
        survey.ragged = survey.ragged or _is_ragged(block)
        for index in dates:
            if index not in survey.month_first and _has_month_first(block, index):
                survey.month_first.add(index)
    for finding in table.findings:
        if finding.level == "error" and finding.code in ("source-error", "encoding-error"):
            raise Unreadable(finding)
    return survey


def _is_ragged(block: Block) -> bool:
    """Whether some record is shorter or longer than the header; an empty line is neither."""
    if block.extra:
        return True
    counts = {column.null_count for column in block.columns}
    return len(counts) > 1


def _has_month_first(block: Block, index: int) -> bool:
    for text in block.columns[index].unique().to_pylist():
        match = _DAY_AND_MONTH.match(text or "")
        if match and int(match[1]) <= 12 < int(match[2]):
            return True
    return False


def _columns(header: Sequence[str], schema: Schema) -> tuple[_Column, ...]:
    """Pair labels with fields, by name, else by the only spelling that comes down to the same letters."""
    exact = {label for label in header if schema.field(label)}
    near: dict[str, list[Field]] = {}
    for candidate in schema.fields:
        if candidate.name not in exact:
            near.setdefault(plain(candidate.name), []).append(candidate)
    spellings = [plain(label) for label in header]
    columns: list[_Column] = []
    seen: set[str] = set()
    for index, label in enumerate(header):
        known = schema.field(label) if label not in seen else None
        candidates = near.get(spellings[index], [])
        if known is None and len(candidates) == 1 and spellings.count(spellings[index]) == 1:
            known = candidates[0]
        seen.add(label)
        columns.append(_Column(index, label, label if known is None else known.name, known))
    return tuple(columns)


def _key_fields(schema: Schema) -> frozenset[str]:
    """The fields whose values are compared with one another: spaces may be all that tells two apart."""
    unique = (field.name for field in schema.fields if field.constraints.get("unique"))
    foreign = (name for key in schema.foreign_keys for name in (*key.fields, *key.reference_fields))
    return frozenset([*unique, *schema.primary_key, *foreign])


class _Copy:
    """The second reading, which writes."""

    def __init__(
        self,
        table: Table,
        survey: _Survey,
        schema: Schema,
        target: IO[bytes],
        on_change: Callable[[Change], None],
    ) -> None:
        self._table = table
        self._columns = survey.columns
        self._ragged = survey.ragged
        self._tell = on_change
        self._order = self._ordered(schema)
        keys = _key_fields(schema)
        self._correctors = [
            None
            if column.field is None
            else Corrector(column.field, column.index in survey.month_first, column.field.name in keys)
            for column in self._columns
        ]
        self._text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=False)
        self._writer = csv.writer(self._text, lineterminator="\n")

    def write(self) -> None:
        self._tell_about_file()
        self._writer.writerow([self._columns[index].name for index in self._order])
        for block in self._table.blocks:
            self._writer.writerows(self._rows(block))
        self._text.flush()
        self._text.detach()

    def _ordered(self, schema: Schema) -> list[int]:
        """Columns in the order of the schema, the others after; as they are when rows are of uneven length."""
        if self._ragged:
            return [column.index for column in self._columns]
        places: Mapping[str, int] = {field.name: place for place, field in enumerate(schema.fields)}
        last = len(places)
        key = [places.get(column.field.name, last) if column.field else last for column in self._columns]
        return sorted(range(len(self._columns)), key=key.__getitem__)

    def _tell_about_file(self) -> None:
        table = self._table
        if table.format not in ("csv", "text"):
            self._tell(Change("format", table.format, "csv"))
        if table.encoding != "utf-8":
            self._tell(Change("encoding", table.encoding, "utf-8"))
        if table.delimiter not in ("", ","):
            self._tell(Change("delimiter", table.delimiter, ","))
        if table.header_line > 1:
            self._tell(Change("title-lines", str(table.header_line - 1), "0"))
        for column, written in zip(self._columns, table.written or table.header, strict=False):
            if column.name != written:
                self._tell(Change("label", written, column.name, 1, column.name))
        if self._order != sorted(self._order):
            before = ", ".join(column.name for column in self._columns)
            self._tell(
                Change("order", before, ", ".join(self._columns[index].name for index in self._order), 1)
            )

    def _rows(self, block: Block) -> Iterator[list[str]]:
        columns = [self._corrected(block, index) for index in self._order]
        rows = zip(*columns, strict=True) if columns else iter([()] * block.length)
        for offset, row in enumerate(rows):
            # Null is where the record ended: columns are in the file's order whenever there is any.
            cells = [text for text in row if text is not None]
            yield [*cells, *block.extra.get(offset, ())]

    def _corrected(self, block: Block, index: int) -> list[str | None]:
        texts: list[str | None] = block.columns[index].to_pylist()
        corrector = self._correctors[index]
        if corrector is None:
            return texts
        for offset, text in enumerate(texts):
            better = corrector(text) if text else None
            if better is not None and text is not None:
                name = self._columns[index].name
                self._tell(Change(_kind_of(text, better), text, better, block.first_row + offset, name))
                texts[offset] = better
        return texts


def _kind_of(text: str, better: str) -> Kind:
    if better == text.strip():
        return "spaces"
    return "accents" if better == repair_mojibake(text) else "value"


class Corrector:
    """What to write instead of a cell of one field: None to leave it as it is.

    In a column whose ambiguous dates are `month_first` they are left; in a `key`, so are spaces that are no fault.
    """

    def __init__(self, field: Field, month_first: bool = False, key: bool = False) -> None:
        self._missing = frozenset(field.missing_values)
        self._read = reader_for(field)
        self._judges = judges_for(field)
        self._month_first = month_first
        self._key = key
        self._known: dict[str, str | None] = {}

    def __call__(self, text: str) -> str | None:
        if text not in self._known:
            if len(self._known) > _MOST_REMEMBERED:
                self._known.clear()
            self._known[text] = self._better(text)
        return self._known[text]

    def _better(self, text: str) -> str | None:
        """The fix of the first fault, if that leaves none; else the text trimmed, if it is no worse."""
        if text in self._missing:
            return None
        faults = self._faults(text)
        if self._key and not faults:
            return None
        repaired = repair_mojibake(text)
        if repaired is not None and not self._faults(repaired):
            return repaired
        trimmed = text.strip()
        if trimmed != text and trimmed and trimmed not in self._missing and not self._faults(trimmed):
            return trimmed
        if not faults or not self._certain(text):
            return None
        fault = faults[0]
        if fault.fix is None or self._faults(fault.fix):
            return None
        # A pattern says nothing of what a text means: only its spaces may go, not the case of its letters.
        only_spaces = "".join(fault.fix.split()) == "".join(text.split())
        return fault.fix if only_spaces or not fault.key.startswith("constraint-pattern") else None

    def _certain(self, text: str) -> bool:
        match = _DAY_AND_MONTH.match(text)
        return not (self._month_first and match)

    def _faults(self, text: str) -> list[CellError]:
        try:
            value = self._read(text)
            return [judge.explain(text) for judge in self._judges if not judge.ok(value)]
        except CellError as error:
            return [error]
        except CellTooCostly as error:
            return [CellError(error.key, error.params)]
