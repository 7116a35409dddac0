"""`/catalog/v1/changes` and `/catalog/v1/webhooks`: what happens to the datasets."""

from shared.changes.api import changes_router
from shared.webhooks.api import webhooks_router

PATHS = {"dataset": "/catalog/v1/datasets"}
EVENTS = {
    "dataset.created": "A dataset was registered; `subject` is its id.",
    "dataset.updated": "A dataset or one of its resources changed, or a file was sent.",
    "dataset.deleted": "A dataset was removed.",
    "dataset.conformity_changed": "The conformity of one of its resources changed: `data` says from what to what.",
}

changes = changes_router(PATHS)
webhooks = webhooks_router(EVENTS)
