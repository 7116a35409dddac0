"""`…/v1/webhooks/{id}/deliveries`, `ping` and `redeliver`: what was sent, what came of it, and sending it again."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from shared.app import CallerDep, Context, context_of, count_hit
from shared.auth import Caller
from shared.caching import json_response, page_response
from shared.changes import log
from shared.clock import now
from shared.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_cursor, encode_cursor
from shared.webhooks import operations, store
from shared.webhooks.delivery import KIND
from shared.webhooks.problems import DeliveryNotFound, WebhookNotFound
from shared.webhooks.schemas import DeliveryPage, DeliveryView, RedeliveryInput, RedeliveryView
from shared.webhooks.views import delivery_view

LISTING = "webhook-deliveries"
RATE = "60/minute"


class _Moment(datetime):
    """A moment as a cursor holds it."""

    def __new__(cls, value: Any) -> "_Moment":
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a moment without its offset")
        return cast(_Moment, moment.astimezone(UTC))


def add_deliveries(router: APIRouter) -> None:
    """Add the routes to the router of a service's webhooks."""
    _add_reading(router)
    _add_sending(router)


def _add_reading(router: APIRouter) -> None:
    @router.get("/{webhook_id}/deliveries", response_model=DeliveryPage, summary="List deliveries")
    async def list_deliveries(
        request: Request,
        webhook_id: UUID,
        caller: CallerDep,
        state: Annotated[
            Literal["queued", "running", "done", "failed"] | None, Query(description="Only those.")
        ] = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response:
        """List what was sent in the last 30 days, or waits to be, the newest first, with what came of it."""
        context = await _owned(request, caller, webhook_id)
        after = tuple(decode_cursor(LISTING, cursor, [_Moment, UUID])) if cursor else None
        rows = await store.deliveries(
            context.db,
            webhook_id,
            state=state,
            after=cast("tuple[datetime, UUID] | None", after),
            limit=limit + 1,
        )
        last = rows[limit - 1] if len(rows) > limit else None
        following = encode_cursor(LISTING, [last["created_at"], last["id"]]) if last else None
        items = [delivery_view(context, row) for row in rows[:limit]]
        return page_response(request, {"items": items, "next": following})

    @router.get(
        "/{webhook_id}/deliveries/{delivery_id}", response_model=DeliveryView, summary="Read a delivery"
    )
    async def read_delivery(
        request: Request, webhook_id: UUID, delivery_id: UUID, caller: CallerDep
    ) -> Response:
        """Return a delivery with the log of its attempts."""
        context = await _owned(request, caller, webhook_id)
        return json_response(request, await _find(context, webhook_id, delivery_id))


def _add_sending(router: APIRouter) -> None:
    @router.post("/{webhook_id}/ping", status_code=202, response_model=DeliveryView, summary="Send a test")
    async def ping_webhook(request: Request, webhook_id: UUID, caller: CallerDep) -> Response:
        """Send the event `webhook.ping`, signed as the others; follow `Location` to see what came of it."""
        context = await _sending(request, caller)
        async with context.db.transaction() as session:
            held = await operations.hold(session, caller.name, webhook_id)
            change_id = await operations.ping(session, held, caller.name)
        await log.publish(context.db)
        row = await store.delivery_of(context.db, webhook_id, change_id)
        if row is None:
            # Paused or deleted between the two.
            raise WebhookNotFound.of(webhook_id)
        return await _accepted(context, row)

    @router.post(
        "/{webhook_id}/deliveries/{delivery_id}/redeliver",
        status_code=202,
        response_model=DeliveryView,
        summary="Send a message again",
    )
    async def redeliver_one(
        request: Request, webhook_id: UUID, delivery_id: UUID, caller: CallerDep
    ) -> Response:
        """Send a message again now, whatever came of it before; its `webhook-id` is the same."""
        context = await _sending(request, caller)
        async with context.db.transaction() as session:
            operations.require_active(await operations.hold(session, caller.name, webhook_id))
            await _find(context, webhook_id, delivery_id)
            await store.send_again(session, delivery_id, now())
        row = await store.delivery(context.db, webhook_id, delivery_id)
        if row is None:
            raise DeliveryNotFound.of(delivery_id)
        return await _accepted(context, row)

    @router.post(
        "/{webhook_id}/redeliver",
        status_code=202,
        response_model=RedeliveryView,
        summary="Send all again since a moment",
    )
    async def redeliver_since(
        request: Request, webhook_id: UUID, body: RedeliveryInput, caller: CallerDep
    ) -> Response:
        """Send again all that happened since a moment, received or not: what to do after an outage of yours."""
        context = await _sending(request, caller)
        async with context.db.transaction() as session:
            operations.require_active(await operations.hold(session, caller.name, webhook_id))
            queued = await store.send_again_since(session, webhook_id, body.since, now())
        await context.queue.ring_work(context.service, KIND)
        return Response(orjson.dumps({"queued": queued}), 202, media_type="application/json")


async def _owned(request: Request, caller: Caller, webhook_id: UUID) -> Context[Any]:
    caller.require_key()
    context: Context[Any] = context_of(request)
    if await store.get(context.db, caller.name, webhook_id) is None:
        raise WebhookNotFound.of(webhook_id)
    return context


async def _sending(request: Request, caller: Caller) -> Context[Any]:
    caller.require_key()
    await count_hit(request, "webhook-sendings", RATE, caller.name)
    context: Context[Any] = context_of(request)
    return context


async def _find(context: Context[Any], webhook_id: UUID, delivery_id: UUID) -> dict[str, Any]:
    row = await store.delivery(context.db, webhook_id, delivery_id)
    if row is None:
        raise DeliveryNotFound.of(delivery_id)
    return delivery_view(context, row)


async def _accepted(context: Context[Any], row: dict[str, Any]) -> Response:
    await context.queue.ring_work(context.service, KIND)
    document = delivery_view(context, row)
    headers = {"location": document["self"]}
    return Response(orjson.dumps(document), 202, media_type="application/json", headers=headers)
