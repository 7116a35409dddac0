"""In the parent: what the child sends, as a `Table`."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from services.validation.engine.child import Child, ChildDied
from services.validation.engine.formats import limits
from services.validation.engine.formats.converted import ConvertedText
from services.validation.engine.formats.opening import Opened, on_disk
from services.validation.engine.formats.sending import Header, Report, Request, SentBlock
from services.validation.engine.formats.zips import unreadable
from services.validation.engine.messages import Finding, Unreadable
from services.validation.engine.scan import sheets
from services.validation.engine.schema import Field
from services.validation.engine.text.blocks import Block, Table

_PRELOAD = ("services.validation.engine.formats.workbook",)
_MOST_IDLE = 2
_idle: list[Child] = []
_idle_lock = threading.Lock()


def read_table(opened: Opened, fields: Sequence[Field], sheet: str | int | None = None) -> Table:
    """The table in a spreadsheet (its `sheet` by name or number from 1), a parquet or a GeoJSON file.

    Values are written as the readers of `fields` expect them. Raises Unreadable, here or out of `blocks`.
    """
    request = Request("", opened.format, tuple(map(_sendable, fields)), sheet)
    if opened.format == "xlsx" and sheets.available():
        # Deleted at once: what is read of it is read from an open file.
        with tempfile.NamedTemporaryFile(prefix="socle-") as text:
            return _read(opened, replace(request, text=text.name))
    return _read(opened, request)


def _read(opened: Opened, request: Request) -> Table:
    """The table; the rows may come in the file `request.text`."""
    stream = _messages(opened, request)
    try:
        header = next(stream)
    except Unreadable as error:
        if error.finding.key != "parser-memory":
            raise
        stream = _messages(opened, replace(request, cautious=True, text=""))
        header = next(stream)
    if not isinstance(header, Header):
        raise TypeError(header)
    findings = list(opened.findings)
    table = Table(
        label=header.label or opened.source.label,
        header=[label.strip() for label in header.labels],
        blocks=_blocks(stream, findings),
        findings=findings,
        header_line=header.line,
        format=opened.format,
        encoding="utf-8",
        bytes_total=opened.source.size,
        bytes_read=lambda: opened.source.size,
        close=stream.close,
        written=header.labels,
    )
    if header.in_text:
        # All is told: the child is free for another file.
        findings.extend(stream)
        text = Path(request.text).open("rb")  # noqa: SIM115 - closed with the table
        rows = ConvertedText(text, len(header.labels), header.line + 1)
        table.blocks, table.scan, table.close = rows.blocks(), rows.scan, rows.close
    return table


def _sendable(field: Field) -> Field:
    """The field with mappings that another process can receive."""
    return replace(field, constraints=dict(field.constraints), options=dict(field.options))


def _blocks(stream: Iterator[Any], findings: list[Finding]) -> Iterator[Block]:
    for message in stream:
        if isinstance(message, SentBlock):
            batch = pa.ipc.open_stream(message.arrow).read_next_batch()
            extra = message.extra
            place = message.first_row, message.first_line
            yield Block(tuple(batch.columns), batch.num_rows, *place, extra, lined=False)
        else:
            findings.append(message)


def _messages(opened: Opened, request: Request) -> Generator[Any, None, None]:
    """What a child reports of the file; the child goes back to the idle ones when it has told everything."""
    with ExitStack() as stack:
        path = stack.enter_context(on_disk(opened.source))
        child = _borrow()
        try:
            yield from child.stream(_parser(opened.format), replace(request, path=str(path)))
        except ChildDied as died:
            raise unreadable(f"parser-{died.reason}", "source-error", detail=died.detail) from died
        except BaseException:
            child.kill()
            raise
        _give_back(child)


def _parser(format_: str) -> Callable[..., None]:
    if format_ == "parquet":
        from services.validation.engine.formats.columnar import send_parquet

        return send_parquet
    if format_ == "geojson":
        from services.validation.engine.formats.features import send_features

        return send_features
    from services.validation.engine.formats.workbook import send_sheet

    return send_sheet


def _borrow() -> Child:
    with _idle_lock:
        return _idle.pop() if _idle else Child(limits.READING, _PRELOAD)


def _give_back(child: Child) -> None:
    with _idle_lock:
        if len(_idle) < _MOST_IDLE:
            _idle.append(child)
            return
    child.kill()


__all__ = ["Report", "read_table"]
