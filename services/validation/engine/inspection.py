"""What is wrong or doubtful in a schema beyond its shape: fields one by one, and checks that cannot be built."""

from __future__ import annotations

from dataclasses import replace

from services.validation.engine.cells import check_field
from services.validation.engine.messages import Finding
from services.validation.engine.misspelt import misplaced_keys, misspelt_keys
from services.validation.engine.schema import ParsedSchema, Schema, parse_schema


def inspect_schema(descriptor: object) -> ParsedSchema:
    """Parse a descriptor and judge its fields; errors make `schema` None."""
    parsed = parse_schema(descriptor)
    slips = [*misspelt_keys(descriptor), *misplaced_keys(descriptor)]
    if parsed.schema is None:
        return ParsedSchema(None, (*parsed.findings, *slips))
    findings = (*parsed.findings, *field_findings(parsed.schema), *slips)
    failed = any(finding.level == "error" for finding in findings)
    return ParsedSchema(None if failed else parsed.schema, findings)


def field_findings(schema: Schema) -> list[Finding]:
    """Findings on the fields' types, formats, constraints and examples, with paths from the schema's root."""
    found: list[Finding] = []
    for index, field in enumerate(schema.fields):
        for finding in check_field(field):
            path = f"/fields/{index}{finding.params.get('path', '')}"
            found.append(replace(finding, params={**finding.params, "path": path}))
    return found
