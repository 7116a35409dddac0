"""GPS coordinates in France, longitude first: within the boxes of the mainland and of the territories overseas."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import orjson
import polars as pl

from services.validation.engine.checks import params
from services.validation.engine.checks.contract import ValueCheck, Violation

if TYPE_CHECKING:
    from services.validation.engine.schema import CustomCheck, Schema


class Box(NamedTuple):
    """A rectangle of longitudes and latitudes, in degrees (WGS 84)."""

    west: float
    south: float
    east: float
    north: float


BOXES: Mapping[str, Box] = {
    "France métropolitaine": Box(-5.141277, 41.333571, 9.560091, 51.088989),
    "Guadeloupe": Box(-61.809839, 15.832041, -61.001959, 16.514488),
    "Martinique": Box(-61.229033, 14.388646, -60.809655, 14.878723),
    "Guyane": Box(-54.60239, 2.111055, -51.619041, 5.748138),
    "La Réunion": Box(55.216526, -21.389631, 55.836654, -20.8718),
    "Mayotte": Box(45.01833, -13.005254, 45.299985, -12.63659),
    "Saint-Pierre-et-Miquelon": Box(-56.53, 46.73, -56.09, 47.16),
    "Saint-Barthélemy": Box(-62.97, 17.85, -62.77, 17.98),
    "Saint-Martin": Box(-63.18, 18.03, -62.96, 18.14),
    "Nouvelle-Calédonie": Box(158.1, -22.95, 172.2, -17.9),
    "Polynésie française": Box(-154.8, -27.95, -134.3, -7.8),
    "Wallis-et-Futuna": Box(-178.3, -14.45, -176.0, -13.1),
    "Kerguelen": Box(68.3, -50.1, 70.7, -48.4),
    "Crozet": Box(50.1, -46.6, 52.4, -45.8),
    "Saint-Paul et Amsterdam": Box(77.4, -38.9, 77.7, -37.7),
    "Europa": Box(40.3, -22.5, 40.45, -22.25),
    "Juan de Nova": Box(42.6, -17.15, 42.85, -16.95),
    "Glorieuses": Box(47.2, -11.65, 47.45, -11.4),
    "Tromelin": Box(54.48, -15.93, 54.57, -15.85),
    "Clipperton": Box(-109.3, 10.25, -109.15, 10.36),
}


def in_france(longitude: float, latitude: float) -> bool:
    """Tell whether a point lies in one of the boxes."""
    return any(
        box.west <= longitude <= box.east and box.south <= latitude <= box.north for box in BOXES.values()
    )


def judge_coordinates(text: str) -> Violation | None:
    """Judge one point written `lon,lat`, `[lon,lat]` or `{"lon": …, "lat": …}`."""
    point = _read(text)
    if point is None:
        return Violation("gps-format", {"cell": text})
    if in_france(*point):
        return None
    if in_france(point[1], point[0]):
        return Violation("gps-reversed", {"cell": text, "fix": _swapped(text)})
    return Violation("gps-abroad", {"cell": text})


def _read(text: str) -> tuple[float, float] | None:
    try:
        if text.lstrip()[:1] in ("[", "{"):
            document = orjson.loads(text)
            pair = [document["lon"], document["lat"]] if isinstance(document, dict) else document
        else:
            pair = text.split(",")
        longitude, latitude = (float(part) for part in pair)
    except (ValueError, KeyError, TypeError):
        return None
    return longitude, latitude


def _swapped(text: str) -> str:
    """Swap the two coordinates of a text that `_read` understood, keeping its digits."""
    if text.lstrip().startswith("{"):
        document = orjson.loads(text)
        return orjson.dumps({"lon": document["lat"], "lat": document["lon"]}).decode()
    listed = text.strip().startswith("[")
    first, second = text.strip().strip("[]").split(",")
    pair = f"{second.strip()},{first.strip()}"
    return f"[{pair}]" if listed else pair


def accept_coordinates(column: pl.Expr) -> pl.Expr:
    """True for plain decimal `lon,lat` inside a box."""
    groups = column.str.extract_groups(r"^(-?[0-9]{1,3}(?:\.[0-9]+)?),(-?[0-9]{1,3}(?:\.[0-9]+)?)$")
    longitude = groups.struct.field("1").cast(pl.Float64, strict=False)
    latitude = groups.struct.field("2").cast(pl.Float64, strict=False)
    inside = [
        longitude.is_between(box.west, box.east) & latitude.is_between(box.south, box.north)
        for box in BOXES.values()
    ]
    return pl.any_horizontal(inside)


def build_coordinates(kind: str, custom: "CustomCheck", schema: "Schema") -> ValueCheck:
    """Build `french-gps-coordinates` (also `coordonnees-gps-francaises`): params `column`."""
    return ValueCheck(kind, params.text(custom, "column"), judge_coordinates, accept_coordinates)
