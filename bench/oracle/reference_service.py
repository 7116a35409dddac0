"""Runs in an environment of its own that has frictionless: a table a line on stdin, its errors a line on stdout.

In: {"schema": …, "data": base64, "encoding": …, "delimiter": …}. Out: [[code, row, field, number], …], or
{"failed": "…"} when the reference itself raises.
"""

from __future__ import annotations

import base64
import json
import logging
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def judge(case: dict[str, Any]) -> list[list[Any]]:
    from frictionless import Detector, Dialect, Resource, Schema, system
    from frictionless.formats import CsvControl

    control = CsvControl(
        delimiter=case["delimiter"],
        line_terminator="\r\n",
        quote_char='"',
        double_quote=True,
        skip_initial_space=False,
    )
    with system.use_context(trusted=True):
        resource = Resource(
            base64.b64decode(case["data"]),
            format="csv",
            encoding=case["encoding"],
            schema=Schema.from_descriptor(case["schema"]),
            dialect=Dialect(header=True, header_rows=[1], controls=[control]),
            detector=Detector(schema_sync=True),
        )
        report = resource.validate(limit_errors=1_000_000)
    found = []
    for error in [*report.errors, *(error for task in report.tasks for error in task.errors)]:
        told = error.to_descriptor()
        found.append(
            [
                told["type"],
                told.get("rowNumber"),
                told.get("fieldName"),
                told.get("fieldNumber"),
                told["note"],
            ]
        )
    return found


def main() -> None:
    for line in sys.stdin:
        try:
            answer: Any = judge(json.loads(line))
        except Exception as error:  # whatever the reference raises is an answer about it
            answer = {"failed": f"{type(error).__name__}: {error}"[:300]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
