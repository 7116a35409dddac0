"""Cases that comparing with other readers brought to light, one test each."""

from __future__ import annotations

from typing import Any

from services.validation.engine import Options, Report, validate

Error = tuple[str, int | None, str | None]


def errors(source: bytes, schema: dict[str, Any], options: Options | None = None) -> list[Error]:
    """(code, row, field) of every error."""
    return [(entry.code, entry.row, entry.field) for entry in report(source, schema, options).errors]


def report(source: bytes, schema: dict[str, Any], options: Options | None = None) -> Report:
    return validate(source, schema, options)


def test_a_check_declared_in_one_word_in_its_field_is_run() -> None:
    schema = {"fields": [{"name": "a", "type": "string", "customCheck": "siren"}]}
    assert errors(b"a\n130025265\n130025266\n", schema) == [("siren", 3, "a")]


def test_a_check_declared_as_an_object_in_its_field_is_run_with_its_parameters() -> None:
    check = {"name": "year-interval-value", "allow-year-only": True}
    schema = {"fields": [{"name": "a", "type": "string", "customCheck": check}]}
    assert errors(b"a\n2020\n2020/2019\n", schema) == [("year-interval-value", 3, "a")]


def test_an_unknown_check_declared_in_a_field_is_told() -> None:
    schema = {"fields": [{"name": "a", "type": "string", "customCheck": "code-ommune-insee"}]}
    assert errors(b"a\n75056\n", schema) == [("check-error", None, None)]
