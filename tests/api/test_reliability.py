"""Nothing is lost and nothing is done twice, with real processes that really die."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from shared.settings import Settings
from tests.api.conftest import Client, api, settings_of
from tests.api.test_main_job import GOOD, HEADER, WRONG_DATE, send
from tests.support.processes import SOCLE, environment, started
from tests.support.redis import flush

pytestmark = pytest.mark.e2e

START_SECONDS = 60.0
LEASE_SECONDS = 1.0
# Far longer than a file takes from its row to the child.
SENT_SECONDS = 2.0


@dataclass
class WorkerProcess:
    """A worker of the validation service, in a process of its own with its own limited child."""

    process: psutil.Process
    children: list[psutil.Process]

    def freeze_child(self) -> None:
        """Stop the child, so that what it is given lasts until somebody dies."""
        self.children[0].send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End the worker as a power cut would; its child dies with it."""
        self.process.send_signal(signal.SIGKILL)
        psutil.wait_procs([*self.children], timeout=10)
        assert not any(
            child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in self.children
        )


@contextmanager
def worker(settings: Settings, log: Path, **values: object) -> Iterator[WorkerProcess]:
    """Run `socle work validation` while the block lasts, and wait until its child is ready."""
    env = environment(
        SOCLE_DATABASE_URL=settings.database_url,
        SOCLE_REDIS_URL=settings.redis_url,
        SOCLE_STORAGE_URL=settings.storage_url,
        SOCLE_VALIDATION_PROCESSES="1",
        SOCLE_VALIDATION_LEASE_SECONDS=str(LEASE_SECONDS),
        **{f"SOCLE_{name.upper()}": str(value) for name, value in values.items()},
    )
    with started([SOCLE, "work", "validation"], log, env=env) as process:
        ours = psutil.Process(process.pid)

        def ready() -> bool:
            return b"worker started" in log.read_bytes() and len(ours.children()) == 1

        _until(ready, log)
        yield WorkerProcess(ours, ours.children())


def _until(condition: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        assert time.monotonic() < deadline, log.read_text(encoding="utf-8", errors="replace")[-4000:]
        time.sleep(0.05)


@pytest.fixture
def settings(common_settings: dict[str, Any]) -> Settings:
    """Settings of the API, with as many requests as a test wants."""
    return settings_of("validation", {**common_settings, "validation_rate_anonymous": "10000/minute"})


async def _column(settings: Settings, sql: str) -> list[Any]:
    connection = await asyncpg.connect(settings.database_url)
    try:
        return [row[0] for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def _state(client: Client, location: str) -> dict[str, Any]:
    body: dict[str, Any] = (await client.get(location)).json()
    return body


async def _until_state(client: Client, location: str, *states: str, seconds: float = 60) -> dict[str, Any]:
    async with asyncio.timeout(seconds):
        while (body := await _state(client, location))["state"] not in states:
            await asyncio.sleep(0.05)
    return body


async def _assert_told_once(settings: Settings, outcome: str) -> None:
    told = await _column(settings, "SELECT payload->>'outcome' FROM validation.outbox")
    assert told == [outcome]
    reports = await _column(settings, "SELECT count(*) FROM validation.report")
    assert reports == [0 if outcome == "error" else 1]


async def test_a_worker_killed_and_a_redis_emptied_lose_nothing(settings: Settings, tmp_path: Path) -> None:
    async with api("validation", settings) as client:
        with worker(settings, tmp_path / "first.log") as first:
            first.freeze_child()
            location = (await send(client, HEADER + GOOD + WRONG_DATE, wait=0)).headers["location"]
            await _until_state(client, location, "running")
            first.kill()
        flush(settings.redis_url)
        with worker(settings, tmp_path / "second.log"):
            body = await _until_state(client, location, "done", "failed")
            assert (body["state"], body["outcome"], body["stats"]["errors"]) == ("done", "invalid", 1)
            await asyncio.sleep(2 * LEASE_SECONDS)
    await _assert_told_once(settings, "invalid")
    assert await _column(settings, "SELECT attempt FROM validation.validation") == [2]


async def test_a_worker_frozen_beyond_its_lease_writes_nothing_when_it_wakes(
    settings: Settings, tmp_path: Path
) -> None:
    """Both finish; the one that lost its claim throws its result away."""
    async with api("validation", settings) as client:
        with worker(settings, tmp_path / "first.log") as first:
            first.freeze_child()
            location = (await send(client, HEADER + GOOD, wait=0)).headers["location"]
            await _until_state(client, location, "running")
            os.kill(first.process.pid, signal.SIGSTOP)
            first.children[0].send_signal(signal.SIGCONT)
            with worker(settings, tmp_path / "second.log"):
                body = await _until_state(client, location, "done", "failed")
                assert body["outcome"] == "valid"
                os.kill(first.process.pid, signal.SIGCONT)
                await asyncio.sleep(2 * LEASE_SECONDS)
    await _assert_told_once(settings, "valid")
    assert await _column(settings, "SELECT fence FROM validation.validation") == [2]


async def test_a_child_that_dies_is_a_file_too_complex_and_the_worker_goes_on(
    settings: Settings, tmp_path: Path
) -> None:
    async with api("validation", settings) as client:
        with worker(settings, tmp_path / "worker.log") as running:
            running.freeze_child()
            location = (await send(client, HEADER + GOOD, wait=0)).headers["location"]
            await _until_state(client, location, "running")
            # The row says so a moment before the child has the file; killed sooner, it would only be replaced.
            await asyncio.sleep(SENT_SECONDS)
            running.children[0].send_signal(signal.SIGKILL)
            body = await _until_state(client, location, "done", "failed")
            assert (body["state"], body["problem"]["type"]) == (
                "failed",
                "urn:socle:problem:file-too-complex",
            )
            await _assert_told_once(settings, "error")
            after = await send(client, HEADER + GOOD)
            assert (after.status_code, after.json()["outcome"]) == (201, "valid")


async def test_a_validation_that_kills_every_worker_is_given_up(settings: Settings, tmp_path: Path) -> None:
    location = ""
    async with api("validation", settings) as client:
        for attempt in (1, 2):
            with worker(settings, tmp_path / f"{attempt}.log", validation_max_attempts=2) as running:
                running.freeze_child()
                if not location:
                    location = (await send(client, HEADER + GOOD, wait=0)).headers["location"]
                async with asyncio.timeout(30):
                    while await _column(settings, "SELECT attempt FROM validation.validation") != [attempt]:
                        await asyncio.sleep(0.05)
                running.kill()
        with worker(settings, tmp_path / "last.log", validation_max_attempts=2):
            body = await _until_state(client, location, "done", "failed")
            assert body["problem"]["type"] == "urn:socle:problem:validation-given-up"
            await _assert_told_once(settings, "error")
            after = await send(client, HEADER + GOOD)
            assert after.json()["outcome"] == "valid", "the next ones are validated"


@pytest.mark.timeout(240)
async def test_fifty_at_once_all_end_once_while_workers_die(settings: Settings, tmp_path: Path) -> None:
    async with api("validation", settings) as client:
        with worker(settings, tmp_path / "lasting.log"):
            with worker(settings, tmp_path / "dying.log") as dying:
                answers = await asyncio.gather(
                    *(
                        send(client, HEADER + GOOD * (1 + number % 5) + WRONG_DATE * (number % 2), wait=0)
                        for number in range(50)
                    )
                )
                assert {answer.status_code for answer in answers} <= {201, 202}
                dying.kill()
            flush(settings.redis_url)
            bodies = [
                await _until_state(client, answer.headers["location"], "done", "failed") for answer in answers
            ]
    for number, body in enumerate(bodies):
        assert body["outcome"] == ("invalid" if number % 2 else "valid")
        assert body["stats"]["rows"] == 1 + number % 5 + number % 2
    ids = sorted(body["id"] for body in bodies)
    assert len(set(ids)) == 50
    for sql in (
        "SELECT payload->>'validation_id' FROM validation.outbox",
        "SELECT validation_id::text FROM validation.report",
    ):
        assert sorted(await _column(settings, sql)) == ids
