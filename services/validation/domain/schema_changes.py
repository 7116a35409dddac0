"""What changed between two versions of a schema, and whether a file valid under the first may now be refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_FIELD_WORDS = ("title", "description", "example")
# Table-level rules; a change of any may refuse what was accepted.
_RULES = ("missingValues", "primaryKey", "foreignKeys", "custom_checks")
_DEFAULTS: Mapping[str, Any] = {"type": "any", "format": "default", "missingValues": [""]}
_CONSTRAINT = "constraints."


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """A property of a field or of the schema: `constraints.required`, `type`, `primaryKey`… None: absent."""

    property: str
    before: Any
    after: Any
    stricter: bool


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that is in both versions, with what differs."""

    name: str
    changes: tuple[PropertyChange, ...]


@dataclass(frozen=True, slots=True)
class SchemaChanges:
    """All that differs; `stricter` when a file valid under the first version may be refused by the second."""

    added: tuple[Mapping[str, Any], ...]
    removed: tuple[Mapping[str, Any], ...]
    changed: tuple[FieldChange, ...]
    rules: tuple[PropertyChange, ...]
    reordered: bool

    @property
    def stricter(self) -> bool:
        """Tell whether what was accepted may now be refused."""
        properties = [*self.rules, *(change for field in self.changed for change in field.changes)]
        return any(change.stricter for change in properties) or any(map(_required, self.added))


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> SchemaChanges:
    """Compare two descriptors that parse."""
    old = {field["name"]: field for field in before["fields"]}
    new = {field["name"]: field for field in after["fields"]}
    common = [name for name in new if name in old]
    changed = (FieldChange(name, tuple(_field_changes(old[name], new[name]))) for name in common)
    return SchemaChanges(
        added=tuple(field for name, field in new.items() if name not in old),
        removed=tuple(field for name, field in old.items() if name not in new),
        changed=tuple(field for field in changed if field.changes),
        rules=tuple(_differences(before, after, _RULES)),
        reordered=[name for name in old if name in new] != common,
    )


def summary(field: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a list of changes tells of a field added or removed."""
    return {
        "name": field["name"],
        "title": field.get("title"),
        "type": field.get("type", _DEFAULTS["type"]),
        "required": _required(field),
    }


def _field_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[PropertyChange]:
    names = [name for name in {**before, **after} if name not in ("name", "constraints")]
    yield from _differences(before, after, names)
    yield from _differences(_constraints(before), _constraints(after), None)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], names: Any) -> Iterator[PropertyChange]:
    for name in {**before, **after} if names is None else names:
        old, new = (side.get(name, _DEFAULTS.get(name)) for side in (before, after))
        if old != new:
            yield PropertyChange(name, old, new, _stricter(name, old, new))


def _stricter(name: str, old: Any, new: Any) -> bool:
    """Whether a value accepted before may be refused now; when it cannot be told, it may."""
    if name in _FIELD_WORDS or name == "rdfType":
        return False
    if name.startswith(_CONSTRAINT):
        return _stricter_constraint(name.removeprefix(_CONSTRAINT), old, new)
    if name == "type":
        return new not in ("any", "string") or old == "any"
    return new is not None


def _stricter_constraint(name: str, old: Any, new: Any) -> bool:
    if new is None or new is False:
        return False
    if old is None:
        return True
    if name == "enum" and isinstance(old, list) and isinstance(new, list):
        return any(value not in new for value in old)
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (old, new))
    if numbers and name in ("minimum", "minLength"):
        return bool(new > old)
    if numbers and name in ("maximum", "maxLength"):
        return bool(new < old)
    return True


def _constraints(field: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{_CONSTRAINT}{name}": value for name, value in (field.get("constraints") or {}).items()}


def _required(field: Mapping[str, Any]) -> bool:
    return _constraints(field).get(f"{_CONSTRAINT}required") is True
