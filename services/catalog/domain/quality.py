"""How well a dataset is described: udata's nine flags, and the score of the European portal (MQA, out of 405).

Both only count what is there; nothing is fetched. What the MQA measures by asking the addresses counts when a link
was checked, and is told as unknown otherwise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.catalog.domain.vocabularies import formats, frequencies, licenses

Row = Mapping[str, Any]
# The longest delay after which a dataset of a frequency is late, in days.
_LATE_AFTER = {
    "daily": 2,
    "weekly": 10,
    "biweekly": 20,
    "monthly": 45,
    "bimonthly": 90,
    "quarterly": 120,
    "semiannual": 240,
    "annual": 430,
    "biennial": 800,
    "triennial": 1200,
    "quinquennial": 2000,
}
_OPEN = ("csv", "tsv", "json", "jsonld", "ndjson", "xml", "rdf", "ttl", "nt", "geojson", "gml", "kml", "gpx")
_MACHINE_READABLE = frozenset((*_OPEN, "xls", "xlsx", "ods", "parquet", "gtfs", "shp", "gpkg", "sql"))
_NON_PROPRIETARY = frozenset((*_OPEN, "ods", "parquet", "gtfs", "gpkg", "html", "txt", "odt", "png"))
_LONG_ENOUGH = 100


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the MQA: its dimension, the property it looks at, its points, and when a dataset has it."""

    name: str
    dimension: str
    points: int
    has: Callable[[Row], bool]


def _any(row: Row, has: Callable[[Row], bool]) -> bool:
    return any(has(item) for item in row["resources"])


METRICS = (
    Metric("dcat:keyword", "findability", 30, lambda row: bool(row["tags"])),
    Metric("dcat:theme", "findability", 30, lambda row: bool(row["themes"])),
    Metric("dct:spatial", "findability", 20, lambda row: bool(row["zones"] or row["geom"])),
    Metric("dct:temporal", "findability", 20, lambda row: bool(row["temporal_start"] or row["temporal_end"])),
    Metric("dcat:accessURL status", "accessibility", 50, lambda row: _any(row, _answers)),
    Metric("dcat:downloadURL", "accessibility", 20, lambda row: _any(row, _downloads)),
    Metric(
        "dcat:downloadURL status",
        "accessibility",
        30,
        lambda row: _any(row, lambda i: _downloads(i) and _answers(i)),
    ),
    Metric("dct:format", "interoperability", 20, lambda row: _any(row, lambda i: bool(i["format"]))),
    Metric("dcat:mediaType", "interoperability", 10, lambda row: _any(row, lambda i: bool(_media(i)))),
    Metric(
        "format and media type of a vocabulary",
        "interoperability",
        10,
        lambda row: _any(row, lambda i: i["format"] in formats.BY_ID),
    ),
    Metric(
        "non-proprietary",
        "interoperability",
        20,
        lambda row: _any(row, lambda i: i["format"] in _NON_PROPRIETARY),
    ),
    Metric(
        "machine-readable",
        "interoperability",
        20,
        lambda row: _any(row, lambda i: i["format"] in _MACHINE_READABLE),
    ),
    # What is exported breaks none of the shapes of the profile.
    Metric("DCAT-AP compliance", "interoperability", 30, lambda row: True),
    Metric("dct:license", "reusability", 20, lambda row: row["license"] != licenses.NOT_SPECIFIED),
    Metric(
        "licence of a vocabulary",
        "reusability",
        10,
        lambda row: bool((known := licenses.BY_ID.get(row["license"])) and known.uri),
    ),
    # Everything that is exported says that it is public.
    Metric("dct:accessRights", "reusability", 10, lambda row: True),
    Metric("access rights of a vocabulary", "reusability", 5, lambda row: True),
    Metric("dcat:contactPoint", "reusability", 20, lambda row: bool(row["contact_points"])),
    Metric("dct:publisher", "reusability", 10, lambda row: bool(row["organization_name"])),
    Metric("dct:rights", "contextuality", 5, lambda row: row["license"] != licenses.NOT_SPECIFIED),
    Metric("dcat:byteSize", "contextuality", 5, lambda row: _any(row, lambda i: _size(i) is not None)),
    Metric("dct:issued", "contextuality", 5, lambda row: bool(row["remote_created_at"])),
    Metric("dct:modified", "contextuality", 5, lambda row: bool(row["remote_modified_at"])),
)
HIGHEST = sum(metric.points for metric in METRICS)


def _downloads(item: Row) -> bool:
    return bool(item["url"]) and item["type"] in ("main", "update")


def _answers(item: Row) -> bool:
    """A file that could be validated did answer."""
    return item["conformity"] in ("valid", "invalid")


def _both(item: Row) -> bool:
    return _downloads(item) and _answers(item)


def _in_form(row: Row, accepted: frozenset[str]) -> bool:
    return _any(row, lambda item: item["format"] in accepted)


def _media(item: Row) -> str | None:
    return item["mime"] or formats.media_type_of(item["format"])


def _size(item: Row) -> Any:
    return item["filesize"] if item["filesize"] is not None else item["validated_size"]


def mqa(row: Row) -> dict[str, Any]:
    """Return `{score, highest, rating, dimensions, missing}` of a dataset (a row with its `resources`)."""
    dimensions: dict[str, int] = {}
    missing = []
    for metric in METRICS:
        points = metric.points if metric.has(row) else 0
        dimensions[metric.dimension] = dimensions.get(metric.dimension, 0) + points
        if not points:
            missing.append({"name": metric.name, "points": metric.points})
    score = sum(dimensions.values())
    return {
        "score": score,
        "highest": HIGHEST,
        "rating": _rating(score),
        "dimensions": dimensions,
        "missing": missing,
    }


def _rating(score: int) -> str:
    if score > 350:
        return "excellent"
    if score > 220:
        return "good"
    return "sufficient" if score > 120 else "bad"


def flags(row: Row, moment: datetime) -> dict[str, bool | None]:
    """Return udata's flags; None where there is nothing to judge from: nobody says when the next update is due."""
    frequency = row["frequency"]
    resources = row["resources"]
    return {
        "license": row["license"] != licenses.NOT_SPECIFIED,
        "temporal_coverage": bool(row["temporal_start"] or row["temporal_end"]),
        "spatial": bool(row["zones"] or row["geom"] or row["granularity"]),
        "update_frequency": frequency != frequencies.UNKNOWN,
        "update_fulfilled_in_time": _in_time(row, moment),
        "dataset_description_quality": len(row["description"]) >= _LONG_ENOUGH,
        "has_resources": bool(resources),
        "has_open_format": any(item["format"] in _NON_PROPRIETARY for item in resources),
        "all_resources_available": None if not resources else _available(resources),
    }


def _available(resources: list[Row]) -> bool | None:
    """Nothing is said of a file that was never asked for."""
    known = [item for item in resources if item["conformity"] in ("valid", "invalid", "error")]
    return all(_answers(item) for item in known) if len(known) == len(resources) else None


def _in_time(row: Row, moment: datetime) -> bool | None:
    days = _LATE_AFTER.get(row["frequency"])
    changed = row["remote_modified_at"]
    if days is None or changed is None:
        return None
    return bool(moment - changed <= timedelta(days=days))
