"""Schemas shipped with Socle: the SCDL and the national schemas that local governments publish.

One folder per schema, named `<owner>/<name>` as in the national registry: `<version>.json` holds the facts
of a version (names, types, formats, constraints…) and `prose.json` our own titles and descriptions, shared by
all versions. `index.json` lists them all, so that nothing else is read before a schema is asked for.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import orjson

from services.validation.engine.references import References, SchemaNotFound

__all__ = ["SchemaNotFound", "addresses", "latest", "load", "names", "resolve", "title", "versions"]


def names() -> list[str]:
    """List the bundled schemas as `<owner>/<name>`, in alphabetical order."""
    return sorted(_index())


def versions(name: str) -> list[str]:
    """List the versions of a schema, the oldest first. Raises SchemaNotFound."""
    return list(_index()[_references().name_of(name)])


def addresses(name: str) -> Mapping[str, str]:
    """Give the official address of each version of a schema (empty when unknown). Raises SchemaNotFound."""
    return _index()[_references().name_of(name)]


def latest(name: str) -> str:
    """Give the most recent version of a schema. Raises SchemaNotFound."""
    return _references().version_of(_references().name_of(name), None)


def title(name: str) -> str:
    """Give the French title of a schema. Raises SchemaNotFound."""
    return str(_read(f"{_references().name_of(name)}/prose.json")["title"])


def load(name: str, version: str | None = None) -> dict[str, object]:
    """Give the Table Schema descriptor of a schema, in its latest version unless told.

    It is a new dict at each call. Raises SchemaNotFound.
    """
    found = _references().name_of(name)
    facts = _read(f"{found}/{_references().version_of(found, version)}.json")
    return _merge(facts, _read(f"{found}/prose.json"))


def resolve(reference: str) -> tuple[str, str, dict[str, object]]:
    """Find a schema by `owner/name`, `owner/name@version`, an unambiguous short name or its official address.

    Gives (name, version, descriptor). Raises SchemaNotFound.
    """
    name, version = _references().resolve(reference)
    return name, version, load(name, version)


@cache
def _references() -> References:
    return References(_index())


def _merge(facts: dict[str, object], prose: dict[str, object]) -> dict[str, object]:
    words = prose["fields"]
    fields = facts.pop("fields")
    assert isinstance(words, dict)
    assert isinstance(fields, list)
    merged: dict[str, object] = {"$schema": facts.pop("$schema"), "name": facts.pop("name")}
    merged["title"] = prose["title"]
    merged["description"] = prose["description"]
    merged.update(facts)
    merged["fields"] = [{"name": field["name"], **words[field["name"]], **field} for field in fields]
    return merged


@cache
def _bytes(path: str) -> bytes:
    return files(__name__).joinpath(path).read_bytes()


def _read(path: str) -> dict[str, object]:
    document = orjson.loads(_bytes(path))
    assert isinstance(document, dict)
    return document


@cache
def _index() -> Mapping[str, Mapping[str, str]]:
    """Name -> version -> official address (empty when unknown); versions oldest first."""
    index: dict[str, dict[str, str]] = orjson.loads(_bytes("index.json"))
    return index
