"""Random tables with the errors that the reference was recorded to find (`make oracle` records them anew)."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.agreement import ours
from tests.corpus.tables import Case

RECORDED = Path(__file__).with_name("recorded.jsonl.gz")
GROUPS = 10


def recorded() -> list[dict[str, Any]]:
    with gzip.open(RECORDED, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_hundreds_of_tables_are_recorded() -> None:
    cases = recorded()
    assert len(cases) >= 300
    assert len({tuple(error) for case in cases for error in case["errors"]}) > 300


@pytest.mark.parametrize("group", range(GROUPS))
def test_the_errors_of_the_reference(group: int) -> None:
    for told in recorded()[group::GROUPS]:
        case = Case.from_dict(told)
        assert ours(case) == Counter(tuple(error) for error in told["errors"]), (case.schema, case.data)
