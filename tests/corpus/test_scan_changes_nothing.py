"""A file judged by the compiled scan, in pieces of any size, gives the report that it gives without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.validation.engine import Options, validate
from services.validation.engine.scan import library
from services.validation.engine.text import scanned
from tests.corpus.tables import Case
from tests.corpus.test_recorded_tables import recorded

pytestmark = pytest.mark.skipif(
    not library.available(), reason="the scan is not compiled: no C compiler when Socle was installed"
)

SCHEMA: dict[str, Any] = {
    "name": "s",
    "fields": [
        {"name": "nom", "type": "string", "constraints": {"required": True, "maxLength": 3}},
        {"name": "n", "type": "integer", "constraints": {"minimum": 1, "unique": True}},
        {"name": "jour", "type": "date"},
        {"name": "code", "type": "string", "constraints": {"pattern": "[ab]{1,2}", "enum": ["a", "bb"]}},
        {"name": "siren", "type": "string"},
    ],
    "custom_checks": [
        {"name": "one-of-required", "params": {"column1": "jour", "column2": "code"}},
        {"name": "french-siren-value", "params": {"column": "siren"}},
    ],
    "primaryKey": ["nom", "code"],
}
CELLS = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                "1",
                "12",
                "-3",
                "2024-02-29",
                "2024-02-28",
                "a",
                "bb",
                "é",
                "éééé",
                "219721234",
                "213105554",
            ),
            *(
                '"',
                '"a',
                '"a,b"',
                '"a""b"',
                '"a\nb"',
                '"a\r\nb"',
                '"x" ',
                'b"c',
                "\r",
                "\0",
                "Ã©",
                "Ã©tÃ©",
                " 1 ",
                "1_0",
            ),
        ]
    ),
    st.text('ab1,;"\n\r é\0-', max_size=4),
)
ROWS = st.lists(st.lists(CELLS, min_size=3, max_size=6).map(",".join), min_size=1, max_size=30)


@contextmanager
def pieces_of(size: int) -> Iterator[None]:
    with patch.multiple(scanned, PIECE=size, _FIRST=size, _ONE_PIECE=0):
        yield


def told(data: bytes, schema: dict[str, Any]) -> dict[str, Any]:
    report: dict[str, Any] = dict(validate(data, schema, Options(samples=1000)).to_dict())
    for error in report["errors"]:
        # pyarrow does not tell an empty line from a line of empty cells.
        error["cells"] = [cell for cell in error.get("cells") or () if cell]
    return {key: value for key, value in report.items() if key not in ("date", "seconds")}


def without_scan(data: bytes, schema: dict[str, Any]) -> dict[str, Any]:
    with patch.object(library, "available", return_value=False):
        return told(data, schema)


@settings(max_examples=80, deadline=None)
@example([",,", ",,,,,1"], "\n", 8)
@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.integers(8, 200))
def test_random_texts(rows: list[str], end: str, size: int) -> None:
    data = end.join(["nom,n,jour,code,siren", *rows]).encode()
    expected = without_scan(data, SCHEMA)
    with pieces_of(size):
        assert told(data, SCHEMA) == expected


@pytest.mark.parametrize("size", [64, 4 << 20])
def test_the_recorded_tables(size: int) -> None:
    for told_case in recorded()[::3]:
        case = Case.from_dict(told_case)
        expected = without_scan(case.data, case.schema)
        with pieces_of(size):
            assert told(case.data, case.schema) == expected, (case.schema, case.data)
