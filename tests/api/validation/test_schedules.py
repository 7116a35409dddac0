"""Files validated again and again: once per turn, for nothing when unchanged, paused when it no longer works."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import httpx
import pytest

from services.validation.domain.schedules import MOST_FAILURES
from services.validation.operations.context import ValidationContext, open_validation
from services.validation.operations.schedule_turns import ScheduleTurns
from services.validation.operations.schedules import KIND, start_due
from services.validation.settings import ValidationSettings
from shared.changes.log import publish
from shared.clock import now
from shared.messaging.work import WorkTable
from tests.api.conftest import Client, api, at_work, create_key, settings_of
from tests.api.test_main_job import GOOD, HEADER, SCHEMA, WRONG_DATE
from tests.support.api import assert_problem, kept_files
from tests.support.http_servers import Asked, Server, reply, serving

HOME = "/validation/v1/schedules"


@dataclass
class Site:
    """A portal with one file, whose server knows how to say that it has not changed."""

    server: Server
    body: bytes = (HEADER + GOOD).encode()
    status: int = 200
    tag: str | None = '"1"'
    conditions: list[str | None] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url("/d%C3%A9lib%C3%A9rations.csv")

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        condition = asked.headers.get("if-none-match")
        self.conditions.append(condition)
        tags: dict[str, Any] = {} if self.tag is None else {"etag": self.tag}
        if self.status == 200 and self.tag is not None and condition == self.tag:
            await reply(status=304, **tags)(asked, writer)
        else:
            await reply(self.body, status=self.status, content_type="text/csv", **tags)(asked, writer)


@dataclass
class Place:
    """A service with a client that has a key, and the hands of a worker whose clock we hold."""

    client: Client
    site: Site
    context: ValidationContext
    settings: Any
    database_url: str

    async def schedule(self, **more: Any) -> dict[str, Any]:
        body = {"url": self.site.url, "schema": SCHEMA, "frequency": "daily", **more}
        answer = await self.client.post(HOME, json=body)
        assert answer.status_code == 201, answer.text
        return cast(dict[str, Any], answer.json())

    async def turn(self, moment: datetime) -> None:
        """Start what is due at a moment, and perform it; the validations themselves are left to a worker."""
        await start_due(self.context, moment)
        table = WorkTable(self.context.db, KIND, lease=timedelta(seconds=30), max_attempts=3)
        turns = ScheduleTurns(self.context, table)
        while (claim := await table.claim_next()) is not None:
            await turns.run(claim)

    async def validate(self) -> None:
        """Let a worker end the validations that are queued."""
        async with at_work("validation", self.settings), asyncio.timeout(40):
            while await self.context.db.fetchval(
                "SELECT count(*) FROM validation WHERE state IN ('queued', 'running')"
            ):
                await asyncio.sleep(0.05)

    async def runs(self, schedule: dict[str, Any]) -> list[dict[str, Any]]:
        return cast(list[dict[str, Any]], (await self.client.get(schedule["links"]["runs"])).json()["items"])

    async def read(self, schedule: dict[str, Any]) -> dict[str, Any]:
        return cast(dict[str, Any], (await self.client.get(schedule["self"])).json())

    async def changes(self) -> list[Any]:
        return list(await self.context.db.fetch("SELECT type, data, audience FROM change ORDER BY id"))


@asynccontextmanager
async def site_serving() -> AsyncIterator[Site]:
    made: list[Site] = []

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await made[0].answer(asked, writer)

    async with serving(answer) as server:
        made.append(Site(server))
        yield made[0]


@pytest.fixture
async def place(common_settings: dict[str, Any], database_url: str) -> AsyncIterator[Place]:
    settings = settings_of("validation", common_settings, validation_processes=1)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(api("validation", settings))
        client.headers["x-api-key"] = await create_key(database_url, "validation:write")
        context = await stack.enter_async_context(open_validation(cast(ValidationSettings, settings)))
        site = await stack.enter_async_context(site_serving())
        yield Place(client, site, context, settings, database_url)


async def test_a_changed_file_is_validated_an_unchanged_one_costs_nothing_and_a_new_verdict_is_told(
    place: Place,
) -> None:
    schedule = await place.schedule(label="Nos délibérations")
    asked = {"url": place.site.server.url("/hook"), "events": ["schedule.verdict_changed"]}
    assert (await place.client.post("/validation/v1/webhooks", json=asked)).status_code == 201
    day = now()
    await place.turn(day)
    await place.validate()
    assert (await place.read(schedule))["outcome"] == "valid"
    await place.turn(day + timedelta(days=1))
    assert place.site.conditions == [None, '"1"']
    place.site.body, place.site.tag = (HEADER + WRONG_DATE).encode(), '"2"'
    await place.turn(day + timedelta(days=2))
    await place.validate()
    runs = await place.runs(schedule)
    assert [(run["result"], run["outcome"]) for run in runs] == [
        ("validated", "invalid"),
        ("unchanged", None),
        ("validated", "valid"),
    ]
    validation = (await place.client.get(runs[0]["validation"])).json()
    assert validation["source"]["filename"] == "délibérations.csv"
    assert validation["source"]["url"] == place.site.url
    assert runs[0]["schema"] == {"name": SCHEMA, "version": "2.1.5"}
    assert await place.context.db.fetchval("SELECT count(*) FROM validation") == 2
    [change] = [change for change in await place.changes() if change["type"].startswith("schedule.")]
    assert change["type"] == "schedule.verdict_changed"
    assert (change["data"]["previous"], change["data"]["outcome"]) == ("valid", "invalid")
    assert change["audience"].startswith("key:")
    await publish(place.context.db)
    assert await place.context.db.fetchval("SELECT count(*) FROM webhook_delivery") == 1


async def test_the_same_bytes_without_any_tag_are_not_validated_again(place: Place) -> None:
    place.site.tag = None
    schedule = await place.schedule()
    await place.turn(now())
    await place.turn(now() + timedelta(days=1))
    assert [run["result"] for run in await place.runs(schedule)] == ["unchanged", "validated"]
    assert len(kept_files(place.settings)) == 1


async def test_another_version_of_the_schema_has_an_unchanged_file_validated(place: Place) -> None:
    schedule = await place.schedule(schema=f"{SCHEMA}@2.1.4")
    await place.turn(now())
    etag = (await place.client.get(schedule["self"])).headers["etag"]
    changed = await place.client.patch(
        schedule["self"], json={"schema": f"{SCHEMA}@2.1.5"}, headers={"If-Match": etag}
    )
    assert changed.json()["schema"] == f"{SCHEMA}@2.1.5"
    await place.turn(now() + timedelta(days=1))
    assert [run["result"] for run in await place.runs(schedule)] == ["validated", "validated"]


async def test_failures_wait_longer_each_time_then_pause_and_tell_why(place: Place) -> None:
    place.site.status = 404
    schedule = await place.schedule()
    moment = now()
    waits = []
    for _ in range(MOST_FAILURES):
        before = now()
        await place.turn(moment)
        read = await place.read(schedule)
        if read["next_run_at"] is not None:
            moment = datetime.fromisoformat(read["next_run_at"])
            waits.append(round((moment - before) / timedelta(hours=1)))
    assert waits == [1, 4, 16, 24, 24, 24, 24]
    paused = await place.read(schedule)
    assert (paused["state"], paused["failures"], paused["next_run_at"]) == ("paused", MOST_FAILURES, None)
    assert paused["pause"]["reason"] == "failures"
    assert paused["pause"]["problem"]["http_status"] == 404
    assert [change["type"] for change in await place.changes()] == ["schedule.paused"]
    await place.turn(moment + timedelta(days=50))
    runs = await place.runs(schedule)
    assert len(runs) == MOST_FAILURES
    assert all("404" in run["problem"]["detail"] for run in runs)
    place.site.status = 200
    resumed = (await place.client.post(paused["links"]["resume"])).json()
    assert (resumed["state"], resumed["failures"], resumed["pause"]) == ("active", 0, None)
    await place.turn(now())
    assert (await place.runs(schedule))[0]["result"] == "validated"


async def test_a_due_schedule_is_started_once_whatever_the_number_of_workers(place: Place) -> None:
    schedules = [await place.schedule(label=str(number)) for number in range(12)]
    settings = cast(ValidationSettings, place.settings)
    async with open_validation(settings) as second:
        contexts = [place.context, second, place.context, second]
        started = await asyncio.gather(*(start_due(context, now()) for context in contexts))
    assert len([turn for part in started for turn in part]) == len(schedules)
    assert await place.context.db.fetchval("SELECT count(DISTINCT schedule_id) FROM schedule_run") == 12
    # A turn that has not ended is not joined by a second one.
    assert await start_due(place.context, now() + timedelta(days=3)) == []


async def test_a_turn_whose_worker_died_is_done_again_and_makes_one_validation(place: Place) -> None:
    schedule = await place.schedule()
    await start_due(place.context, now())
    table = WorkTable(place.context.db, KIND, lease=timedelta(seconds=30), max_attempts=3)
    dead = await table.claim_next()
    assert dead is not None
    await place.context.db.execute("UPDATE schedule_run SET lease_until = $1", now() - timedelta(seconds=1))
    await place.turn(now())
    # The first comes back from the dead: its fence is gone, so that nothing it did is kept.
    await ScheduleTurns(place.context, table).run(dead)
    assert await place.context.db.fetchval("SELECT count(*) FROM validation") == 1
    assert len(kept_files(place.settings)) == 1
    assert [run["result"] for run in await place.runs(schedule)] == ["validated"]


async def test_a_schedule_deleted_during_its_turn_leaves_nothing(place: Place) -> None:
    schedule = await place.schedule()
    await start_due(place.context, now())
    table = WorkTable(place.context.db, KIND, lease=timedelta(seconds=30), max_attempts=3)
    claim = await table.claim_next()
    assert claim is not None
    turns = ScheduleTurns(place.context, table)
    original = turns._keep

    async def keep_after_deletion(incoming: Any) -> Any:
        assert (await place.client.delete(schedule["self"])).status_code == 204
        return await original(incoming)

    turns._keep = keep_after_deletion  # type: ignore[method-assign]
    await turns.run(claim)
    assert kept_files(place.settings) == []
    assert await place.context.db.fetchval("SELECT count(*) FROM validation") == 0


async def test_the_worker_does_it_all_by_itself(place: Place) -> None:
    schedule = await place.schedule()
    async with at_work("validation", place.settings), asyncio.timeout(40):
        while (await place.read(schedule))["outcome"] is None:
            await asyncio.sleep(0.05)
    assert [run["outcome"] for run in await place.runs(schedule)] == ["valid"]


async def test_schedules_are_their_owners_alone(place: Place) -> None:
    schedule = await place.schedule()
    for key in (await create_key(place.database_url, "validation:write"), None):
        place.client.headers.pop("x-api-key", None)
        if key is not None:
            place.client.headers["x-api-key"] = key
        answers = [
            await place.client.get(schedule["self"]),
            await place.client.get(schedule["links"]["runs"]),
            await place.client.patch(schedule["self"], json={"label": "x"}, headers={"If-Match": "*"}),
            await place.client.delete(schedule["self"]),
            await place.client.post(schedule["links"]["pause"]),
            await place.client.post(schedule["links"]["resume"]),
        ]
        if key is None:
            assert {answer.status_code for answer in answers} == {401}
            assert (await place.client.get(HOME)).status_code == 401
        else:
            for answer in answers:
                assert_problem(answer, 404, "schedule-not-found")
            assert (await place.client.get(HOME)).json() == {"items": [], "next": None}
    without_scope = await create_key(place.database_url, "catalog:write")
    place.client.headers["x-api-key"] = without_scope
    assert_problem(await place.client.get(HOME), 403, "forbidden")


async def test_keys_of_one_organisation_share_its_schedules(place: Place) -> None:
    siren = "217500016"
    first, second = [
        await create_key(place.database_url, "validation:write", owner_siren=siren) for _ in range(2)
    ]
    place.client.headers["x-api-key"] = first
    schedule = await place.schedule()
    place.client.headers["x-api-key"] = second
    assert (await place.read(schedule))["id"] == schedule["id"]


async def test_a_request_sent_twice_makes_one_schedule(place: Place) -> None:
    body = {"url": place.site.url, "schema": SCHEMA, "frequency": "weekly"}
    headers = {"Idempotency-Key": "k1"}
    first, second = await asyncio.gather(
        *(place.client.post(HOME, json=body, headers=headers) for _ in range(2))
    )
    assert first.json() == second.json()
    assert first.headers["location"] == first.json()["self"]
    other = await place.client.post(HOME, json={**body, "frequency": "daily"}, headers=headers)
    assert_problem(other, 422, "idempotency-key-reused")


async def test_the_list_is_paged_and_a_change_needs_the_present_version(place: Place) -> None:
    made = [(await place.schedule(label=str(number)))["id"] for number in range(5)]
    seen: list[str] = []
    url = f"{HOME}?limit=2"
    while url:
        page = await place.client.get(url)
        seen += [item["id"] for item in page.json()["items"]]
        url = page.links["next"]["url"] if "next" in page.links else ""
    assert seen == made
    target = f"{HOME}/{made[0]}"
    assert_problem(await place.client.patch(target, json={"label": "x"}), 428, "precondition-required")
    old = (await place.client.get(target)).headers["etag"]
    good = await place.client.patch(target, json={"frequency": "monthly"}, headers={"If-Match": old})
    assert (good.status_code, good.json()["frequency"]) == (200, "monthly")
    late = await place.client.patch(target, json={"label": "x"}, headers={"If-Match": old})
    assert_problem(late, 412, "precondition-failed")


@pytest.mark.parametrize(
    ("more", "slug"),
    [
        ({"schema": "scdl/deliberation"}, "unknown-schema"),
        ({"schema": "scdl/deliberations@9.9"}, "unknown-schema"),
        ({"url": "http://169.254.169.254/latest"}, "url-not-allowed"),
        ({"url": "file:///etc/passwd"}, "url-not-allowed"),
        ({"frequency": "hourly"}, "invalid-request"),
        ({"label": "x" * 201}, "invalid-request"),
        ({"every": "day"}, "invalid-request"),
    ],
    ids=str,
)
async def test_what_cannot_be_scheduled_is_refused(place: Place, more: dict[str, str], slug: str) -> None:
    body = {"url": place.site.url, "schema": SCHEMA, "frequency": "daily", **more}
    assert_problem(await place.client.post(HOME, json=body), 422, slug)


async def test_an_owner_may_have_so_many(common_settings: dict[str, Any], database_url: str) -> None:
    settings = settings_of("validation", common_settings, validation_schedules_per_owner=2)
    key = await create_key(database_url, "validation:write")
    body = {"url": "https://data.exemple.fr/a.csv", "schema": SCHEMA, "frequency": "daily"}
    async with api("validation", settings) as client:
        headers = {"x-api-key": key}
        answers: list[httpx.Response] = await asyncio.gather(
            *(client.post(HOME, json=body, headers=headers) for _ in range(4))
        )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert assert_problem(refused, 409, "too-many-schedules")["limit"] == 2
