"""`/validation/v1/limits`: what the service accepts, so that a client need not find out."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from services.validation.operations.context import ValidationContext
from shared.app import CallerDep, context_of
from shared.caching import json_response
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/limits", tags=["limits"], route_class=StrictRoute)


class LimitsView(BaseModel):
    """The limits in force for the caller."""

    max_upload_bytes: int = Field(description="Largest file, uploaded or fetched.")
    max_cpu_seconds: int = Field(description="Processor time of one validation.")
    max_wall_seconds: int = Field(description="Duration of one validation.")
    max_wait_seconds: int = Field(description="Largest N of `Prefer: wait=N`.")
    keep_upload_days: int = Field(description="Days that uploaded files are kept; reports stay.")
    errors_listed: int = Field(description="Errors listed for each field and kind; all are counted.")
    rate: str = Field(description="Validations that the caller may ask.")
    rate_anonymous: str
    rate_key: str
    beyond: dict[str, str] = Field(description="How to go past the limits.")


BEYOND = {
    "fr": "Au-delà : « socle validate » valide sur place sans limite, et une clé d'API relève la cadence.",
    "en": "Beyond: `socle validate` validates locally without limits, and an API key raises the rate.",
}


@router.get("", response_model=LimitsView, summary="Limits in force")
async def read_limits(request: Request, caller: CallerDep) -> Response:
    """Return the size, time and rate accepted from this caller."""
    context: ValidationContext = context_of(request)
    settings = context.settings
    known = caller.key_id is not None
    document: dict[str, Any] = {
        "max_upload_bytes": settings.validation_max_upload_bytes,
        "max_cpu_seconds": settings.validation_cpu_seconds,
        "max_wall_seconds": settings.validation_wall_seconds,
        "max_wait_seconds": settings.validation_max_wait_seconds,
        "keep_upload_days": settings.validation_keep_upload_days,
        "errors_listed": settings.validation_samples,
        "rate": settings.validation_rate_key if known else settings.validation_rate_anonymous,
        "rate_anonymous": settings.validation_rate_anonymous,
        "rate_key": settings.validation_rate_key,
        "beyond": BEYOND,
    }
    return json_response(request, document)
