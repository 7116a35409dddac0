"""Real reports for the forms: made by the engine from real bytes, one for each way that a validation can end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.validation.engine import Options, validate
from services.validation.engine.render import FileReport, document

SCHEMA: Mapping[str, Any] = {
    "name": "essai",
    "title": "Schéma d'essai",
    "version": "1.2.0",
    "primaryKey": "id",
    "fields": [
        {"name": "id", "type": "string", "constraints": {"required": True, "unique": True}},
        {"name": "date", "type": "date", "constraints": {"required": True}},
        {"name": "nombre", "type": "integer", "constraints": {"minimum": 0, "maximum": 10}},
        {"name": "siret", "type": "string", "constraints": {"pattern": "^\\d{14}$"}},
        {"name": "choix", "type": "string", "constraints": {"enum": ["a", "b"]}},
        {"name": "absente", "type": "string", "constraints": {"required": True}},
        {"name": "facultative", "type": "string"},
    ],
    "foreignKeys": [{"fields": "choix", "reference": {"resource": "", "fields": "id"}}],
    "custom_checks": [
        {"name": "siret", "params": {"column": "siret"}},
        {"name": "one-of-required", "params": {"column1": "siret", "column2": "choix"}},
    ],
}
HOSTILE = "<script>alert('x')</script>\x1b[31m\u202e&]]>"
INVALID = (
    f"id,date,nombre,siret,choix,{HOSTILE},,nombre\n"
    "1,2024-03-12,5,21750001600019,a,x,,\n"
    '1,12/03/2024,-1,"=HYPERLINK(""http://x"")",c,x,,\n'
    "\n"
    f'3,"2024-\n03-12",11,+33123456789,{HOSTILE},x,,,en trop,@SUM(1)\n'
    "4\n"
    ",,,,,x,é,\n"
    "5,2024-03-12,5,,,x,é,\n"
).encode()

MADE: dict[str, tuple[bytes, object, Options]] = {
    "valid": (b"a\n1\n", {"fields": [{"name": "a", "type": "integer"}]}, Options()),
    "invalid": (INVALID, SCHEMA, Options()),
    "capped": (
        b"a\n" + b"x\n" * 200 + b"\xe9\n",
        {"name": "c", "fields": [{"name": "a", "type": "integer"}]},
        Options(samples=10, max_errors=7),
    ),
    "schema-error": (b"a\n1\n", {"fields": [{"name": "a", "type": "nombre"}, {"name": "a"}]}, Options()),
    "unreadable": (b"", {"fields": [{"name": "a"}]}, Options()),
    "not-a-table": (b"%PDF-1.7 ...", {"fields": [{"name": "a"}]}, Options()),
    "check-error": (b"a\n1\n", {"fields": [{"name": "a"}], "custom_checks": [{"name": "sirett"}]}, Options()),
    "unmatched": (b"x;y\n1;2\n", {"fields": [{"name": "a"}]}, Options()),
    "long-cell": (b"a\n" + b"z" * 2000 + b"\n", {"fields": [{"name": "a", "type": "date"}]}, Options()),
}


def made(name: str) -> FileReport:
    """The report of that name."""
    data, schema, options = MADE[name]
    assert isinstance(schema, Mapping)
    return FileReport(f"dossier/{name}.csv", document(validate(data, schema, options)))
