"""The observatory: files brought in, figures by territory, curves, and what the catalogue's events change."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import orjson
import pytest
import pytest_asyncio
from click.testing import CliRunner, Result

from services.directory.operations.observatoire_import import UnreadableFile, import_file
from services.directory.operations.publications import record_published, record_removed
from shared.contracts.catalog import DatasetPublished, DatasetRemoved
from shared.db import Database
from socle.cli import main

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/directory/v1/observatoire"
DIJON, BESANCON, BEAUNE = "212102313", "212500565", "212100549"
SPACE = UUID("6f1fbd52-31f0-4b51-a8a5-2a5f0c0f7d01")
HEADING = "siren,nom,type,regcode,nb-ptf,nb-datagouv,lat,long,Département,TimeStamp"
FILE = "\n".join(
    [
        HEADING,
        "212102313 ,DIJON,COM,BFC-27,4,9,47.32,5.04,21,15/12/2021 11:57am",
        "242100410,DIJON METROPOLE,MET,BFC-27,12,,47.33,5.05,21,15/12/2021 11:57am",
        "852356583,BROU SUR CHANTEREINE,COM,IDF-11,1,,,,77,15/12/2021 11:57am",
        "254002272 ,ADACL Landes,AGCT,NAQ-75,,6,43.9,-0.49,40,7/10/2021 7:27pm",
        "123456789,NULLE PART,COM,BFC-27,3,,500,0,21,n'importe quand",
    ]
).encode("utf-8-sig")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def db(loaded_database: str) -> AsyncIterator[Database]:
    database = await Database.open(loaded_database, schema="directory", pool_size=4)
    yield database
    await database.close()


@pytest_asyncio.fixture(loop_scope="module")
async def fresh(db: Database) -> AsyncIterator[Database]:
    """The database without any file or publication."""
    yield db
    for table in ("observatoire_ligne", "observatoire_import", "publication"):
        await db.execute(f"DELETE FROM {table}")


async def read(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def value(found: dict[str, Any], code: str) -> int:
    return next(int(one["value"]) for one in found["indicateurs"] if one["code"] == code)


def curve(found: dict[str, Any], code: str) -> list[tuple[str, int]]:
    [series] = [one for one in found["series"] if one["code"] == code]
    return [(point["date"], point["value"]) for point in series["points"]]


async def publish(db: Database, name: str, revision: int = 1, **more: Any) -> None:
    values = {
        "organization_siren": BESANCON,
        "schemas": ("scdl/deliberations",),
        "conforming": True,
        "published_at": datetime(2024, 6, 1, tzinfo=UTC),
        "title": name,
        **more,
    }
    event = DatasetPublished(dataset_id=uuid5(SPACE, name), revision=revision, **values)
    async with db.transaction() as session:
        await record_published(session, event)


async def remove(db: Database, name: str, revision: int, moment: datetime) -> None:
    event = DatasetRemoved(dataset_id=uuid5(SPACE, name), revision=revision, removed_at=moment)
    async with db.transaction() as session:
        await record_removed(session, event)


async def test_the_obligation_is_told_with_base_year_and_method(
    client: httpx.AsyncClient, fresh: Database
) -> None:
    found = await read(client)
    assert value(found, "bodies") == 36_253
    assert value(found, "obliged") == 4_632
    assert found["population"]["year"] == 2026
    for one in found["indicateurs"]:
        assert one["base"] == {"bodies": 36_253, "population": "municipale", "year": 2026}
        assert len(one["methode"]) > 20
        assert one["methode"] != one["methode_en"]
    assert sum(part["bodies"] for part in found["par_type"]) == 36_253
    assert sum(part["obliged"] for part in found["par_population"]) == 4_632
    assert {part["code"] for part in found["par_territoire"]} >= {"region:27", "region:94"}


async def test_a_file_is_brought_in_row_by_row(client: httpx.AsyncClient, fresh: Database) -> None:
    imported = await import_file(fresh, "organismes", 2022, "essai.csv", FILE)
    report = (await client.get(f"{PATH}/imports/{imported.id}")).json()
    counts = {one["code"]: one["count"] for one in report["outcomes"]}
    assert counts == {
        "siren": 1,
        "siren_nettoye": 1,
        "ancienne_commune": 0,
        "nom": 1,
        "hors_referentiel": 1,
        "siren_refuse": 1,
    }
    lines = (await client.get(report["links"]["lignes"])).json()["items"]
    assert [line["number"] for line in lines] == [2, 3, 4, 5, 6]
    assert lines[0]["content"]["siren"] == "212102313 "
    unmatched = await client.get(
        report["links"]["lignes"], params={"outcome": ["hors_referentiel", "siren_refuse"]}
    )
    assert [(line["nom"], line["siren"]) for line in unmatched.json()["items"]] == [
        ("ADACL Landes", "254002272"),
        ("NULLE PART", None),
    ]
    assert all(line["reason"] and line["reason_en"] for line in unmatched.json()["items"])
    side = await read(client, territoire="departement:21")
    assert (value(side, "publishing"), value(side, "datasets")) == (2, 9 + 12)
    assert curve(side, "datasets")[0] == ("2022-01-01", 21)
    assert (await read(client, territoire="departement:40"))["hors_referentiel"]["datasets"] == 6
    # What an edition does not tell is not invented.
    assert value(side, "scdl_datasets") == 0


async def test_the_same_file_again_changes_nothing(client: httpx.AsyncClient, fresh: Database) -> None:
    first, second = await asyncio.gather(
        *(import_file(fresh, "organismes", 2022, "essai.csv", FILE) for _ in range(2))
    )
    assert first.id == second.id
    assert sorted((first.known, second.known)) == [False, True]
    before = await read(client)
    assert (await import_file(fresh, "organismes", 2022, "autre nom.csv", FILE)).known
    assert await fresh.fetchval("SELECT count(*) FROM observatoire_ligne") == 5
    assert (await read(client))["indicateurs"] == before["indicateurs"]


async def test_another_file_of_the_year_takes_its_place_and_the_first_stays_readable(
    client: httpx.AsyncClient, fresh: Database
) -> None:
    first = await import_file(fresh, "organismes", 2022, "a.csv", FILE)
    shorter = b"\n".join(FILE.split(b"\n")[:2])
    await import_file(fresh, "organismes", 2022, "b.csv", shorter)
    assert value(await read(client), "datasets") == 9
    listed = (await client.get(f"{PATH}/imports")).json()["items"]
    assert [(one["filename"], one["in_force"]) for one in listed] == [("b.csv", True), ("a.csv", False)]
    assert len((await client.get(f"{PATH}/imports/{first.id}/lignes")).json()["items"]) == 5
    await import_file(fresh, "organismes", 2022, "a.csv", FILE)
    assert value(await read(client), "datasets") == 9 + 12 + 1


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"nom,type\na,b\n", b"", b'siren,nom,type\n"a', b"siren,nom,type\n\x00,a,b\n"]
)
async def test_a_file_that_cannot_be_read_leaves_nothing(fresh: Database, data: bytes) -> None:
    with pytest.raises(UnreadableFile) as refused:
        await import_file(fresh, "organismes", 2022, "x.csv", data)
    assert refused.value.fr != refused.value.en
    assert await fresh.fetchval("SELECT count(*) FROM observatoire_import") == 0


async def test_the_catalogue_takes_over_from_the_file(client: httpx.AsyncClient, fresh: Database) -> None:
    await import_file(fresh, "organismes", 2022, "essai.csv", FILE)
    await publish(fresh, "a", organization_siren=DIJON)
    await publish(fresh, "b", organization_siren=DIJON, conforming=False)
    await publish(fresh, "c", organization_siren=DIJON, schemas=("autre/x",))
    side = await read(client, territoire="commune:21231")
    assert [value(side, code) for code in ("datasets", "scdl_datasets", "conforming_datasets")] == [3, 2, 1]
    assert curve(side, "datasets")[:4] == [
        ("2022-01-01", 9),
        ("2023-01-01", 9),
        ("2024-01-01", 9),
        ("2025-01-01", 3),
    ]
    assert curve(side, "scdl_datasets")[2:4] == [("2024-01-01", 0), ("2025-01-01", 2)]


async def test_the_past_stays_what_it_was(client: httpx.AsyncClient, fresh: Database) -> None:
    await publish(fresh, "a", published_at=datetime(2023, 5, 1, tzinfo=UTC), conforming=False)
    await publish(fresh, "a", 2, changed_at=datetime(2024, 5, 1, tzinfo=UTC))
    await remove(fresh, "a", 3, datetime(2025, 5, 1, tzinfo=UTC))
    found = await read(client, territoire="commune:25056")
    assert curve(found, "conforming_datasets")[:3] == [
        ("2023-01-01", 0),
        ("2024-01-01", 0),
        ("2025-01-01", 1),
    ]
    assert curve(found, "datasets")[3] == ("2026-01-01", 0)
    assert value(found, "publishing") == 0


async def test_events_late_or_twice_change_nothing(client: httpx.AsyncClient, fresh: Database) -> None:
    await publish(fresh, "a", 5)
    await publish(fresh, "a", 5, conforming=False)
    await publish(fresh, "a", 4, organization_siren=DIJON)
    await remove(fresh, "b", 7, datetime.now(UTC) - timedelta(days=1))
    await publish(fresh, "b", 6)
    found = await read(client)
    assert (value(found, "datasets"), value(found, "conforming_datasets")) == (1, 1)
    await publish(fresh, "b", 8)
    assert value(await read(client), "datasets") == 2


async def test_events_of_one_dataset_at_once_leave_one_present_state(
    client: httpx.AsyncClient, fresh: Database
) -> None:
    await asyncio.gather(*(publish(fresh, "a", revision) for revision in range(1, 9)))
    rows = await fresh.fetch("SELECT revision FROM publication WHERE until IS NULL")
    assert [row["revision"] for row in rows] == [8]
    assert value(await read(client), "datasets") == 1


async def test_the_forms_say_the_same(client: httpx.AsyncClient, fresh: Database) -> None:
    await import_file(fresh, "organismes", 2022, "essai.csv", FILE)
    answer = await client.get(f"{PATH}.csv", params={"territoire": "departement:21"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    now = [row for row in rows if row["date"] == rows[-1]["date"] and row["indicateur"] == "datasets"]
    assert (now[0]["valeur"], now[0]["population_annee"]) == ("21", "2026")
    points = await client.get(f"{PATH}.geojson", params={"territoire": "departement:21"})
    assert points.headers["content-type"] == "application/geo+json"
    document = points.json()
    assert {feature["id"]: feature["geometry"]["coordinates"] for feature in document["features"]} == {
        DIJON: [5.04, 47.32],
        "242100410": [5.05, 47.33],
    }
    whole = (await client.get(f"{PATH}.geojson")).json()
    assert [one["properties"]["dans_le_referentiel"] for one in whole["features"] if one["id"][0] == "2"]
    # Brou-sur-Chantereine has no coordinates in the file: counted, not placed.
    assert whole["sans_coordonnees"] == 1
    assert (await client.get(PATH, headers={"if-none-match": answer.headers["etag"]})).status_code == 200
    again = await client.get(
        f"{PATH}.csv?territoire=departement:21", headers={"if-none-match": answer.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    "query",
    [
        {"territoire": "canton:1"},
        {"territoire": "departement:99"},
        {"territoire": "epci:123"},
        {"type": "XYZ"},
        {"population": "beaucoup"},
        {"inconnu": "1"},
    ],
)
async def test_what_is_asked_wrongly_is_refused(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    answer = await client.get(PATH, params=query)
    assert answer.status_code == 422
    assert answer.json()["detail_en"]


async def test_a_territory_that_is_not_there(client: httpx.AsyncClient) -> None:
    assert (await client.get(PATH, params={"territoire": "epci:852356583"})).status_code == 404
    assert (await client.get(f"{PATH}/imports/00000000-0000-7000-8000-000000000000")).status_code == 404


async def test_the_file_of_2022_whole(
    client: httpx.AsyncClient, fresh: Database, working_material: Path
) -> None:
    folder = working_material / "data" / "reference"
    data = (folder / "odf-observatoire-2022.csv").read_bytes()
    imported = await import_file(fresh, "organismes", 2022, "odf-observatoire-2022.csv", data)
    report = (await client.get(f"{PATH}/imports/{imported.id}")).json()
    counts = {one["code"]: one["count"] for one in report["outcomes"]}
    assert sum(counts.values()) == report["rows"] == 891
    assert (counts["ancienne_commune"], counts["siren_refuse"]) == (2, 0)
    cleaned = await fresh.fetchval(
        "SELECT count(*) FROM observatoire_ligne WHERE content->>'siren' <> siren AND content->>'siren' ~ '[^0-9]'"
    )
    assert cleaned == 9
    platforms = (folder / "odf-plateformes-2022.csv").read_bytes()
    await import_file(fresh, "plateformes", 2022, "odf-plateformes-2022.csv", platforms)
    found = await read(client)
    assert value(found, "publishing") > 650
    assert len((await client.get(f"{PATH}.geojson")).json()["features"]) > 500


async def test_the_command_reports_and_never_blames_the_database_for_the_report(
    fresh: Database, loaded_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCLE_DATABASE_URL", loaded_database)
    file, report = tmp_path / "essai.csv", tmp_path / "rapport.json"
    file.write_bytes(FILE)

    async def run(target: Path) -> Result:
        arguments = ["observatory", "import", str(file), "--year", "2022", "--report", str(target)]
        return await asyncio.to_thread(CliRunner().invoke, main, arguments)

    first = await run(report)
    assert first.exit_code == 0, first.output
    assert "importé / imported" in first.output
    assert [line["number"] for line in orjson.loads(report.read_bytes())["lignes"]] == [2, 3, 4, 5, 6]
    assert "rien ne change" in (await run(report)).output
    refused = await run(tmp_path / "absent" / "rapport.json")
    assert (refused.exit_code, "ne peut pas être écrit" in refused.output) == (1, True)
