"""The schemas that can be asked for, as one value: those that ship with Socle and those brought from the registry.

A `Registry` never changes; `operations.registry` says which one is in force.
"""

import gzip
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import orjson

from services.validation.domain.problems import UnknownSchema
from services.validation.engine import bundle, inspect_schema, lint_schema
from services.validation.engine.match import Candidate
from services.validation.engine.messages import word
from services.validation.engine.references import References, SchemaNotFound, in_order, latest_of
from services.validation.engine.schema import ParsedSchema, Schema

# Shown when nothing resembles what was asked for.
_WELL_KNOWN = ("scdl/deliberations", "scdl/subventions", "scdl/budget", "scdl/equipements", "scdl/catalogue")


@dataclass(frozen=True, slots=True)
class SchemaChoice:
    """A schema in its exact version; no version only where the schema is not known."""

    name: str
    version: str | None


@dataclass(frozen=True, slots=True)
class SyncedVersion:
    """A version of a schema as the national registry gave it; `body` is its descriptor, JSON in gzip."""

    name: str
    version: str
    title: str
    address: str
    body: bytes = field(repr=False)


class Registry:
    """Every schema that can be asked for. What was synced goes before what is bundled, version by version."""

    def __init__(self, synced: Iterable[SyncedVersion] = (), generation: int = 0) -> None:
        self.generation = generation
        self._synced = {(item.name, item.version): item for item in synced}
        index = {name: dict(bundle.addresses(name)) for name in bundle.names()}
        for (name, version), item in self._synced.items():
            index.setdefault(name, {})[version] = item.address
        self._index = {
            name: {version: index[name][version] for version in in_order(index[name])}
            for name in sorted(index)
        }
        self._references = References(self._index)

    def choose(self, reference: str) -> SchemaChoice:
        """Return the schema named `owner/name`, `owner/name@version` or by its address; raises `UnknownSchema`."""
        try:
            return SchemaChoice(*self._references.resolve(reference))
        except SchemaNotFound as error:
            raise UnknownSchema.of(reference, error.close or _WELL_KNOWN) from error

    def names(self) -> list[str]:
        """Return every name, in alphabetical order."""
        return list(self._index)

    def versions(self, name: str) -> list[str]:
        """Return the versions of a schema that exists, the oldest first."""
        return list(self._index[name])

    def latest(self, name: str) -> SchemaChoice:
        """Return the most recent version of a schema that exists; no pre-release if anything else is there."""
        return SchemaChoice(name, latest_of(self._index[name]))

    def title(self, name: str) -> str:
        """Return the French title of a schema that exists."""
        if name in self._bundled:
            return bundle.title(name)
        return self._synced[name, latest_of(self._index[name])].title

    def source(self, choice: SchemaChoice) -> str:
        """Return where a schema that exists comes from: `registry` or `bundle`."""
        return "registry" if (choice.name, choice.version) in self._synced else "bundle"

    def has(self, choice: SchemaChoice) -> bool:
        """Tell whether this exact version exists."""
        return choice.version in self._index.get(choice.name, ())

    def descriptor(self, choice: SchemaChoice) -> Mapping[str, Any]:
        """Return the Table Schema descriptor of a schema that exists."""
        synced = self._synced.get((choice.name, choice.version or ""))
        return bundle.load(choice.name, choice.version) if synced is None else _decoded(synced.body)

    def parsed(self, choice: SchemaChoice) -> Schema:
        """Return a schema that exists, ready for use."""
        schema = inspect_schema(self.descriptor(choice)).schema
        assert schema is not None, f"the schema {choice.name} {choice.version} does not parse"
        return schema

    def search(self, words: str, owner: str | None = None) -> list[str]:
        """Return, in alphabetical order, the schemas that hold every word in their name, title or columns."""
        wanted = _folded(words).split()
        return [
            name
            for name, text in self._texts.items()
            if all(word in text for word in wanted) and owner in (None, name.partition("/")[0])
        ]

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """The latest version of each schema, with the fields that a header is compared with."""
        return tuple(
            Candidate.of(choice.name, self.descriptor(choice)) for choice in map(self.latest, self._index)
        )

    @cached_property
    def _bundled(self) -> frozenset[str]:
        return frozenset(bundle.names())

    @cached_property
    def _texts(self) -> Mapping[str, str]:
        texts = {}
        for candidate in self.candidates:
            columns = " ".join(f"{item.name} {item.title}" for item in candidate.fields)
            texts[candidate.schema] = _folded(f"{candidate.schema} {self.title(candidate.schema)} {columns}")
        return texts


@lru_cache(maxsize=64)
def _decoded(body: bytes) -> Mapping[str, Any]:
    descriptor: Mapping[str, Any] = orjson.loads(gzip.decompress(body))
    return descriptor


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def lint(candidate: Mapping[str, Any]) -> dict[str, Any]:
    """Judge a descriptor: `valid`, and the findings with their level, place and words."""
    judged = lint_schema(candidate)
    return {"valid": judged.schema is not None, "findings": told(judged)}


def lint_document(body: bytes) -> dict[str, Any]:
    """Judge a descriptor written in JSON (see `lint`)."""
    return lint(orjson.loads(body))


def told(judged: ParsedSchema) -> list[dict[str, str]]:
    """Return what was found in a descriptor, with its level, its place and its words."""
    findings = []
    for finding in judged.findings:
        fr, en = (word(finding.key, finding.params, language) for language in ("fr", "en"))
        findings.append(
            {
                "level": finding.level,
                "pointer": str(finding.params.get("path", "")),
                "key": finding.key,
                "message": " ".join(part for part in (fr.text, fr.fix) if part),
                "message_en": " ".join(part for part in (en.text, en.fix) if part),
            }
        )
    return findings
