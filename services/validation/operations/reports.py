"""Give the report of a validation in the form asked for. Nothing here holds up the other requests of the process."""

import asyncio
from collections.abc import Callable
from typing import Any, BinaryIO, TypeVar
from uuid import UUID

from services.validation.domain import reports
from services.validation.domain.problems import FileNotKept, FileTooComplex, NotATable, ReportNotReady
from services.validation.domain.reports import ErrorFilter
from services.validation.engine.child import ChildDied
from services.validation.operations import descriptors, validations
from services.validation.operations.context import ValidationContext
from services.validation.store import reports as store
from shared.files import temporary_file
from shared.language import Language

R = TypeVar("R")


async def find(context: ValidationContext, validation_id: UUID) -> tuple[dict[str, Any], bytes]:
    """Return a validation's columns and its report as stored; raises `ValidationNotFound`, `ReportNotReady`."""
    row = await validations.find(context, validation_id)
    stored = await store.get(context.db, validation_id)
    if stored is None:
        raise ReportNotReady.of(row["state"])
    return row, stored


async def written(
    context: ValidationContext, row: dict[str, Any], stored: bytes, form: str, language: Language
) -> bytes:
    """Return a report in one of the forms of `reports.FORMS`."""
    file = row["source_url"] or row["filename"]
    menu = _menu(context, row["id"], language) if form == "html" else []
    return await aside(context, stored, reports.written, stored, form, file, language, menu)


async def page(
    context: ValidationContext, stored: bytes, wanted: ErrorFilter, after: int, limit: int
) -> tuple[bytes, int | None]:
    """Return a page of the errors listed in a report (see `reports.errors_page`)."""
    return await aside(context, stored, reports.errors_page, stored, wanted, after, limit)


async def workbook(
    context: ValidationContext, row: dict[str, Any], stored: bytes, language: Language
) -> BinaryIO:
    """Return the validated file as a workbook whose cells in error are coloured, open; nothing else leads to it.

    Raises `FileNotKept`, `NotATable`, and `FileTooComplex` when the file takes more than one validation may.
    """
    if row["resources"] is not None:
        raise NotATable.package()
    key = row["storage_key"]
    if key is None or not await context.storage.exists(key):
        days = context.settings.validation_keep_upload_days
        raise FileNotKept.fetched() if row["source_url"] else FileNotKept.after(days)
    descriptor = await descriptors.explaining(context, row["schema_sha256"])
    assert descriptor is not None, "the descriptor of a report is kept with it"
    async with context.storage.local_path(key) as source, temporary_file() as target:
        asked = (str(source), str(target), stored, row["filename"], descriptor, row["options"], language)
        try:
            await context.writers.call(reports.write_workbook, *asked)
        except ChildDied as error:
            raise FileTooComplex.because(error.reason) from error
        except reports.NoTable as error:
            raise NotATable.unreadable() from error
        return target.open("rb")


async def aside(context: ValidationContext, stored: bytes, function: Callable[..., R], *args: object) -> R:
    """Call a function on a report in a thread, or in a limited process when the report is large."""
    if not reports.is_large(stored):
        return await asyncio.to_thread(function, *args)
    try:
        return await context.writers.call(function, *args)
    except ChildDied as error:
        raise FileTooComplex.because(error.reason) from error


_MENU: dict[Language, tuple[tuple[str, str], ...]] = {
    "fr": (
        ("English", "report.html?lang=en"),
        ("Classeur Excel annoté", "report.xlsx"),
        ("CSV", "report.csv"),
        ("Texte", "report.txt"),
        ("JSON", "report"),
    ),
    "en": (
        ("Français", "report.html?lang=fr"),
        ("Annotated Excel workbook", "report.xlsx?lang=en"),
        ("CSV", "report.csv?lang=en"),
        ("Text", "report.txt?lang=en"),
        ("JSON", "report"),
    ),
}


def _menu(context: ValidationContext, validation_id: UUID, language: Language) -> list[tuple[str, str]]:
    home = context.link(f"/validation/v1/validations/{validation_id}")
    return [(text, f"{home}/{tail}") for text, tail in _MENU[language]]
