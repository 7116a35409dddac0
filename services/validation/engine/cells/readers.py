"""From a field of a Table Schema to the reader of its cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from services.validation.engine.cells import booleans, dates, numbers, strings, structures
from services.validation.engine.cells.celltype import CellType, ValueReader
from services.validation.engine.cells.errors import CellError
from services.validation.engine.schema import Field

CellReader = Callable[[str], object]

_TYPES: Mapping[str, Callable[[Field], CellType]] = {
    "any": strings.any_,
    "string": strings.string,
    "integer": numbers.integer,
    "number": numbers.number,
    "boolean": booleans.boolean,
    "date": dates.date,
    "datetime": dates.datetime,
    "time": dates.time,
    "year": dates.year,
    "yearmonth": dates.yearmonth,
    "duration": dates.duration,
    "object": structures.object_,
    "array": structures.array,
    "geopoint": structures.geopoint,
    "geojson": structures.geojson,
}


def cell_type(field: Field) -> CellType:
    """What the field's type knows about cells. Raises KeyError on a type that does not exist."""
    if field.format.startswith("fmt:"):  # the mark of a pattern in the first versions of the specification
        field = replace(field, format=field.format.removeprefix("fmt:"))
    if field.type == "list":
        item_type = str(field.options.get("itemType", "string"))
        if item_type not in structures.LIST_ITEM_TYPES:
            item_type = "string"
        return structures.list_(field, cell_type(Field(name=field.name, type=item_type)).read)
    return _TYPES[field.type](field)


def reader_for(field: Field) -> CellReader:
    """The exact reader of the field's cells: text in, value out; raises CellError. Missing values are not its affair.

    Semantics of frictionless 5.21; the deliberate differences are listed in `tests/unit/engine/cells/differences.py`.
    """
    known = cell_type(field)
    key = f"type-{known.key}"
    read_items = _item_reader(field) if field.type == "array" else None

    def read(text: str) -> object:
        value = known.read(text)
        if value is None:
            raise CellError(key, known.params, known.fix(text))
        if read_items is not None:
            read_items(value)
        return value

    return read


def item_field(field: Field) -> Field | None:
    """The items of an array as a field of their own, when the schema describes them (`arrayItem`)."""
    described = field.options.get("arrayItem")
    if not isinstance(described, Mapping) or not described:
        return None
    constraints = described.get("constraints")
    missing = described.get("missingValues", [""])
    return Field(
        name=str(described.get("name", field.name)),
        type=str(described.get("type", "any")),
        format=str(described.get("format", "default")),
        missing_values=tuple(text for text in missing if isinstance(text, str))
        if isinstance(missing, list)
        else ("",),
        constraints=constraints if isinstance(constraints, Mapping) else {},
        options={key: value for key, value in described.items() if key not in _ITEM_KEYS},
    )


def item_reader(field: Field) -> ValueReader:
    """Reads one item of an array: None for a missing one; raises CellError for one its type refuses."""
    known = cell_type(
        replace(field, type=field.type if field.type in _TYPES or field.type == "list" else "any")
    )

    def read(item: object) -> object:
        if item is None or str(item) in field.missing_values:
            return None
        value = known.read(item)
        if value is None:
            raise CellError("type-array-item", {"item": str(item), "item_type": field.type})
        return value

    return read


_ITEM_KEYS = frozenset(("arrayItem", "name", "type", "format", "constraints", "missingValues"))


def _item_reader(field: Field) -> Callable[[object], None] | None:
    item = item_field(field)
    if item is None:
        return None
    read = item_reader(item)

    def read_items(value: object) -> None:
        for entry in value if isinstance(value, list) else ():
            read(entry)

    return read_items
