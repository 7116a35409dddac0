"""What the API shows of webhooks and deliveries."""

from collections.abc import Mapping
from typing import Any

from shared.app import Context
from shared.webhooks.retries import MAX_ATTEMPTS

_SHOWN = (
    "id",
    "url",
    "events",
    "subject",
    "description",
    "state",
    "disabled_reason",
    "disabled_at",
    "failing_since",
    "previous_secret_until",
    "created_at",
    "modified_at",
)


def webhook_view(context: Context[Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a webhook as the API shows it (see `schemas.WebhookView`)."""
    return {**{name: row[name] for name in _SHOWN}, "self": _home(context, row["id"])}


def delivery_view(context: Context[Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a delivery as the API shows it (see `schemas.DeliveryView`)."""
    waits = row["state"] == "queued" and row["attempt"] < MAX_ATTEMPTS
    return {
        "id": row["id"],
        "state": row["state"],
        "event": {name: row[f"event_{name}"] for name in ("id", "type", "subject", "sequence")},
        "attempts": row["attempt"],
        "next_attempt_at": row["next_attempt_at"] if waits else None,
        "created_at": row["created_at"],
        "finished_at": row["finished_at"],
        "log": row["log"],
        "self": f"{_home(context, row['subscription_id'])}/deliveries/{row['id']}",
    }


def _home(context: Context[Any], webhook_id: object) -> str:
    return context.link(f"/{context.service}/v1/webhooks/{webhook_id}")
