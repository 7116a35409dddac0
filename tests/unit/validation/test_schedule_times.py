"""When a scheduled validation runs: once in each period, at a moment of its own, later while it fails."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from services.validation.domain.schedules import Frequency, next_run, retry_at
from shared.ids import new_id

START = datetime(2024, 1, 31, 23, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("frequency", "turns"), [("daily", 366), ("weekly", 52), ("monthly", 12)], ids=lambda value: str(value)
)
def test_a_year_has_each_turn_once_at_one_time_of_the_day(frequency: Frequency, turns: int) -> None:
    for schedule_id in (new_id() for _ in range(20)):
        moments = [next_run(schedule_id, frequency, START)]
        while (following := next_run(schedule_id, frequency, moments[-1])) <= START + timedelta(days=366):
            moments.append(following)
        assert turns <= len(moments) <= turns + 1
        assert len({moment.time() for moment in moments}) == 1
        if frequency == "weekly":
            assert len({moment.weekday() for moment in moments}) == 1
        if frequency == "monthly":
            assert len({moment.day for moment in moments}) == 1
            assert len({(moment.year, moment.month) for moment in moments}) == len(moments)


def test_turns_are_spread_over_the_day_and_over_the_week() -> None:
    moments = [next_run(new_id(), "weekly", START) for _ in range(2000)]
    assert all(START < moment <= START + timedelta(days=7) for moment in moments)
    hours = Counter(moment.hour for moment in moments)
    assert len(hours) == 24
    assert max(hours.values()) < 2 * 2000 / 24
    assert len(Counter(moment.weekday() for moment in moments)) == 7


def test_the_wait_after_failures_grows_to_the_period() -> None:
    waits = [retry_at("weekly", failures, START) - START for failures in range(1, 9)]
    assert waits[:3] == [timedelta(hours=1), timedelta(hours=4), timedelta(hours=16)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(days=7)
    assert retry_at("daily", 1_000, START) - START == timedelta(days=1)
