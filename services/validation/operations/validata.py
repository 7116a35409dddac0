"""Answer as Validata's API does, for the clients written for it. The words are ours.

A report is 200, whatever it says; what gives no report is 400 with `error`. What is not the file's fault keeps its own
status (too many requests, too large, too slow), in that same form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from services.validation.domain import reports
from services.validation.operations import descriptors
from services.validation.operations.context import ValidationContext
from services.validation.operations.reports import aside, find
from services.validation.operations.submissions import Submission, uploaded
from services.validation.operations.uploads import keep, new_key
from shared.clock import now
from shared.language import Language
from shared.problems import PROBLEM_TYPE_PREFIX
from shared.storage import Stored
from shared.uploads import file_label

_KEPT_STATUSES = frozenset({401, 403, 408, 413, 429})
_SOURCE = ("fetch-failed", "url-not-allowed", "empty-file", "upload-too-large", "missing-file", "source-gone")
_TYPES = {
    **dict.fromkeys((*_SOURCE, "file-too-complex"), "source-error"),
    **dict.fromkeys(("unknown-schema", "unusable-schema"), "schema-error"),
}


@dataclass(slots=True)
class Asked:
    """What a request asks, as far as it has been read."""

    schema: str = ""
    url: str = ""
    ignore_header_case: bool = False
    include_resource_data: bool = False

    @property
    def options(self) -> dict[str, bool]:
        """Return the options, as the answer repeats them."""
        return {
            "ignore_header_case": self.ignore_header_case,
            "include_resource_data": self.include_resource_data,
        }


async def submission(
    context: ValidationContext, asked: Asked, uploaded_file: tuple[str, Stored] | None
) -> Submission:
    """Return what is to be validated: the file sent, else the one at the address, kept here if its cells are wanted.

    Raises `UnknownSchema`, `UnusableSchema`, `UrlNotAllowed`, `FetchFailed`, `EmptyFile`, `UploadTooLarge`.
    """
    schema, descriptor = descriptors.choose(context, asked.schema)
    more: dict[str, Any] = {
        "schema": schema,
        "descriptors": () if descriptor is None else (descriptor,),
        "options": {"ignore_header_case": True} if asked.ignore_header_case else {},
    }
    if uploaded_file is not None:
        return uploaded(*uploaded_file, **more)
    context.http.check(asked.url)
    label = file_label(asked.url.partition("?")[0])
    if not asked.include_resource_data:
        return Submission(label, url=asked.url, **more)
    limit = context.settings.validation_max_upload_bytes
    async with context.http.stream(asked.url, max_bytes=limit, refuse_html=True) as incoming:
        stored = await keep(context, new_key(), aiter(incoming))
    return uploaded(label, stored, url=asked.url, **more)


async def answer(
    context: ValidationContext, row: Mapping[str, Any], asked: Asked, language: Language
) -> bytes:
    """Return the answer for a validation that has a report."""
    _, stored = await find(context, row["id"])
    cells = None
    if asked.include_resource_data and row["storage_key"] is not None:
        descriptor = await descriptors.explaining(context, row["schema_sha256"])
        async with context.storage.local_path(row["storage_key"]) as path:
            given = (str(path), stored, row["filename"], descriptor, row["options"])
            cells = await context.writers.call(reports.read_cells, *given)
    file = asked.url or row["filename"]
    told = (stored, file, language, asked.schema, asked.options, cells)
    return await aside(context, stored, reports.validata_answer, *told)


def refusal(asked: Asked, problem: Mapping[str, Any], language: Language) -> tuple[int, dict[str, Any]]:
    """Return the status and the body that say why there is no report; `problem` is a problem document."""
    slug = str(problem["type"]).removeprefix(PROBLEM_TYPE_PREFIX)
    status = int(problem["status"])
    message = problem["detail"] if language == "fr" else problem["detail_en"]
    return status if status >= 500 or status in _KEPT_STATUSES else 400, {
        "schema": asked.schema,
        "url": asked.url,
        "options": asked.options,
        "version": f"socle {version('socle')}",
        "date": now().isoformat(timespec="seconds"),
        "error": {"message": message, "type": _TYPES.get(slug, slug)},
    }
