"""What a caller may ask of a validation, besides the file and the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from services.validation.engine.schema import Schema
from services.validation.engine.text.source import Source


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a validation is: records and bytes read so far; `bytes_total` is None when unknown."""

    rows: int
    bytes_read: int
    bytes_total: int | None


@dataclass(frozen=True, slots=True)
class Reference:
    """Another table that foreign keys refer to."""

    source: Source
    schema: Schema


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one validation.

    `samples` errors at most are kept for each (column, kind); all are counted. `max_errors` caps the errors
    kept over the whole report. `delimiter`, `encoding` and `sheet` (a name, or a number from 1) are found when
    not told. `references` gives, by resource name, the tables that foreign keys lead to. `progress` is called
    after each block; `cancelled` is asked before each block, and true stops with `Cancelled`.
    """

    label: str = ""
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | int | None = None
    ignore_header_case: bool = False
    samples: int = 100
    max_errors: int = 10_000
    references: Mapping[str, Reference] = field(default_factory=dict)
    progress: Callable[[Progress], None] | None = None
    cancelled: Callable[[], bool] = lambda: False
