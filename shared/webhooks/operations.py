"""Use cases of the webhooks; they never commit, the session around them does."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from shared import idempotency
from shared.changes.log import record_change
from shared.clock import now
from shared.ids import new_id
from shared.webhooks import store
from shared.webhooks.fan_out import PING
from shared.webhooks.problems import TooManyWebhooks, WebhookInactive, WebhookNotFound
from shared.webhooks.schemas import CallbackInput, WebhookInput, WebhookPatch
from shared.webhooks.signing import new_secret, parse_secret

MOST_PER_OWNER = 50
BOTH_SECRETS_FOR = timedelta(hours=24)
_REPAIRED = {"failing_since": None, "disabled_at": None, "disabled_reason": None}


async def subscribe(
    session: AsyncSession, body: WebhookInput, *, owner: str, key: str | None
) -> tuple[UUID, bytes | None]:
    """Make a webhook; return its id and secret, or the id that an equal request made before, and no secret.

    Raises `TooManyWebhooks`, `IdempotencyKeyReused`.
    """
    webhook_id, secret = new_id(), new_secret()
    made_before = await idempotency.claim(
        session,
        caller=owner,
        key=key,
        request_fingerprint=idempotency.fingerprint("webhook", body.model_dump_json()),
        resource_id=webhook_id,
    )
    if made_before is not None:
        return made_before, None
    if await store.hold_owner(session, owner) >= MOST_PER_OWNER:
        raise TooManyWebhooks.past(MOST_PER_OWNER)
    columns = {
        **body.model_dump(),
        "events": list(dict.fromkeys(body.events)),
        "secret": secret,
        "once": False,
    }
    await store.add(session, {**columns, **_new(webhook_id, owner)})
    return webhook_id, secret


async def subscribe_once(
    session: AsyncSession, callback: CallbackInput, *, owner: str, event: str, subject: object
) -> None:
    """Have one event of one subject told to an address, in the transaction that makes the event to come."""
    columns = {
        "url": callback.url,
        "events": [event],
        "subject": str(subject),
        "description": "",
        "state": "active",
        "secret": parse_secret(callback.secret) if callback.secret else None,
        "once": True,
    }
    await store.add(session, {**columns, **_new(new_id(), owner)})


async def awaited(session: AsyncSession, owner: str, event: str, subject: object) -> bool:
    """Tell whether some webhook of an owner is to be told of an event of a subject."""
    return await store.has_listener(session, owner, event, str(subject))


def _new(webhook_id: UUID, owner: str) -> dict[str, Any]:
    moment = now()
    return {
        "id": webhook_id,
        "owner": owner,
        "created_at": moment,
        "modified_at": moment,
        # Nobody was served longer ago: the first message leaves at once.
        "served_at": datetime(1970, 1, 1, tzinfo=UTC),
    }


async def hold(session: AsyncSession, owner: str, webhook_id: UUID) -> dict[str, Any]:
    """Return an owner's webhook, locked until the transaction ends; raises `WebhookNotFound`."""
    found = await store.lock(session, owner, webhook_id)
    if found is None:
        raise WebhookNotFound.of(webhook_id)
    return found


def require_active(webhook: Mapping[str, Any]) -> None:
    """Raise `WebhookInactive` for a webhook that sends nothing."""
    if webhook["state"] != "active":
        raise WebhookInactive.of(webhook["state"])


async def amend(session: AsyncSession, webhook: Mapping[str, Any], body: WebhookPatch) -> None:
    """Change a webhook that is held; one that is made active again starts with a clean sheet."""
    changed: dict[str, Any] = body.model_dump(exclude_unset=True)
    if "events" in changed:
        changed["events"] = list(dict.fromkeys(changed["events"]))
    if changed.get("state") == "active" and webhook["state"] == "disabled":
        changed |= _REPAIRED
    await store.change(session, webhook["id"], {**changed, "modified_at": now()})


async def rotate(session: AsyncSession, webhook_id: UUID) -> tuple[bytes, datetime]:
    """Give a webhook that is held a new secret; return it, and until when the one before signs too."""
    secret, until = new_secret(), now() + BOTH_SECRETS_FOR
    await store.replace_secret(session, webhook_id, secret, until)
    return secret, until


async def ping(session: AsyncSession, webhook: Mapping[str, Any], owner: str) -> UUID:
    """Send a test message to a webhook that is held, and return its id; raises `WebhookInactive`."""
    require_active(webhook)
    return await record_change(session, PING, webhook["id"], audience=owner)
