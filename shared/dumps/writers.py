"""The three forms of a dump, each written batch by batch to a file."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO, Literal, Protocol
from uuid import UUID

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

Form = Literal["ndjson", "csv", "parquet"]
Kind = Literal["text", "integer", "boolean", "date", "moment", "texts", "json"]
Row = Mapping[str, Any]

MEDIA_TYPES: dict[str, str] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
}
SEPARATOR = ";"
# A spreadsheet would run these as formulas.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")

_ARROW: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "moment": pa.timestamp("us", tz="UTC"),
    "texts": pa.list_(pa.string()),
    "json": pa.string(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the CSV and Parquet forms; `texts` is a list of texts, `json` anything, as JSON in a text."""

    name: str
    kind: Kind = "text"


class Writer(Protocol):
    """Writes rows to the file it was made for."""

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows."""

    def close(self) -> None:
        """Write what ends the file, and leave it open."""


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of a dump: the media type of each, and what writes a form to a file."""

    media_types: Mapping[str, str]
    open: Callable[[str, BinaryIO, Sequence[Column]], Writer]


class _Ndjson:
    def __init__(self, file: BinaryIO, _columns: Sequence[Column]) -> None:
        self._file = file

    def write(self, rows: Sequence[Row]) -> None:
        self._file.write(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))

    def close(self) -> None:
        pass


class _Csv:
    def __init__(self, file: BinaryIO, columns: Sequence[Column]) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        self._columns = columns
        self._csv = csv.writer(self._text)
        self._csv.writerow([column.name for column in columns])

    def write(self, rows: Sequence[Row]) -> None:
        self._csv.writerows(
            [[_cell(row.get(column.name), column.kind) for column in self._columns] for row in rows]
        )

    def close(self) -> None:
        self._text.detach()


class _Parquet:
    def __init__(self, file: BinaryIO, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._schema = pa.schema([(column.name, _ARROW[column.kind]) for column in columns])
        self._parquet = pq.ParquetWriter(file, self._schema, compression="zstd")

    def write(self, rows: Sequence[Row]) -> None:
        arrays = [
            pa.array([_value(row.get(column.name), column.kind) for row in rows], _ARROW[column.kind])
            for column in self._columns
        ]
        self._parquet.write_table(pa.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._parquet.close()


_WRITERS: dict[str, Callable[[BinaryIO, Sequence[Column]], Writer]] = {
    "ndjson": _Ndjson,
    "csv": _Csv,
    "parquet": _Parquet,
}


# NDJSON holds the rows as they are, whatever the columns.
TABULAR = Forms(MEDIA_TYPES, lambda form, file, columns: _WRITERS[form](file, columns))


def _cell(value: Any, kind: Kind) -> str:
    if value is None:
        return ""
    if kind == "json":
        return orjson.dumps(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if kind == "texts":
        value = SEPARATOR.join(value)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULAS) else text


def _value(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind == "json":
        return orjson.dumps(value).decode()
    return str(value) if isinstance(value, UUID) else value
