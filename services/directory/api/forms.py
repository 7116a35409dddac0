"""The forms of an answer beside JSON: CSV for spreadsheets, GeoJSON for maps. The form is in the address."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from fastapi import Request
from fastapi.responses import Response

from shared.caching import bytes_response

# What a spreadsheet takes for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def csv_response(
    request: Request, columns: Sequence[str], rows: Iterable[Sequence[Any]], filename: str
) -> Response:
    """Return rows as CSV (RFC 4180, UTF-8), safe to open in a spreadsheet, with its strong ETag."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_safe(value) for value in row] for row in rows)
    disposition = {"content-disposition": f'attachment; filename="{filename}"'}
    return bytes_response(request, text.getvalue().encode(), "text/csv; charset=utf-8", disposition)


def geojson_response(request: Request, document: dict[str, Any]) -> Response:
    """Return a GeoJSON document with its strong ETag."""
    return bytes_response(request, orjson.dumps(document), "application/geo+json")


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
