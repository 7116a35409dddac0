"""How labels live and end, and how that is told."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, cast

import asyncpg
import pytest
from pydantic import SecretStr

from services.validation.domain.labels.keys import retire, write_ring
from services.validation.operations import label_life, label_subjects
from services.validation.operations.context import open_validation
from shared.clock import now
from shared.contracts.catalog import DatasetRemoved
from tests.api.conftest import api
from tests.api.validation.granting import REASON, Place, open_place, published
from tests.support.api import assert_problem
from tests.support.labelling import (
    HEADER,
    HOME,
    VENDOR,
    demands,
    export,
)
from tests.support.labels import key, ring


@pytest.fixture
async def place(common_settings: dict[str, Any], database_url: str) -> AsyncIterator[Place]:
    async with open_place(common_settings) as made:
        yield made


async def test_a_label_is_put_on_notice_renewed_and_expires(place: Place) -> None:
    label = await place.granted()
    today = now()
    await label_life.pass_time(place.context, today + timedelta(days=300))
    assert await place.state(label) == "valide"
    for _ in range(2):
        await label_life.pass_time(place.context, today + timedelta(days=340))
    assert await place.history(label) == [("granted", "valide"), ("renewal-due", "a_renouveler")]
    body = {
        "runs": [{"validation": await place.run(export("B"))}],
        "declaration": {"produced_by_software": True},
    }
    other_major = {**body, "version_id": str(place.app.versions["4.0"])}
    answer = await place.client.post(f"{label['self']}/renewals", json=other_major, headers=place.vendor)
    assert_problem(answer, 422, "invalid-request")
    minor = {**body, "version_id": str(place.app.versions["3.2"])}
    answer = await place.client.post(f"{label['self']}/renewals", json=minor, headers=place.vendor)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["progiciel"]["version"], answer.json()["state"]) == ("3.2", "valide")
    again = await place.client.post(f"{label['self']}/renewals", json=minor, headers=place.vendor)
    assert demands(assert_problem(again, 422, "label-refused")) == ["unused"]
    for _ in range(2):
        await label_life.pass_time(place.context, today + timedelta(days=400))
    assert [action for action, _ in await place.history(label)] == [
        "granted",
        "renewal-due",
        "renewed",
        "expired",
    ]
    assert await place.events() == ["granted", "renewed", "renewed", "expired"]
    # Its place is free again; its bit in the status list is not.
    await place.granted("C")
    places = await place.context.db.fetch("SELECT DISTINCT status_list, status_index FROM label")
    assert len(places) == 2


async def test_past_its_last_day_a_label_makes_way_before_any_job_says_so(place: Place) -> None:
    label = await place.granted()
    await place.context.db.execute("UPDATE label SET valid_until = current_date - 1")
    after = await place.granted("B")
    assert after["id"] != label["id"]
    await label_life.pass_time(place.context, now())
    assert await place.history(label) == [("granted", "valide"), ("expired", "expire")]
    assert await place.events() == ["granted", "expired", "granted"]


async def test_a_new_version_of_the_schema_leaves_six_months(place: Place) -> None:
    label = await place.granted()
    before = await place.credential(label)
    # As if it had been given before 2.1.5 came out.
    await place.context.db.execute("UPDATE label SET schema_version = '2.1.4'")
    for later in (timedelta(), timedelta(days=1)):
        await label_life.pass_time(place.context, now() + later)
    assert [action for action, _ in await place.history(label)] == ["granted", "superseded"]
    shown = (await place.client.get(label["self"])).json()
    left = await place.context.db.fetchval("SELECT valid_until - current_date FROM label")
    assert 181 <= left <= 184
    assert shown["valid_until"] < label["valid_until"]
    assert shown["superseded_by"] == "2.1.5"
    assert "2.1.5 du schéma est parue" in (await place.client.get(f"{label['self']}/page?lang=fr")).text
    # Copies of the first credential promise twelve months: they are revoked, for others too, and the new one tells.
    after = await place.credential(label)
    assert after["validUntil"] == f"{shown['valid_until']}T23:59:59Z"
    assert await place.verified(before) == ("revoked", "replaced")
    assert await place.verified(after) == ("valid", "in-force")
    assert await place.revoked_in_list(before)
    assert not await place.revoked_in_list(after)


async def test_a_label_is_suspended_resumed_withdrawn_and_stays_so(place: Place) -> None:
    label = await place.granted()
    home = label["self"]
    answer = await place.client.post(f"{home}/suspend", json={"reason": "court"}, headers=place.moderator)
    assert_problem(answer, 422, "invalid-request")
    answer = await place.client.post(f"{home}/suspend", json=REASON, headers=place.vendor)
    assert_problem(answer, 403, "forbidden")
    for _ in range(2):
        answer = await place.client.post(f"{home}/suspend", json=REASON, headers=place.moderator)
        assert (answer.json()["state"], answer.json()["reason"]) == ("suspendu", REASON["reason"])
    # The vendor neither withdraws it to ask for another, nor renews it.
    fresh = await place.run(export("B"))
    renewal = {"runs": [{"validation": fresh}], "declaration": {"produced_by_software": True}}
    for path, body in (("revoke", REASON), ("renewals", renewal)):
        answer = await place.client.post(f"{home}/{path}", json=body, headers=place.vendor)
        assert "modération" in assert_problem(answer, 409, "label-ended")["detail"]
    assert_problem(await place.ask(fresh), 409, "label-exists")
    answer = await place.client.post(f"{home}/resume", headers=place.moderator)
    assert (answer.json()["state"], answer.json()["reason"]) == ("valide", "")
    for _ in range(2):
        answer = await place.client.post(f"{home}/revoke", json=REASON, headers=place.vendor)
        assert answer.json()["state"] == "revoque"
    for action in ("suspend", "resume"):
        answer = await place.client.post(f"{home}/{action}", json=REASON, headers=place.moderator)
        assert answer.status_code in (409, 422), answer.text
    await label_life.pass_time(place.context, now() + timedelta(days=800))
    assert await place.history(label) == [
        ("granted", "valide"),
        ("suspended", "suspendu"),
        ("resumed", "valide"),
        ("withdrawn", "revoque"),
    ]
    for statement in ("UPDATE label_history SET reason_fr = ''", "DELETE FROM label_history"):
        with pytest.raises(asyncpg.RaiseError, match="only ever added to"):
            await place.context.db.execute(statement)


async def test_published_files_of_two_bodies_that_use_it_confirm_a_label(place: Place) -> None:
    label = await place.granted()
    db = place.context.db
    first, second = "212500565", "213801855"
    dataset, resource = await place.publish(first, export(first), version="v3.2")
    await place.publish(second, export(second), version="")
    for _ in range(2):
        await label_life.confirm(place.context, now())
    shown = (await place.client.get(label["self"])).json()
    assert shown["assurance"] == "confirme"
    confirmed = await place.credential(label)
    assert await place.verified(confirmed) == ("valid", "in-force")
    # One of the files is no longer published: told late and twice, it still counts no more.
    removed = DatasetRemoved(dataset_id=dataset, revision=5, removed_at=now())
    for follow, event in (
        (label_subjects.follow_removed, removed),
        (label_subjects.follow_published, published(dataset, resource, first, 4)),
        (label_subjects.follow_removed, removed),
    ):
        async with db.transaction() as session:
            await cast(Any, follow)(session, event)
    for _ in range(2):
        await label_life.confirm(place.context, now())
    assert [action for action, _ in await place.history(label)] == ["granted", "confirmed", "unconfirmed"]
    # A copy that says so still is refused; the one that replaced it is good.
    assert await place.verified(confirmed) == ("revoked", "replaced")
    assert await place.revoked_in_list(confirmed)
    assert await place.verified(await place.credential(label)) == ("valid", "in-force")


async def test_a_vendor_does_not_confirm_its_own_label(place: Place) -> None:
    label = await place.granted("A")
    first, second, third = "212500565", "213801855", "217500016"

    async def assurance() -> str:
        await label_life.confirm(place.context, now())
        return str((await place.client.get(label["self"])).json()["assurance"])

    # The vendor's file, published by a body; a file that the vendor publishes in the name of one; one file twice;
    # a file without a row; a body that uses another major version.
    await place.publish(first, export("A"))
    await place.publish(second, export("B"), owner=VENDOR)
    await place.publish(second, export("C"))
    await place.publish(third, export("C"))
    assert await assurance() == "verifie"
    await place.publish(first, HEADER)
    await place.publish("212102313", export("D"), version="4.0")
    assert await assurance() == "verifie"
    await place.publish(first, export("E"), owner="217500016")
    assert await assurance() == "confirme"


async def test_what_a_leaked_key_signed_is_signed_anew(place: Place) -> None:
    label = await place.granted()
    before = await place.credential(label)
    signer = place.context.signer
    await label_life.reissue(place.context, now())
    assert await place.credential(label) == before
    leaked, newer = signer.key(), key(2)
    keys = write_ring(ring(retire(leaked, now(), compromised=True), newer)).decode()
    settings = place.settings.model_copy(update={"validation_signing_keys": SecretStr(keys)})
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(api("validation", settings))
        context = await stack.enter_async_context(open_validation(settings))
        for _ in range(2):
            await label_life.reissue(context, now())
        after = (await client.get(f"{label['self']}/credential.json")).json()
        for credential, found in ((before, ("revoked", "key-revoked")), (after, ("valid", "in-force"))):
            answer = (await client.post(f"{HOME}/verify", json=credential)).json()
            assert (answer["outcome"], answer["code"]) == found
    assert after["credentialSubject"] == before["credentialSubject"]
    assert after["proof"]["verificationMethod"].endswith(newer.id)
    assert await place.history(label) == [("granted", "valide"), ("reissued", "valide")]
