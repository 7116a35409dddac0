"""What is said of an export module: several commercial terms side by side, and the word of its label."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.directory.operations import labels
from services.directory.settings import DirectorySettings
from shared.contracts.validation import LabelGranted, LabelRevoked
from shared.db import Database
from shared.ids import new_id
from tests.support.api import assert_problem
from tests.support.directory import DIJON, FORM, Json, Keys, get, send, software

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def module_of(client: httpx.AsyncClient, keys: Keys) -> tuple[str, Json]:
    vendor, progiciel = await software(client, keys)
    body = {
        "domaine": "budget",
        "schema": {"name": "scdl/budget", "version": "1.0"},
        "policy": "inclus",
        "source": {"kind": "editeur"},
    }
    return vendor, await send(client, f"/progiciels/{progiciel['id']}/modules", body, await keys(vendor))


def told_of(module: Json) -> dict[str, Any]:
    """What an event tells of the label of a module."""
    today = datetime.now(UTC).date()
    return {
        "label_id": new_id(),
        "progiciel_id": UUID(module["progiciel"]["id"]),
        "schema_name": "scdl/budget",
        "schema_version": "1.0",
        "assurance": "verifie",
        "valid_from": today,
        "valid_until": today + timedelta(days=365),
        "verify_url": "https://exemple.fr/label",
        "occurred_at": datetime.now(UTC),
    }


async def test_two_policies_are_claimed_side_by_side(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, module = await module_of(client, keys)
    path = f"/modules/{module['id']}"
    said = {"statement": "declare", "source": FORM, "policy": "option_payante", "price_note": "300 € par an"}
    shown = await send(client, f"{path}/claims", said, await keys(DIJON))
    assert shown["policy"] == "inclus"
    found = {one["policy"]: one for one in shown["policies"]}
    assert found["inclus"]["authors"] == [vendor]
    assert found["option_payante"]["authors"] == [DIJON]
    assert found["option_payante"]["price_note"] == "300 € par an"
    assert [one["current"] for one in found.values()].count(True) == 1
    assert [one["policy"] for one in shown["claims"]] == ["inclus", "option_payante"]
    # Terms go with a word that supports the module.
    await send(client, f"{path}/claims", {**said, "statement": "conteste"}, await keys(DIJON), 422)


async def test_a_label_confirms_its_module_until_it_is_revoked(
    client: httpx.AsyncClient, keys: Keys, settings: DirectorySettings
) -> None:
    _, module = await module_of(client, keys)
    told = told_of(module)
    granted = LabelGranted(**told, sequence=1, state="valide")
    db = await Database.open(settings.database_url, schema="directory", pool_size=2)
    try:
        for _ in range(2):
            async with db.transaction() as session:
                await labels.follow(session, granted)
        shown = await get(client, f"/modules/{module['id']}")
        assert shown["status"] == "confirme"
        assert [one["source"]["kind"] for one in shown["claims"]] == ["editeur", "label"]
        assert shown["claims"][1]["source"]["url"] == "https://exemple.fr/label"
        async with db.transaction() as session:
            await labels.follow(session, LabelRevoked(**told, sequence=2, state="revoque", reason="Erreur"))
            await labels.follow(session, granted)
        shown = await get(client, f"/modules/{module['id']}")
        assert (shown["status"], len(shown["claims"])) == ("declare", 2)
        history = (await get(client, f"/modules/{module['id']}/history"))["items"]
        assert [one["action"] for one in history] == ["created", "declare", "confirme", "label-revoque"]
    finally:
        await db.close()


async def test_a_version_that_bears_a_label_keeps_its_number(
    client: httpx.AsyncClient, keys: Keys, settings: DirectorySettings
) -> None:
    vendor, module = await module_of(client, keys)
    own, home = await keys(vendor), f"/directory/v1/progiciels/{module['progiciel']['id']}"
    await client.post(f"{home}/versions", json={"number": "5.1"}, headers=own)
    [version] = (await client.get(home)).json()["versions"]
    told = {**told_of(module), "version_id": UUID(version["id"]), "module_id": UUID(module["id"])}

    async def edit(body: Json) -> httpx.Response:
        seen = (await client.get(home)).headers["etag"]
        url = f"{home}/versions/{version['id']}"
        return await client.put(url, json=body, headers={**own, "if-match": seen})

    db = await Database.open(settings.database_url, schema="directory", pool_size=2)
    try:
        async with db.transaction() as session:
            await labels.follow(session, LabelGranted(**told, sequence=1, state="valide"))
        problem = assert_problem(await edit({"number": "9.0"}), 409, "version-labelled")
        assert problem["label"] == "https://exemple.fr/label"
        assert (await edit({"number": "5.1", "released_on": "2026-01-05"})).status_code == 200
        async with db.transaction() as session:
            await labels.follow(session, LabelRevoked(**told, sequence=2, state="revoque", reason="Erreur"))
        assert (await edit({"number": "9.0"})).status_code == 200
    finally:
        await db.close()
