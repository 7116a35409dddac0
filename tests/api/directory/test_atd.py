"""Facilitators, the datasets and the labels that the directory learns of by events."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from services.directory.jobs import HANDLERS
from services.directory.operations.ageing import grow_old
from services.directory.settings import DirectorySettings
from shared.contracts.catalog import DatasetPublished, DatasetRemoved
from shared.contracts.validation import LabelEvent, LabelGranted, LabelRevoked, LabelSuspended
from shared.db import Database
from shared.ids import new_id
from shared.messaging.events import Envelope, Event
from shared.messaging.inbox import Inbox
from tests.support.api import assert_problem
from tests.support.directory import (
    API,
    BESANCON,
    DIJON,
    FORM,
    UNLISTED,
    Json,
    Keys,
    get,
    new_siren,
    send,
    software,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

METROPOLE = "242100410"
OFFER = {
    "contexte": "Un territoire rural",
    "objectifs": "Ouvrir les données",
    "alliances": "Département et région",
    "beneficiaires": "Communes de moins de 3 500 habitants",
    "dispositifs": "Ateliers, plateforme",
    "resultats_attendus": "Cent communes en 2027",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def db(settings: DirectorySettings) -> AsyncIterator[Database]:
    """The directory's schema."""
    db = await Database.open(settings.database_url, schema="directory", pool_size=4)
    yield db
    await db.close()


async def tell(db: Database, *events: Event, times: int = 1) -> None:
    """Have the directory receive events, each as often as told, as its worker does."""
    inbox = Inbox(db, HANDLERS, max_attempts=3)
    for event in events:
        envelope = Envelope(
            id=new_id(),
            type=event.type,
            source=event.type.split(".")[0],
            occurred_at=datetime.now(UTC),
            request_id="r",
            payload=event.model_dump(mode="json"),
        )
        for _ in range(times):
            await inbox.receive(envelope)
    assert await db.fetchval("SELECT count(*) FROM inbox WHERE state <> 'done'") == 0


def atd(siren: str, **more: Any) -> Json:
    return {"siren": siren, "nom": f"Données {siren}", "echelle": "departemental", "offre": OFFER, **more}


def dataset(
    siren: str | None, revision: int = 1, dataset_id: UUID | None = None, **more: Any
) -> DatasetPublished:
    return DatasetPublished(
        dataset_id=dataset_id or new_id(),
        revision=revision,
        organization_siren=siren,
        published_at=datetime(2026, 3, 1, tzinfo=UTC),
        **more,
    )


async def test_a_facilitator_and_its_offer(client: httpx.AsyncClient, keys: Keys) -> None:
    siren = new_siren()
    own = await keys(siren)
    body = atd(
        siren,
        email="opendata@syndicat.example",
        territoires={"collectivites": [BESANCON], "epci": [METROPOLE]},
    )
    await send(client, "/atd", body, await keys(new_siren()), 404)
    shown = await send(client, "/atd", body, {**own, "idempotency-key": f"a-{siren}"})
    assert await send(client, "/atd", body, {**own, "idempotency-key": f"a-{siren}"}) == shown
    assert (await send(client, "/atd", body, own, 409))["existing"] == shown["self"]
    assert shown["offre"] == OFFER
    assert shown["echelle_label"] == "Départemental"
    assert shown["territoires"]["epci"] == [METROPOLE]
    supported = (await client.get(shown["links"]["collectivites"] + "?limit=200")).json()
    sirens = [item["siren"] for item in supported["items"]]
    assert {DIJON, BESANCON, METROPOLE} <= set(sirens)
    assert sirens == sorted(sirens)
    assert shown["indicateurs"]["supported"] == len(sirens)
    url, paged = shown["links"]["collectivites"] + "?limit=7", []
    while url:
        answer = await client.get(url)
        paged += [item["siren"] for item in answer.json()["items"]]
        url = answer.headers["link"].split(">")[0][1:] if "link" in answer.headers else ""
    assert paged == sirens


async def test_facilitators_are_filtered(client: httpx.AsyncClient, keys: Keys) -> None:
    moderator = await keys(None, "directory:moderate")
    regional = await send(
        client, "/atd", atd(new_siren(), echelle="regional", territoires={"regions": ["94"]}), moderator
    )
    local = await send(
        client,
        "/atd",
        atd(new_siren(), echelle="intercommunal", territoires={"departements": ["2A"]}),
        moderator,
    )

    async def found(query: str) -> set[str]:
        return {item["id"] for item in (await get(client, f"/atd?limit=200&{query}"))["items"]}

    assert {regional["id"], local["id"]} <= await found("")
    assert await found("echelle=regional") == {regional["id"]}
    assert await found("departement=2A") == {regional["id"], local["id"]}
    assert await found("region=94&echelle=intercommunal") == {local["id"]}
    assert await found("departement=2B") == {regional["id"]}
    assert await found(f"q=donnees {local['siren']}") == {local["id"]}
    await get(client, "/atd?echelle=mondial", 422)
    await get(client, f"/atd/{UNLISTED}", 404)


async def test_a_facilitator_is_edited_by_its_own(client: httpx.AsyncClient, keys: Keys) -> None:
    siren = new_siren()
    own, moderator = await keys(siren), await keys(None, "directory:moderate")
    shown = await send(client, "/atd", atd(siren, territoires={"collectivites": [DIJON]}), own)
    body = {**atd(siren), "nom": "Autre nom", "territoires": {"collectivites": [BESANCON]}}
    del body["siren"]
    etag = (await client.get(shown["self"])).headers["etag"]
    stranger = {**await keys(new_siren()), "if-match": etag}
    assert (await client.put(shown["self"], json=body, headers=stranger)).status_code == 404
    assert (await client.put(shown["self"], json=body, headers=own)).status_code == 428
    done = await client.put(shown["self"], json=body, headers={**own, "if-match": etag})
    assert done.status_code == 200, done.text
    assert (done.json()["nom"], done.json()["territoires"]["collectivites"]) == ("Autre nom", [BESANCON])
    again = await client.put(shown["self"], json=body, headers={**moderator, "if-match": etag})
    assert again.status_code == 412
    actions = (await client.get(shown["links"]["history"])).json()["items"]
    assert [item["action"] for item in actions] == ["created", "updated", "territories-updated"]
    assert actions[2]["before"] == {"removed": [["collectivite", DIJON]]}
    stranger["if-match"] = own["if-match"] = (await client.get(shown["self"])).headers["etag"]
    assert (await client.delete(shown["self"], headers=stranger)).status_code == 404
    assert (await client.delete(shown["self"], headers=own)).status_code == 204
    assert (await client.get(shown["self"])).status_code == 404
    assert (await client.get(shown["links"]["history"])).json()["items"][3]["action"] == "deleted"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"territoires": {"collectivites": ["552100554"]}}, "/body/territoires/collectivites"),
        ({"territoires": {"epci": ["552100554"]}}, "/body/territoires/epci"),
        ({"territoires": {"departements": ["20"]}}, "/body/territoires/departements/0"),
        ({"email": "jean.dupont@syndicat.example"}, "/body"),
        ({"echelle": "mondial"}, "/body/echelle"),
        ({"offre": {**OFFER, "autre": "x"}}, "/body/offre/autre"),
        ({"offre": {"contexte": "x" * 5001}}, "/body/offre/contexte"),
    ],
)
async def test_what_does_not_fit_is_refused(
    client: httpx.AsyncClient, keys: Keys, change: Json, pointer: str
) -> None:
    problem = await send(client, "/atd", {**atd(new_siren()), **change}, await keys(), 422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_indicators_follow_the_catalogue(client: httpx.AsyncClient, keys: Keys, db: Database) -> None:
    siren = new_siren()
    shown = await send(
        client, "/atd", atd(siren, territoires={"collectivites": [DIJON, BESANCON]}), await keys(siren)
    )
    first = dataset(DIJON, themes=("finances", "culture"), reuses=3)
    second = dataset(DIJON, themes=("finances",), reuses=1)
    elsewhere = dataset("200046977", themes=("finances",), reuses=100)
    await tell(db, first, second, elsewhere, dataset(None, reuses=50), times=2)

    async def counted() -> Json:
        indicators: Json = (await client.get(shown["self"])).json()["indicateurs"]
        assert indicators.pop("methode").endswith(".")
        assert indicators.pop("methode_en").endswith(".")
        return indicators

    assert await counted() == {
        "supported": 2,
        "opened": 1,
        "datasets": 2,
        "reuses": 4,
        "themes": [{"theme": "finances", "count": 2}, {"theme": "culture", "count": 1}],
    }
    # It moves to another body, then an event of before comes late.
    moved = dataset(BESANCON, 3, first.dataset_id, themes=("sport",), reuses=9)
    await tell(db, moved, dataset(DIJON, 2, first.dataset_id, reuses=77))
    after = await counted()
    assert (after["opened"], after["datasets"], after["reuses"]) == (2, 2, 10)
    await tell(
        db, DatasetRemoved(dataset_id=second.dataset_id, revision=9, removed_at=datetime.now(UTC)), second
    )
    late = new_id()
    await tell(db, DatasetRemoved(dataset_id=late, revision=5, removed_at=datetime.now(UTC)))
    await tell(db, dataset(DIJON, 4, late, reuses=1000))
    assert await counted() == {
        "supported": 2,
        "opened": 1,
        "datasets": 1,
        "reuses": 9,
        "themes": [{"theme": "sport", "count": 1}],
    }


def label(kind: type[LabelEvent], progiciel: Json, sequence: int, **more: Any) -> LabelEvent:
    today = datetime.now(UTC).date()
    told = {
        "label_id": UUID(int=int(UUID(progiciel["id"])) ^ 1),
        "sequence": sequence,
        "occurred_at": datetime.now(UTC),
        "progiciel_id": progiciel["id"],
        "schema_name": "scdl/deliberations",
        "schema_version": "2.1.5",
        "assurance": "verifie",
        "state": "valide",
        "valid_from": today,
        "valid_until": today + timedelta(days=365),
        "verify_url": "https://exemple.fr/label/1",
    }
    return kind(**{**told, **more})


async def test_labels_are_shown_as_the_newest_event_tells(
    client: httpx.AsyncClient, keys: Keys, db: Database
) -> None:
    vendor, progiciel = await software(client, keys)
    module = await send(
        client,
        f"/progiciels/{progiciel['id']}/modules",
        {
            "domaine": "deliberations",
            "schema": {"name": "scdl/deliberations", "version": "2.1.5"},
            "policy": "inclus",
            "source": FORM,
        },
        await keys(vendor),
    )
    assert (module["assurance"], module["assurance_label"]) == ("declare", "déclaré")

    async def shown() -> Json:
        borne = (await client.get(progiciel["self"])).json()["labels"]
        read = (await client.get(module["self"])).json()
        assert read["labels"] == borne
        [only] = borne
        assert read["assurance"] == (only["assurance"] if only["valid"] else "declare")
        return dict(only)

    await tell(db, label(LabelGranted, progiciel, 1, module_id=module["id"]), times=3)
    first = await shown()
    assert (first["state_label"], first["valid"], first["assurance"]) == ("valide", True, "verifie")
    revoked = label(
        LabelRevoked, progiciel, 3, module_id=module["id"], state="revoque", reason="Export trafiqué"
    )
    suspended = label(LabelSuspended, progiciel, 2, module_id=module["id"], state="suspendu")
    await tell(db, revoked, suspended)
    last = await shown()
    assert (last["state"], last["valid"], last["reason"]) == ("revoque", False, "Export trafiqué")


async def test_a_label_past_its_last_day_has_expired(
    client: httpx.AsyncClient, keys: Keys, db: Database
) -> None:
    _, progiciel = await software(client, keys)
    await tell(
        db,
        label(LabelGranted, progiciel, 1, valid_from=date(2024, 1, 1), valid_until=date(2025, 1, 1)),
    )
    [shown] = (await client.get(progiciel["self"])).json()["labels"]
    assert (shown["state"], shown["valid"]) == ("expire", False)


async def test_what_nobody_repeats_is_written_out_of_date(
    client: httpx.AsyncClient, keys: Keys, db: Database
) -> None:
    _, progiciel = await software(client, keys)
    body = {"siren": DIJON, "progiciel_id": progiciel["id"], "domaine": "arbres", "source": FORM}
    usage = await send(client, "/usages", body, await keys(DIJON))
    later = datetime.now(UTC).date() + timedelta(days=800)
    assert await grow_old(db, datetime.now(UTC).date()) == 0
    assert await grow_old(db, later) >= 1
    assert await grow_old(db, later) == 0
    entries = (await client.get(f"{usage['self']}/history")).json()["items"]
    assert (entries[-1]["action"], entries[-1]["role"]) == ("grown-old", "systeme")
    assert entries[-1]["before"] == {"status": "confirme"}
    claim = {"statement": "confirme", "source": FORM}
    again = await client.post(f"{usage['self']}/claims", json=claim, headers=await keys(DIJON))
    assert again.json()["status"] == "confirme"


async def test_another_cannot_see_who_edited(client: httpx.AsyncClient, keys: Keys) -> None:
    siren = new_siren()
    shown = await send(client, "/atd", atd(siren), await keys(siren))
    for headers, seen in (({}, False), (await keys(siren), True), (await keys(new_siren()), False)):
        [entry] = (await client.get(f"{shown['self']}/history", headers=headers)).json()["items"]
        assert (entry["author"] is not None) == seen
    refused = await client.post(f"{API}/atd", json=atd(new_siren()))
    assert_problem(refused, 401, "unauthenticated")
