"""`…/v1/webhooks`: subscribe, look after a subscription. One router, mounted by each service with its own events."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from shared import idempotency
from shared.app import CallerDep, Context, context_of, count_hit
from shared.auth import Caller
from shared.caching import created_response, json_response, page_response, require_match, strong_etag
from shared.idempotency import IdempotencyKey
from shared.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_cursor, encode_cursor
from shared.problems import InvalidRequest
from shared.requests import StrictRoute
from shared.webhooks import operations, store
from shared.webhooks.deliveries_api import add_deliveries
from shared.webhooks.fan_out import ALL_EVENTS
from shared.webhooks.problems import WebhookNotFound
from shared.webhooks.schemas import (
    NewWebhookView,
    SecretView,
    WebhookInput,
    WebhookPage,
    WebhookPatch,
    WebhookView,
)
from shared.webhooks.signing import written
from shared.webhooks.views import webhook_view

LISTING = "webhooks"
RATE = "120/minute"


def webhooks_router(events: Mapping[str, str]) -> APIRouter:
    """Return the routes of a service's webhooks; `events` tells each type that it sends, and when.

    webhooks_router({"dataset.updated": "A dataset was changed."})
    """
    router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=StrictRoute)
    _add_making(router, events)
    _add_reading(router)
    _add_changing(router, events)
    add_deliveries(router)
    return router


def _add_making(router: APIRouter, events: Mapping[str, str]) -> None:
    told = "\n".join(f"- `{name}`: {meaning}" for name, meaning in events.items())

    @router.post(
        "",
        status_code=201,
        response_model=NewWebhookView,
        summary="Ask to be told",
        description="Have events told to an address of yours, signed (Standard Webhooks). The secret is shown once. "
        f"Events:\n\n{told}",
    )
    async def create_webhook(
        request: Request, body: WebhookInput, caller: CallerDep, key: IdempotencyKey = None
    ) -> Response:
        context = await _admitted(request, caller)
        _check(context, events, url=body.url, asked=body.events)
        async with context.db.transaction() as session:
            webhook_id, secret = await operations.subscribe(
                session, body, owner=caller.name, key=idempotency.check(key)
            )
        shown = await _find(context, caller, webhook_id)
        return created_response({**shown, "secret": written(secret) if secret is not None else None})


def _add_reading(router: APIRouter) -> None:
    @router.get("", response_model=WebhookPage, summary="List your webhooks")
    async def list_webhooks(
        request: Request, caller: CallerDep, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
    ) -> Response:
        """List the webhooks of your key in the order in which they were made."""
        caller.require_key()
        context: Context[Any] = context_of(request)
        after = decode_cursor(LISTING, cursor, [UUID])[0] if cursor else None
        rows = await store.page(context.db, caller.name, after=after, limit=limit + 1)
        following = encode_cursor(LISTING, [rows[limit - 1]["id"]]) if len(rows) > limit else None
        items = [webhook_view(context, row) for row in rows[:limit]]
        return page_response(request, {"items": items, "next": following})

    @router.get("/{webhook_id}", response_model=WebhookView, summary="Read a webhook")
    async def read_webhook(request: Request, webhook_id: UUID, caller: CallerDep) -> Response:
        """Return a webhook of your key: whether it works, and if it was disabled, why."""
        caller.require_key()
        return json_response(request, await _find(context_of(request), caller, webhook_id))


def _add_changing(router: APIRouter, events: Mapping[str, str]) -> None:
    @router.patch("/{webhook_id}", response_model=WebhookView, summary="Change a webhook")
    async def change_webhook(
        request: Request, webhook_id: UUID, body: WebhookPatch, caller: CallerDep
    ) -> Response:
        """Change what is given and nothing else; `"state": "active"` revives a webhook that was disabled."""
        context = await _admitted(request, caller)
        url = body.url if "url" in body.model_fields_set else None
        _check(context, events, url=url, asked=body.events)
        async with context.db.transaction() as session:
            held = await operations.hold(session, caller.name, webhook_id)
            require_match(request, strong_etag(orjson.dumps(webhook_view(context, held))))
            await operations.amend(session, held, body)
        return json_response(request, await _find(context, caller, webhook_id))

    @router.delete("/{webhook_id}", status_code=204, summary="Delete a webhook")
    async def delete_webhook(request: Request, webhook_id: UUID, caller: CallerDep) -> Response:
        """Remove a webhook with its deliveries, those under way included."""
        context = await _admitted(request, caller)
        async with context.db.transaction() as session:
            held = await operations.hold(session, caller.name, webhook_id)
            require_match(request, strong_etag(orjson.dumps(webhook_view(context, held))))
            await store.remove(session, webhook_id)
        return Response(status_code=204)

    @router.post("/{webhook_id}/rotate-secret", response_model=SecretView, summary="Replace the secret")
    async def rotate_secret(request: Request, webhook_id: UUID, caller: CallerDep) -> Response:
        """Get a new secret, shown once; for 24 hours messages carry the signatures of both."""
        context = await _admitted(request, caller)
        async with context.db.transaction() as session:
            await operations.hold(session, caller.name, webhook_id)
            secret, until = await operations.rotate(session, webhook_id)
        document = {"secret": written(secret), "previous_secret_until": until}
        headers = {"cache-control": "no-store"}
        return Response(orjson.dumps(document), media_type="application/json", headers=headers)


async def _admitted(request: Request, caller: Caller) -> Context[Any]:
    caller.require_key()
    await count_hit(request, "webhooks", RATE, caller.name)
    context: Context[Any] = context_of(request)
    return context


async def _find(context: Context[Any], caller: Caller, webhook_id: UUID) -> dict[str, Any]:
    row = await store.get(context.db, caller.name, webhook_id)
    if row is None:
        raise WebhookNotFound.of(webhook_id)
    return webhook_view(context, row)


def _check(context: Context[Any], events: Mapping[str, str], *, url: str | None, asked: list[str]) -> None:
    if url is not None:
        context.http.check(url)
    for place, name in enumerate(asked):
        if name not in events and name != ALL_EVENTS:
            known = ", ".join([*events, ALL_EVENTS])
            raise InvalidRequest.at(
                f"/body/events/{place}",
                fr=f"ce type d'événement n'existe pas ici ; ceux qui existent : {known}",
                en=f"there is no such type of event here; those that exist: {known}",
            )
