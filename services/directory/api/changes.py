"""`/directory/v1/changes` and `/directory/v1/webhooks`: what happens to what the directory lists."""

from services.directory.operations.feeds import PATHS
from shared.changes.api import changes_router
from shared.webhooks.api import webhooks_router

EVENTS = {
    "editeur.created": "A vendor was listed; `subject` is its SIREN.",
    "editeur.updated": "A vendor was corrected, or took charge of its page.",
    "editeur.deleted": "A vendor was removed.",
    "progiciel.created": "An application was listed; `subject` is its id.",
    "progiciel.updated": "An application was corrected, or a version of it was listed or corrected.",
    "progiciel.deleted": "An application was removed.",
    "module.created": "An export module was listed.",
    "module.updated": "An export module was corrected, or something was said of it.",
    "module.deleted": "An export module was removed.",
    "usage.created": "A usage was declared.",
    "usage.updated": "Something was said of a usage: confirmed, contested, withdrawn, out of date.",
    "usage.deleted": "A usage was removed.",
    "atd.created": "A territorial data facilitator was listed.",
    "atd.updated": "A territorial data facilitator was corrected.",
    "reference.updated": "Another edition of the reference of collectivités is in force; `subject` is the edition.",
    "atd.deleted": "A territorial data facilitator was removed.",
}

changes = changes_router(PATHS)
webhooks = webhooks_router(EVENTS)
