"""Identifiers: version 7, in the order in which they were made, never twice."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from shared.ids import made_at, new_id


def test_ids_sort_in_the_order_in_which_they_were_made() -> None:
    before = datetime.now(UTC)
    ids = [new_id() for _ in range(20_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {(one.version, one.variant) for one in ids} == {(7, RFC_4122)}
    assert before - timedelta(milliseconds=1) <= made_at(ids[0]) <= made_at(ids[-1]) <= datetime.now(UTC)
    # The next one is not guessed from the one before.
    assert len({later.int - one.int for one, later in itertools.pairwise(ids)}) > 19_000


def test_ids_of_several_threads_are_all_different() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: [new_id() for _ in range(2_000)], range(4)))
    assert len({one for ids in made for one in ids}) == 8_000
    assert all(ids == sorted(ids) for ids in made)
