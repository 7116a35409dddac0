"""The public change log of the directory: what is written shows in it, what is personal never does."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.directory import API, BESANCON, DIJON, FORM, Keys, send, software, usage_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHANGES = f"{API}/changes"


async def follow(client: httpx.AsyncClient, since: str | None = None) -> tuple[list[dict[str, Any]], str]:
    """Walk the log to its end."""
    met: list[dict[str, Any]] = []
    while True:
        query: dict[str, Any] = {"limit": 3, **({"since": since} if since else {})}
        page = (await client.get(CHANGES, params=query)).json()
        met, since = met + page["items"], page["next"]
        if not page["more"]:
            return met, page["next"]


async def test_each_write_is_a_change(client: httpx.AsyncClient, keys: Keys) -> None:
    _, since = await follow(client)
    vendor, progiciel = await software(client, keys)
    headers = await keys(DIJON)
    usage = await send(client, "/usages", usage_of(progiciel), headers)
    said = await client.post(
        f"{usage['self']}/claims", json={"statement": "confirme", "source": FORM}, headers=headers
    )
    assert said.status_code == 201
    news, _ = await follow(client, since)
    types = [change["type"] for change in news]
    assert types[:3] == ["editeur.created", "progiciel.created", "usage.created"]
    assert "usage.updated" in types
    assert news[0]["subject"] == vendor
    assert (await client.get(news[2]["self"])).json()["id"] == usage["id"]
    # Nobody's key, mail or reason is told.
    assert "key:" not in str(news)
    assert "@" not in str(news)


async def test_a_follower_misses_and_repeats_nothing_while_others_write(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    _, since = await follow(client)
    made = [await software(client, keys) for _ in range(3)]
    headers = await keys()
    _, since = await follow(client, since)

    async def write(progiciel: dict[str, Any], siren: str, domaine: str) -> str:
        body = usage_of(progiciel, siren, domaine=domaine)
        answer = await client.post(f"{API}/usages", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    writing = [
        asyncio.create_task(write(progiciel, siren, domaine))
        for _, progiciel in made
        for siren in (DIJON, BESANCON)
        for domaine in ("deliberations", "subventions", "budget", "adresses")
    ]
    met: list[str] = []
    while not all(task.done() for task in writing):
        news, since = await follow(client, since)
        met += [change["subject"] for change in news if change["type"] == "usage.created"]
    written = [await task for task in writing]
    news, _ = await follow(client, since)
    met += [change["subject"] for change in news if change["type"] == "usage.created"]
    assert len(met) == len(set(met)) == len(written)
    assert set(met) == set(written)
