"""A stored report in the forms that people and machines ask for: what runs in a thread, or in a limited process."""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, cast

import orjson

from services.validation.engine.messages import Language
from services.validation.engine.render import FileReport, ReportDocument, html, render, validata

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Reports larger than this (once decompressed) are handled in a process of their own: JSON is read in one go.
LARGE_BYTES = 1_000_000


def is_large(stored: bytes) -> bool:
    """Tell whether a stored report is too large to be handled beside other requests (gzip tells its size last)."""
    return int.from_bytes(stored[-4:], "little") > LARGE_BYTES


def unpacked(stored: bytes) -> bytes:
    """Return the JSON of a stored report."""
    return gzip.decompress(stored)


def sections(stored: bytes, file: str) -> list[FileReport]:
    """Return the report of a file called `file`, or those of the files of a package."""
    document: dict[str, Any] = orjson.loads(unpacked(stored))
    if "resources" not in document:
        return [FileReport(file, cast(ReportDocument, document))]
    return [FileReport(item["name"], item["report"]) for item in document["resources"]]


def written(
    stored: bytes, form: str, file: str, language: Language, menu: Sequence[tuple[str, str]] = ()
) -> bytes:
    """Return a report in one of the engine's `FORMS`; `menu` is shown on the HTML page: (text, address)."""
    reports = sections(stored, file)
    pieces = html.render(reports, language, menu) if form == "html" else render(form, reports, language)
    return "".join(pieces).encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class ErrorFilter:
    """Which of the errors listed in a report are wanted; None asks for any. `resource` is a file of a package."""

    resource: str | None = None
    field: str | None = None
    kind: str | None = None
    row: int | None = None

    def keeps(self, error: Mapping[str, Any]) -> bool:
        """Tell whether an error is wanted."""
        return (
            self.resource in (None, error.get("resource"))
            and self.field in (None, error["fieldName"])
            and self.kind in (None, error["type"])
            and self.row in (None, error["rowNumber"])
        )


def errors_page(stored: bytes, wanted: ErrorFilter, after: int, limit: int) -> tuple[bytes, int | None]:
    """Return a page of the errors listed, in the order of the file: the JSON of its items, and where the next begins.

    Errors are numbered from 0; a report never changes, so that a number is a place for good. Those of a package say
    in which file they are (`resource`).
    """
    errors: list[Mapping[str, Any]] = [
        error if item.file == "" else {"resource": item.file, **error}
        for item in sections(stored, "")
        for error in item.report["errors"]
    ]
    kept = ((number, error) for number, error in enumerate(errors) if number > after and wanted.keeps(error))
    found = list(islice(kept, limit + 1))
    page = found[:limit]
    return orjson.dumps([error for _, error in page]), page[-1][0] if len(found) > limit else None


class NoTable(Exception):
    """The source cannot be shown as a table."""


def write_workbook(
    source: str,
    target: str,
    stored: bytes,
    label: str,
    descriptor: bytes,
    options: Mapping[str, Any],
    language: Language,
) -> None:
    """Write at `target` the file at `source` as a workbook with its errors coloured; raises `NoTable`."""
    from services.validation.engine import Options, Unreadable, schema_from_json
    from services.validation.engine.render.xlsx import annotate

    schema = schema_from_json(descriptor).schema
    if schema is None:
        raise NoTable
    with Path(target).open("wb") as file:
        try:
            annotate(
                Path(source),
                schema,
                sections(stored, "")[0].report,
                file,
                Options(label=label, **options),
                language,
            )
        except Unreadable as error:
            raise NoTable from error


# Cells given beside a report, as JSON: more of them are a file to download.
MOST_CELL_BYTES = 20_000_000


def read_cells(
    source: str, stored: bytes, label: str, descriptor: bytes, options: Mapping[str, Any]
) -> bytes | None:
    """Return the table of a source as JSON: its rows, the header first. None when it is none, or too large."""
    from services.validation.engine import Options, Unreadable, schema_from_json
    from services.validation.engine.render.xlsx import rows_of

    schema = schema_from_json(descriptor).schema
    if schema is None:
        return None
    rows, size = [], 0
    try:
        for cells in rows_of(
            Path(source), schema, sections(stored, "")[0].report, Options(label=label, **options)
        ):
            rows.append(orjson.dumps(cells))
            size += len(rows[-1]) + 1
            if size > MOST_CELL_BYTES:
                return None
    except Unreadable:
        return None
    return b"[" + b",".join(rows) + b"]"


_NO_CELLS = {
    "fr": "Cellules non jointes (resource_data) : ce fichier n'est pas un tableau lisible, ou il est trop grand.",
    "en": "Cells not included (resource_data): this file is no readable table, or it is too large.",
}


def validata_answer(
    stored: bytes,
    file: str,
    language: Language,
    schema: str,
    options: Mapping[str, object],
    cells: bytes | None,
) -> bytes:
    """Return a report as Validata's API answers it; `cells` are its rows, where they were asked for."""
    [item] = sections(stored, file)
    answer = validata.answer(replace(item, schema=schema, options=options), language)
    inner: Any = answer["report"]
    if cells is not None:
        inner["resource_data"] = orjson.Fragment(cells)
    elif options.get("include_resource_data"):
        inner["warnings"].append(_NO_CELLS[language])
    return orjson.dumps(answer)
