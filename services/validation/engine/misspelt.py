"""Keys of a schema that are almost those of Table Schema: a slip of the pen leaves a rule without effect."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from services.validation.engine.messages import Finding

_SCHEMA_KEYS = (
    *("$schema", "name", "title", "description", "version", "fields", "missingValues", "primaryKey"),
    *("foreignKeys", "uniqueKeys", "fieldsMatch", "custom_checks", "homepage", "path", "created"),
    *("lastModified", "countryCode", "contributors", "sources", "resources", "keywords", "image", "licenses"),
    *("profile", "examples", "example", "author", "authors", "contributor", "uri"),
)
_FIELD_KEYS = (
    *("name", "type", "format", "title", "description", "example", "examples", "constraints"),
    *("missingValues", "rdfType", "trueValues", "falseValues", "decimalChar", "groupChar", "bareNumber"),
    *("floatNumber", "arrayItem", "delimiter", "itemType", "categories", "categoriesOrdered"),
    *("custom_checks", "customCheck"),
)
_CONSTRAINT_KEYS = (
    *("required", "unique", "enum", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minLength", "maxLength", "jsonSchema"),
)
_CHECK_KEYS = ("name", "params", "title", "description")
_FOREIGN_KEYS = ("fields", "reference")
_REFERENCE_KEYS = ("resource", "fields", "predicate")

_CLOSE = 0.75
_LONGEST_KEY = 40
# Enough for any real schema, few enough for a hostile one.
_KEYS_LOOKED_AT = 500
_MOST_TOLD = 50


def misplaced_keys(descriptor: object) -> list[Finding]:
    """Warnings on constraints written beside `constraints` instead of inside: they have no effect there."""
    stray = (
        (f"{place}/{key}", key)
        for place, field in _items(descriptor, "", "fields")
        for key in (field if isinstance(field, Mapping) else ())
        if key in _CONSTRAINT_KEYS
    )
    return [
        Finding("schema-error", "schema-key-misplaced", {"path": path, "found": key}, level="warning")
        for path, key in islice(stray, _MOST_TOLD)
    ]


def misspelt_keys(descriptor: object) -> list[Finding]:
    """Warnings on the keys, constraints included, that are close to a known one; unknown ones that are not may be
    anybody's own."""
    unknown = islice(_unknown(descriptor), _KEYS_LOOKED_AT)
    found = (_finding(place, key, known) for place, key, known in unknown)
    return list(islice((finding for finding in found if finding is not None), _MOST_TOLD))


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, whatever the case of its letters; None when there is none close."""
    by_case = {other.casefold(): other for other in known}
    near = difflib.get_close_matches(name.casefold()[:_LONGEST_KEY], by_case, n=1, cutoff=_CLOSE)
    return by_case[near[0]] if near else None


def _finding(place: str, key: str, known: tuple[str, ...]) -> Finding | None:
    near = closest(key, known) if len(key) <= _LONGEST_KEY else None
    if near is None:
        return None
    path = f"{place}/{key.replace('~', '~0').replace('/', '~1')}"
    params = {"path": path, "found": key, "near": near}
    return Finding("schema-error", "schema-key-misspelt", params, level="warning")


def _unknown(descriptor: object) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each key that is not known: where it stands, itself, and the keys known there."""
    yield from _of(descriptor, "", _SCHEMA_KEYS)
    for place, field in _items(descriptor, "", "fields"):
        yield from _of(field, place, _FIELD_KEYS)
        yield from _of(_get(field, "constraints"), f"{place}/constraints", _CONSTRAINT_KEYS)
        for inner, check in _items(field, place, "custom_checks"):
            yield from _of(check, inner, _CHECK_KEYS)
    for place, check in _items(descriptor, "", "custom_checks"):
        yield from _of(check, place, _CHECK_KEYS)
    for place, key in _items(descriptor, "", "foreignKeys"):
        yield from _of(key, place, _FOREIGN_KEYS)
        yield from _of(_get(key, "reference"), f"{place}/reference", _REFERENCE_KEYS)


def _of(node: object, place: str, known: tuple[str, ...]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if isinstance(node, Mapping):
        yield from ((place, key, known) for key in node if isinstance(key, str) and key not in known)


def _items(node: object, place: str, key: str) -> Iterator[tuple[str, object]]:
    value = _get(node, key)
    if isinstance(value, list):
        yield from ((f"{place}/{key}/{index}", item) for index, item in enumerate(value))


def _get(node: object, key: str) -> object:
    return node.get(key) if isinstance(node, Mapping) else None
