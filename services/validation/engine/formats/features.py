"""In the child: a GeoJSON feature collection as a table, one feature a row, its properties as columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from services.validation.engine.formats.sending import Report, Request, Sender
from services.validation.engine.formats.zips import unreadable
from services.validation.engine.labels import plain
from services.validation.engine.schema import Field


def send_features(request: Request, *, report: Report) -> None:
    """Report the properties of the features, and their geometry when a field of the schema is there to hold it.

    Raises Unreadable when the file is not a feature collection.
    """
    features = _features(request.path)
    keys = list(dict.fromkeys(key for feature in features for key in feature["properties"] or ()))
    holder = _geometry_field(request.fields, keys)
    sender = Sender(report, request)
    sender.header("", [*keys, *([holder.name] if holder else [])], 1)
    sender.rows(_rows(features, keys, holder), 2, len(keys) + bool(holder), drop_blank_end=False)
    sender.end()


def _features(path: str) -> list[dict[str, Any]]:
    try:
        document = orjson.loads(Path(path).read_bytes())
    except orjson.JSONDecodeError as error:
        raise unreadable("json-damaged", reason=error.msg, line=error.lineno, column=error.colno) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features:
        raise unreadable("not-features")
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties", 0) if isinstance(feature, dict) else 0
        if not isinstance(properties, Mapping) and properties is not None:
            raise unreadable("not-a-feature", number=number)
    return features


def _geometry_field(fields: tuple[Field, ...], keys: list[str]) -> Field | None:
    """The field for the geometry: of type geojson or geopoint, and not among the properties."""
    taken = {plain(key) for key in keys}
    for type_ in ("geojson", "geopoint"):
        for field in fields:
            if field.type == type_ and plain(field.name) not in taken:
                return field
    return None


def _rows(features: list[dict[str, Any]], keys: list[str], holder: Field | None) -> Iterator[list[object]]:
    for feature in features:
        properties = feature["properties"] or {}
        row = [properties.get(key) for key in keys]
        if holder is not None:
            row.append(_geometry_text(feature.get("geometry"), holder))
        yield row


def _geometry_text(geometry: object, holder: Field) -> str:
    if not isinstance(geometry, Mapping):
        return ""
    coordinates = geometry.get("coordinates")
    if holder.type == "geopoint" and geometry.get("type") == "Point" and isinstance(coordinates, list):
        lon, lat = [*coordinates, "", ""][:2]
        shapes = {"array": [lon, lat], "object": {"lon": lon, "lat": lat}}
        return orjson.dumps(shapes[holder.format]).decode() if holder.format in shapes else f"{lon},{lat}"
    return orjson.dumps(geometry).decode()
