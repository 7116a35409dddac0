"""Labels: given for what stored runs prove and for nothing else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.validation.domain.problems import UnknownSchema
from services.validation.operations import label_evidence
from shared.auth import revoke_key
from shared.clock import now
from shared.ids import new_id
from tests.api.validation.granting import REASON, Place, open_place
from tests.support.api import assert_problem, storage_folder
from tests.support.labelling import (
    HEADER,
    HOME,
    OTHER_VENDOR,
    SCHEMA,
    VALIDATIONS,
    VENDOR,
    demands,
    export,
    validated,
)


@pytest.fixture
async def place(common_settings: dict[str, Any], database_url: str) -> AsyncIterator[Place]:
    async with open_place(common_settings) as made:
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
