"""The index of the national registry (schema.data.gouv.fr/schemas.json): which Table Schemas it lists, and where.

It is a catalogue of schemas: `schemas[]` with `name`, `title`, `schema_type` (`tableschema`, `jsonschema`,
`datapackage`, `other`) and `versions[]` of `version_name` and `schema_url`.
"""

import re
from dataclasses import dataclass
from typing import Any

MOST_VERSIONS = 5_000
MAX_INDEX_BYTES = 10_000_000

# Both become segments of our addresses.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,49}")


class IndexUnusable(Exception):
    """The document is not an index of schemas; `fr` and `en` say why."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.fr = fr
        self.en = en


@dataclass(frozen=True, slots=True)
class Listed:
    """A version of a Table Schema that the index lists."""

    name: str
    version: str
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that could not be taken from the registry: the version named, in words."""

    name: str
    version: str
    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class Index:
    """What an index lists; `other_types` counts the schemas that are no Table Schema."""

    listed: tuple[Listed, ...]
    skipped: tuple[Skipped, ...]
    other_types: int


def read_index(document: Any) -> Index:
    """Read a decoded index; raises `IndexUnusable` when it is none, or lists no Table Schema at all."""
    schemas = document.get("schemas") if isinstance(document, dict) else None
    if not isinstance(schemas, list):
        raise IndexUnusable("il n'a pas de liste « schemas »", "it has no list `schemas`")
    listed: dict[tuple[str, str], Listed] = {}
    skipped: list[Skipped] = []
    other = 0
    for schema in schemas:
        if not isinstance(schema, dict) or not isinstance(schema.get("versions"), list):
            continue
        if schema.get("schema_type") != "tableschema":
            other += 1
            continue
        for version in schema["versions"]:
            _take(schema, version, listed, skipped)
    if not listed:
        raise IndexUnusable("il ne cite aucun Table Schema", "it lists no Table Schema")
    if len(listed) > MOST_VERSIONS:
        raise IndexUnusable(
            f"il cite {len(listed)} versions, pour {MOST_VERSIONS} acceptées",
            f"it lists {len(listed)} versions, and {MOST_VERSIONS} are accepted",
        )
    return Index(tuple(listed.values()), tuple(skipped), other)


def _take(
    schema: dict[str, Any], version: Any, listed: dict[tuple[str, str], Listed], skipped: list[Skipped]
) -> None:
    name = str(schema.get("name", ""))
    number = str(version.get("version_name", "")) if isinstance(version, dict) else ""
    number = number[1:] if re.match(r"v\d", number) else number
    address = version.get("schema_url") if isinstance(version, dict) else None
    sound = _NAME.fullmatch(name) and _VERSION.fullmatch(number) and isinstance(address, str)
    if not sound or number == "latest" or (name, number) in listed:
        skipped.append(
            Skipped(
                name[:200],
                number[:100],
                "le nom, la version ou l'adresse manque, est en double ou n'est pas acceptable",
                "the name, the version or the address is missing, double or not acceptable",
            )
        )
        return
    title = schema.get("title")
    listed[name, number] = Listed(name, number, title if isinstance(title, str) else name, str(address))
