"""`/validation/v1/webhooks`: be told of the validations and schedules of one's key, and of all labels."""

from shared.webhooks.api import webhooks_router

EVENTS = {
    "validation.completed": "A validation asked with your key ended; `subject` is its id.",
    "schedule.verdict_changed": "The file that a schedule follows became valid, or no longer is.",
    "schedule.paused": "A schedule failed too often, and waits for you.",
    "label.granted": "A label was given; `subject` is its id.",
    "label.renewed": "A label was prolonged by new runs, or is in force again.",
    "label.updated": "A label is close to its end, its schema has a newer version, or its assurance changed.",
    "label.suspended": "A label is no longer valid for the time being.",
    "label.revoked": "A label was withdrawn for good, by a moderator or by its vendor.",
    "label.expired": "A label has come to its end.",
}

router = webhooks_router(EVENTS)
