"""What became of labels, as an Atom feed."""

from typing import Any
from uuid import UUID

from services.validation.domain.labels.facts import LabelState
from services.validation.operations.context import ValidationContext
from services.validation.operations.labels import PATH
from shared.atom import Entry, Feed, write_feed
from shared.changes import log

KIND = "label"
# Where each kind of change is read.
PATHS = {"validation": "/validation/v1/validations", "schedule": "/validation/v1/schedules", KIND: PATH}
LICENCE = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"


async def feed(context: ValidationContext, path: str, limit: int) -> bytes:
    """Return the Atom feed of the labels that changed last."""
    changes = await log.latest_of_each(context.db, limit=limit)
    described = Feed(
        link=context.link(path),
        home=context.link(PATH),
        title="Labels « Conformité OpenData SCDL », par dernier changement",
        author="Socle",
        rights=f"Licence Ouverte 2.0 ({LICENCE})",
    )
    return write_feed(described, [_entry(context, item) for item in changes if _is_label(item)])


def _is_label(change: dict[str, Any]) -> bool:
    return str(change["type"]).startswith(f"{KIND}.")


def _entry(context: ValidationContext, change: dict[str, Any]) -> Entry:
    told, label_id = change["data"], UUID(change["subject"])
    state = LabelState(told["state"])
    return Entry(
        id=f"urn:socle:validation:label:{label_id}",
        title=f"{told['name']} {told['version']}, {told['schema']} : {state.fr}",
        link=context.signer.issuer.label(label_id),
        updated=change["recorded_at"],
        summary=f"Label {state.fr}, jusqu'au {told['valid_until']}.",
        categories=(change["type"], told["siren"]),
    )
