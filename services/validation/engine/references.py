"""How a schema is named: by `owner/name`, `owner/name@version`, its short name or its official address."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

_REGISTRY_URL = re.compile(r"https?://schema\.data\.gouv\.fr/schemas/([^/]+/[^/]+)/(?:v)?([^/]+)/[^/]+\.json")
_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?", re.ASCII)
_LONGEST_NUMBER = 18


class SchemaNotFound(LookupError):
    """No known schema has this name or version; `close` holds the nearest references that exist."""

    def __init__(self, reference: str, close: tuple[str, ...]) -> None:
        hint = f" (close: {', '.join(close)})" if close else ""
        super().__init__(f"no known schema {reference!r}{hint}")
        self.reference = reference
        self.close = close


def version_key(version: str) -> tuple[object, ...]:
    """Give the sort key of a version by semantic versioning (https://semver.org, section 11).

    A number may have fewer or more than three parts (`2.1` is `2.1.0`); what is no version comes before all.
    """
    match = _VERSION.fullmatch(version)
    if match is None or len(version) > 100:
        return (0, version)
    numbers = [int(part[:_LONGEST_NUMBER]) for part in match[1].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    parts = tuple(
        (0, int(part[:_LONGEST_NUMBER]), "") if part.isdecimal() else (1, 0, part)
        for part in (match[2] or "").split(".")
    )
    return (1, tuple(numbers), match[2] is None, parts, version)


def in_order(versions: Iterable[str]) -> list[str]:
    """Sort versions, the oldest first."""
    return sorted(versions, key=version_key)


def latest_of(versions: Iterable[str]) -> str:
    """Give the most recent version that is not a pre-release; a pre-release only when there is nothing else."""
    ordered = in_order(versions)
    released = [version for version in ordered if (key := version_key(version))[0] == 1 and key[2]]
    return (released or ordered)[-1]


class References:
    """Finds the schema meant by a reference. `index` maps name -> version -> official address ("" if unknown)."""

    def __init__(self, index: Mapping[str, Mapping[str, str]]) -> None:
        self._index = index

    def resolve(self, reference: str) -> tuple[str, str]:
        """Give the (name, version) that a reference means. Raises SchemaNotFound."""
        name, version = self._parse(reference.strip())
        found = self.name_of(name, reference)
        return found, self.version_of(found, version)

    def name_of(self, name: str, reference: str | None = None) -> str:
        """Give the full name of a schema by its full or its unambiguous short name. Raises SchemaNotFound."""
        if name in self._index:
            return name
        same = [known for known in self._index if known.partition("/")[2] == name]
        if len(same) == 1:
            return same[0]
        raise SchemaNotFound(reference or name, tuple(same) or self._close(name))

    def version_of(self, name: str, version: str | None) -> str:
        """Give the version meant of a schema that exists: the latest unless told. Raises SchemaNotFound."""
        known = self._index[name]
        if version is None or version == "latest":
            return latest_of(known)
        if version not in known:
            near = difflib.get_close_matches(version[:100], known, n=2, cutoff=0.3)
            close = dict.fromkeys([*near, latest_of(known)])
            raise SchemaNotFound(f"{name}@{version}", tuple(f"{name}@{v}" for v in close))
        return version

    def _parse(self, reference: str) -> tuple[str, str | None]:
        if "://" not in reference:
            name, _, version = reference.partition("@")
            return name, version.removeprefix("v") or None
        # GitLab serves a file at `/raw/` and at `/-/raw/`.
        wanted = reference.partition("?")[0].replace("/-/raw/", "/raw/")
        for name, known in self._index.items():
            for version, address in known.items():
                if address.replace("/-/raw/", "/raw/") == wanted:
                    return name, version
        if match := _REGISTRY_URL.fullmatch(reference):
            return match[1], None if match[2] == "latest" else match[2]
        raise SchemaNotFound(reference, ())

    def _close(self, name: str) -> tuple[str, ...]:
        wanted = name.rpartition("/")[2].lower()[:100]
        short = {known.partition("/")[2]: known for known in self._index}
        inside = [known for tail, known in sorted(short.items()) if len(wanted) > 2 and wanted in tail]
        near = [short[tail] for tail in difflib.get_close_matches(wanted, short, n=3)]
        return tuple(dict.fromkeys([*near, *inside]))[:3]
