"""Schemas shipped with Socle: the SCDL and the national schemas that local governments publish.

One folder per schema, named `<owner>/<name>` as in the national registry: `<version>.json` holds the facts
of a version (names, types, formats, constraints…) and `prose.json` our own titles and descriptions, shared by
all versions. `index.json` lists them all, so that nothing else is read before a schema is asked for.
"""

import difflib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import orjson

REGISTRY_URL = re.compile(r"https?://schema\.data\.gouv\.fr/schemas/([^/]+/[^/]+)/(?:v)?([^/]+)/schema\.json")


class SchemaNotFound(LookupError):
    """No bundled schema has this name or version; `close` holds the nearest references that exist."""

    def __init__(self, reference: str, close: tuple[str, ...]) -> None:
        hint = f" (close: {', '.join(close)})" if close else ""
        super().__init__(f"no bundled schema {reference!r}{hint}")
        self.reference = reference
        self.close = close


def names() -> list[str]:
    """List the bundled schemas as `<owner>/<name>`, in alphabetical order."""
    return sorted(_index())


def versions(name: str) -> list[str]:
    """List the versions of a schema, the oldest first. Raises SchemaNotFound."""
    return list(_entry(name)[1])


def latest(name: str) -> str:
    """Give the most recent version of a schema. Raises SchemaNotFound."""
    return versions(name)[-1]


def title(name: str) -> str:
    """Give the French title of a schema. Raises SchemaNotFound."""
    found, _ = _entry(name)
    return str(_read(f"{found}/prose.json")["title"])


def load(name: str, version: str | None = None) -> dict[str, object]:
    """Give the Table Schema descriptor of a schema, in its latest version unless told.

    It is a new dict at each call. Raises SchemaNotFound.
    """
    found, known = _entry(name)
    wanted = _version(found, list(known), version)
    facts = _read(f"{found}/{wanted}.json")
    return _merge(facts, _read(f"{found}/prose.json"))


def resolve(reference: str) -> tuple[str, str, dict[str, object]]:
    """Find a schema by `owner/name`, `owner/name@version`, an unambiguous short name or its official address.

    Gives (name, version, descriptor). Raises SchemaNotFound.
    """
    name, version = _parse_reference(reference.strip())
    found, known = _entry(name, reference)
    wanted = _version(found, list(known), version)
    return found, wanted, load(found, wanted)


def _parse_reference(reference: str) -> tuple[str, str | None]:
    if "://" not in reference:
        name, _, version = reference.partition("@")
        return name, version.removeprefix("v") or None
    if match := REGISTRY_URL.fullmatch(reference):
        return match[1], None if match[2] == "latest" else match[2]
    # GitLab serves a file at `/raw/` and at `/-/raw/`.
    wanted = reference.partition("?")[0].replace("/-/raw/", "/raw/")
    for name, known in _index().items():
        for version, address in known.items():
            if address.replace("/-/raw/", "/raw/") == wanted:
                return name, version
    raise SchemaNotFound(reference, ())


def _entry(name: str, reference: str | None = None) -> tuple[str, Mapping[str, str]]:
    index = _index()
    if name in index:
        return name, index[name]
    same = [known for known in index if known.partition("/")[2] == name]
    if len(same) == 1:
        return same[0], index[same[0]]
    raise SchemaNotFound(reference or name, tuple(same) or _close(name))


def _close(name: str) -> tuple[str, ...]:
    wanted = name.rpartition("/")[2].lower()
    short = {known.partition("/")[2]: known for known in _index()}
    inside = [known for tail, known in sorted(short.items()) if len(wanted) > 2 and wanted in tail]
    near = [short[tail] for tail in difflib.get_close_matches(wanted, short, n=3)]
    return tuple(dict.fromkeys([*near, *inside]))[:3]


def _version(name: str, known: list[str], version: str | None) -> str:
    if version is None or version == "latest":
        return known[-1]
    if version not in known:
        near = difflib.get_close_matches(version, known, n=2, cutoff=0.3)
        close = dict.fromkeys([*near, known[-1]])
        raise SchemaNotFound(f"{name}@{version}", tuple(f"{name}@{v}" for v in close))
    return version


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
