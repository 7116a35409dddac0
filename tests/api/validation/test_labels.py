"""Labels: given for what stored runs prove and for nothing else; how they live, end, and are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr

from services.validation.domain.labels import status_list
from services.validation.domain.labels.keys import retire, write_ring
from services.validation.domain.problems import UnknownSchema
from services.validation.operations import label_evidence, label_life, label_subjects
from services.validation.operations.context import ValidationContext, open_validation
from services.validation.operations.submissions import validate_resource
from services.validation.settings import ValidationSettings
from shared.auth import revoke_key
from shared.clock import now
from shared.contracts.catalog import DatasetPublished, DatasetRemoved, ResourceRegistered
from shared.ids import new_id
from tests.api.conftest import Client, api, at_work, create_key, settings_of
from tests.support.api import assert_problem, storage_folder
from tests.support.labelling import (
    HEADER,
    HOME,
    OTHER_VENDOR,
    SCHEMA,
    VALIDATIONS,
    VENDOR,
    Application,
    demands,
    export,
    signing_keys,
    validated,
)
from tests.support.labels import key, ring

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


@pytest.fixture
async def place(common_settings: dict[str, Any], database_url: str) -> AsyncIterator[Place]:
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


async def test_a_run_of_the_vendor_gives_the_label_that_it_proves(place: Place) -> None:
    run = await place.run()
    once = {**place.vendor, "Idempotency-Key": "demande-1"}
    answer = await place.ask(run, headers=once)
    assert answer.status_code == 201, answer.text
    label = answer.json()
    assert answer.headers["location"] == label["self"] == f"http://socle.test{HOME}/{label['id']}"
    assert (label["state"], label["assurance"], label["rows"]) == ("valide", "verifie", 25)
    assert label["schema"] == {"name": SCHEMA, "version": "2.1.5"}
    filled = {item["name"]: item["filled"] for item in label["coverage"]}
    assert (filled["DELIB_ID"], filled["PREF_ID"]) == (25, 0)
    validation = (await place.client.get(f"{VALIDATIONS}/{run}")).json()
    assert label["input_sha256"] == validation["source"]["sha256"]
    # Asked again: the same label; with another body: refused; without the key: it is there already.
    again = await place.ask(run, headers=once)
    assert (again.status_code, again.json()["id"]) == (201, label["id"])
    assert_problem(await place.ask(run, version="3.2", headers=once), 422, "idempotency-key-reused")
    problem = assert_problem(await place.ask(run), 409, "label-exists")
    assert problem["existing"] == label["self"]
    # What it rests on stays.
    refused = await place.client.delete(f"{VALIDATIONS}/{run}", headers=place.vendor)
    assert_problem(refused, 409, "run-attested")
    assert await place.history(label) == [("granted", "valide")]
    assert await place.events() == ["granted"]
    credential = (await place.client.get(f"{label['self']}/credential.json")).json()
    assert credential["credentialSubject"]["conformity"]["inputSha256"] == label["input_sha256"]


async def test_labels_are_listed_followed_and_their_criteria_published(place: Place) -> None:
    asked = {"url": "http://127.0.0.1:9/", "events": ["label.granted"]}
    answer = await place.client.post("/validation/v1/webhooks", json=asked, headers=place.moderator)
    assert answer.status_code == 201, answer.text
    first, second = await place.granted("A"), await place.granted("B", version="4.0")
    whole = await place.client.get(HOME)
    assert [item["id"] for item in whole.json()["items"]] == [second["id"], first["id"]]
    again = await place.client.get(HOME, headers={"If-None-Match": whole.headers["etag"]})
    assert again.status_code == 304
    page = (await place.client.get(HOME, params={"limit": 1})).json()
    rest = (await place.client.get(HOME, params={"limit": 1, "cursor": page["next"]})).json()
    assert ([item["id"] for item in rest["items"]], rest["next"]) == ([first["id"]], None)
    for wanted, count in (
        ({"editeur": VENDOR, "progiciel": str(place.app.id), "schema": f"{SCHEMA}@2.1.5"}, 2),
        ({"state": "valide", "assurance": "verifie", "module": str(place.app.module)}, 2),
        ({"editeur": OTHER_VENDOR}, 0),
        ({"state": "revoque"}, 0),
        ({"schema": f"{SCHEMA}@2.1.4"}, 0),
    ):
        assert len((await place.client.get(HOME, params=wanted)).json()["items"]) == count, wanted
    assert_problem(await place.client.get(HOME, params={"state": "or"}), 422, "invalid-request")
    changes = (await place.client.get("/validation/v1/changes")).json()["items"]
    assert [(item["type"], item["self"]) for item in changes] == [
        ("label.granted", first["self"]),
        ("label.granted", second["self"]),
    ]
    assert await place.context.db.fetchval("SELECT count(*) FROM webhook_delivery") == 2
    feed = (await place.client.get(f"{HOME}/changes.atom")).text
    assert first["self"] in feed
    assert "scdl/deliberations@2.1.5 : valide" in feed
    in_force = (await place.client.get(f"{HOME}/criteria")).json()
    [listed] = (await place.client.get(f"{HOME}/criteria/versions")).json()["items"]
    assert (await place.client.get(listed["self"])).json() == in_force
    assert len(in_force["criteria"]) == 10
    assert_problem(await place.client.get(f"{HOME}/criteria/9"), 404, "label-criteria-not-found")


async def test_every_criterion_that_is_not_met_is_told_at_once(place: Place) -> None:
    few = await place.run(export("peu", rows=3))
    copied = await place.run(HEADER + export("copie", rows=1).removeprefix(HEADER) * 30)
    wrong = await place.run(export("faux").replace("2024-03-02", "02/03/2024"))
    problem = assert_problem(await place.ask(few, copied, wrong), 422, "label-refused")
    assert demands(problem) == ["conformant", "rows", "variety"]
    assert {item["run"] for item in problem["criteria"]} == {few, copied, wrong}
    for item in problem["criteria"]:
        assert item["detail"] != item["detail_en"]
        assert item["demand"] != item["demand_en"]
    assert await place.context.db.fetchval("SELECT count(*) FROM label") == 0
    # Refused requests keep nothing: the same runs may serve once the rest is right.
    undeclared = place.app.asked(few, declaration={"produced_by_software": False})
    answer = await place.client.post(HOME, json=undeclared, headers=place.vendor)
    assert_problem(answer, 422, "invalid-request")


async def test_nobody_labels_what_is_not_theirs(place: Place) -> None:
    run = await place.run()
    other = await place.headers("label:request", "validation:write", siren=OTHER_VENDOR)
    # Another vendor's application, even with a run of one's own: as if it did not exist.
    theirs = await validated(place.client, export("autre"), other)
    assert_problem(await place.ask(theirs, headers=other), 404, "label-subject-not-found")
    # Another's run, or an unknown one: told alike.
    for name in (theirs, str(new_id())):
        problem = assert_problem(await place.ask(name), 422, "label-refused")
        assert demands(problem) == ["own-run"]
    # A run made without a key, or by a key of no organisation.
    for headers in ({}, await place.headers("validation:write", siren=None)):
        problem = assert_problem(await place.ask(await place.run(headers=headers)), 422, "label-refused")
        assert demands(problem) == ["own-run"]
    assert_problem(await place.ask(run, headers={"X-Other": "1"}), 401, "unauthenticated")
    assert_problem(await place.ask(run, headers=await place.headers("validation:write")), 403, "forbidden")
    nobody = await place.headers("label:request", siren=None)
    assert_problem(await place.ask(run, headers=nobody), 403, "label-needs-siren")
    revoked = await place.headers("label:request")
    connection = await asyncpg.connect(place.settings.database_url)
    try:
        assert await revoke_key(connection, revoked["X-API-Key"].split("_")[1])
    finally:
        await connection.close()
    assert_problem(await place.ask(run, headers=revoked), 401, "unauthenticated")
    label = (await place.ask(run)).json()
    for action in ("revoke", "suspend"):
        answer = await place.client.post(f"{label['self']}/{action}", json=REASON, headers=other)
        assert answer.status_code in (403, 404), answer.text
    renewal = {"runs": [{"validation": theirs}], "declaration": {"produced_by_software": True}}
    answer = await place.client.post(f"{label['self']}/renewals", json=renewal, headers=other)
    assert_problem(answer, 404, "label-not-found")
    assert await place.history(label) == [("granted", "valide")]


async def test_of_several_runs_the_first_is_attested_and_all_have_served(place: Place) -> None:
    first, second = await place.run(export("A")), await place.run(export("B", rows=31))
    label = (await place.ask(first, second)).json()
    validation = (await place.client.get(f"{VALIDATIONS}/{first}")).json()
    conformity = (await place.credential(label))["credentialSubject"]["conformity"]
    assert (conformity["inputSha256"], conformity["rowCount"]) == (validation["source"]["sha256"], 25)
    assert max(item["filledRows"] for item in conformity["fieldCoverage"]) == 25
    for run in (first, second):
        assert demands(assert_problem(await place.ask(run, version="4.0"), 422, "label-refused")) == [
            "unused"
        ]


async def test_a_run_serves_once_and_only_for_what_it_is(place: Place) -> None:
    run = await place.run()
    assert (await place.ask(run)).status_code == 201
    # Replayed for another version; the same bytes validated anew, too.
    assert demands(assert_problem(await place.ask(run, version="4.0"), 422, "label-refused")) == ["unused"]
    anew = await place.run(headers={**place.vendor, "Cache-Control": "no-cache"})
    assert demands(assert_problem(await place.ask(anew, version="4.0"), 422, "label-refused")) == ["unused"]
    # A schema that is not the module's, an older version of it, and one that does not exist.
    fresh = await place.run(export("B"))
    answer = await place.ask(fresh, version="4.0", schema="scdl/subventions@2.1.1")
    assert_problem(answer, 422, "invalid-request")
    answer = await place.ask(fresh, version="4.0", schema=f"{SCHEMA}@2.1.4")
    assert demands(assert_problem(answer, 422, "label-refused")) == ["schema"]
    older = await place.run(export("C"), schema=f"{SCHEMA}@2.1.4")
    answer = await place.ask(older, version="4.0")
    assert demands(assert_problem(answer, 422, "label-refused")) == ["schema"]
    answer = await place.ask(fresh, version="4.0", schema=f"{SCHEMA}@9.9.9")
    assert_problem(answer, UnknownSchema.status, "unknown-schema")
    # A version that is not the application's.
    strange = {**place.app.asked(fresh), "version_id": str(new_id())}
    answer = await place.client.post(HOME, json=strange, headers=place.vendor)
    assert_problem(answer, 404, "label-subject-not-found")


async def test_a_run_too_old_or_whose_file_changed_or_is_gone_proves_nothing(place: Place) -> None:
    db = place.context.db
    old, edited, gone, blank = [await place.run(export(series)) for series in "ABCD"]
    month = now() - timedelta(days=31)
    await db.execute("UPDATE validation SET finished_at = $2 WHERE id = $1", UUID(old), month)
    assert demands(assert_problem(await place.ask(old), 422, "label-refused")) == ["recent"]
    # The client's file is another one; then the one held was edited behind the service's back.
    mine = {"validation": edited, "sha256": "0" * 64}
    assert demands(assert_problem(await place.ask(mine), 422, "label-refused")) == ["same-file"]
    key = await db.fetchval("SELECT storage_key FROM validation WHERE id = $1", UUID(edited))
    path = storage_folder(place.settings) / "objects" / key
    path.write_bytes(path.read_bytes().replace(b"Budget 1,", b"Budget 9,"))
    assert demands(assert_problem(await place.ask(edited), 422, "label-refused")) == ["same-file"]
    await place.context.storage.delete(
        await db.fetchval("SELECT storage_key FROM validation WHERE id = $1", UUID(gone))
    )
    assert demands(assert_problem(await place.ask(gone), 422, "label-refused")) == ["same-file"]
    await db.execute("UPDATE validation SET sha256 = NULL WHERE id = $1", UUID(blank))
    assert demands(assert_problem(await place.ask(blank), 422, "label-refused")) == ["same-file"]


async def test_the_page_leads_to_the_report_only_where_everybody_may_read_it(place: Place) -> None:
    for series, private, version in (("A", "false", "3.1"), ("B", "true", "4.0")):
        answer = await place.client.post(
            VALIDATIONS,
            params={"private": private, "schema": SCHEMA, "filename": "export.csv"},
            content=export(series).encode(),
            headers={"Prefer": "wait=30", "Content-Type": "text/csv", **place.vendor},
        )
        run = answer.json()["id"]
        label = (await place.ask(run, version=version)).json()
        page = (await place.client.get(f"{label['self']}/page")).text
        report = await place.client.get(f"{VALIDATIONS}/{run}/report.html")
        assert (f"{run}/report.html" in page) is (report.status_code == 200) is (private == "false")


async def test_a_run_deleted_while_it_is_looked_at_proves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, look = await place.run(), label_evidence.gather

    async def then_delete(*about: Any) -> Any:
        found = await look(*about)
        answer = await place.client.delete(f"{VALIDATIONS}/{run}", headers=place.vendor)
        assert answer.status_code == 204, answer.text
        return found

    monkeypatch.setattr(label_evidence, "gather", then_delete)
    assert demands(assert_problem(await place.ask(run), 422, "label-refused")) == ["own-run"]
    assert await place.context.db.fetchval("SELECT count(*) FROM label") == 0


async def test_requests_at_the_same_time_give_one_label(place: Place) -> None:
    runs = [await place.run(export(series)) for series in "AB"]
    answers = await asyncio.gather(*(place.ask(run) for run in runs * 3))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201, 409, 409, 409, 409, 409], [answer.text for answer in answers]
    assert await place.context.db.fetchval("SELECT count(*) FROM label") == 1
    assert await place.events() == ["granted"]


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
