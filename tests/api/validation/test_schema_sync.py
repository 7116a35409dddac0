"""The national registry brought here: whole or not at all, seen by running processes, resolvable for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest

from services.validation.domain.problems import UnknownSchema
from services.validation.domain.registry import Registry, SchemaChoice
from services.validation.domain.registry_index import IndexUnusable
from services.validation.operations.context import ValidationContext, open_validation
from services.validation.operations.schema_sync import SyncOutcome, synchronise
from services.validation.settings import ValidationSettings
from shared.clock import now
from shared.http import FetchFailed
from tests.api.conftest import at_work, settings_of
from tests.support.http_servers import reply, serving
from tests.support.processes import SOCLE, environment
from tests.support.schema_registry import SchemaRegistry, schema_registry, table_schema


@pytest.fixture
async def site() -> AsyncIterator[SchemaRegistry]:
    async with schema_registry() as site:
        yield site


@pytest.fixture
async def contexts(common_settings: dict[str, Any]) -> AsyncIterator[list[ValidationContext]]:
    """Two processes of the service, as far as the schemas in force can tell."""
    settings = cast(ValidationSettings, settings_of("validation", common_settings))
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(open_validation(settings)) for _ in range(2)]


async def bring(context: ValidationContext, site: SchemaRegistry) -> SyncOutcome:
    return await synchronise(context.db, context.http, site.url, now())


async def in_force(context: ValidationContext, generation: int) -> Registry:
    """Return the registry of a process once it has seen a generation by itself."""
    async with asyncio.timeout(10):
        while context.registry.generation < generation:
            await asyncio.sleep(0.01)
    return context.registry


async def test_what_the_registry_lists_is_seen_by_running_processes_and_bundled_schemas_stay(
    contexts: list[ValidationContext], site: SchemaRegistry
) -> None:
    site.publish("essai/arbres", "1.9.0", table_schema("essence"))
    site.publish("essai/arbres", "v1.10.0", table_schema("essence", "hauteur"))
    site.publish("essai/arbres", "2.0.0-beta", table_schema("espece"))
    site.publish("essai/reseau", "1.0.0", {"type": "object"}, kind="jsonschema")
    outcome = await bring(contexts[0], site)
    assert (outcome.generation, outcome.versions, outcome.changed, outcome.problems) == (1, 3, 3, ())
    assert outcome.other_types == 1
    for context in contexts:
        registry = await in_force(context, 1)
        assert registry.versions("essai/arbres") == ["1.9.0", "1.10.0", "2.0.0-beta"]
        assert registry.choose("essai/arbres") == SchemaChoice("essai/arbres", "1.10.0")
        assert registry.choose("arbres@latest").version == "1.10.0"
        assert registry.title("essai/arbres") == "Titre de essai/arbres"
        assert registry.search("hauteur", owner="essai") == ["essai/arbres"]
        assert registry.choose("scdl/deliberations").version == "2.1.5"
        assert "essai/reseau" not in registry.names()
        fields = [field.name for field in registry.parsed(registry.choose("essai/arbres")).fields]
        assert fields == ["essence", "hauteur"]


async def test_an_official_address_means_the_schema_it_gave(
    contexts: list[ValidationContext], site: SchemaRegistry
) -> None:
    address = site.publish("essai/arbres", "1.0.0", table_schema("essence"))
    await bring(contexts[0], site)
    registry = await in_force(contexts[0], 1)
    assert registry.choose(address) == SchemaChoice("essai/arbres", "1.0.0")


async def test_a_second_synchronisation_asks_conditionally_and_changes_nothing(
    contexts: list[ValidationContext], site: SchemaRegistry
) -> None:
    site.publish("essai/arbres", "1.0.0", table_schema("essence"))
    site.publish("essai/bancs", "1.0.0", table_schema("place"))
    await bring(contexts[0], site)
    assert [tag for _, tag in site.asked()] == [None, None]
    again = await bring(contexts[0], site)
    assert (again.generation, again.changed) == (1, 0)
    assert all(tag is not None for _, tag in site.asked())
    site.publish("essai/bancs", "1.0.0", table_schema("place", "assise"))
    changed = await bring(contexts[0], site)
    assert (changed.generation, changed.versions, changed.changed) == (2, 2, 1)


async def test_a_bad_schema_is_told_and_its_last_good_form_stays(
    contexts: list[ValidationContext], site: SchemaRegistry
) -> None:
    site.publish("essai/arbres", "1.0.0", table_schema("essence"))
    await bring(contexts[0], site)
    site.publish("essai/arbres", "1.0.0", {"fields": [{"name": "a", "type": "nombre"}]})
    site.publish("essai/bancs", "1.0.0", b"{ pas du json")
    site.publish("essai/../x", "1.0.0", table_schema("a"))
    site.publish("essai/bornes", "1.0.0", table_schema("borne"))
    outcome = await bring(contexts[0], site)
    told = {(item.name, item.version): item.fr for item in outcome.problems}
    assert set(told) == {("essai/arbres", "1.0.0"), ("essai/bancs", "1.0.0"), ("essai/../x", "1.0.0")}
    assert "nombre" in told["essai/arbres", "1.0.0"]
    registry = await in_force(contexts[1], 2)
    assert registry.parsed(registry.choose("essai/arbres")).fields[0].name == "essence"
    assert registry.choose("essai/bornes").version == "1.0.0"
    with pytest.raises(UnknownSchema):
        registry.choose("essai/bancs")


async def test_a_withdrawn_schema_stays_resolvable(
    contexts: list[ValidationContext], site: SchemaRegistry
) -> None:
    site.publish("essai/arbres", "1.0.0", table_schema("essence"))
    site.publish("essai/bancs", "1.0.0", table_schema("place"))
    await bring(contexts[0], site)
    site.withdraw("essai/arbres")
    for version in ("1.1.0", "1.2.0", "1.3.0"):
        site.publish("essai/bancs", version, table_schema("place", version))
        await bring(contexts[0], site)
    registry = await in_force(contexts[1], 4)
    assert registry.descriptor(registry.choose("essai/arbres@1.0.0"))["fields"][0]["name"] == "essence"
    assert await contexts[0].db.fetchval("SELECT count(DISTINCT generation) FROM schema_version") == 2


async def test_with_the_registry_away_or_turned_into_something_else_nothing_changes(
    contexts: list[ValidationContext], site: SchemaRegistry
) -> None:
    site.publish("essai/arbres", "1.0.0", table_schema("essence"))
    await bring(contexts[0], site)
    site.down = True
    with pytest.raises(FetchFailed):
        await bring(contexts[0], site)
    for body in (b'{"schemas": []}', b"[]", b'{"schemas": {}}', b"\xff"):
        async with serving(reply(body)) as other:
            with pytest.raises(IndexUnusable):
                await synchronise(contexts[0].db, contexts[0].http, other.url("/"), now())
    registry = await contexts[1].schemas.refresh()
    assert registry.generation == 1
    assert registry.choose("essai/arbres").version == "1.0.0"
    assert registry.choose("scdl/deliberations").version == "2.1.5"


async def test_documents_that_fail_keep_what_was_there(
    contexts: list[ValidationContext], site: SchemaRegistry
) -> None:
    site.publish("essai/arbres", "1.0.0", table_schema("essence"))
    await bring(contexts[0], site)
    site.documents.clear()
    outcome = await bring(contexts[0], site)
    assert [(item.name, item.version) for item in outcome.problems] == [("essai/arbres", "1.0.0")]
    assert "404" in outcome.problems[0].en
    assert (outcome.generation, outcome.changed) == (1, 0)
    assert (await contexts[1].schemas.refresh()).has(SchemaChoice("essai/arbres", "1.0.0"))


async def test_two_synchronisations_at_once_make_one_whole_generation(
    contexts: list[ValidationContext], site: SchemaRegistry
) -> None:
    for number in range(20):
        site.publish(f"essai/s{number}", "1.0.0", table_schema(f"champ{number}"))
    await asyncio.gather(*(bring(context, site) for context in contexts))
    assert await contexts[0].db.fetchval("SELECT count(*) FROM schema_sync") == 1
    assert await contexts[0].db.fetchval("SELECT count(*) FROM schema_version") == 20


async def test_a_reader_sees_one_generation_or_the_other_never_half(
    contexts: list[ValidationContext], site: SchemaRegistry
) -> None:
    names = [f"essai/s{number}" for number in range(15)]
    seen: set[frozenset[str]] = set()
    done = asyncio.Event()

    async def watch() -> None:
        while not done.is_set():
            registry = await contexts[1].schemas.refresh()
            if registry.generation:
                seen.add(frozenset(registry.latest(name).version or "" for name in names))

    async with asyncio.TaskGroup() as group:
        group.create_task(watch())
        for version in ("1.0.0", "1.1.0", "1.2.0"):
            for name in names:
                site.publish(name, version, table_schema(name, version))
            await bring(contexts[0], site)
        await in_force(contexts[1], 3)
        done.set()
    assert seen <= {frozenset({version}) for version in ("1.0.0", "1.1.0", "1.2.0")}
    assert frozenset({"1.2.0"}) in seen


async def test_a_private_address_in_the_index_is_not_fetched(
    common_settings: dict[str, Any], site: SchemaRegistry
) -> None:
    site.publish("essai/arbres", "1.0.0", table_schema("essence"))
    host = site.server.url("").removeprefix("http://").rstrip("/")
    settings = settings_of("validation", {**common_settings, "http_allowed_hosts": (host,)})
    async with open_validation(cast(ValidationSettings, settings)) as context, schema_registry() as hidden:
        hidden.publish("essai/secret", "1.0.0", table_schema("secret"))
        site._schemas += hidden._schemas[1:]
        outcome = await bring(context, site)
        assert hidden.server.asked == []
    assert [item.name for item in outcome.problems] == ["essai/secret"]
    assert outcome.versions == 1


async def test_the_worker_synchronises_by_itself_when_it_is_switched_on(
    common_settings: dict[str, Any], contexts: list[ValidationContext], site: SchemaRegistry
) -> None:
    site.publish("essai/arbres", "1.0.0", table_schema("essence"))
    own = {"validation_registry_url": site.url, "validation_registry_sync_hours": 24}
    async with at_work("validation", settings_of("validation", common_settings, **own)):
        assert (await in_force(contexts[0], 1)).choose("essai/arbres").version == "1.0.0"
    site.asked()
    # A worker that starts again before the hour does not ask again.
    async with at_work("validation", settings_of("validation", common_settings, **own)):
        await asyncio.sleep(0)
    assert site.asked() == []


async def command(common_settings: dict[str, Any], *arguments: str) -> tuple[int, str, str]:
    """Run `socle schemas …` on the test's database."""
    process = await asyncio.create_subprocess_exec(
        SOCLE,
        "schemas",
        *arguments,
        env=environment(
            SOCLE_DATABASE_URL=common_settings["database_url"], SOCLE_HTTP_ALLOWED_HOSTS='["127.0.0.1/32"]'
        ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_the_command_synchronises_lists_and_says_what_was_left_out(
    common_settings: dict[str, Any], contexts: list[ValidationContext], site: SchemaRegistry
) -> None:
    site.publish("essai/arbres", "1.0.0", table_schema("essence"))
    site.publish("essai/bancs", "1.0.0", b"[]")
    code, out, err = await command(common_settings, "sync", "--index", site.url)
    assert (code, out.splitlines()[0]) == (
        0,
        "Versions : 1 ; nouvelles ou changées : 1 ; laissées de côté : 1.",
    )
    assert err.startswith("essai/bancs@1.0.0: ")
    assert (await in_force(contexts[1], 1)).choose("essai/arbres").version == "1.0.0"
    site.down = True
    code, _, err = await command(common_settings, "sync", "--index", site.url)
    assert code == 2
    assert "503" in err
    code, listed, _ = await command(common_settings, "list", "--synced")
    assert code == 0
    assert "essai/arbres\t1.0.0\tTitre de essai/arbres" in listed.splitlines()
    assert any(line.startswith("scdl/deliberations\t2.1.5\t") for line in listed.splitlines())
