"""`/validation/v1/changes`: what becomes of labels, each change once and in order."""

from services.validation.operations.label_feed import PATHS
from shared.changes.api import changes_router

router = changes_router(PATHS)
