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


def unique(type_: str) -> dict[str, Any]:
    return {"fields": [{"name": "a", "type": type_, "constraints": {"unique": True}}]}


def test_a_foreign_key_to_a_column_the_file_lacks_leads_nowhere() -> None:
    key = {"fields": "a", "reference": {"resource": "", "fields": "b"}}
    schema = {"fields": [{"name": "a"}, {"name": "b"}], "foreignKeys": [key]}
    assert errors(b"a,c\nx,1\n,2\ny,3\n", schema) == [("foreign-key", 2, "a"), ("foreign-key", 4, "a")]


def test_one_instant_written_in_two_time_zones_is_repeated() -> None:
    source = b"a\n2020-01-01T10:00:00Z\n2020-01-01T11:00:00+01:00\n2020-01-01T10:00:00\n0001-01-01T00:00:00+02:00\n"
    assert errors(source, unique("datetime")) == [("unique-error", 3, "a")]


def test_one_time_written_in_two_time_zones_is_repeated() -> None:
    source = b"a\n10:00:00Z\n11:00:00+01:00\n10:00:00\n"
    assert errors(source, unique("time")) == [("unique-error", 3, "a")]


def test_one_point_written_with_other_decimals_is_repeated() -> None:
    assert errors(b'a\n"1,2"\n"1.0,2"\n"1,2.5"\n', unique("geopoint")) == [("unique-error", 3, "a")]


def test_one_array_or_object_written_otherwise_is_repeated() -> None:
    assert errors(b'a\n[1]\n[1.0]\n"[1, 2]"\n[true]\n', unique("array")) == [("unique-error", 3, "a")]
    source = b'a\n"{""x"":1,""y"":2}"\n"{""y"":2,""x"":1}"\n{}\n'
    assert errors(source, unique("object")) == [("unique-error", 3, "a")]


def test_missing_values_with_labels_as_in_the_second_version_of_table_schema() -> None:
    missing = [{"value": "", "label": "OMITTED"}, {"value": "-99", "label": "REFUSED"}, "NA"]
    schema = {"fields": [{"name": "a", "type": "year"}, {"name": "b"}], "missingValues": missing}
    assert errors(b"a,b\n-99,1\n,1\nNA,1\nx,1\n", schema) == [("type-error", 5, "a")]


def test_two_keys_on_one_column_both_see_its_values() -> None:
    schema = {
        "fields": [{"name": "a", "type": "yearmonth", "constraints": {"unique": True}}],
        "primaryKey": "a",
    }
    assert errors(b"a\n2020-01\n2020-02\n", schema) == []
    found = report(b"a\n2020-01\n2020-1\n", schema).errors
    assert [(entry.code, entry.row, entry.cell) for entry in found] == [
        ("unique-error", 3, "2020-1"),
        ("primary-key", 3, "2020-1"),
    ]


def test_a_blank_first_line_without_any_header_is_told() -> None:
    found = errors(b"\n\nx;y\n", {"fields": [{"name": "a", "type": "boolean"}]}, Options(delimiter=";"))
    assert ("blank-label", 1, "") in found


def test_bytes_that_are_not_utf8_far_in_a_utf8_file_are_told_with_their_line() -> None:
    accents = ("é" * 40 + "\n") * 20_000
    source = b"a\n" + accents.encode() + b"\xff\n" + accents.encode()
    found = report(source, {"fields": [{"name": "a", "type": "string"}]})
    assert [(entry.code, entry.key, entry.line) for entry in found.errors] == [
        ("encoding-error", "bytes-damaged", 20_002)
    ]
    assert found.table.encoding == "utf-8"


def test_an_encoding_told_is_not_replaced_by_another() -> None:
    source = b"a\n" + b"e\n" * 600_000 + b"\xe9t\xe9\n"
    found = report(source, {"fields": [{"name": "a", "type": "string"}]}, Options(encoding="utf-8"))
    assert [(entry.key, entry.line) for entry in found.errors] == [("bytes-damaged", 600_002)]


def test_keys_of_numbers_without_end_are_exact() -> None:
    long = "9" * 30
    source = [
        "a",
        "1e999999999",
        "9" * 5_000,
        "1e999999999",
        f"0.{long}1",
        f"0.{long}2",
        f"0.{long}10",
        "-0",
        "0.0",
    ]
    found = errors("\n".join([*source, ""]).encode(), unique("number"))
    assert found == [("unique-error", 4, "a"), ("unique-error", 7, "a"), ("unique-error", 9, "a")]


def test_keys_of_numbers_are_values_however_written() -> None:
    source = b"a\n10\n1e1\n10.0\n100\n1E2\n-5\n-5.0\n0.5\n.50\n1e20\n100000000000000000000\n"
    assert [row for _, row, _ in errors(source, unique("number"))] == [3, 4, 6, 8, 10, 12]
