"""Dates, versions and counts of the life of a label."""

from datetime import date

import pytest

from services.validation.domain.labels.coverage import count_rows
from services.validation.domain.labels.criteria import judge_content
from services.validation.domain.labels.facts import LabelState
from services.validation.domain.labels.life import (
    last_day,
    last_day_of_grace,
    major_of,
    months_later,
    state_at,
)

FIELDS = [
    ("id", True, frozenset({""})),
    ("note", False, frozenset({"", "NC"})),
    ("absent", True, frozenset({""})),
]


def test_months_end_where_they_end() -> None:
    assert months_later(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert last_day(date(2026, 11, 22)) == date(2027, 11, 21)
    assert last_day(date(2028, 2, 29)) == date(2029, 2, 27)
    # Grace never puts the end off.
    assert last_day_of_grace(date(2027, 1, 1), date(2026, 12, 1)) == date(2027, 1, 1)
    assert last_day_of_grace(date(2027, 12, 1), date(2026, 12, 1)) == date(2027, 6, 1)


@pytest.mark.parametrize(
    ("state", "today", "expected"),
    [
        ("valide", date(2026, 12, 1), "valide"),
        ("valide", date(2026, 12, 2), "a_renouveler"),
        ("a_renouveler", date(2026, 12, 31), "a_renouveler"),
        ("a_renouveler", date(2027, 1, 1), "expire"),
        ("suspendu", date(2026, 12, 20), "suspendu"),
        ("suspendu", date(2027, 1, 1), "expire"),
        ("revoque", date(2027, 1, 1), "revoque"),
        ("expire", date(2026, 1, 1), "expire"),
    ],
)
def test_the_state_that_time_gives(state: str, today: date, expected: str) -> None:
    assert state_at(LabelState(state), date(2026, 12, 31), today) == expected


@pytest.mark.parametrize(
    ("version", "major"),
    [("3.1", "3"), ("v4.2.1", "4"), ("Version 5", "5"), ("2026", "2026"), ("", ""), ("bêta", "bêta")],
)
def test_the_major_version(version: str, major: str) -> None:
    assert major_of(version) == major


def test_a_file_is_counted_exactly() -> None:
    rows = [
        ["id", "note"],
        *([str(number), "NC" if number % 2 else "vu"] for number in range(30)),
        ["29", "NC"],
    ]
    counted = count_rows(rows, FIELDS)
    assert (counted.rows, counted.distinct_rows) == (31, 30)
    assert [(item.name, item.filled) for item in counted.coverage] == [
        ("id", 31),
        ("note", 15),
        ("absent", 0),
    ]
    assert [item.criterion.code for item in judge_content("run", counted)] == ["variety", "required-filled"]
    assert count_rows([], FIELDS).rows == 0
