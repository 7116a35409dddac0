"""The validation service at work for a vendor that asks for labels."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from services.validation.domain.labels import status_list
from services.validation.operations import label_subjects
from services.validation.operations.context import ValidationContext, open_validation
from services.validation.operations.submissions import validate_resource
from services.validation.settings import ValidationSettings
from shared.clock import now
from shared.contracts.catalog import DatasetPublished, ResourceRegistered
from shared.ids import new_id
from tests.api.conftest import Client, api, at_work, create_key, settings_of
from tests.support.labelling import (
    HOME,
    SCHEMA,
    VENDOR,
    Application,
    export,
    signing_keys,
    validated,
)

REASON = {"reason": "Les exports publiés ne sont plus conformes.", "reason_en": "Exports conform no more."}


@dataclass
class Place:
    """The service at work, a vendor with its key and its application, and the hands of the clock."""

    client: Client
    context: ValidationContext
    settings: ValidationSettings
    app: Application
    vendor: dict[str, str]
    moderator: dict[str, str]

    async def headers(self, *scopes: str, siren: str | None = VENDOR) -> dict[str, str]:
        return {"X-API-Key": await create_key(self.settings.database_url, *scopes, owner_siren=siren)}

    async def run(self, content: str | None = None, **more: Any) -> str:
        return await validated(self.client, content or export(), more.pop("headers", self.vendor), **more)

    async def ask(self, *runs: Any, headers: dict[str, str] | None = None, **more: Any) -> Any:
        body = self.app.asked(*runs, **more)
        return await self.client.post(HOME, json=body, headers=headers or self.vendor)

    async def granted(self, series: str = "A", **more: Any) -> dict[str, Any]:
        answer = await self.ask(await self.run(export(series)), **more)
        assert answer.status_code == 201, answer.text
        return cast(dict[str, Any], answer.json())

    async def history(self, label: dict[str, Any]) -> list[tuple[str, str]]:
        answer = await self.client.get(f"{label['self']}/history")
        return [(item["action"], item["state"]) for item in answer.json()["items"]]

    async def state(self, label: dict[str, Any]) -> str:
        found: str = await self.context.db.fetchval(
            "SELECT state FROM label WHERE id = $1", UUID(label["id"])
        )
        return found

    async def credential(self, label: dict[str, Any]) -> dict[str, Any]:
        return cast(dict[str, Any], (await self.client.get(f"{label['self']}/credential.json")).json())

    async def verified(self, credential: dict[str, Any]) -> tuple[str, str]:
        answer = (await self.client.post(f"{HOME}/verify", json=credential)).json()
        return answer["outcome"], answer["code"]

    async def revoked_in_list(self, credential: dict[str, Any]) -> bool:
        [(_, address, index), _] = status_list.entries(credential)
        document = (await self.client.get(address)).json()
        return status_list.is_set(document["credentialSubject"]["encodedList"], index)

    async def publish(
        self,
        siren: str,
        content: str,
        *,
        version: str = "3.1",
        owner: str | None = None,
        dataset: UUID | None = None,
    ) -> tuple[UUID, UUID]:
        """Have a body that uses the application publish a file, and await its verdict."""
        db, dataset, resource = self.context.db, dataset or new_id(), new_id()
        key = f"catalogue/{resource}"

        async def chunks() -> AsyncIterator[bytes]:
            yield content.encode()

        await self.context.storage.put(key, chunks(), max_bytes=100_000)
        registered = ResourceRegistered(
            dataset_id=dataset,
            resource_id=resource,
            revision=1,
            filename="d.csv",
            storage_key=key,
            schema_name=SCHEMA,
        )
        usage = self.app.usage_told(siren).model_copy(update={"version": version})
        async with db.transaction() as session:
            await validate_resource(self.context, session, registered)
            await label_subjects.follow_usage(session, usage)
            await label_subjects.follow_published(session, published(dataset, resource, siren, 2, owner))
        async with asyncio.timeout(40):
            while await db.fetchval("SELECT count(*) FROM validation WHERE outcome IS NULL"):
                await asyncio.sleep(0.05)
        return dataset, resource

    async def events(self) -> list[str]:
        rows = await self.context.db.fetch(
            "SELECT type FROM outbox WHERE type LIKE 'validation.label%' ORDER BY id"
        )
        return [row["type"].split(".")[2] for row in rows]


@asynccontextmanager
async def open_place(common_settings: dict[str, Any]) -> AsyncIterator[Place]:
    """The validation service, its worker, and a vendor whose application it knows."""
    settings = settings_of(
        "validation",
        common_settings,
        validation_processes=1,
        validation_signing_keys=signing_keys(),
        public_url="http://socle.test",
    )
    assert isinstance(settings, ValidationSettings)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(api("validation", settings))
        await stack.enter_async_context(at_work("validation", settings))
        context = await stack.enter_async_context(open_validation(settings))
        app = await Application.new().bring(context.db)
        made = Place(client, context, settings, app, {}, {})
        made.vendor = await made.headers("label:request", "validation:write")
        made.moderator = await made.headers("label:moderate", siren=None)
        yield made


def published(
    dataset: UUID, resource: UUID, siren: str, revision: int, owner: str | None = None
) -> DatasetPublished:
    return DatasetPublished(
        dataset_id=dataset,
        revision=revision,
        organization_siren=siren,
        owner_siren=owner,
        resources=(resource,),
        published_at=now(),
    )
