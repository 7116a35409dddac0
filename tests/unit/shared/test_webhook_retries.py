"""When a message is sent again, and how it is signed."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import Webhook

from shared.webhooks.retries import LONGEST_ASKED, MAX_ATTEMPTS, WAITS, asked_wait, next_attempt
from shared.webhooks.signing import new_secret, parse_secret, signed_headers, written

MOMENT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_ten_attempts_over_three_days() -> None:
    assert MAX_ATTEMPTS == 10
    assert timedelta(days=3) <= sum(WAITS, timedelta()) <= timedelta(days=3.5)
    assert list(WAITS) == sorted(WAITS)
    assert next_attempt(MAX_ATTEMPTS, MOMENT, None) is None


@pytest.mark.parametrize("attempt", range(1, MAX_ATTEMPTS))
def test_each_wait_is_its_own_give_or_take_a_fifth(attempt: int) -> None:
    waits = set()
    for _ in range(20):
        moment = next_attempt(attempt, MOMENT, None)
        assert moment is not None
        assert WAITS[attempt - 1] * 0.8 <= moment - MOMENT <= WAITS[attempt - 1] * 1.2
        waits.add(moment)
    assert len(waits) > 1


def test_a_longer_wait_is_granted_up_to_a_day_and_a_shorter_one_is_not() -> None:
    assert next_attempt(1, MOMENT, timedelta(hours=3)) == MOMENT + timedelta(hours=3)
    assert next_attempt(1, MOMENT, timedelta(days=30)) == MOMENT + LONGEST_ASKED
    moment = next_attempt(4, MOMENT, timedelta(seconds=1))
    assert moment is not None
    assert moment - MOMENT > timedelta(hours=1)


@pytest.mark.parametrize(
    ("written_as", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("0", timedelta(0)),
        ("9" * 400, LONGEST_ASKED),
        ("Sun, 22 Nov 2026 12:10:00 GMT", timedelta(minutes=10)),
        ("Sun, 22 Nov 2020 12:10:00 GMT", timedelta(0)),
        ("-5", None),
        ("bientôt", None),
        ("", None),
        ("١٢", None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(written_as: str, wait: timedelta | None) -> None:
    assert asked_wait({"retry-after": written_as}, MOMENT) == wait


def test_signatures_are_those_of_the_standard() -> None:
    secret, body, message = new_secret(), b'{"a":1}', uuid4()
    moment = datetime.now(UTC)
    headers = signed_headers([secret], message, moment, body)
    assert headers["webhook-signature"] == Webhook(written(secret)).sign(str(message), moment, body.decode())
    assert parse_secret(written(secret)) == secret
    assert "webhook-signature" not in signed_headers([], message, moment, body)


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_AAAA", "x" * 40, "whsec_" + "A" * 400, "whsec_é", "whsec_****"]
)
def test_what_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        parse_secret(text)
