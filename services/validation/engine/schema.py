"""Table Schema (Frictionless v1) as frozen values, and the reading of a descriptor into them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from types import MappingProxyType

from services.validation.engine.messages import Finding

FIELD_TYPES = frozenset(
    [
        *("any", "array", "boolean", "date", "datetime", "duration", "geojson", "geopoint", "integer"),
        *("list", "number", "object", "string", "time", "year", "yearmonth"),
    ]
)
# How the columns of a file may differ from the fields (Table Schema 2, `fieldsMatch`).
FIELDS_MATCHES = ("exact", "equal", "subset", "superset", "partial")
MAX_FIELDS = 10_000
MAX_DEPTH = 64


def _empty() -> Mapping[str, object]:
    return MappingProxyType({})


_FIELD_KEYS = frozenset(
    [
        *("name", "type", "format", "title", "description", "example", "missingValues", "constraints"),
        *("customCheck", "custom_checks", "rdfType"),
    ]
)


@dataclass(frozen=True, slots=True)
class CustomCheck:
    """A check declared in `custom_checks`, not yet built: its name, its parameters as written, and its place."""

    name: str
    params: Mapping[str, object] = dataclass_field(default_factory=_empty)
    path: str = dataclass_field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """One column as the schema wants it; `options` holds the descriptor's other keys (`trueValues`, …)."""

    name: str
    type: str = "any"
    format: str = "default"
    title: str = ""
    description: str = ""
    example: object | None = None
    missing_values: tuple[str, ...] = ("",)
    constraints: Mapping[str, object] = dataclass_field(default_factory=_empty)
    options: Mapping[str, object] = dataclass_field(default_factory=_empty)

    @property
    def required(self) -> bool:
        return self.constraints.get("required") is True


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`fields` of this table refer to `reference_fields` of `resource` ("" is the table itself)."""

    fields: tuple[str, ...]
    resource: str
    reference_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """A Table Schema ready to validate with; `descriptor` is the source it was read from.

    `fields_match` is one of FIELDS_MATCHES: `partial` unless the schema says otherwise, for that is how the national
    schemas are used.
    """

    name: str = ""
    title: str = ""
    version: str = ""
    fields: tuple[Field, ...] = ()
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    missing_values: tuple[str, ...] = ("",)
    custom_checks: tuple[CustomCheck, ...] = ()
    fields_match: str = "partial"
    descriptor: Mapping[str, object] = dataclass_field(default_factory=_empty, repr=False)

    def field(self, name: str) -> Field | None:
        """The field of that exact name, or None."""
        return next((field for field in self.fields if field.name == name), None)


@dataclass(frozen=True, slots=True)
class ParsedSchema:
    """What a descriptor gives: a schema when it can be used, and everything found wrong or doubtful."""

    schema: Schema | None
    findings: tuple[Finding, ...] = ()


class _Findings(list[Finding]):
    """Collects what is wrong in a descriptor; `path` is a JSON pointer into it."""

    def error(self, kind: str, path: str, **params: object) -> None:
        self.append(Finding("schema-error", f"schema-{kind}", {"path": path or "/", **params}))


def parse_schema(descriptor: object) -> ParsedSchema:
    """Read a Table Schema descriptor (decoded JSON).

    Only the shape is judged here; constraints, examples and checks are judged by
    `engine.inspection.inspect_schema`, which needs the cell readers.
    `schema` is None when an error was found: validating with half a schema would mislead.
    """
    drafted, findings = draft_schema(descriptor)
    failed = any(finding.level == "error" for finding in findings)
    return ParsedSchema(None if failed else drafted, findings)


def draft_schema(descriptor: object) -> tuple[Schema | None, tuple[Finding, ...]]:
    """Read what can be read of a descriptor, to judge all of it at once, and tell what is wrong in its shape.

    Each field keeps its place: one that cannot be read has no name. None when there is nothing to read.
    """
    findings = _Findings()
    if not isinstance(descriptor, Mapping):
        findings.error("not-object", "", found=_json_type(descriptor))
        return None, tuple(findings)
    if _too_deep(descriptor):
        findings.error("too-deep", "", limit=MAX_DEPTH)
        return None, tuple(findings)
    return _read_schema(descriptor, findings), tuple(findings)


def _read_schema(descriptor: Mapping[str, object], findings: _Findings) -> Schema:
    missing_values = _texts(descriptor, "missingValues", "", findings, default=("",))
    checks = list(_read_checks(descriptor.get("custom_checks"), "/custom_checks", findings))
    fields = tuple(_read_fields(descriptor.get("fields"), missing_values, checks, findings))
    counts = Counter(field.name for field in fields if field.name)
    for name in sorted(name for name, count in counts.items() if count > 1):
        findings.error("duplicate-field", "/fields", name=name)
    known = frozenset(counts)
    primary_key = _key(descriptor.get("primaryKey"), "/primaryKey", findings)
    for name in primary_key:
        if name not in known:
            findings.error("unknown-key-field", "/primaryKey", name=name)
    return Schema(
        name=_text(descriptor, "name"),
        title=_text(descriptor, "title"),
        version=_text(descriptor, "version"),
        fields=fields,
        primary_key=primary_key,
        foreign_keys=tuple(_read_foreign_keys(descriptor.get("foreignKeys"), known, findings)),
        missing_values=missing_values,
        custom_checks=tuple(checks),
        fields_match=_fields_match(descriptor.get("fieldsMatch", "partial"), findings),
        descriptor=descriptor,
    )


def _fields_match(value: object, findings: _Findings) -> str:
    """The specification once wrote it as a list of one."""
    told = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(told, str) and told in FIELDS_MATCHES:
        return told
    findings.error("fields-match", "/fieldsMatch", found=str(told)[:100], known=list(FIELDS_MATCHES))
    return "partial"


def _read_fields(
    value: object, missing_values: tuple[str, ...], checks: list[CustomCheck], findings: _Findings
) -> Iterator[Field]:
    if not isinstance(value, list) or not value:
        findings.error("no-fields", "/fields")
        return
    if len(value) > MAX_FIELDS:
        findings.error("too-many-fields", "/fields", count=len(value), limit=MAX_FIELDS)
        return
    for index, item in enumerate(value):
        path = f"/fields/{index}"
        if not isinstance(item, Mapping):
            findings.error("field-not-object", path, found=_json_type(item))
            yield Field("")
            continue
        name = item.get("name")
        if not isinstance(name, str) or not name:
            findings.error("field-name", path)
            yield Field("")
            continue
        checks.extend(_field_checks(item.get("custom_checks"), f"{path}/custom_checks", name, findings))
        if "customCheck" in item:
            checks.extend(_field_check(item["customCheck"], f"{path}/customCheck", name, findings))
        yield _read_field(item, name, path, missing_values, findings)


def _read_field(
    item: Mapping[str, object], name: str, path: str, missing_values: tuple[str, ...], findings: _Findings
) -> Field:
    type_ = item.get("type", "any")
    if not isinstance(type_, str) or type_ not in FIELD_TYPES:
        findings.error("field-type", f"{path}/type", name=name, found=str(type_)[:100])
        type_ = "any"
    format_ = item.get("format", "default")
    if not isinstance(format_, str):
        findings.error("field-format", f"{path}/format", name=name)
        format_ = "default"
    constraints = item.get("constraints", {})
    if not isinstance(constraints, Mapping):
        findings.error("constraints-not-object", f"{path}/constraints", name=name)
        constraints = {}
    return Field(
        name=name,
        type=type_,
        format=format_ or "default",
        title=_text(item, "title"),
        description=_text(item, "description"),
        example=item.get("example"),
        missing_values=_texts(item, "missingValues", path, findings, default=missing_values),
        constraints=constraints,
        options={key: value for key, value in item.items() if key not in _FIELD_KEYS},
    )


def _field_checks(value: object, path: str, name: str, findings: _Findings) -> Iterator[CustomCheck]:
    """Checks declared inside a field are checks of the table with that field as `column`."""
    for check in _read_checks(value, path, findings):
        yield CustomCheck(check.name, {"column": name, **check.params}, check.path)


def _field_check(value: object, path: str, column: str, findings: _Findings) -> Iterator[CustomCheck]:
    """One check, as its name or as an object that holds its name and its parameters side by side."""
    params = dict(value) if isinstance(value, Mapping) else {"name": value}
    name = params.pop("name", None)
    if isinstance(name, str) and name:
        yield CustomCheck(name, {"column": column, **params}, path)
    else:
        findings.error("check-shape", path)


def _read_checks(value: object, path: str, findings: _Findings) -> Iterator[CustomCheck]:
    if value is None:
        return
    if not isinstance(value, list):
        findings.error("checks-not-list", path)
        return
    for index, item in enumerate(value):
        params = item.get("params", {}) if isinstance(item, Mapping) else None
        name = item.get("name") if isinstance(item, Mapping) else None
        if not isinstance(name, str) or not name or not isinstance(params or {}, Mapping):
            findings.error("check-shape", f"{path}/{index}")
            continue
        yield CustomCheck(name, dict(params) if isinstance(params, Mapping) else {}, f"{path}/{index}")


def _read_foreign_keys(value: object, known: frozenset[str], findings: _Findings) -> Iterator[ForeignKey]:
    if value is None:
        return
    if not isinstance(value, list):
        findings.error("foreign-keys-shape", "/foreignKeys")
        return
    for index, item in enumerate(value):
        path = f"/foreignKeys/{index}"
        reference = item.get("reference") if isinstance(item, Mapping) else None
        if not isinstance(item, Mapping) or not isinstance(reference, Mapping):
            findings.error("foreign-keys-shape", path)
            continue
        fields = _key(item.get("fields"), f"{path}/fields", findings)
        targets = _key(reference.get("fields"), f"{path}/reference/fields", findings)
        resource = reference.get("resource", "")
        if not fields or len(fields) != len(targets) or not isinstance(resource, str):
            findings.error("foreign-keys-shape", path)
            continue
        unknown = [name for name in (*fields, *(() if resource else targets)) if name not in known]
        for name in unknown:
            findings.error("unknown-key-field", path, name=name)
        yield ForeignKey(fields, resource, targets)


def _key(value: object, path: str, findings: _Findings) -> tuple[str, ...]:
    """A key is written as one name or as a list of names."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return tuple(value)
    findings.error("key-shape", path)
    return ()


def _text(item: Mapping[str, object], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _texts(
    item: Mapping[str, object], key: str, path: str, findings: _Findings, default: tuple[str, ...]
) -> tuple[str, ...]:
    value = item.get(key)
    if value is None:
        return default
    if isinstance(value, list):
        # Table Schema 2 also writes a missing value as an object, with a label that tells why it is missing.
        told = (item.get("value") if isinstance(item, Mapping) else item for item in value)
        texts = tuple(text for text in told if isinstance(text, str))
        if len(texts) == len(value):
            return texts
    findings.error("texts-shape", f"{path}/{key}", key=key)
    return default


def _too_deep(value: object) -> bool:
    """Whether JSON containers are nested deeper than MAX_DEPTH, found without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (
                node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
            )
            if isinstance(child, Mapping | list)
        ]
        if not level:
            return False
    return True


def _json_type(value: object) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")
