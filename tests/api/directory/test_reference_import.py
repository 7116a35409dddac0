"""Bringing the reference into the database: once, exactly, and never backwards."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from gzip import compress, decompress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from click.testing import CliRunner

from services.directory.domain.collectivites import Edition
from services.directory.domain.problems import NotListed, ReferenceNotReady
from services.directory.domain.search import SearchIndex
from services.directory.migrations import MIGRATIONS
from services.directory.operations import reference
from services.directory.operations.reference import import_reference
from services.directory.operations.reference_files import FOLDER
from services.directory.operations.search_index import LiveIndex
from services.directory.store import collectivites as store
from services.directory.tables import metadata
from shared.db import Database
from shared.ids import new_id
from shared.messaging.listener import Listener
from shared.migrations.upgrading import drift
from socle.cli import main
from tests.api.conftest import api, create_key, settings_of

MakeEdition = Callable[..., Path]

SMALL = 40


@pytest_asyncio.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The directory's schema of an empty database."""
    db = await Database.open(database_url, schema="directory", pool_size=4)
    yield db
    await db.close()


@pytest.fixture
def make_edition(tmp_path: Path) -> MakeEdition:
    """Make a folder with a small edition: the first bodies of the shipped one, lines edited or left out."""

    def make(version: str, edit: Callable[[list[str]], list[str]] = lambda lines: lines) -> Path:
        folder = tmp_path / version
        folder.mkdir()
        text = decompress((FOLDER / "collectivites.csv.gz").read_bytes()).decode()
        lines = text.splitlines()[: SMALL + 1]
        (folder / "collectivites.csv.gz").write_bytes(
            compress("\n".join([lines[0], *edit(lines[1:])]).encode())
        )
        shutil.copy(FOLDER / "anciennes.csv.gz", folder)
        document = json.loads((FOLDER / "reference.json").read_bytes())
        year = int(version.partition(".")[0])
        document.update(version=version, year=year)
        (folder / "reference.json").write_text(json.dumps(document))
        return folder

    return make


async def rows(db: Database) -> dict[str, dict[str, Any]]:
    return {row["siren"]: dict(row) for row in await db.fetch("SELECT *, xmin::text FROM collectivite")}


async def test_the_whole_reference_is_brought_in_and_read_back_as_it_is(db: Database) -> None:
    from services.directory.operations.reference_files import shipped_collectivites

    changes = await import_reference(db)
    assert changes is not None
    assert (changes.created, changes.updated, changes.unchanged, changes.removed) == (36_253, 0, 0, 0)
    stored = {body.siren: body for body in await store.every_collectivite(db)}
    assert stored == {body.siren: body for body in shipped_collectivites()}


async def test_the_same_edition_again_writes_nothing(db: Database, make_edition: MakeEdition) -> None:
    folder = make_edition("2026.1")
    await import_reference(db, folder)
    before = await rows(db)
    assert await import_reference(db, folder) is None
    assert await rows(db) == before
    assert await db.fetchval("SELECT count(*) FROM reference_import") == 1


async def test_a_new_edition_writes_only_what_it_changes(db: Database, make_edition: MakeEdition) -> None:
    await import_reference(db, make_edition("2026.1"))
    before = await rows(db)

    def edit(lines: list[str]) -> list[str]:
        renamed = lines[0].split(",")
        renamed[2:4] = ["", "Nouveau Nom"]
        return [",".join(renamed), *lines[2:], "212102313,COM,21231,Dijon,1,21,27,242100410,21000"]

    changes = await import_reference(db, make_edition("2027.1", edit))
    assert changes is not None
    assert (changes.created, changes.updated, changes.unchanged, changes.removed) == (1, 1, SMALL - 2, 1)
    after = await rows(db)
    touched = {siren for siren in before if before[siren]["xmin"] != after[siren]["xmin"]}
    assert len(touched) == 2
    removed = [siren for siren, row in after.items() if row["removed_at"] is not None]
    assert len(removed) == 1
    assert removed[0] in touched
    assert after["212102313"]["population"] == 1
    # A body that is removed stays, for what refers to it, but the search no longer knows it.
    assert removed[0] not in {body.siren for body in await store.every_collectivite(db)}
    assert await store.get_collectivite(db, removed[0]) is not None


async def test_a_body_that_comes_back_is_found_again(db: Database, make_edition: MakeEdition) -> None:
    await import_reference(db, make_edition("2026.1"))
    await import_reference(db, make_edition("2026.2", lambda lines: lines[1:]))
    changes = await import_reference(db, make_edition("2026.3"))
    assert changes is not None
    assert (changes.created, changes.updated, changes.removed) == (0, 1, 0)
    assert all(row["removed_at"] is None for row in (await rows(db)).values())


async def test_old_code_does_not_bring_an_old_edition_back(db: Database, make_edition: MakeEdition) -> None:
    await import_reference(db, make_edition("2027.1", lambda lines: lines[:10]))
    assert await import_reference(db, make_edition("2026.9")) is None
    assert len(await rows(db)) == 10
    assert await store.edition_in_force(db) == Edition(2027, 1)


async def test_the_migrations_make_the_tables_as_declared(database_url: str) -> None:
    assert await drift(database_url, MIGRATIONS, metadata) == []


async def test_several_workers_at_once_bring_it_in_once(db: Database, make_edition: MakeEdition) -> None:
    folder = make_edition("2026.1")
    results = await asyncio.gather(*(import_reference(db, folder) for _ in range(4)))
    assert [changes is not None for changes in results].count(True) == 1
    assert await db.fetchval("SELECT count(*) FROM reference_import") == 1
    assert len(await rows(db)) == SMALL


async def test_an_import_that_fails_leaves_the_reference_as_it_was(
    db: Database, make_edition: MakeEdition
) -> None:
    await import_reference(db, make_edition("2026.1"))
    before = await rows(db)
    broken = make_edition("2027.1", lambda lines: [lines[1], lines[1]])
    with pytest.raises(Exception, match="duplicate key"):
        await import_reference(db, broken)
    assert await rows(db) == before
    assert await store.edition_in_force(db) == Edition(2026, 1)


async def test_an_index_follows_the_edition_in_force(
    db: Database, database_url: str, make_edition: MakeEdition
) -> None:
    live = LiveIndex(db, refresh_seconds=3600, wait_seconds=0)
    with pytest.raises(ReferenceNotReady):
        await live.get()
    patient = LiveIndex(db, refresh_seconds=3600, wait_seconds=30)
    async with Listener(database_url) as listener, patient.following(listener):
        waiting = asyncio.create_task(patient.get())
        await import_reference(db, make_edition("2026.1"))
        assert (await waiting).version == "2026.1"
        await import_reference(db, make_edition("2026.2", lambda lines: lines[:5]))
        async with asyncio.timeout(10):
            while (await patient.get()).version != "2026.2":
                await asyncio.sleep(0.02)
        assert len((await patient.get()).bodies) == 5


async def test_a_merger_keeps_every_former_name_findable(db: Database, make_edition: MakeEdition) -> None:
    shipped = decompress((FOLDER / "collectivites.csv.gz").read_bytes()).decode().splitlines()
    heir_line, gone_line, third, *others = [line for line in shipped if ",COM," in line][:SMALL]
    heir, gone = heir_line.split(",")[0], gone_line.split(",")[0]
    renamed_line = ",".join([*third.split(",")[:3], "Tout Nouveau Nom", *third.split(",")[4:]])

    def second(_lines: list[str]) -> list[str]:
        return [heir_line, renamed_line, *others]

    await import_reference(db, make_edition("2026.1", lambda _: [heir_line, gone_line, third, *others]))
    before = await rows(db)
    folder = make_edition("2027.1", second)
    # The first commune takes the second one in, whose code alone is told.
    former = decompress((folder / "anciennes.csv.gz").read_bytes()).decode()
    former += f"{heir},{before[gone]['code_insee']},,ancienne commune\n"
    (folder / "anciennes.csv.gz").write_bytes(compress(former.encode()))

    found = await reference.preview(db, folder)
    assert (str(found.edition), str(found.in_force)) == ("2027.1", "2026.1")
    assert {kind: count for kind, count in found.counts.items() if count} == {
        "renommage": 1,
        "fusion": 1,
        "modification": 1,
    }
    assert await rows(db) == before
    await import_reference(db, folder)
    [made] = await store.imports(db, before=None, limit=1)
    entries = await reference.journal(db, made["id"], kind=None, after=None, limit=50)
    by_kind = {entry["kind"]: entry for entry in entries}
    assert all(entry["fields"] for entry in entries if entry["kind"] == "modification")
    assert set(by_kind) == {"renommage", "fusion", "modification"}
    assert (by_kind["fusion"]["siren"], by_kind["fusion"]["into_siren"]) == (gone, heir)
    renamed = by_kind["renommage"]
    assert (renamed["nom"], renamed["former_nom"]) == ("Tout Nouveau Nom", before[renamed["siren"]]["nom"])

    index = SearchIndex("x", await store.every_collectivite(db))

    def first(query: str) -> str:
        return index.search(query, filters={}, code_insee=None, limit=5, after=None).items[0].siren

    assert first(before[gone]["nom"]) == heir
    assert first(before[gone]["code_insee"]) == heir
    assert first(renamed["former_nom"]) == renamed["siren"]
    # The next edition says nothing of the former names, and none is lost.
    await import_reference(db, make_edition("2028.1", second))
    again = {body.siren: body for body in await store.every_collectivite(db)}
    assert renamed["former_nom"] in {alias.nom for alias in again[renamed["siren"]].aliases}
    assert await rows(db) != before


async def test_the_first_edition_has_no_journal_and_the_same_one_no_preview(
    db: Database, make_edition: MakeEdition
) -> None:
    folder = make_edition("2026.1")
    assert (await reference.preview(db, folder)).counts["creation"] == SMALL
    await import_reference(db, folder)
    assert not (await reference.preview(db, folder)).changes
    [made] = await store.imports(db, before=None, limit=5)
    assert await reference.journal(db, made["id"], kind=None, after=None, limit=5) == []
    with pytest.raises(NotListed):
        await reference.journal(db, new_id(), kind=None, after=None, limit=5)


async def test_moderators_look_and_bring_in(
    common_settings: dict[str, Any], db: Database, make_edition: MakeEdition
) -> None:
    await import_reference(db, make_edition("2025.1"))
    url = common_settings["database_url"]
    moderator = {"x-api-key": await create_key(url, "directory:moderate")}
    writer = {"x-api-key": await create_key(url, "directory:write")}
    base = "/directory/v1/reference"
    async with api("directory", settings_of("directory", common_settings)) as client:
        for path in (f"{base}/preview", f"{base}/imports"):
            assert (await client.get(path)).status_code == 401
            assert (await client.get(path, headers=writer)).status_code == 403
        page = (await client.get(f"{base}/preview?kind=creation&limit=3", headers=moderator)).json()
        assert (page["edition"], page["in_force"], page["newer"]) == ("2026.1", "2025.1", True)
        assert page["counts"]["creation"] == 36_253 - SMALL
        assert len(page["items"]) == 3
        assert len(await rows(db)) == SMALL
        assert (await client.post(f"{base}/imports", headers=writer)).status_code == 403
        done = (await client.post(f"{base}/imports", headers=moderator)).json()
        assert (done["applied"], done["created"]) == (True, 36_253 - SMALL)
        again = (await client.post(f"{base}/imports", headers=moderator)).json()
        assert (again["applied"], again["created"]) == (False, 0)
        editions = (await client.get(f"{base}/imports", headers=moderator)).json()["items"]
        assert [item["edition"] for item in editions] == ["2026.1", "2025.1"]
        changed = await client.get(f"{base}/imports/{editions[0]['id']}/changes?limit=2", headers=moderator)
        assert [item["kind"] for item in changed.json()["items"]] == ["creation", "creation"]
        unknown = await client.get(f"{base}/imports/{new_id()}/changes", headers=moderator)
        assert unknown.status_code == 404


def test_the_command_shows_applies_and_remembers(
    database_url: str, make_edition: MakeEdition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCLE_DATABASE_URL", database_url)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(main, ["reference", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    first = make_edition("2026.1")
    assert f"Création / Creation: {SMALL}" in run("preview", "--folder", str(first))
    assert f"{SMALL} créées" in run("apply", "--folder", str(first))
    assert "Rien à faire" in run("apply", "--folder", str(first))
    run("apply", "--folder", str(make_edition("2027.1", lambda lines: lines[1:])))
    newest = run("journal").splitlines()[0]
    assert "2027.1" in newest
    assert run("journal", newest.split("\t")[0]).startswith("suppression\t")
