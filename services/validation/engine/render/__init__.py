"""Reports in the forms that people and machines ask for: each module turns reports into one text.

    from services.validation.engine.render import FORMS, FileReport, document, render

    "".join(render("html", [FileReport("deliberations.csv", document(report))], "fr"))

Every form is made from the JSON report alone, so that a stored one can be given in any form later. `xlsx`,
which needs the source table too, has its own function (`render.xlsx.annotate`).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.validation.engine.messages import Language
from services.validation.engine.render.document import FileReport, ReportDocument, document

__all__ = ["FORMS", "FileReport", "Form", "ReportDocument", "document", "render"]


@dataclass(frozen=True, slots=True)
class Form:
    """A form: the function that makes it, its media type and its file name extension."""

    module: str
    media_type: str
    extension: str
    function: str = "render"


FORMS: dict[str, Form] = {
    "text": Form("text", "text/plain; charset=utf-8", ".txt"),
    "json": Form("json", "application/json", ".json"),
    "ndjson": Form("json", "application/x-ndjson", ".ndjson", "render_lines"),
    "validata": Form("validata", "application/json", ".validata.json"),
    "validata-lines": Form("validata", "application/x-ndjson", ".validata.ndjson", "render_lines"),
    "sarif": Form("sarif", "application/sarif+json", ".sarif"),
    "junit": Form("junit", "application/xml", ".junit.xml"),
    "csv": Form("csv", "text/csv; charset=utf-8; header=present", ".csv"),
    "html": Form("html", "text/html; charset=utf-8", ".html"),
}


def render(form: str, reports: Iterable[FileReport], language: Language = "fr") -> Iterator[str]:
    """The reports in a form of `FORMS`, in pieces, as they come. Raises KeyError for another form."""
    found = FORMS[form]
    module = importlib.import_module(f"{__name__}.{found.module}")
    pieces: Iterator[str] = getattr(module, found.function)(reports, language)
    return pieces
