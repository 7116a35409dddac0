"""What follows from what is said: who may confirm, who may settle, what grows old."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.claims import Claim, Standing, Statement, Status, standing

TOWN, VENDOR, THIRD, OTHER = "212102313", "552100554", "200067106", "200046977"
DAY = date(2026, 3, 1)


def said(*spoken: tuple[Statement, str | None]) -> Standing:
    """Return the standing after these claims, one a day."""
    claims = [
        Claim(
            statement,
            f"key:{siren}",
            siren,
            DAY + timedelta(days=place),
            datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=place),
        )
        for place, (statement, siren) in enumerate(spoken)
    ]
    return standing(claims, first_hand=TOWN, interested=VENDOR)


D, C, X, W = Statement.DECLARE, Statement.CONFIRM, Statement.CONTEST, Statement.WITHDRAW


@pytest.mark.parametrize(
    ("spoken", "status"),
    [
        ([(D, VENDOR)], Status.DECLARED),
        ([(D, VENDOR), (C, VENDOR)], Status.DECLARED),
        ([(D, THIRD), (C, THIRD)], Status.DECLARED),
        ([(D, THIRD), (C, VENDOR)], Status.DECLARED),
        ([(D, None)], Status.DECLARED),
        ([(D, TOWN)], Status.CONFIRMED),
        ([(D, VENDOR), (C, TOWN)], Status.CONFIRMED),
        ([(D, VENDOR), (C, THIRD)], Status.CONFIRMED),
        ([(D, VENDOR), (X, THIRD)], Status.CONTESTED),
        ([(D, TOWN), (X, THIRD)], Status.CONTESTED),
        ([(D, TOWN), (X, VENDOR)], Status.CONTESTED),
        ([(D, VENDOR), (X, TOWN)], Status.CONTESTED),
        ([(D, VENDOR), (X, TOWN), (C, VENDOR)], Status.CONTESTED),
        ([(D, THIRD), (X, TOWN), (C, THIRD)], Status.CONTESTED),
        ([(D, VENDOR), (X, THIRD), (C, TOWN)], Status.CONFIRMED),
        ([(D, VENDOR), (X, THIRD), (C, OTHER)], Status.CONFIRMED),
        ([(D, TOWN), (W, TOWN)], Status.OUTDATED),
        ([(D, TOWN), (W, TOWN), (C, VENDOR)], Status.OUTDATED),
        ([(D, TOWN), (W, TOWN), (C, TOWN)], Status.CONFIRMED),
        ([(D, TOWN), (W, VENDOR)], Status.CONTESTED),
    ],
)
def test_status(spoken: list[tuple[Statement, str | None]], status: Status) -> None:
    assert said(*spoken).status is status


def test_what_nobody_repeats_grows_out_of_date() -> None:
    held = said((D, TOWN))
    assert held.valid_until == date(2028, 3, 1)
    assert held.on(date(2028, 3, 1)) is Status.CONFIRMED
    assert held.on(date(2028, 3, 2)) is Status.OUTDATED
    assert said((D, TOWN), (C, VENDOR)).valid_until == date(2028, 3, 2)
    assert said((D, TOWN), (X, VENDOR)).valid_until == date(2028, 3, 1)


def test_a_leap_day_has_an_anniversary() -> None:
    claim = Claim(D, "key:a", TOWN, date(2028, 2, 29), datetime(2028, 2, 29, tzinfo=UTC))
    assert standing([claim], first_hand=TOWN, interested=None).valid_until == date(2030, 2, 28)


@given(st.lists(st.tuples(st.sampled_from(list(Statement)), st.just(VENDOR)), min_size=1, max_size=8))
def test_a_vendor_alone_never_confirms(spoken: list[tuple[Statement, str | None]]) -> None:
    assert said(*spoken).status is not Status.CONFIRMED


@given(
    st.lists(
        st.tuples(st.sampled_from(list(Statement)), st.sampled_from([TOWN, VENDOR, THIRD, None])),
        min_size=1,
        max_size=8,
    )
)
def test_the_last_word_of_the_user_that_it_ended_stands(spoken: list[tuple[Statement, str | None]]) -> None:
    assert said(*spoken, (W, TOWN)).status is Status.OUTDATED
