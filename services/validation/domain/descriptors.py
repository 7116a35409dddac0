"""Schema descriptors given by clients: their bounds, and the exact bytes that are kept."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from services.validation.domain.problems import UnusableSchema
from services.validation.engine.cells.patterns import LONGEST_PATTERN
from services.validation.engine.schema import MAX_DEPTH, MAX_FIELDS

# No real schema comes near this: the largest national one has 200 kB.
MAX_SCHEMA_BYTES = 2_000_000
# Objects and lists of a schema: ten a field.
MAX_HOLDERS = 10 * MAX_FIELDS


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A Table Schema descriptor: its bytes (JSON), and their SHA-256 in hexadecimal."""

    body: bytes
    sha256: str

    @classmethod
    def of(cls, body: bytes) -> "Descriptor":
        """Return the descriptor of these bytes, not judged."""
        return cls(body, hashlib.sha256(body).hexdigest())


def checked(body: bytes) -> Descriptor:
    """Return a descriptor that came from outside, within bounds; raises `UnusableSchema`.

    What its fields say is not judged here: the report of the validation does, place by place.
    """
    _check_size(body)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f"{error.lineno}:{error.colno}"
        raise UnusableSchema.because(
            "", fr=f"ce n'est pas du JSON (ligne:colonne {where})", en=f"it is not JSON (line:column {where})"
        ) from error
    check_document(document)
    return Descriptor.of(body)


def checked_document(document: Mapping[str, Any]) -> Descriptor:
    """Return a decoded descriptor that came from outside, as `checked` does for its JSON."""
    body = orjson.dumps(document)
    _check_size(body)
    check_document(document)
    return Descriptor.of(body)


def _check_size(body: bytes) -> None:
    if len(body) > MAX_SCHEMA_BYTES:
        raise UnusableSchema.because(
            "",
            fr=f"il compte plus de {MAX_SCHEMA_BYTES / 1e6:g} Mo",
            en=f"it holds more than {MAX_SCHEMA_BYTES / 1e6:g} MB",
        )


def check_document(document: Any) -> None:
    """Raise `UnusableSchema` for a decoded descriptor that is no object, too large or deep, or refers outside."""
    if not isinstance(document, dict):
        raise UnusableSchema.because("", fr="ce n'est pas un objet JSON", en="it is not a JSON object")
    fields = document.get("fields")
    if isinstance(fields, list) and len(fields) > MAX_FIELDS:
        raise UnusableSchema.because(
            "/fields",
            fr=f"il a {len(fields)} champs, pour {MAX_FIELDS} acceptés",
            en=f"it has {len(fields)} fields, and {MAX_FIELDS} are accepted",
        )
    for place, node in _objects(document):
        if "$ref" in node:
            raise UnusableSchema.because(
                _pointer((place, "$ref")),
                fr="« $ref » n'est pas suivi : recopiez ici ce à quoi il renvoie",
                en="`$ref` is not followed: write here what it refers to",
            )
        pattern = node.get("pattern")
        if isinstance(pattern, str) and len(pattern) > LONGEST_PATTERN:
            raise UnusableSchema.because(
                _pointer((place, "pattern")),
                fr=f"ce motif dépasse {LONGEST_PATTERN} caractères",
                en=f"this pattern exceeds {LONGEST_PATTERN} characters",
            )


# Where a value stands: the place of what holds it, and its name or number there. Written out for a refusal alone.
Place = tuple[Any, str | int] | None
# What decoded JSON holds values in.
_HOLDERS = frozenset({dict, list})


def _objects(document: Mapping[str, Any]) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Yield each object and its place, level by level; raises `UnusableSchema` past the depth or number accepted."""
    level: list[tuple[Place, Any]] = [(None, document)]
    total = 0
    for _ in range(MAX_DEPTH):
        below: list[tuple[Place, Any]] = []
        for place, node in level:
            if isinstance(node, dict):
                yield place, node
            pairs = node.items() if isinstance(node, dict) else enumerate(node)
            found = (((place, name), value) for name, value in pairs if value and type(value) in _HOLDERS)
            below += islice(found, MAX_HOLDERS + 1 - total - len(below))
        if not below:
            return
        total += len(below)
        if total > MAX_HOLDERS:
            raise UnusableSchema.because(
                "",
                fr=f"il compte plus de {MAX_HOLDERS} objets et listes",
                en=f"it holds more than {MAX_HOLDERS} objects and lists",
            )
        level = below
    raise UnusableSchema.because(
        "",
        fr=f"il est imbriqué sur plus de {MAX_DEPTH} niveaux",
        en=f"it is nested more than {MAX_DEPTH} levels deep",
    )


def _pointer(place: Place) -> str:
    """Write a place as a JSON pointer."""
    names: list[str] = []
    while place is not None:
        place, name = place
        names.append(str(name)[:100].replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{name}" for name in reversed(names))


@dataclass(frozen=True, slots=True)
class SchemaAsked:
    """The schema that a validation uses.

    A known one has a name and a version (none where the name turned out to be unknown); one at an address has that
    address as name and `url`; a document given with the request is named `inline`, its SHA-256 tells it from others.
    """

    name: str
    version: str | None
    url: str | None = None
    sha256: str | None = None


INLINE = "inline"
# What the schema of a package is called: each of its files has its own.
PACKAGE = "data-package"
NO_SCHEMA = SchemaAsked("", None)
