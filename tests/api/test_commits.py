"""A transaction that fails at its commit, for real: the client is told, and nothing is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Response
from sqlalchemy import text

from services.catalog.migrations import MIGRATIONS
from shared.app import Service, Session, create_service_app, open_context
from shared.db import run
from shared.requests import StrictRoute
from tests.api.conftest import api, create_key, settings_of
from tests.support.api import FORM, assert_nothing_kept, assert_problem, kept_files, multipart, rows

VALIDATIONS = "/validation/v1/validations"
FORM_BODY = multipart(("file", "a.csv", b"A\n1\n"), ("schema", None, b"scdl/deliberations"))

REFUSE = "RAISE integrity_constraint_violation USING MESSAGE = 'refused at commit'"
CUT = "PERFORM pg_terminate_backend(pg_backend_pid())"


@asynccontextmanager
async def failing_commits(
    database_url: str, table: str, event: str = "INSERT", then: str = REFUSE
) -> AsyncIterator[None]:
    """While the block lasts, a transaction that touches the table is refused when it commits, not before."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {then}; RETURN NULL; END $$;"
            f"CREATE CONSTRAINT TRIGGER refuse AFTER {event} ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.refuse()"
        )
        try:
            yield
        finally:
            await connection.execute(f"DROP TRIGGER refuse ON {table}; DROP FUNCTION public.refuse()")
    finally:
        await connection.close()


async def test_an_upload_whose_commit_fails_answers_500_and_leaves_nothing(
    common_settings: dict[str, Any], database_url: str
) -> None:
    settings = settings_of("validation", common_settings)
    headers = {"content-type": FORM, "idempotency-key": "k"}
    async with api("validation", settings) as client:
        async with failing_commits(database_url, "validation.validation"):
            answer = await client.post(VALIDATIONS, content=FORM_BODY, headers=headers)
        assert_problem(answer, 500, "internal-error")
        assert "refused at commit" not in answer.text
        await assert_nothing_kept(settings)
        again = await client.post(VALIDATIONS, content=FORM_BODY, headers=headers)
        assert again.status_code == 202, "the key is free again"


async def test_a_connection_lost_at_the_commit_keeps_the_file_for_a_row_that_may_be_there(
    common_settings: dict[str, Any], database_url: str
) -> None:
    settings = settings_of("validation", common_settings)
    headers = {"content-type": FORM, "idempotency-key": "k"}
    async with api("validation", settings) as client:
        async with failing_commits(database_url, "validation.validation", then=CUT):
            answer = await client.post(VALIDATIONS, content=FORM_BODY, headers=headers)
        assert_problem(answer, 503, "database-away")
        assert len(kept_files(settings)) == 1
        again = await client.post(VALIDATIONS, content=FORM_BODY, headers=headers)
        assert again.status_code == 202
    assert await rows(settings, "validation.validation") == 1


@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_the_log_of_a_crash_holds_no_value_of_the_request(
    log_format: str, common_settings: dict[str, Any], database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of("catalog", {**common_settings, "log_format": log_format})
    key = await create_key(database_url, "catalog:write")
    body = {"title": "Mme Dupont", "description": "d", "resources": [{"title": "r"}]}
    async with api("catalog", settings) as client, failing_commits(database_url, "catalog.dataset"):
        answer = await client.post("/catalog/v1/datasets", json=body, headers={"x-api-key": key})
    assert_problem(answer, 500, "internal-error")
    logged = capsys.readouterr().err
    assert "refused at commit" in logged
    for secret in ("Dupont", key, key.rpartition("_")[2]):
        assert secret not in logged


async def test_a_registration_whose_commit_fails_answers_500_and_leaves_nothing(
    common_settings: dict[str, Any], database_url: str
) -> None:
    settings = settings_of("catalog", common_settings)
    key = await create_key(database_url, "catalog:write")
    body = {
        "title": "t",
        "description": "d",
        "resources": [
            {"title": "r", "url": "https://example.org/a.csv", "schema": {"name": "scdl/deliberations"}}
        ],
    }
    async with api("catalog", settings) as client, failing_commits(database_url, "catalog.resource"):
        answer = await client.post("/catalog/v1/datasets", json=body, headers={"x-api-key": key})
    assert_problem(answer, 500, "internal-error")
    await assert_nothing_kept(settings)


async def test_a_content_whose_commit_fails_answers_500_and_the_old_one_stays(
    common_settings: dict[str, Any], database_url: str
) -> None:
    settings = settings_of("catalog", common_settings)
    key = await create_key(database_url, "catalog:write")
    body = {
        "title": "t",
        "description": "d",
        "resources": [{"title": "r", "schema": {"name": "scdl/deliberations"}}],
    }
    async with api("catalog", settings) as client:
        client.headers["x-api-key"] = key
        dataset = (await client.post("/catalog/v1/datasets", json=body)).json()
        address = dataset["resources"][0]["content"]
        assert (await client.put(address, content=b"A\n1\n")).status_code == 200
        before, files = (await client.get(dataset["self"])).json(), kept_files(settings)
        async with failing_commits(database_url, "catalog.resource", "UPDATE"):
            assert_problem(await client.put(address, content=b"A\n2\n"), 500, "internal-error")
        assert (await client.get(dataset["self"])).json() == before
        assert kept_files(settings) == files
    assert await rows(settings, "catalog.outbox") == 2, "the dataset told, and the first content to validate"


def _service_of_one_insert(settings: Any) -> Service:
    router = APIRouter(prefix="/v1/test", route_class=StrictRoute)

    @router.post("", status_code=201)
    async def insert(session: Session) -> Response:
        await run(
            session,
            text(
                "INSERT INTO idempotency (caller, key, fingerprint, resource_id, created_at) "
                "VALUES ('c', 'k', 'f', gen_random_uuid(), now())"
            ),
        )
        return Response(status_code=201)

    return Service("catalog", "t", "s", settings, lambda: open_context(MIGRATIONS, settings), [router])


async def test_the_session_of_a_dependency_commits_before_the_answer_leaves(
    common_settings: dict[str, Any], database_url: str
) -> None:
    settings = settings_of("catalog", common_settings)
    app = create_service_app(_service_of_one_insert(settings))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://socle.test") as client,
    ):
        async with failing_commits(database_url, "catalog.idempotency"):
            assert_problem(await client.post("/catalog/v1/test"), 500, "internal-error")
        assert await rows(settings, "catalog.idempotency") == 0
        assert (await client.post("/catalog/v1/test")).status_code == 201
    assert await rows(settings, "catalog.idempotency") == 1


@asynccontextmanager
async def away_when_told(database_url: str) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Give the URL of the same database through a relay of bytes that goes away once the event is set."""
    parts = urlsplit(database_url)
    socket_folder = parse_qs(parts.query).get("host", [""])[0]
    away = asyncio.Event()
    writers: list[asyncio.StreamWriter] = []

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if away.is_set():
            writer.close()
            return
        if socket_folder:
            theirs = await asyncio.open_unix_connection(f"{socket_folder}/.s.PGSQL.{parts.port or 5432}")
        else:
            theirs = await asyncio.open_connection(parts.hostname, parts.port or 5432)
        writers.extend((writer, theirs[1]))
        await asyncio.gather(copy(reader, theirs[1]), copy(theirs[0], writer), return_exceptions=True)

    async def cut() -> None:
        await away.wait()
        for writer in writers:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    cutting = asyncio.create_task(cut())
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://{parts.username or 'postgres'}@127.0.0.1:{port}{parts.path}", away
    finally:
        away.set()
        await cutting
        server.close()


@pytest.mark.parametrize("service", ["validation", "catalog"])
async def test_while_the_database_is_away_requests_are_answered_503_and_nothing_is_kept(
    service: str, common_settings: dict[str, Any], database_url: str
) -> None:
    key = await create_key(database_url, "catalog:write")
    async with away_when_told(database_url) as (url, away):
        settings = settings_of(service, {**common_settings, "database_url": url})
        async with api(service, settings) as client:
            assert (await client.get("/health/ready")).status_code == 200
            away.set()
            await asyncio.sleep(0.1)
            ready = await client.get("/health/ready")
            assert (ready.status_code, ready.json()["status"]) == (503, "down")
            if service == "validation":
                answer = await client.post(VALIDATIONS, content=FORM_BODY, headers={"content-type": FORM})
            else:
                body = {"title": "t", "description": "d"}
                answer = await client.post("/catalog/v1/datasets", json=body, headers={"x-api-key": key})
            assert_problem(answer, 503, "database-away")
            assert int(answer.headers["retry-after"]) > 0
            assert (await client.get("/health/live")).status_code == 200
    await assert_nothing_kept(settings_of(service, common_settings))
