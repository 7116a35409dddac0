"""`/validation/v1/limits`: what the service accepts, so that a client need not find out."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from services.validation.domain.descriptors import MAX_SCHEMA_BYTES
from services.validation.domain.rows import MAX_CELLS
from services.validation.domain.schedules import MOST_FAILURES
from services.validation.engine.formats.limits import MOST_UNPACKED_SPREADSHEET, MOST_UNPACKED_TEXT
from services.validation.engine.schema import MAX_FIELDS
from services.validation.operations.context import ValidationContext
from services.validation.operations.validations import rate_of
from services.validation.settings import ValidationSettings
from shared.app import CallerDep, context_of
from shared.caching import json_response
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/limits", tags=["limits"], route_class=StrictRoute)


class LimitsView(BaseModel):
    """The limits in force for the caller. A problem that a limit causes names it in `limit_name`."""

    max_upload_bytes: int = Field(
        description="Largest file, or files of one package, uploaded or fetched; compressed or not."
    )
    max_unpacked_bytes: int = Field(description="Largest text once unpacked (gz, zip).")
    max_unpacked_spreadsheet_bytes: int = Field(description="Largest spreadsheet once unpacked.")
    max_rows: int | None = Field(description="Null: rows are not limited, only size and time are.")
    max_json_bytes: int = Field(description="Largest JSON body.")
    max_inline_cells: int = Field(description="Most cells in rows sent as JSON.")
    max_schema_bytes: int = Field(description="Largest schema given, as a document or by its address.")
    max_schema_fields: int = Field(description="Most fields of a schema.")
    max_memory_bytes: int = Field(description="Memory of one validation.")
    max_cpu_seconds: int = Field(description="Processor time of one validation.")
    max_wall_seconds: int = Field(description="Duration of one validation.")
    max_wait_seconds: int = Field(description="Largest N of `Prefer: wait=N`.")
    keep_upload_days: int = Field(description="Days that uploaded files are kept; reports stay.")
    errors_listed: int = Field(description="Errors listed for each field and kind; all are counted.")
    schedules_per_owner: int = Field(description="Scheduled validations of one owner.")
    schedule_failures: int = Field(description="Failures in a row that pause a scheduled validation.")
    rate: str = Field(
        description="Validations that the caller may ask; matches and checks of schemas are counted apart, alike."
    )
    rate_anonymous: str
    rate_key: str
    rate_per_address: str = Field(description="Requests of any kind from one address.")
    beyond: dict[str, str] = Field(description="How to go past the limits.")


BEYOND = {
    "fr": "Au-delà : « socle validate » valide sur place sans limite de taille, de temps ni de cadence ; un fichier se "
    "découpe (par année) ou se compresse (gzip) ; une clé d'API relève la cadence ; l'exploitant d'une installation "
    "change chaque limite par ses réglages.",
    "en": "Beyond: `socle validate` validates locally without limits of size, time or rate; a file can be split (by "
    "year) or compressed (gzip); an API key raises the rate; whoever runs an installation changes each limit in its "
    "settings.",
}


@router.get("", response_model=LimitsView, summary="Limits in force")
async def read_limits(request: Request, caller: CallerDep) -> Response:
    """Return the size, time and rate accepted from this caller."""
    context: ValidationContext = context_of(request)
    document = {**_fixed(), **_set(context.settings), "rate": rate_of(context, caller), "beyond": BEYOND}
    response = json_response(request, document)
    # draft-ietf-httpbis-resumable-upload, section 4.1.4: clients that know it need not read the rest.
    response.headers["upload-limit"] = f"max-size={context.settings.validation_max_upload_bytes}"
    return response


def _fixed() -> dict[str, Any]:
    return {
        "max_unpacked_bytes": MOST_UNPACKED_TEXT,
        "max_unpacked_spreadsheet_bytes": MOST_UNPACKED_SPREADSHEET,
        "max_rows": None,
        "max_inline_cells": MAX_CELLS,
        "max_schema_bytes": MAX_SCHEMA_BYTES,
        "max_schema_fields": MAX_FIELDS,
        "schedule_failures": MOST_FAILURES,
    }


def _set(settings: ValidationSettings) -> dict[str, Any]:
    return {
        "max_upload_bytes": settings.validation_max_upload_bytes,
        "max_json_bytes": settings.max_body_bytes,
        "max_memory_bytes": settings.validation_memory_bytes,
        "max_cpu_seconds": settings.validation_cpu_seconds,
        "max_wall_seconds": settings.validation_wall_seconds,
        "max_wait_seconds": settings.validation_max_wait_seconds,
        "keep_upload_days": settings.validation_keep_upload_days,
        "errors_listed": settings.validation_samples,
        "schedules_per_owner": settings.validation_schedules_per_owner,
        "rate_anonymous": settings.validation_rate_anonymous,
        "rate_key": settings.validation_rate_key,
        "rate_per_address": settings.rate_per_address,
    }
