"""What must not change the verdict: block size, delimiter, BOM, line ends, encoding, packing, hashes, samples."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.validation.engine import Options, Report, validate
from services.validation.engine.table import integrity, keys
from services.validation.engine.text import exact, fast
from tests.corpus.agreement import EVERYTHING, errors_of, header_of, ours
from tests.corpus.naive import validate_naively
from tests.corpus.tables import Case, cases, write

TABLES = settings(
    max_examples=70,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
DELIMITERS = (",", ";", "\t", "|")


def judged(case: Case) -> Report:
    options = Options(
        samples=1_000_000, max_errors=1_000_000, delimiter=case.delimiter, encoding=case.encoding
    )
    return validate(case.data, case.schema, options)


def is_a_table(case: Case) -> bool:
    """Whether the first line is a header: a blank one, or one without any known name, is looked for further on."""
    names = {field["name"] for field in case.schema["fields"]}
    return any(label.strip() in names for label in header_of(case))


@TABLES
@given(cases().filter(is_a_table))
def test_every_error_is_that_of_the_plain_validation(case: Case) -> None:
    expected, lines = validate_naively(case.data.decode(case.encoding), case.schema, case.delimiter)
    report = judged(case)
    assert errors_of(report) == expected
    assert all(entry.line == lines[entry.row] for entry in report.errors if entry.row and entry.row > 1)
    assert report.table.rows == len(lines)


@TABLES
@given(case=cases().filter(is_a_table), size=st.integers(40, 400), records=st.integers(1, 5))
def test_the_size_of_blocks_changes_nothing(case: Case, size: int, records: int) -> None:
    expected = ours(case)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "CHUNK", size)
        patch.setattr(exact, "_BLOCK_RECORDS", records)
        assert ours(case) == expected


@TABLES
@given(cases().filter(is_a_table))
def test_hashes_that_collide_change_nothing_to_unique_and_primary_keys(case: Case) -> None:
    schema = {key: value for key, value in case.schema.items() if key != "foreignKeys"}
    plain = Case(schema, case.data, case.encoding, case.delimiter)
    expected = ours(plain)

    hash_rows = keys.hash_rows

    def colliding(values: Any) -> Any:
        hashes, empty = hash_rows(values)
        return hashes % 2, empty

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "hash_rows", colliding)
        assert ours(plain) == expected


@TABLES
@given(cases().filter(is_a_table))
def test_keys_beyond_what_memory_holds_change_nothing(case: Case) -> None:
    expected = ours(case)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(integrity, "HashLog", lambda: keys.HashLog(in_memory=3))
        assert ours(case) == expected


def rewritten(case: Case, delimiter: str, end: str) -> str:
    """The same records in another writing; line ends inside cells stay."""
    text = io.StringIO(case.data.decode(case.encoding), newline="")
    records = csv.reader(text, delimiter=case.delimiter)
    return "".join(write(record, delimiter, always=False) + end for record in records)


@TABLES
@given(
    case=cases().filter(is_a_table),
    delimiter=st.sampled_from(DELIMITERS),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"]),
    packed=st.booleans(),
)
def test_the_same_table_in_another_form_has_the_same_errors(
    case: Case, delimiter: str, end: str, encoding: str, packed: bool
) -> None:
    text = rewritten(case, delimiter, end)
    try:
        data = text.encode(encoding)
    except UnicodeEncodeError:
        return
    options = Options(
        samples=1_000_000,
        max_errors=1_000_000,
        delimiter=delimiter,
        # Without a BOM the encoding must be told: a text of a few bytes says nothing of it.
        encoding=None if encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32") else encoding,
    )
    given_source = gzip.compress(data) if packed else data
    assert errors_of(validate(given_source, case.schema, options)) == ours(case)


@TABLES
@given(case=cases().filter(is_a_table), samples=st.integers(0, 8), most=st.integers(0, 20))
def test_samples_change_samples_and_never_counts(case: Case, samples: int, most: int) -> None:
    full = judged(case)
    options = Options(samples=samples, max_errors=most, delimiter=case.delimiter, encoding=case.encoding)
    capped = validate(case.data, case.schema, options)
    assert capped.error_count == full.error_count
    assert capped.valid == full.valid

    def counts(report: Report) -> list[tuple[str, str | None, int | None, int]]:
        return [(line.code, line.constraint, line.field_number, line.count) for line in report.summary]

    assert counts(capped) == counts(full)
    assert len(capped.errors) <= most
    assert all(len(line.examples) == min(5, line.count) for line in capped.summary)
    # The samples are the first errors of their kind, in the order of rows.
    for line in full.summary:
        rows = [example.row or 0 for example in line.examples]
        every = sorted(
            entry.row or 0
            for entry in full.errors
            if (entry.code, entry.constraint, entry.field_number or None)
            == (line.code, line.constraint, line.field_number)
            or (line.field_number is None and entry.code == line.code and entry.code == "blank-row")
        )
        assert rows == every[: len(rows)]


SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "id", "type": "integer", "constraints": {"required": True, "unique": True}},
        {"name": "texte", "type": "string"},
        {"name": "date", "type": "date"},
        {"name": "nature", "type": "string", "constraints": {"enum": ["a", "b"]}},
    ]
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_megabytes_with_quoted_line_ends_keep_rows_and_lines(end: str) -> None:
    random_ = random.Random(7)
    lines = [",".join(["id", "texte", "date", "nature"])]
    expected: dict[int, int] = {}
    errors: Counter[tuple[str, int]] = Counter()
    line = 2
    for row in range(2, 40_002):
        text = random_.choice(["é" * random_.randint(0, 240), "a\r\nb\nc\rd\r\n", "a,b", 'q"q', ""])
        date = random_.choice(["2024-01-31"] * 20 + ["2024-02-30"])
        nature = random_.choice(["a", "b"] * 20 + ["c"])
        lines.append(write([str(row if row != 39_000 else 38_000), text, date, nature], ",", always=False))
        expected[row] = line
        line += 1 + (4 if "\r\n" in text else 0)
        errors["type-error", row] += date == "2024-02-30"
        errors["constraint-error", row] += nature == "c"
    errors["unique-error", 39_000] = 1
    data = (end.join(lines) + end).encode()
    assert len(data) > 2 << 20
    report = validate(data, SCHEMA, EVERYTHING)
    assert Counter((entry.code, entry.row) for entry in report.errors) == +errors
    assert all(entry.row and entry.line == expected[entry.row] for entry in report.errors)
