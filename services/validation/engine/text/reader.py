"""A delimited text as a `Table`: layout first, then blocks from pyarrow as long as it can, from csv after."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from services.validation.engine.labels import plain
from services.validation.engine.messages import Finding, Unreadable
from services.validation.engine.scan import library
from services.validation.engine.scan.rules import Rule
from services.validation.engine.schema import Schema
from services.validation.engine.text.blocks import Block, Table
from services.validation.engine.text.encoding import (
    Encoding,
    detect,
    detect_legacy,
    known_encoding,
    utf8_error,
)
from services.validation.engine.text.exact import exact_blocks
from services.validation.engine.text.fast import FastBlocks, NotRegular, repetitive_columns
from services.validation.engine.text.layout import Layout, beginning, lay_out
from services.validation.engine.text.lines import Records, stream_lines
from services.validation.engine.text.prefetch import prefetch
from services.validation.engine.text.scanned import ScannedBlocks
from services.validation.engine.text.source import ByteSource
from services.validation.engine.text.stream import CHUNK, NotUtf8, Utf8Stream

_SMALL = CHUNK
_WIDEST_FAST = 2_000
_HEAD_LIMIT = 16 << 20


def read_text(
    source: ByteSource,
    names: Collection[str] = (),
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    always_exact: bool = False,
    verify: bool = True,
    cancelled: Callable[[], bool] = lambda: False,
) -> Table:
    """Read a delimited text whose header should hold `names`.

    The encoding found is verified while the blocks go by: NotUtf8 out of `blocks` asks the caller to start
    again with `legacy_encoding(source, offset)`; without `verify` such bytes are replaced and told instead.
    `always_exact` refuses pyarrow (it cannot tell an empty line
    from a line of empty cells). Raises Unreadable when there is no header at all.
    """
    found = _encoding_of(source, encoding)
    return _TextReader(source, names, delimiter, found, always_exact, verify, cancelled).table()


def legacy_encoding(source: ByteSource, offset: int) -> str:
    """What a text believed to be UTF-8 until `offset` is in, judged on the megabyte around that place."""
    stream = source.rewind()
    stream.seek(max(0, offset - CHUNK // 2))
    return detect_legacy(stream.read(CHUNK))


def _encoding_of(source: ByteSource, told: str | None) -> Encoding:
    head = source.head(CHUNK)
    found = detect(head)
    if told is None:
        return found
    try:
        name = known_encoding(told)
    except LookupError as error:
        raise Unreadable(Finding("encoding-error", "encoding-unknown", {"encoding": told})) from error
    if found.name == name:
        return found
    return Encoding(name, sound=name == "utf-8" and utf8_error(head) is None)


class _TextReader:
    def __init__(
        self,
        source: ByteSource,
        names: Collection[str],
        delimiter: str | None,
        encoding: Encoding,
        always_exact: bool,
        verify: bool,
        cancelled: Callable[[], bool],
    ) -> None:
        self._source = source
        self._encoding = encoding
        self._cancelled = cancelled
        self._strict = verify and (encoding.name != "utf-8" or encoding.sound)
        self._stream = self._open()
        self._head = self._read_head()
        text = beginning(self._head).decode("utf-8", "replace")
        if not text.strip("\r\n\0"):
            raise Unreadable(Finding("source-error", "source-empty", {}))
        self._layout: Layout = lay_out(text, names, delimiter)
        self._exact = always_exact or len(self._layout.header) > _WIDEST_FAST or not self._layout.header
        self.findings: list[Finding] = []

    def table(self) -> Table:
        layout = self._layout
        blocks = self._blocks()
        return Table(
            label=self._source.label,
            header=list(layout.header) or [""],
            blocks=prefetch(blocks) if self._source.size > _SMALL else blocks,
            findings=self.findings,
            header_line=layout.header_line,
            format="csv",
            encoding=self._encoding.name,
            delimiter=layout.delimiter,
            bytes_total=self._source.size,
            bytes_read=lambda: self._stream.bytes_read,
            close=self._close,
            scan=None if self._exact or not library.available() else self._scanned,
            written=layout.written,
        )

    def _close(self) -> None:
        self._stream.stop()

    def _open(self) -> Utf8Stream:
        return Utf8Stream(
            self._source.rewind(),
            self._encoding.name,
            self._encoding.bom,
            strict=self._strict,
            cancelled=self._cancelled,
        )

    def _read_head(self) -> bytes:
        """At least the first megabyte, more if no line ends in it."""
        head = self._stream.chunk()
        while b"\n" not in head and b"\r" not in head and len(head) < _HEAD_LIMIT:
            more = self._stream.chunk()
            if not more:
                break
            head += more
        return head

    def _scanned(self, rules: Sequence[Rule]) -> Iterator[Block]:
        blocks = self._blocks(rules)
        return prefetch(blocks) if self._source.size > _SMALL else blocks

    def _blocks(self, rules: Sequence[Rule] = ()) -> Iterator[Block]:
        done = 0
        if not self._exact:
            try:
                yield from self._scanned_blocks(rules) if rules else self._fast_blocks()
            except NotRegular as reason:
                done = reason.records_done
                self._stream.stop()
                self._stream = self._open()
                self._head = self._read_head()
            else:
                self._tell_about_bytes()
                return
        yield from self._exact_blocks(done)
        self._tell_about_bytes()

    def _scanned_blocks(self, rules: Sequence[Rule]) -> Iterator[Block]:
        layout = self._layout
        self._stream.unread(self._head[layout.data_start :])
        yield from ScannedBlocks(
            self._stream, layout.delimiter, rules, 2, layout.data_line, self._source.size
        )

    def _fast_blocks(self) -> Iterator[Block]:
        data = self._head[self._layout.data_start :]
        width = len(self._layout.header)
        sample = data[:CHUNK].decode("utf-8", "replace")
        dictionaries = repetitive_columns(sample, self._layout.delimiter, width)
        self._stream.unread(data)
        yield from FastBlocks(self._stream, self._layout.delimiter, dictionaries, 2, self._layout.data_line)

    def _exact_blocks(self, done: int) -> Iterator[Block]:
        self._stream.unread(self._head[self._layout.data_start :])
        lines = stream_lines(self._stream)
        records = Records(lines, self._layout.delimiter, self._layout.data_line, first_row=2)
        records.findings = self.findings
        yield from exact_blocks(records, max(1, len(self._layout.header)), done)

    def _tell_about_bytes(self) -> None:
        stream = self._stream
        if stream.nuls:
            found = {"count": stream.nuls}
            self.findings.append(Finding("source-error", "nul-bytes", found, line=self._first_line_of("\0")))
        if stream.damaged:
            params = {"count": stream.damaged, "encoding": self._encoding.name}
            line = self._first_line_of("\ufffd")
            self.findings.append(Finding("encoding-error", "bytes-damaged", params, line=line))

    def _first_line_of(self, character: str) -> int | None:
        """The physical line on which a character first stands: the text is read again."""
        self._stream.stop()
        for number, line in enumerate(stream_lines(self._open()), start=1):
            if character in line:
                return number
        return None


def likely_delimiter(source: ByteSource, encoding: str, schema: Schema) -> str | None:
    """The delimiter that shows fields of the schema in the header, whatever was asked for."""
    text = source.head(CHUNK).decode(encoding, "replace")
    layout = lay_out(text, [field.name for field in schema.fields])
    known = {plain(field.name) for field in schema.fields}
    return layout.delimiter if known & {plain(label) for label in layout.header} else None


__all__ = ["NotUtf8", "legacy_encoding", "likely_delimiter", "read_text"]
