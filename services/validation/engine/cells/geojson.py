"""What is GeoJSON (RFC 7946, with the `crs` of its 2008 ancestor) and what is TopoJSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

Rule = Callable[[object], bool]
_DEEPEST = 20


def is_geojson(value: Mapping[str, object]) -> bool:
    """A geometry, a feature or a feature collection, with the `bbox` and `crs` they may carry."""
    if "bbox" in value and not _list_of(is_number)(value["bbox"]):
        return False
    if "crs" in value and not _is_crs(value["crs"]):
        return False
    if value.get("type") == "FeatureCollection":
        return _list_of(_is_feature)(value.get("features"))
    return _is_feature(value) or _is_geometry(value)


def is_topojson(value: Mapping[str, object]) -> bool:
    """A topology, or one TopoJSON geometry."""
    if "bbox" in value and not _sized(_list_of(_list_of(is_number)), 2, 2)(value["bbox"]):
        return False
    if value.get("type") != "Topology":
        return _is_topo_geometry(value)
    objects, transform = value.get("objects"), value.get("transform", _NO_TRANSFORM)
    return (
        isinstance(objects, Mapping)
        and all(_is_topo_geometry(geometry) for geometry in objects.values())
        and _list_of(_sized(_list_of(_is_arc_point), 2))(value.get("arcs"))
        and isinstance(transform, Mapping)
        and all(_pair_or_more(transform.get(key)) for key in ("scale", "translate"))
    )


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _list_of(rule: Rule) -> Rule:
    return lambda value: isinstance(value, list) and all(map(rule, value))


def _sized(rule: Rule, least: int, most: int | None = None) -> Rule:
    def sized(value: object) -> bool:
        return rule(value) and isinstance(value, list) and least <= len(value) <= (most or len(value))

    return sized


_position = _sized(_list_of(is_number), 2, 3)
_line = _sized(_list_of(_position), 2)
_ring = _sized(_list_of(_position), 4)
_polygon = _list_of(_ring)
_COORDINATES: Mapping[str, Rule] = {
    "Point": _position,
    "MultiPoint": _list_of(_position),
    "LineString": _line,
    "MultiLineString": _list_of(_line),
    "Polygon": _polygon,
    "MultiPolygon": _list_of(_polygon),
}
_pair_or_more = _sized(_list_of(is_number), 2)
_NO_TRANSFORM: Mapping[str, object] = {"scale": [1, 1], "translate": [0, 0]}
_arcs = _list_of(_is_integer)
_ARCS: Mapping[str, tuple[str, Rule]] = {
    "Point": ("coordinates", _pair_or_more),
    "MultiPoint": ("coordinates", _list_of(_pair_or_more)),
    "LineString": ("arcs", _arcs),
    "MultiLineString": ("arcs", _list_of(_arcs)),
    "Polygon": ("arcs", _list_of(_arcs)),
    "MultiPolygon": ("arcs", _list_of(_list_of(_arcs))),
}


def _kind(value: Mapping[str, object]) -> str:
    kind = value.get("type")
    return kind if isinstance(kind, str) else ""


def _is_geometry(value: object, depth: int = 0) -> bool:
    if not isinstance(value, Mapping) or depth > _DEEPEST:
        return False
    if value.get("type") == "GeometryCollection":
        return _all_geometries(value.get("geometries"), _is_geometry, depth)
    rule = _COORDINATES.get(_kind(value))
    return rule is not None and rule(value.get("coordinates"))


def _is_feature(value: object) -> bool:
    if not isinstance(value, Mapping) or value.get("type") != "Feature":
        return False
    geometry, properties = value.get("geometry", ""), value.get("properties", "")
    return (geometry is None or _is_geometry(geometry)) and (
        properties is None or isinstance(properties, Mapping)
    )


def _is_crs(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, Mapping) or value.keys() != {"type", "properties"}:
        return False
    properties = value["properties"]
    if not isinstance(properties, Mapping):
        return False
    if value["type"] == "name":
        return properties.keys() == {"name"} and isinstance(properties["name"], str)
    return value["type"] == "link" and _are_texts(properties.get("href"), properties.get("type", ""))


def _are_texts(*values: object) -> bool:
    return all(isinstance(value, str) for value in values)


def _is_topo_geometry(value: object, depth: int = 0) -> bool:
    if not isinstance(value, Mapping) or depth > _DEEPEST:
        return False
    if not (isinstance(value.get("id", ""), str) or _is_integer(value.get("id", ""))):
        return False
    if not isinstance(value.get("properties", {}), Mapping):
        return False
    if value.get("type") == "GeometryCollection":
        return _all_geometries(value.get("geometries"), _is_topo_geometry, depth)
    key, rule = _ARCS.get(_kind(value), ("", None))
    return rule is not None and rule(value.get(key))


def _is_arc_point(value: object) -> bool:
    return value is None or _pair_or_more(value)


def _all_geometries(value: object, rule: Callable[[object, int], bool], depth: int) -> bool:
    items: Iterable[object] = value if isinstance(value, list) else ()
    return isinstance(value, list) and all(rule(item, depth + 1) for item in items)
