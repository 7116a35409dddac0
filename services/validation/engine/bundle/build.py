"""Keep the facts of an official Table Schema in the bundle: `python -m` this module.

    build <owner/name> <schema.json> [--version 1.2.3]     store the facts of one official version
    build                                                  rewrite the index, list the fields without prose

Titles and descriptions are left out: they are written by hand in `<owner>/<name>/prose.json`.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.validation.engine.references import version_key

HERE = Path(__file__).parent
# The keys of a descriptor that are facts. Everything else is prose, or about the people who wrote it.
SCHEMA_FACTS = (
    *("$schema", "name", "countryCode", "homepage", "path", "created", "lastModified", "version"),
    *("missingValues", "primaryKey", "foreignKeys", "custom_checks"),
)
FIELD_PROSE = {
    *("title", "description", "comment", "remarque", "note", "definition", "importance"),
    *("montantDemande", "nullable", "profiles", "required"),
}


def facts_of(official: Mapping[str, Any], name: str, version: str) -> dict[str, Any]:
    """Give the facts of an official descriptor, its fields in order, without a word of its prose."""
    facts = {key: official[key] for key in SCHEMA_FACTS if key in official}
    facts.setdefault("$schema", "https://frictionlessdata.io/schemas/table-schema.json")
    facts["name"] = name.partition("/")[2]
    facts["version"] = version
    facts["fields"] = [
        {key: value for key, value in field.items() if key not in FIELD_PROSE} for field in official["fields"]
    ]
    return {key: facts[key] for key in [*SCHEMA_FACTS, "fields"] if key in facts}


def render(facts: Mapping[str, Any]) -> str:
    """Write a descriptor as JSON, one line per key, field and check: versions diff well."""
    lines = []
    for key, value in facts.items():
        text = json.dumps(value, ensure_ascii=False)
        if key in ("fields", "custom_checks"):
            items = ",\n".join("    " + json.dumps(item, ensure_ascii=False) for item in value)
            text = f"[\n{items}\n  ]"
        lines.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def rewrite_index() -> list[str]:
    """Write `index.json` from the folders, and list what lacks prose (`owner/name: field`)."""
    index: dict[str, dict[str, str]] = {}
    lacking: list[str] = []
    for prose_path in sorted(HERE.glob("*/*/prose.json")):
        folder = prose_path.parent
        name = f"{folder.parent.name}/{folder.name}"
        paths = [path for path in folder.glob("*.json") if path != prose_path]
        words = json.loads(prose_path.read_text("utf-8"))["fields"]
        index[name] = {}
        for path in sorted(paths, key=lambda path: version_key(path.stem)):
            facts = json.loads(path.read_text("utf-8"))
            index[name][path.stem] = facts.get("path", "")
            lacking += [f"{name}: {field['name']}" for field in facts["fields"] if field["name"] not in words]
    text = ",\n".join(f"  {json.dumps(name)}: {json.dumps(known)}" for name, known in index.items())
    (HERE / "index.json").write_text("{\n" + text + "\n}\n", "utf-8")
    return list(dict.fromkeys(lacking))


def main() -> None:
    """Run the command line described in this module's docstring."""
    parser = argparse.ArgumentParser(description="Store the facts of an official Table Schema.")
    parser.add_argument("name", nargs="?", help="owner/name, as in the national registry")
    parser.add_argument("official", nargs="?", type=Path, help="the official schema.json")
    parser.add_argument("--version", help="when the official file states none")
    arguments = parser.parse_args()
    if arguments.name:
        official = json.loads(arguments.official.read_text("utf-8"))
        version = (arguments.version or str(official["version"])).removeprefix("v")
        folder = HERE / arguments.name
        folder.mkdir(parents=True, exist_ok=True)
        facts = facts_of(official, arguments.name, version)
        (folder / f"{version}.json").write_text(render(facts), "utf-8")
        prose = folder / "prose.json"
        if not prose.exists():
            prose.write_text('{"title": "", "description": "", "fields": {}}\n', "utf-8")
    for lacking in rewrite_index():
        sys.stdout.write(f"no prose: {lacking}\n")


if __name__ == "__main__":
    main()
