"""In the child: a parquet file, batch by batch."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as parquet

from services.validation.engine.formats.sending import Column, Report, Request, Sender
from services.validation.engine.formats.zips import unreadable

_CELLS = 200_000
_MOST_ROWS = 20_000


def send_parquet(request: Request, *, report: Report) -> None:
    """Report the header and the blocks of a parquet file; nulls become empty cells. Raises Unreadable."""
    try:
        with parquet.ParquetFile(request.path) as file:
            sender = Sender(report, request)
            names = [str(name) for name in file.schema_arrow.names]
            sender.header("", names, 1)
            line = 2
            rows = max(1, min(_MOST_ROWS, _CELLS // max(1, len(names))))
            for batch in file.iter_batches(batch_size=rows):
                columns = [_values(column, sender, at) for at, column in enumerate(batch.columns)]
                sender.columns(columns, batch.num_rows, line)
                line += batch.num_rows
            sender.end()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise unreadable("parquet-damaged", reason=str(error)[:200]) from error


def _values(column: pa.Array, sender: Sender, at: int) -> Column:
    """Texts at once where the column is of texts, or of whole numbers that nothing is to be said of."""
    field = sender.field_at(at)
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column.cast(pa.string()).fill_null("")
    if pa.types.is_integer(kind) and field is not None and field.type in ("integer", "number", "year"):
        return column.cast(pa.string()).fill_null("")
    if pa.types.is_floating(kind) and kind != pa.float64():
        # 0.1 in single precision is 0.1 to its author, not 0.100000001490116.
        texts = column.cast(pa.float32()).cast(pa.string()).to_pylist()
        return tuple(None if text is None else float(text) for text in texts)
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    return tuple(column.to_pylist())
