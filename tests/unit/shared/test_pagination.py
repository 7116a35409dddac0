"""A cursor gives back what it was made of, and nothing that no row can hold."""

from uuid import UUID

import pytest

from shared.pagination import decode_cursor, encode_cursor
from shared.problems import InvalidRequest


def test_a_cursor_gives_back_its_values() -> None:
    made = encode_cursor("list", ["é", 2**63 - 1, "00000000-0000-7000-8000-000000000000"])
    assert decode_cursor("list", made, [str, int, UUID]) == [
        "é",
        2**63 - 1,
        UUID(int=0x7000_8000_0000_0000_0000),
    ]


@pytest.mark.parametrize(
    ("values", "kinds"),
    [(["a\x00"], [str]), ([-1], [int]), (["x"], [int]), (["x"], [UUID]), ([1, 2], [int]), ([None], [UUID])],
)
def test_what_no_row_holds_is_refused(values: list[object], kinds: list[type]) -> None:
    with pytest.raises(InvalidRequest):
        decode_cursor("list", encode_cursor("list", values), kinds)


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        decode_cursor("other", encode_cursor("list", [1]), [int])
