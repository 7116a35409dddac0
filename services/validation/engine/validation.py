"""`validate`: one file against one schema, from the bytes to the report."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import orjson

from services.validation.engine.collector import Collector
from services.validation.engine.formats.opening import Opened, unwrap
from services.validation.engine.inspection import field_findings, inspect_schema
from services.validation.engine.match import LIKELY, POSSIBLE, Explained, best_fits, bundled_names
from services.validation.engine.messages import Finding, Unreadable
from services.validation.engine.options import Options, Progress
from services.validation.engine.read import ReadAs, read_table
from services.validation.engine.report import Report, SchemaFacts, TableFacts
from services.validation.engine.schema import Field, ParsedSchema, Schema
from services.validation.engine.table.doubts import Doubts
from services.validation.engine.table.header import match_header
from services.validation.engine.table.integrity import Integrity
from services.validation.engine.table.plan import scan_rules
from services.validation.engine.table.run import TableRun
from services.validation.engine.table.view import BlockView
from services.validation.engine.text.blocks import Block, Table
from services.validation.engine.text.reader import NotUtf8, legacy_encoding, likely_delimiter
from services.validation.engine.text.source import Source, open_source
from services.validation.engine.text.stream import Cancelled

SchemaLike = Schema | ParsedSchema | Mapping[str, object] | str | os.PathLike[str]


def validate(source: Source, schema: SchemaLike | None, options: Options | None = None) -> Report:
    """Validate a table and report on it.

    `source` is a path, the bytes themselves or a binary file object. `schema` is a Schema, a descriptor, the name
    of a bundled schema (`"scdl/deliberations@2.1.5"`) or the path of a JSON file; None asks which of the bundled
    schemas the header is like (`fits`), and nothing is validated. What is wrong with the file or the schema is in the
    report. Raises SchemaNotFound (`engine.bundle`) for a name that is not
    bundled, and Cancelled when `options.cancelled()` became true.
    """
    asked = options or Options()
    started = time.perf_counter()
    run = _Validation(None if schema is None else resolve_schema(schema), asked)
    run.perform(source)
    return run.report(time.perf_counter() - started)


def resolve_schema(schema: SchemaLike) -> ParsedSchema:
    """The schema meant by what a caller gave, with the findings on it."""
    if isinstance(schema, ParsedSchema):
        return schema
    if isinstance(schema, Schema):
        findings = tuple(field_findings(schema))
        failed = any(finding.level == "error" for finding in findings)
        return ParsedSchema(None if failed else schema, findings)
    if isinstance(schema, Mapping):
        return inspect_schema(schema)
    if isinstance(schema, os.PathLike) or Path(schema).suffix == ".json":
        return schema_from_json(_schema_bytes(Path(schema)))
    from services.validation.engine import bundle

    return inspect_schema(bundle.resolve(schema)[2])


def schema_from_json(data: bytes) -> ParsedSchema:
    """The schema written in a JSON document."""
    try:
        return inspect_schema(orjson.loads(data))
    except orjson.JSONDecodeError as error:
        params = {"path": "/", "reason": error.msg, "line": error.lineno, "column": error.colno}
        return ParsedSchema(None, (Finding("schema-error", "schema-not-json", params),))


def _schema_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        params = {"path": path.name, "reason": error.strerror or type(error).__name__}
        raise Unreadable(Finding("schema-error", "schema-unreadable", params)) from error


class _Validation:
    """One validation in the making."""

    def __init__(self, parsed: ParsedSchema | None, options: Options) -> None:
        """`parsed` is None when no schema is told."""
        self._parsed = parsed
        self._options = options
        self._facts = TableFacts(label=options.label)
        self._collector = self._new_collector()
        self._fits: tuple[Explained, ...] = ()

    def perform(self, source: Source) -> None:
        parsed = self._parsed
        if parsed is not None and parsed.schema is None:
            return
        try:
            with closing(open_source(source, self._options.label)) as given:
                self._facts = TableFacts(label=given.label, bytes=given.size)
                opened = unwrap(given)
                with closing(opened.source):
                    if parsed is None or parsed.schema is None:
                        self._guess(opened)
                    else:
                        self._read_and_judge(opened, parsed.schema)
        except Unreadable as stopped:
            self._collector.tell([stopped.finding])

    def _guess(self, opened: Opened) -> None:
        """Tell which schemas the header is like; only the beginning of the file is read."""
        told = ReadAs(self._options.encoding)
        anything = Schema(fields=tuple(map(Field, dict.fromkeys(bundled_names()))))
        with closing(read_table(opened, anything, self._options, told)) as table:
            self._facts = _facts(table, 0)
            self._fits = best_fits(table.header, POSSIBLE, most=5)
            key, params = "schema-not-told", dict[str, object]()
            if self._fits:
                best = self._fits[0]
                key = "schema-not-told-fits"
                params = {"schema": best.schema, "count": len(best.found), "limit": best.fields}
            self._collector.tell([Finding("schema-error", key, params), *table.findings])

    def _read_and_judge(self, opened: Opened, schema: Schema) -> None:
        told = ReadAs(self._options.encoding)
        while True:
            try:
                self._judge(opened, schema, told)
                return
            except NotUtf8 as wrong:
                # Everything said so far came from a wrong reading.
                name = told.encoding or legacy_encoding(opened.source, wrong.offset)
                told = ReadAs(name, found=True)
                self._collector = self._new_collector()

    def _judge(self, opened: Opened, schema: Schema, told: ReadAs) -> None:
        table = read_table(opened, schema, self._options, told)
        header = match_header(table.header, schema, ignore_case=self._options.ignore_header_case)
        self._collector.tell(header.findings)
        if not header.matched:
            self._tell_unmatched(opened, table, schema)
        self._facts = _facts(table, 0)
        run = TableRun(header.columns, schema, self._collector)
        doubts = Doubts(header.columns)
        integrity = Integrity(schema, run, self._collector, self._options)
        try:
            rules = scan_rules(run.checkers, run.columns | integrity.columns | doubts.columns)
            blocks = table.scan(rules) if table.scan is not None and rules is not None else table.blocks
            for block in self._watched(blocks, table, run):
                view = BlockView(block)
                integrity.note(view, run.take(view))
                doubts.look(view)
            self._collector.tell(doubts.findings())
            self._facts = _facts(table, run.rows)
            if integrity.needs_second_pass():
                again = read_table(opened, schema, self._options, told)
                try:
                    integrity.second_pass(again.blocks)
                finally:
                    again.close()
        finally:
            table.close()
            self._collector.tell(table.findings)

    def _tell_unmatched(self, opened: Opened, table: Table, schema: Schema) -> None:
        """No label is a field's: say what is likely, a wrong delimiter or another schema."""
        key, params = "unmatched-header", dict[str, object]()
        self._fits = best_fits(table.header, LIKELY)
        if table.delimiter:
            likely = likely_delimiter(opened.source, table.encoding, schema)
            if likely not in (None, table.delimiter):
                key, params = "unmatched-header-delimiter", {"delimiter": likely}
        if self._fits and key == "unmatched-header":
            key, params = "unmatched-header-fits", {"schema": self._fits[0].schema}
        self._collector.tell([Finding("unmatched-header", key, params, row=1, line=table.header_line)])

    def _watched(self, blocks: Iterator[Block], table: Table, run: TableRun) -> Iterator[Block]:
        tell = self._options.progress
        for block in blocks:
            if self._options.cancelled():
                raise Cancelled
            yield block
            if tell is not None:
                tell(Progress(run.rows, table.bytes_read(), table.bytes_total))

    def _new_collector(self) -> Collector:
        collector = Collector(self._options.samples, self._options.max_errors)
        collector.tell(self._parsed.findings if self._parsed is not None else ())
        return collector

    def report(self, seconds: float) -> Report:
        schema = self._parsed.schema if self._parsed is not None else None
        collector = self._collector
        return Report(
            table=self._facts,
            schema=SchemaFacts(schema.name, schema.title, schema.version) if schema else SchemaFacts(),
            error_count=collector.total,
            warning_count=collector.warning_total,
            summary=collector.summary(),
            errors=collector.errors(),
            warnings=tuple(collector.warnings),
            seconds=seconds,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            engine=engine_name(),
            fits=tuple(fit.to_dict() for fit in self._fits),
        )


@cache
def engine_name() -> str:
    """The engine and its version, as reports tell it."""
    try:
        return f"socle {version('socle')}"
    except PackageNotFoundError:
        return "socle"


def _facts(table: Table, rows: int) -> TableFacts:
    return TableFacts(
        label=table.label,
        format=table.format,
        encoding=table.encoding,
        delimiter=table.delimiter,
        bytes=table.bytes_total,
        header=tuple(table.header),
        header_line=table.header_line,
        rows=rows,
    )
