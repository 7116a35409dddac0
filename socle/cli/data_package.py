"""A data package (`datapackage.json`): files given together, each with its schema, tied by foreign keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.validation.engine import ParsedSchema

NAME = "datapackage.json"


class BadPackage(Exception):
    """The package cannot be used; the message is in French and English."""


@dataclass(frozen=True, slots=True)
class PackagedTable:
    """A file of a package: its name as a resource, its path, and its schema as it is told there."""

    name: str
    path: str
    schema_name: str
    schema: ParsedSchema | None


def is_package(path: str) -> bool:
    """Whether a path is that of a data package."""
    return Path(path).name.lower() == NAME


def read_package(path: str, schema_named: Callable[[str], ParsedSchema]) -> list[PackagedTable]:
    """The tables of a package, in its order; `schema_named` finds a schema by its name, path or address.

    As in the specification (Data Package 1), a path is relative to the package's folder and stays in it. Raises
    BadPackage.
    """
    folder = Path(path).parent
    try:
        described = orjson.loads(Path(path).read_bytes())
    except OSError as error:
        raise BadPackage(f"{path}: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise BadPackage(
            f"{path} n'est pas un document JSON / is not a JSON document ({error.msg})."
        ) from error
    resources = described.get("resources") if isinstance(described, dict) else None
    if not isinstance(resources, list) or not resources:
        raise BadPackage(f"{path} : une liste « resources » est attendue / a `resources` list is expected.")
    tables = [
        _table(folder, item, f"{path}#/resources/{index}", schema_named)
        for index, item in enumerate(resources)
    ]
    names = [table.name for table in tables]
    if doubles := {name for name in names if names.count(name) > 1}:
        raise BadPackage(
            f"{path} : ressources de même nom / resources of one name: {', '.join(sorted(doubles))}."
        )
    return tables


def _table(
    folder: Path, item: object, place: str, schema_named: Callable[[str], ParsedSchema]
) -> PackagedTable:
    from services.validation.engine import inspect_schema

    name, path = (item.get("name"), item.get("path")) if isinstance(item, Mapping) else (None, None)
    if (
        not isinstance(item, Mapping)
        or not isinstance(name, str)
        or not isinstance(path, str)
        or not name
        or not path
    ):
        raise BadPackage(f"{place} : « name » et « path » sont attendus / `name` and `path` are expected.")
    schema = item.get("schema")
    if isinstance(schema, Mapping):
        told = schema.get("name")
        return PackagedTable(
            name, _inside(folder, path, place), told if isinstance(told, str) else "", inspect_schema(schema)
        )
    if isinstance(schema, str) and schema:
        beside = folder / schema
        found = schema_named(_inside(folder, schema, place) if beside.is_file() else schema)
        return PackagedTable(name, _inside(folder, path, place), schema, found)
    return PackagedTable(name, _inside(folder, path, place), "", None)


def _inside(folder: Path, path: str, place: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "://" in path:
        raise BadPackage(f"{place} : `{path}` sort du dossier du paquet / leaves the folder of the package.")
    return str(folder / pure)
