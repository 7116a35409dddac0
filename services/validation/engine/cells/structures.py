"""Cells of type object, array, list, geopoint and geojson: several values in one cell."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from services.validation.engine.cells import geojson as geojson_rules
from services.validation.engine.cells.celltype import CellType, ValueReader
from services.validation.engine.schema import Field

LIST_ITEM_TYPES = ("string", "integer", "boolean", "number", "datetime", "date", "time")


class GeoPoint(NamedTuple):
    """Longitude then latitude, in degrees."""

    lon: Decimal
    lat: Decimal


def object_(field: Field) -> CellType:
    """A JSON object."""
    return CellType(_json_reader(dict), "object")


def array(field: Field) -> CellType:
    """A JSON array. The items (`arrayItem`) are read by `readers.reader_for`, which knows the other types."""
    return CellType(_json_reader(list), "array")


def list_(field: Field, item: ValueReader) -> CellType:
    """Texts separated by `delimiter`, each read by `item`."""
    delimiter = str(field.options.get("delimiter", ","))
    item_type = str(field.options.get("itemType", "string"))

    def read(cell: object) -> object:
        if isinstance(cell, str):
            texts: list[object] = [*(cell.split(delimiter) if delimiter else cell)]
        elif isinstance(cell, list | tuple):
            texts = list(cell)
        else:
            return None
        values = [item(text) for text in texts]
        return None if any(value is None for value in values) else values

    return CellType(read, "list", {"item_type": item_type, "delimiter": delimiter})


def geopoint(field: Field) -> CellType:
    """`lon,lat`, or as a JSON array, or as a JSON object, with longitudes to ±180 and latitudes to ±90."""
    parse = _GEOPOINT_FORMATS.get(field.format)

    def read(cell: object) -> object:
        try:
            if isinstance(cell, str):
                pair = None if parse is None else parse(cell)
            else:
                pair = tuple(cell) if isinstance(cell, list | tuple) else None
            if pair is None or len(pair) != 2:
                return None
            point = GeoPoint(*map(_degrees, pair))
            return point if -180 <= point.lon <= 180 and -90 <= point.lat <= 90 else None
        except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError):
            return None

    def propose(text: str) -> str | None:
        return _rewrite_geopoint(text, field.format)

    key = f"geopoint-{field.format}" if field.format in ("array", "object") else "geopoint"
    return CellType(read, key, propose=propose)


def geojson(field: Field) -> CellType:
    """A GeoJSON object (RFC 7946), or a TopoJSON one with `format: topojson`."""
    accepts = {"default": geojson_rules.is_geojson, "topojson": geojson_rules.is_topojson}.get(field.format)
    as_object = _json_reader(dict)

    def read(cell: object) -> object:
        value = as_object(cell)
        return value if isinstance(value, dict) and (accepts is None or accepts(value)) else None

    return CellType(read, "topojson" if field.format == "topojson" else "geojson")


def _degrees(value: object) -> Decimal:
    if isinstance(value, str | int | float | Decimal):
        return Decimal(value)
    raise TypeError(value)


def _json_reader(kind: type[dict[str, object]] | type[list[object]]) -> ValueReader:
    def read(cell: object) -> object:
        value = cell
        if isinstance(cell, str):
            try:
                value = json.loads(cell)
            except (ValueError, RecursionError):
                return None
        return value if isinstance(value, kind) else None

    return read


def _pair_of_texts(text: str) -> tuple[object, ...]:
    return tuple(part.strip() for part in text.split(","))


def _pair_in_array(text: str) -> tuple[object, ...] | None:
    value = json.loads(text)
    return tuple(value) if isinstance(value, list) else None


def _pair_in_object(text: str) -> tuple[object, ...] | None:
    value = json.loads(text)
    return (value["lon"], value["lat"]) if isinstance(value, dict) and len(value) == 2 else None


_GEOPOINT_FORMATS: dict[str, Callable[[str], tuple[object, ...] | None]] = {
    "default": _pair_of_texts,
    "array": _pair_in_array,
    "object": _pair_in_object,
}


def _rewrite_geopoint(text: str, wanted: str) -> str | None:
    """A point written in another of the three formats says which number is the longitude: nothing is guessed."""
    for name, parse in _GEOPOINT_FORMATS.items():
        if name == wanted:
            continue
        try:
            pair = parse(text.strip())
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if pair is None or len(pair) != 2:
            continue
        lon, lat = (str(value) for value in pair)
        if wanted == "default":
            return f"{lon},{lat}"
        return f"[{lon}, {lat}]" if wanted == "array" else f'{{"lon": {lon}, "lat": {lat}}}'
    return None
