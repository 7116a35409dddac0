"""`/validation/v1/webhooks`: be told of the validations and schedules of one's key."""

from shared.webhooks.api import webhooks_router

EVENTS = {
    "validation.completed": "A validation asked with your key ended; `subject` is its id.",
    "schedule.verdict_changed": "The file that a schedule follows became valid, or no longer is.",
    "schedule.paused": "A schedule failed too often, and waits for you.",
}

router = webhooks_router(EVENTS)
