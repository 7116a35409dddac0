"""`validate` from the outside: a file and a schema in, a report out."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.validation.engine import (
    Cancelled,
    Options,
    Progress,
    Reference,
    Report,
    collector,
    inspect_schema,
    validate,
)
from services.validation.engine.table import integrity, keys

Where = tuple[str, int | None, str | None]


def schema(*fields: dict[str, Any], **rest: object) -> dict[str, Any]:
    return {"fields": list(fields), **rest}


def field(name: str, type_: str = "string", **rest: object) -> dict[str, Any]:
    constraints = {key: rest.pop(key) for key in ("required", "unique", "minimum", "pattern") if key in rest}
    return {"name": name, "type": type_, **rest, **({"constraints": constraints} if constraints else {})}


def where(report: Report) -> list[Where]:
    return [(entry.code, entry.row, entry.field) for entry in report.errors]


def warned(report: Report) -> list[str]:
    return [entry.code for entry in report.warnings]


TWO = schema(field("a"), field("b", "integer"))


def test_a_valid_file() -> None:
    report = validate(b"a,b\nx,1\ny,2\n", TWO)
    assert report.valid
    assert report.could_run
    assert (report.table.rows, report.table.header, report.errors) == (2, ("a", "b"), ())


def test_a_header_alone_is_valid_with_no_row() -> None:
    report = validate(b"a,b\n", TWO)
    assert report.valid
    assert report.table.rows == 0


def test_a_path_bytes_and_a_file_object_give_the_same_report(tmp_path: Path) -> None:
    data = b"a,b\nx,un\n"
    path = tmp_path / "f.csv"
    path.write_bytes(data)
    found = [validate(source, TWO).errors for source in (data, path, str(path), io.BytesIO(data))]
    assert all(errors == found[0] for errors in found)
    assert found[0][0].cell == "un"


def test_a_pipe_is_read_too() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    assert where(validate(Pipe(b"a,b\nx,un\n"), TWO)) == [("type-error", 2, "b")]


def test_every_error_says_where_what_and_why() -> None:
    report = validate(b'a,b\n"two\nlines",1\nx,2,5\n', schema(field("a"), field("b", "integer", minimum=2)))
    first, extra = report.errors
    assert (first.row, first.line, first.field, first.field_number, first.cell) == (2, 2, "b", 2, "1")
    assert (first.constraint, first.limit) == ("minimum", 2)
    assert "2" in first.wording("fr").text
    assert first.wording("fr").text != first.wording("en").text
    assert (extra.code, extra.row, extra.line, extra.field_number, extra.cell) == ("extra-cell", 3, 4, 3, "5")


def test_the_fix_is_given_when_certain() -> None:
    report = validate(b"d\n12/03/2024\n", schema(field("d", "date")))
    assert report.errors[0].fix == "2024-03-12"
    assert "2024-03-12" in report.errors[0].wording("fr").text


def test_a_type_error_silences_constraints_and_a_cell_can_break_several() -> None:
    descriptor = schema(field("a", pattern="[a-z]+", minLength=3))
    descriptor["fields"][0]["constraints"]["minLength"] = 3
    assert [entry.constraint for entry in validate(b"a\n1\n", descriptor).errors] == ["minLength", "pattern"]
    assert where(validate(b"b\nx\n", schema(field("b", "integer", minimum=3)))) == [("type-error", 2, "b")]


def test_a_blank_row_hides_the_other_errors_of_the_row() -> None:
    descriptor = schema(field("a", required=True), field("b", required=True))
    assert where(validate(b"a,b\n,\n\nx,y\n", descriptor)) == [("blank-row", 2, None), ("blank-row", 3, None)]


def test_short_and_long_rows() -> None:
    report = validate(
        b"a,b,c\n1\n1,2,3,4\n1,2,3\n", schema(field("a"), field("b", required=True), field("c"))
    )
    assert sorted(where(report), key=str) == sorted(
        [
            ("constraint-error", 2, "b"),
            ("missing-cell", 2, "b"),
            ("missing-cell", 2, "c"),
            ("extra-cell", 3, ""),
        ],
        key=str,
    )


def test_missing_labels_and_what_looks_like_them() -> None:
    descriptor = schema(field("Siret", required=True), field("nom"), field("id"), primaryKey="id")
    report = validate(b"SIRET ,other\n1,2\n", descriptor)
    assert [(entry.code, entry.field) for entry in report.errors if entry.code == "missing-label"] == [
        ("missing-label", "Siret"),
        ("missing-label", "id"),
    ]
    assert "SIRET" in next(entry for entry in report.errors if entry.field == "Siret").wording("fr").fix
    assert warned(report) == ["absent-label", "extra-label"]


def test_header_case_may_be_ignored() -> None:
    descriptor = schema(field("Nom", required=True), field("Age", "integer"))
    data = b"NOM,age\nx,1\n"
    assert not validate(data, descriptor).valid
    assert validate(data, descriptor, Options(ignore_header_case=True)).valid


def test_blank_and_duplicate_labels() -> None:
    report = validate(b"a,,a,b\n1,2,3,4\n", TWO)
    assert where(report) == [("blank-label", 1, ""), ("duplicate-label", 1, "a")]


def test_order_of_columns_is_a_warning_even_with_an_extra_one() -> None:
    report = validate(b"b,x,a\n1,2,3\n", TWO)
    assert report.valid
    assert warned(report) == ["extra-label", "disordered-labels"]


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ("partial", []),
        ("subset", [("missing-label", 1, "c")]),
        ("superset", [("extra-label", 1, "x")]),
        ("equal", [("extra-label", 1, "x"), ("missing-label", 1, "c")]),
        (["exact"], [("extra-label", 1, "x"), ("incorrect-label", 1, "a"), ("incorrect-label", 1, "b"),
                     ("missing-label", 1, "c")]),
        ("other", [("schema-error", None, None)]),
    ],
)  # fmt: skip
def test_columns_as_the_schema_says_that_they_match_its_fields(how: object, found: list[Where]) -> None:
    report = validate(b"b,a,x\n1,u,v\n", schema(field("a"), field("b"), field("c"), fieldsMatch=how))
    assert sorted(where(report), key=str) == found


def test_a_constraint_beside_the_constraints_is_told() -> None:
    report = validate(b"a\n1\n", schema({"name": "a", "type": "string", "required": True, "enum": ["2"]}))
    assert report.valid
    assert [(entry.key, entry.params["path"]) for entry in report.warnings] == [
        ("schema-key-misplaced", "/fields/0/required"),
        ("schema-key-misplaced", "/fields/0/enum"),
    ]


def test_a_bound_that_is_null_and_a_list_of_no_value_are_usable() -> None:
    flag = {"name": "b", "type": "boolean", "trueValues": []}
    report = validate(b"a,b\n1,0\n2,1\n", schema(field("a", "integer", minimum=None), flag))
    assert where(report) == [("type-error", 3, "b")]


def test_a_header_that_matches_nothing_says_which_schema_fits() -> None:
    header = b"COLL_NOM,COLL_SIRET,DELIB_ID,DELIB_DATE,DELIB_MATIERE_CODE,DELIB_MATIERE_NOM,DELIB_OBJET"
    report = validate(header + b"\n1,2,3,4,5,6,7\n", schema(field("z", required=True)))
    assert report.counts["unmatched-header"] == 1
    assert report.fits[0]["schema"] == "scdl/deliberations"
    assert "scdl/deliberations" in report.errors[0].wording("en").text


@pytest.mark.parametrize("missing", [[""], ["", "-"], ["-"]])
def test_a_header_that_matches_nothing_loses_no_byte_of_what_follows(missing: list[str]) -> None:
    data = b"x,y\n" + b"".join(b"%d,abcdefghijklmnop\n" % number for number in range(120_000))
    report = validate(data, schema(field("a"), field("b"), missingValues=missing))
    assert report.table.rows == 120_000
    assert report.counts == {"unmatched-header": 1}


def test_a_delimiter_wrongly_told_is_said_never_silently_fixed() -> None:
    report = validate(b"a;b\nx;1\n", TWO, Options(delimiter=","))
    assert report.errors[0].code == "unmatched-header"
    assert "`;`" in report.errors[0].wording("fr").text
    found = validate(b"a;b\nx;1\n", TWO)
    assert found.valid
    assert warned(found) == ["delimiter-warning"]


def test_title_lines_above_the_header_are_told_and_the_rest_is_judged() -> None:
    report = validate(b"Titre du fichier\n\na,b\nx,un\n", TWO)
    assert where(report) == [("format-error", 1, None), ("type-error", 2, "b")]
    assert report.errors[1].line == 4


@pytest.mark.parametrize("title", ["Titre", "Titre;;;", "Titre;;;\n;;;"])
def test_a_title_above_a_header_that_has_few_of_the_fields(title: str) -> None:
    wide = schema(*(field(f"f{number}") for number in range(30)))
    report = validate(f"{title}\nf1;f2;x;y\n1;2;3;4\n".encode(), wide)
    assert where(report) == [("format-error", 1, None)]
    assert report.table.header == ("f1", "f2", "x", "y")


def test_a_first_row_of_data_is_no_title() -> None:
    wide = schema(*(field(f"f{number}") for number in range(30)))
    report = validate(b"a;b;c\nf1;f2;x\n1;2;3\n", wide)
    assert report.table.header == ("a", "b", "c")


def test_the_counts_are_exact_when_the_samples_are_capped() -> None:
    rows = 30_000
    data = b"a,b\n" + b"".join(b"x,bad%d\n" % number for number in range(rows))
    report = validate(data, TWO, Options(samples=7))
    assert report.error_count == rows
    assert len(report.errors) == 7
    (line,) = report.summary
    assert (line.count, [entry.row for entry in line.examples]) == (rows, [2, 3, 4, 5, 6])
    assert len(validate(data, TWO, Options(samples=50, max_errors=3)).errors) == 3


def test_whole_records_are_kept_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "MOST_OF_RECORDS", 20)
    report = validate(b"a,b\n1\n" + b"2,3,4444\n" * 9 + b"5,6," + b"7," * 500, TWO, Options(samples=5))
    assert [entry.cells for entry in report.errors if entry.row is not None][:4] == [
        ("1",),
        ("2", "3", "4444"),
        ("2", "3", "4444"),
        None,
    ]
    assert report.counts["extra-cell"] == 9 + 501
    assert validate(b"a,b\n" + b"x" * 2000, TWO, Options()).errors[0].cells == ("x" * 500,)


def test_unique_and_primary_key_compare_values_not_texts() -> None:
    descriptor = schema(field("n", "number", unique=True), field("k"), primaryKey=["n", "k"])
    report = validate(b"n,k\n1,a\n1.0,b\n01,a\n,a\n,a\n", descriptor)
    assert where(report) == [
        ("unique-error", 3, "n"),
        ("unique-error", 4, "n"),
        ("primary-key", 4, "n"),
        ("primary-key", 6, "n"),
    ]
    assert report.errors[1].params["before"] == 3


def test_keys_are_exact_when_hashes_go_to_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "HashLog", lambda: keys.HashLog(in_memory=1_000))
    numbers = [*range(20_000), 5, 19_999, *range(20_000, 25_000), 7]
    data = ("id\n" + "".join(f"k{number}\n" for number in numbers)).encode()
    report = validate(data, schema(field("id", unique=True)))
    assert where(report) == [("unique-error", row, "id") for row in (20_002, 20_003, 25_004)]
    assert [entry.params["before"] for entry in report.errors] == [7, 20_001, 9]


def test_equal_hashes_of_different_keys_are_not_duplicates(monkeypatch: pytest.MonkeyPatch) -> None:
    real = keys.hash_rows

    def colliding(values: Any) -> Any:
        hashes, empty = real(values)
        return hashes * 0, empty

    monkeypatch.setattr(keys, "hash_rows", colliding)
    assert where(validate(b"id\na\nb\na\n", schema(field("id", unique=True)))) == [("unique-error", 4, "id")]


def test_foreign_keys_within_the_file() -> None:
    key = {"fields": "parent", "reference": {"resource": "", "fields": "id"}}
    report = validate(b"id,parent\n1,\n2,1\n3,9\n", schema(field("id"), field("parent"), foreignKeys=[key]))
    assert where(report) == [("foreign-key", 4, "parent")]


def test_foreign_keys_to_another_table_or_said_unchecked() -> None:
    key = {"fields": ["c"], "reference": {"resource": "codes", "fields": ["code"]}}
    descriptor = schema(field("c", "integer"), foreignKeys=[key])
    codes = inspect_schema(schema(field("code", "integer"))).schema
    assert codes is not None
    options = Options(references={"codes": Reference(b"code\n1\n02\n", codes)})
    assert where(validate(b"c\n1\n2\n3\n", descriptor, options)) == [("foreign-key", 4, "c")]
    unchecked = validate(b"c\n3\n", descriptor)
    assert unchecked.valid
    assert warned(unchecked) == ["foreign-key"]


def test_custom_checks_and_an_unknown_one() -> None:
    checks = [{"name": "siret", "params": {"column": "s"}}, {"name": "no-such-check", "params": {}}]
    report = validate(b"s\n23350001600040\n23350001600041\n", schema(field("s"), custom_checks=checks))
    assert [(entry.code, entry.row) for entry in report.errors] == [("check-error", None), ("siret", 3)]


def test_a_check_between_columns_ignores_cells_of_the_wrong_type() -> None:
    check = {"name": "compare-columns-value", "params": {"column": "a", "column2": "b", "op": "<="}}
    descriptor = schema(field("a", "integer"), field("b", "integer"), custom_checks=[check])
    report = validate(b"a,b\n2,1\nx,1\n1,1\n", descriptor)
    assert where(report) == [("compare-columns-value", 2, "a"), ("type-error", 3, "a")]


@pytest.mark.timeout(20)
def test_a_catastrophic_pattern_runs_in_linear_time() -> None:
    data = b"a\n" + b"a" * 100_000 + b"!\n"
    assert where(validate(data, schema(field("a", pattern="(a+)+$")))) == [("constraint-error", 2, "a")]


@pytest.mark.parametrize(
    "descriptor",
    [
        None,
        [],
        {},
        {"fields": []},
        {"fields": [{"type": "string"}]},
        schema(field("a"), field("a")),
        schema(field("a", "nombre")),
        schema({"name": "a", "constraints": {"pattern": "("}}),
        schema(field("a"), primaryKey="b"),
        {"fields": [{"name": "a", "type": "string", "constraints": {"minimum": 3}}]},
    ],
)
def test_an_unusable_schema_is_a_report_not_a_crash(descriptor: Any) -> None:
    report = validate(b"a\n1\n", inspect_schema(descriptor))
    assert set(report.counts) == {"schema-error"}
    assert not report.could_run
    assert all(entry.wording("fr").text for entry in report.errors)


def test_a_schema_nested_without_end_is_refused() -> None:
    descriptor: dict[str, Any] = schema(field("a"))
    nested: dict[str, Any] = {}
    descriptor["x"] = nested
    for _ in range(5_000):
        nested["x"] = {}
        nested = nested["x"]
    assert validate(b"a\n1\n", inspect_schema(descriptor)).errors[0].key == "schema-too-deep"


@pytest.mark.parametrize(("data", "key"), [(b"", "source-empty"), (b"\xef\xbb\xbf\r\n", "source-empty")])
def test_an_empty_source(data: bytes, key: str) -> None:
    report = validate(data, TWO)
    assert [entry.key for entry in report.errors] == [key]
    assert not report.could_run


def test_an_absent_file_is_told() -> None:
    assert validate("no/such/file.csv", TWO).errors[0].key == "source-absent"


def test_progress_is_told_and_reaches_the_end() -> None:
    data = b"a,b\n" + b"some text,12345\n" * 200_000
    told: list[Progress] = []
    validate(data, TWO, Options(progress=told.append))
    assert len(told) > 2
    assert [step.rows for step in told] == sorted(step.rows for step in told)
    assert (told[-1].rows, told[-1].bytes_read, told[-1].bytes_total) == (200_000, len(data), len(data))


def test_cancelling_stops_and_leaves_no_thread() -> None:
    data = b"a,b\n" + b"some text,12345\n" * 300_000
    asked = threading.Event()
    before = threading.active_count()
    with pytest.raises(Cancelled):
        validate(data, TWO, Options(cancelled=asked.is_set, progress=lambda step: asked.set()))
    assert threading.active_count() <= before + 1  # pyarrow's own I/O thread may stay
    assert not [thread for thread in threading.enumerate() if thread.name == "socle-reader"]


def test_the_report_is_json_with_exact_numbers() -> None:
    report = validate(b"a,b\nx,un\n", TWO)
    found = orjson.loads(orjson.dumps(report.to_dict()))
    assert found["valid"] is False
    assert found["stats"]["byType"] == {"type-error": 1}
    assert found["errors"][0]["message"].keys() == {"fr", "en"}
    assert found["summary"][0]["rowNumbers"] == [2]


def test_a_very_long_cell_is_shortened_in_the_report() -> None:
    report = validate(b"b\n" + b"9x" * 50_000 + b"\n", schema(field("b", "integer")))
    entry = report.to_dict()["errors"][0]  # type: ignore[index]
    assert len(entry["cell"]) == 500
    assert entry["cellTruncated"] is True
    assert len(entry["message"]["fr"]) < 1_000
