"""The schemas that can be asked for: choosing one by its name, searching, judging one."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from services.validation.domain.problems import UnknownSchema
from services.validation.engine import bundle, inspect_schema
from services.validation.engine.messages import word
from services.validation.engine.schema import Schema

# Shown when nothing resembles what was asked for.
_WELL_KNOWN = ("scdl/deliberations", "scdl/subventions", "scdl/budget", "scdl/equipements", "scdl/catalogue")


@dataclass(frozen=True, slots=True)
class SchemaChoice:
    """A schema in its exact version; no version only where the schema is not known."""

    name: str
    version: str | None


def choose(reference: str) -> SchemaChoice:
    """Return the schema named `owner/name`, `owner/name@version` or by its address; raises `UnknownSchema`."""
    try:
        name, version, _ = bundle.resolve(reference)
    except bundle.SchemaNotFound as error:
        raise UnknownSchema.of(reference, error.close or _WELL_KNOWN) from error
    return SchemaChoice(name, version)


def versions(name: str) -> list[str]:
    """Return the versions of a schema that exists, the oldest first."""
    return bundle.versions(name)


def title(name: str) -> str:
    """Return the French title of a schema that exists."""
    return bundle.title(name)


def descriptor(choice: SchemaChoice) -> Mapping[str, Any]:
    """Return the Table Schema descriptor of a schema that exists."""
    return bundle.load(choice.name, choice.version)


def parsed(choice: SchemaChoice) -> Schema:
    """Return a schema that exists, ready for use."""
    schema = inspect_schema(descriptor(choice)).schema
    assert schema is not None, f"the bundled schema {choice.name} {choice.version} does not parse"
    return schema


def search(words: str) -> list[str]:
    """Return the names of the schemas that hold every word in their name, title or columns, in alphabetical order."""
    wanted = _folded(words).split()
    return [name for name, text in _texts().items() if all(word in text for word in wanted)]


@cache
def _texts() -> Mapping[str, str]:
    texts = {}
    for name in bundle.names():
        fields: Any = bundle.load(name)["fields"]
        columns = " ".join(f"{field['name']} {field.get('title', '')}" for field in fields)
        texts[name] = _folded(f"{name} {bundle.title(name)} {columns}")
    return texts


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def lint(candidate: Mapping[str, Any]) -> dict[str, Any]:
    """Judge a descriptor: `valid`, and the findings with their level, place and words."""
    judged = inspect_schema(candidate)
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
    return {"valid": judged.schema is not None, "findings": findings}
