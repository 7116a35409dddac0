"""What is wrong or doubtful in a schema beyond its shape: fields one by one, and checks that cannot be made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from services.validation.engine.cells import check_field
from services.validation.engine.messages import Finding
from services.validation.engine.misspelt import misplaced_keys, misspelt_keys
from services.validation.engine.schema import ParsedSchema, Schema, draft_schema


def inspect_schema(descriptor: object) -> ParsedSchema:
    """Parse a descriptor and judge its fields; errors make `schema` None."""
    return _judged(descriptor, checks=False)


def lint_schema(descriptor: object) -> ParsedSchema:
    """Judge the whole of a descriptor, the checks that it declares included.

    A validation makes the checks that it can and reports the others itself: here they make `schema` None.
    """
    return _judged(descriptor, checks=True)


def field_findings(schema: Schema, told: frozenset[str] = frozenset()) -> list[Finding]:
    """Findings on the fields' types, formats, constraints and examples, with paths from the schema's root.

    Fields whose path is in `told` are left out: their shape is wrong already.
    """
    found: list[Finding] = []
    for index, field in enumerate(schema.fields):
        place = f"/fields/{index}"
        if place in told:
            continue
        for finding in check_field(field):
            path = f"{place}{finding.params.get('path', '')}"
            found.append(replace(finding, params={**finding.params, "path": path}))
    return found


def _judged(descriptor: object, *, checks: bool) -> ParsedSchema:
    drafted, shape = draft_schema(descriptor)
    findings = list(shape)
    if drafted is not None:
        findings += field_findings(drafted, frozenset(_misshapen(shape)))
        if checks:
            findings += _check_findings(drafted)
    findings += [*misspelt_keys(descriptor), *misplaced_keys(descriptor)]
    failed = any(finding.level == "error" for finding in findings)
    return ParsedSchema(None if failed else drafted, tuple(findings))


def _misshapen(shape: Iterable[Finding]) -> Iterator[str]:
    """The fields whose definition is not the one written: what else is said of it would mislead."""
    for finding in shape:
        match str(finding.params.get("path", "")).split("/"):
            case ["", "fields", index, *rest] if rest[:1] not in (["custom_checks"], ["customCheck"]):
                yield f"/fields/{index}"


def _check_findings(schema: Schema) -> Iterator[Finding]:
    # Checks load polars, which a process that only reads schemas does without.
    from services.validation.engine.checks import CheckDefinitionError, ValueCheck, build_check

    known = frozenset(field.name for field in schema.fields)
    for custom in schema.custom_checks:
        params = {"name": custom.name, "path": custom.path}
        try:
            check = build_check(custom, schema)
        except CheckDefinitionError as error:
            yield Finding("check-error", error.key, {**params, **error.params})
            continue
        columns = (check.column,) if isinstance(check, ValueCheck) else check.columns
        if unknown := [column for column in columns if column not in known]:
            named = ", ".join(f"`{column}`" for column in unknown)
            yield Finding("check-error", "check-column", {**params, "columns": named}, level="warning")
