"""How far bodies are from a point, on a sphere (mean radius of the Earth, IUGG)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from services.directory.domain.identifiers import InvalidIdentifier
from services.directory.domain.search import Ranks

EARTH_KM = 6371.0088
FAR = -1


@dataclass(frozen=True)
class Point:
    """A place: degrees north and east."""

    latitude: float
    longitude: float


def parse_point(text: str) -> Point:
    """Return the point written as `latitude,longitude` in degrees; raises `InvalidIdentifier`."""
    parts = text.split(",")
    try:
        latitude, longitude = (float(part) for part in parts)
    except ValueError:
        latitude = longitude = float("nan")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise InvalidIdentifier(
            "un point s'écrit latitude,longitude en degrés (47.32,5.04).",
            "a point is written latitude,longitude in degrees (47.32,5.04).",
        )
    return Point(latitude, longitude)


def distances(size: int, places: Mapping[int, Point], around: Point, radius_km: float) -> Ranks:
    """Return, for each row, its distance in hundreds of metres, or `FAR` beyond the radius or without a place."""
    found = np.full(size, FAR, np.int16)
    if not places:
        return found
    rows = np.fromiter(places, np.int64)
    degrees = np.array([(place.latitude, place.longitude) for place in places.values()])
    north, east = np.radians(degrees).T
    own_north, own_east = np.radians(around.latitude), np.radians(around.longitude)
    chord = (
        np.sin((north - own_north) / 2) ** 2
        + np.cos(north) * np.cos(own_north) * np.sin((east - own_east) / 2) ** 2
    )
    away = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    inside = away <= radius_km
    found[rows[inside]] = np.rint(away[inside] * 10).astype(np.int16)
    return found
