"""Reports as JSON: one document, or one a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

import orjson

from services.validation.engine.messages import Language
from services.validation.engine.render.document import FileReport


@cache
def schema() -> bytes:
    """The JSON Schema of a report."""
    return files(__package__).joinpath("report.schema.json").read_bytes()


def render(reports: Iterable[FileReport], language: Language = "fr") -> Iterator[str]:
    """The report; when there are several, a list of them, each with its `file`. It has both languages."""
    waiting: FileReport | None = None
    several = False
    for item in reports:
        if waiting is not None:
            yield f"{',' if several else '['}\n{_indented(_with_file(waiting))}"
            several = True
        waiting = item
    if waiting is None:
        yield "[]\n"
    elif several:
        yield f",\n{_indented(_with_file(waiting))}\n]\n"
    else:
        yield f"{_indented(waiting.report)}\n"


def render_lines(reports: Iterable[FileReport], language: Language = "fr") -> Iterator[str]:
    """One report a line (NDJSON), each with its `file`."""
    for item in reports:
        yield orjson.dumps(_with_file(item), option=orjson.OPT_APPEND_NEWLINE).decode()


def _with_file(item: FileReport) -> dict[str, object]:
    return {"file": item.file, **item.report}


def _indented(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
