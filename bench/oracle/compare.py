"""Judges thousands of random tables beside frictionless: `make oracle`. It never runs with the ordinary tests.

python -m bench.oracle.compare --python VENV/bin/python --tables 10000 --seed 1 [--record FILE.jsonl.gz]
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.corpus.agreement import for_the_reference, ours, theirs
from tests.corpus.known import why_different
from tests.corpus.tables import Case, cases

SERVICE = Path(__file__).with_name("reference_service.py")


class Reference:
    """The reference, running in its own environment."""

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(
            [python, str(SERVICE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/"
        )

    def judge(self, case: Case) -> Any:
        """[[code, row, field, number, note], …] or {"failed": …}."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(case.to_dict()) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait()


class Comparison:
    """Counts, differences, and what is to be recorded."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.tables = self.errors = self.failed = 0
        self.known: dict[str, int] = {}
        self.recorded: list[dict[str, Any]] = []

    def check(self, case: Case) -> None:
        """Raise AssertionError on a difference that has no reason."""
        answer = self.reference.judge(for_the_reference(case))
        self.tables += 1
        if isinstance(answer, dict):
            self.failed += 1
            ours(case)
            return
        expected, found = theirs(answer, case), ours(case)
        self.errors += expected.total()
        if expected != found:
            reason = why_different(case, expected - found, found - expected)
            if reason is None:
                raise AssertionError(
                    f"\n{json.dumps(case.schema)}\n{case.data!r} {case.encoding} {case.delimiter!r}"
                    f"\ntheirs only: {dict(expected - found)}\n  ours only: {dict(found - expected)}"
                )
            self.known[reason] = self.known.get(reason, 0) + 1
            return
        if expected.total() <= 60 and len(case.data) <= 4_000:
            told = sorted([list(error) for error in expected.elements()], key=str)
            self.recorded.append({**case.to_dict(), "errors": told})


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", required=True)
    parser.add_argument("--tables", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path)
    asked = parser.parse_args(arguments)
    comparison = Comparison(Reference(asked.python))

    @seed(asked.seed)
    @settings(
        max_examples=asked.tables,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def compare(case: Case) -> None:
        comparison.check(case)

    try:
        compare()
    finally:
        comparison.reference.close()
        print(
            f"{comparison.tables} tables, {comparison.errors} errors; "
            f"the reference raised on {comparison.failed}; differences with a reason: {comparison.known}"
        )
    if asked.record:
        with gzip.GzipFile(asked.record, "wb", mtime=0) as file:
            for item in comparison.recorded:
                file.write(json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
