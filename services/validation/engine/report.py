"""The report of a validation: exact counts, a summary to act on, and a bounded sample of the errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.validation.engine.messages import Language, Wording, word

REPORT_VERSION = "1.1"
LONGEST_CELL = 500
# Lines of a summary that are written: more come from a table without end, and are counted.
MOST_LINES = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One error or warning. Row 1 is the header; `line` is the physical line; None where there is none.

    `cells` is the whole record, each cell cut to LONGEST_CELL, for an error that is about more than one cell.
    """

    code: str
    key: str
    params: Mapping[str, object]
    row: int | None = None
    line: int | None = None
    field: str | None = None
    field_number: int | None = None
    cell: str | None = None
    constraint: str | None = None
    limit: object = None
    fix: str | None = None
    cells: tuple[str, ...] | None = None

    def wording(self, language: Language) -> Wording:
        """Title, sentence and fix, in words."""
        cell = "" if self.cell is None else self.cell
        values = {
            "field": self.field or "",
            "cell": cell,
            "row": self.row,
            "line": self.line,
            "fix": self.fix,
            **self.params,
        }
        return word(self.key, values, language)

    def to_dict(self) -> dict[str, object]:
        """The entry as the JSON report has it (docs/reference/report.schema.json)."""
        fr, en = self.wording("fr"), self.wording("en")
        cell = self.cell
        cut = cell is not None and len(cell) > LONGEST_CELL
        found: dict[str, object] = {
            "type": self.code,
            "key": self.key,
            "title": {"fr": fr.title, "en": en.title},
            "message": {"fr": fr.text, "en": en.text},
            "rowNumber": self.row,
            "lineNumber": self.line,
            "fieldName": None if self.field is None else _label(self.field),
            "fieldNumber": self.field_number,
            "cell": cell[:LONGEST_CELL] if cell is not None and cut else cell,
        }
        if cut:
            found["cellTruncated"] = True
        if self.cells is not None:
            found["cells"] = list(self.cells)
        if self.constraint is not None:
            found["constraint"] = {"name": self.constraint, "limit": _plain_json(self.limit)}
        if self.fix is not None:
            found["fix"] = self.fix
        if fr.fix:
            found["advice"] = {"fr": fr.fix, "en": en.fix}
        return found


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """All the errors of one kind in one column: their exact number, and the first of them."""

    code: str
    constraint: str | None
    field: str | None
    field_number: int | None
    count: int
    examples: tuple[Entry, ...]

    def to_dict(self) -> dict[str, object]:
        """The line as the JSON report has it."""
        first = self.examples[0]
        fr, en = first.wording("fr"), first.wording("en")
        return {
            "type": self.code,
            "constraint": self.constraint,
            "fieldName": None if self.field is None else _label(self.field),
            "fieldNumber": self.field_number,
            "count": self.count,
            "title": {"fr": fr.title, "en": en.title},
            "rowNumbers": [entry.row for entry in self.examples if entry.row is not None],
            "examples": [_example(entry) for entry in self.examples],
        }


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What was read: the file's name and form, its size and its header."""

    label: str = ""
    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    bytes: int | None = None
    header: tuple[str, ...] = ()
    header_line: int = 1
    rows: int = 0


@dataclass(frozen=True, slots=True)
class SchemaFacts:
    """Which schema the file was validated with."""

    name: str = ""
    title: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one validation. `errors` is a sample; `error_count` and `summary` are exact."""

    table: TableFacts
    schema: SchemaFacts
    error_count: int
    warning_count: int
    summary: tuple[SummaryLine, ...]
    errors: tuple[Entry, ...]
    warnings: tuple[Entry, ...]
    seconds: float = 0.0
    date: str = ""
    engine: str = ""
    fits: Sequence[Mapping[str, object]] = field(default_factory=tuple)

    @property
    def valid(self) -> bool:
        return self.error_count == 0

    @property
    def counts(self) -> dict[str, int]:
        """How many errors of each type there are."""
        counts: dict[str, int] = {}
        for line in self.summary:
            counts[line.code] = counts.get(line.code, 0) + line.count
        return counts

    @property
    def could_run(self) -> bool:
        """False when the schema or the source stopped the validation before any row was read."""
        return not (self.counts.keys() & {"schema-error"}) and bool(self.table.header)

    def to_dict(self) -> dict[str, object]:
        """The JSON report (docs/reference/report.schema.json)."""
        table = self.table
        return {
            "version": REPORT_VERSION,
            "engine": self.engine,
            "date": self.date,
            "seconds": round(self.seconds, 3),
            "valid": self.valid,
            "source": {
                "name": table.label,
                "format": table.format,
                "encoding": table.encoding or None,
                "delimiter": table.delimiter or None,
                "bytes": table.bytes,
                "header": [_label(label) for label in table.header],
                "headerLine": table.header_line,
            },
            "schema": {
                "name": self.schema.name,
                "title": self.schema.title,
                "version": self.schema.version,
            },
            "stats": {
                "rows": table.rows,
                "fields": len(table.header),
                "errors": self.error_count,
                "warnings": self.warning_count,
                "errorsListed": len(self.errors),
                "byType": self.counts,
            },
            "summary": [line.to_dict() for line in self.summary[:MOST_LINES]],
            "errors": [entry.to_dict() for entry in self.errors],
            "warnings": [entry.to_dict() for entry in self.warnings],
            "fits": [dict(fit) for fit in self.fits],
        }


def _example(entry: Entry) -> dict[str, object]:
    """An example of a summary line: what tells the row and the error, without what the line already says."""
    kept = ("rowNumber", "lineNumber", "cell", "cellTruncated", "message", "fix", "advice")
    return {name: value for name, value in entry.to_dict().items() if name in kept}


def _label(text: str) -> str:
    """A label as reports repeat it, once a finding: what a whole file of one line is cut to."""
    return text[:LONGEST_CELL]


def _plain_json(value: object) -> object:
    """A constraint's limit, shortened when it is a long list."""
    if isinstance(value, list) and len(value) > 100:
        return [*value[:100], "…"]
    return value if isinstance(value, bool | int | float | str | list | None) else str(value)
