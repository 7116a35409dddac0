"""A file that declares no schema: its columns suggest some, as a suggestion and nothing more."""

from datetime import timedelta
from typing import Any, cast

import orjson

from services.catalog.operations.suggestions import record
from services.validation.operations.context import open_validation
from services.validation.operations.suggestions import suggest_schema
from services.validation.settings import ValidationSettings
from shared.contracts.catalog import ResourceUndeclared
from shared.contracts.validation import SchemaSuggested
from shared.db import Database
from tests.api.catalog.test_links import SCHEMA, watching
from tests.api.conftest import api, create_key, settings_of

HEADER = (
    b"COLL_NOM,COLL_SIRET,DELIB_ID,DELIB_DATE,DELIB_MATIERE_CODE,DELIB_MATIERE_NOM,DELIB_OBJET,BUDGET_ANNEE,BUDGET_NOM,"
    b"PREF_ID,PREF_DATE,VOTE_EFFECTIF,VOTE_REEL,VOTE_POUR,VOTE_CONTRE,VOTE_ABSTENTION,DELIB_URL\n"
)
TABLE = HEADER + b"Ville,21250056500016," + b"x," * 14 + b"x\n"


async def events(db: Database, kind: str) -> list[dict[str, Any]]:
    rows = await db.fetch("SELECT payload FROM outbox WHERE type = $1 ORDER BY id", kind)
    return [
        orjson.loads(row["payload"]) if isinstance(row["payload"], str) else row["payload"] for row in rows
    ]


async def answer(common_settings: dict[str, Any]) -> list[SchemaSuggested]:
    """Do as the validation service's worker: answer what the catalog asked; return the answers."""
    catalog, own = (settings_of(name, common_settings) for name in ("catalog", "validation"))
    db = await Database.open(catalog.database_url, schema="catalog", pool_size=1)
    asked = [ResourceUndeclared.model_validate(said) for said in await events(db, ResourceUndeclared.type)]
    async with open_validation(cast(ValidationSettings, own)) as context:
        for event in asked:
            async with context.db.transaction() as session:
                await suggest_schema(context, session, event)
        said = await events(context.db, SchemaSuggested.type)
    answers = [SchemaSuggested.model_validate(one) for one in said]
    for event_of_answer in answers:
        async with db.transaction() as session:
            await record(session, event_of_answer)
    await db.close()
    return answers


async def test_the_columns_of_an_upload_suggest_a_schema(common_settings: dict[str, Any]) -> None:
    settings = settings_of("catalog", common_settings)
    async with api("catalog", settings) as client:
        client.headers["x-api-key"] = await create_key(settings.database_url, "catalog:write")
        body = {
            "title": "Actes",
            "description": "Tous.",
            "resources": [{"title": "Fichier 2024", "format": "csv"}],
        }
        made = (await client.post("/catalog/v1/datasets", json=body)).json()
        [file] = made["resources"]
        assert file["suggested_schemas"] == []
        assert (await client.put(file["content"], content=TABLE)).status_code == 200
        await answer(common_settings)
        shown = (await client.get(made["self"])).json()
        [file] = shown["resources"]
        [first, *_] = file["suggested_schemas"]
        assert (first["name"], first["score"] > 0.9) == ("scdl/deliberations", True)
        # A suggestion declares nothing and judges nothing.
        assert (file["schema"], file["conformity"]["status"]) == (None, "not_validated")
        # Another file: what was said of the former is not said of it.
        await client.put(file["content"], content=b"a,b\n1,2\n")
        [file] = (await client.get(made["self"])).json()["resources"]
        assert file["suggested_schemas"] == []
        patch = {"resources": [{**RESOURCE, "id": file["id"]}]}
        headers = {"content-type": "application/merge-patch+json"}
        declared = await client.patch(made["self"], json=patch, headers=headers)
        assert declared.status_code == 200, declared.text
        assert declared.json()["resources"][0]["suggested_schemas"] == []


RESOURCE = {"title": "Fichier 2024", "format": "csv", "schema": {"name": "scdl/deliberations"}}


async def test_what_cannot_be_read_suggests_nothing(common_settings: dict[str, Any]) -> None:
    settings = settings_of("catalog", common_settings)
    async with api("catalog", settings) as client:
        client.headers["x-api-key"] = await create_key(settings.database_url, "catalog:write")
        body = {"title": "Actes", "description": "Tous.", "resources": [{"title": "a", "format": "xlsx"}]}
        made = (await client.post("/catalog/v1/datasets", json=body)).json()
        await client.put(made["resources"][0]["content"], content=b"PK\x03\x04 not a workbook")
        [said] = await answer(common_settings)
        assert said.suggestions == ()


async def test_the_link_check_shows_the_beginning_of_a_published_table(
    common_settings: dict[str, Any],
) -> None:
    settings = settings_of("catalog", common_settings)
    async with watching(settings) as place:
        place.site.body, place.site.headers = TABLE + b"y\n" * 100_000, {"etag": '"1"'}
        await place.publish(schema=None)
        assert await place.check() == 1, "one request, the file itself"
        [said] = await answer(common_settings)
        assert said.suggestions[0].name == "scdl/deliberations"
        shown = (await place.client.get(place.dataset["self"])).json()
        assert shown["resources"][0]["suggested_schemas"][0]["name"] == "scdl/deliberations"
        await place.check(after=timedelta(hours=13))
        assert place.site.methods[-1] == "HEAD", "what is known needs no reading"
        assert len(await events(place.context.db, ResourceUndeclared.type)) == 1, "asked once"


async def test_a_table_that_declares_its_schema_is_not_asked_about(common_settings: dict[str, Any]) -> None:
    settings = settings_of("catalog", common_settings)
    async with watching(settings) as place:
        await place.publish(schema=SCHEMA)
        await place.check()
        assert await events(place.context.db, ResourceUndeclared.type) == []
