"""Real published files against official schemas: the verdict and the very errors recorded from the reference.

Every difference is listed in `differences.toml` with the reason why ours is right. One that is not listed fails,
and so does one that no longer occurs.
"""

from __future__ import annotations

import gzip
import json
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from services.validation.engine import Entry, Options, Report, validate
from services.validation.engine.checks import check_names, validata_type

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
EXPECTED = DATA / "corpus" / "expected.ndjson.gz"
LISTED = Path(__file__).with_name("differences.toml")
EVERYTHING = Options(samples=1_000_000, max_errors=1_000_000)
CAP = 1_000  # the reference stops after this many errors
# (code, field, row): where an error is. `row` is None in the header and above.
Place = tuple[str, str, int | None]
CHECKS = frozenset(check_names())


@dataclass(frozen=True)
class Pair:
    """A file, a schema, and what the reference says about them."""

    file: str
    schema: str
    valid: bool | None
    errors: tuple[dict[str, Any], ...]
    refused: bool

    @property
    def id(self) -> str:
        return f"{self.file.removeprefix('files/')} {self.schema}"


def read_pairs() -> list[Pair]:
    if not EXPECTED.is_file():
        return []
    with gzip.open(EXPECTED, "rt", encoding="utf-8") as lines:
        return [read_pair(json.loads(line)) for line in lines]


def read_pair(case: dict[str, Any]) -> Pair:
    # No field counted: the reference did not go beyond the schema, or could not read the file.
    refused = case["valid"] is None or case["stats"]["fields"] == -1
    return Pair(case["file"], case["schema"], case["valid"], tuple(case["errors"]), refused)


PAIRS = read_pairs()


@cache
def listed() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(LISTED.read_text(encoding="utf-8"))["difference"]
    return found


def listed_for(pair: Pair) -> dict[str, Any] | None:
    for item in listed():
        if item["schema"] == pair.schema and Path(pair.file).name == item["file"]:
            return item
    return None


def place_of(entry: Entry) -> Place:
    code = validata_type(entry.code, entry.key) if entry.code in CHECKS else entry.code
    return code, entry.field or "", entry.row if entry.row != 1 else None


def recorded_place(error: dict[str, Any]) -> Place:
    row = error.get("rowNumber")
    return error["type"], error.get("fieldName") or "", row if row != 1 else None


@dataclass(frozen=True)
class Compared:
    """What one side says and not the other, as `code field` -> how many."""

    same_verdict: bool
    theirs: dict[str, int]
    ours: dict[str, int]

    @property
    def same(self) -> bool:
        return self.same_verdict and not self.theirs and not self.ours


def compare(pair: Pair) -> Compared:
    report = validate(DATA / "corpus" / pair.file, DATA / "schemas" / pair.schema / "schema.json", EVERYTHING)
    assert report.error_count == len(report.errors)
    if pair.refused:
        return Compared(report.valid == pair.valid, {}, _grouped(_places(report, None)))
    last = None
    if len(pair.errors) >= CAP:
        last = max(error.get("rowNumber") or 0 for error in pair.errors)
    theirs = Counter(
        (recorded_place(error), error.get("fieldNumber"))
        for error in pair.errors
        if last is None or (error.get("rowNumber") or 0) < last
    )
    ours = _places(report, last)
    return Compared(report.valid == pair.valid, _grouped(theirs - ours), _grouped(ours - theirs))


def _places(report: Report, last: int | None) -> Counter[tuple[Place, int | None]]:
    return Counter(
        (place_of(entry), entry.field_number)
        for entry in report.errors
        if last is None or (entry.row or 0) < last
    )


def _grouped(places: Counter[tuple[Place, int | None]]) -> dict[str, int]:
    grouped: Counter[str] = Counter()
    for ((code, field, _), _number), count in places.items():
        grouped[f"{code} {field}".strip()] += count
    return dict(grouped)


def test_the_corpus_is_there() -> None:
    if not PAIRS:
        pytest.skip(
            f"recorded verdicts not found at {EXPECTED}: real files are NOT compared with the reference"
        )
    assert len(PAIRS) == 176


@pytest.mark.parametrize("pair", [pytest.param(pair, id=pair.id) for pair in PAIRS])
def test_pair(pair: Pair) -> None:
    item = listed_for(pair) or {}
    expected = Compared(item.get("same_verdict", True), item.get("theirs", {}), item.get("ours", {}))
    assert compare(pair) == expected


def test_every_listed_difference_is_of_one_pair_and_has_a_reason() -> None:
    if not PAIRS:
        pytest.skip(f"recorded verdicts not found at {EXPECTED}: the list of differences is NOT verified")
    for item in listed():
        matching = [
            pair for pair in PAIRS if item["schema"] == pair.schema and Path(pair.file).name == item["file"]
        ]
        assert len(matching) == 1, item
        assert len(item["reason"]) > 20


def by_code(grouped: dict[str, int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, count in grouped.items():
        counts[name.split(" ")[0]] += count
    return counts


def test_rates() -> None:
    """Among the text files whose schema the reference accepts: the same verdict, the same count of every kind.

    In spreadsheets the kindness shown to numbers, dates and blank tails is deliberate.
    """
    if not PAIRS:
        pytest.skip(
            f"recorded verdicts not found at {EXPECTED}: agreement with the reference is NOT measured"
        )
    accepted = [
        pair
        for pair in PAIRS
        if pair.file.endswith(".csv")
        and not pair.refused
        and not any(error["type"] == "check-error" for error in pair.errors)
    ]
    verdicts = kinds = 0
    for pair in accepted:
        item = listed_for(pair) or {}
        verdicts += item.get("same_verdict", True)
        kinds += by_code(item.get("theirs", {})) == by_code(item.get("ours", {}))
    assert verdicts >= 0.99 * len(accepted)
    assert kinds >= 0.97 * len(accepted)
