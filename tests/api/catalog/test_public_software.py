"""What others wrote reads and drives the catalog: the parsers of udata and of CKAN, data.gouv.fr's client.

Each runs in an environment of its own, made for the test: `make public`.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.catalog.domain.payloads import udata
from services.catalog.domain.record import Record
from services.catalog.domain.vocabularies import frequencies, licenses
from shared.settings import Settings
from tests.api.catalog.test_exports import V1, load, real_lines
from tests.api.catalog.test_udata import DATASET, RESOURCE
from tests.api.conftest import api, create_key, settings_of
from tests.support.api import listening
from tests.support.environments import environment, run

SCRIPTS = Path(__file__).with_name("public_software")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def settings(common_settings: dict[str, Any]) -> Settings:
    return settings_of("catalog", common_settings)


@pytest.fixture
async def exported(settings: Settings, working_material: Path) -> tuple[list[Record], bytes]:
    """Give the real datasets and the whole catalogue that is made of them."""
    lines = real_lines(working_material)
    async with api("catalog", settings) as client:
        await load(client, {"x-api-key": await create_key(settings.database_url, "catalog:write")}, lines)
        dump = (await client.get(f"{V1}/dumps/catalog.rdf")).content
    return [udata.read(orjson.loads(line)) for line in lines], dump


def read(said: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines()]


async def test_udata_reads_the_catalogue(exported: tuple[list[Record], bytes], tmp_path: Path) -> None:
    records, dump = exported
    python = environment(tmp_path / "udata", "udata==17.18.0", "mongomock==4.3.0")
    # As data.gouv.fr has them: by their addresses and titles.
    known = [{"id": item.id, "title": item.fr, "url": item.url} for item in licenses.TABLE]
    found = read(
        await asyncio.to_thread(run, python, SCRIPTS / "udata_reader.py", json.dumps(known), given=dump)
    )
    assert len(found) == len(records) == 626
    rows = {row["identifier"]: row for row in found}
    for record in records:
        row = rows[record.remote_id]
        assert row["title"] == record.title
        # An address that is given twice is one file there.
        assert len(row["files"]) == len({file.url for file in record.resources}), record.title
        # A licence without an address of its own (« Domaine public ») has one of ours, which others do not know.
        if licenses.BY_ID[record.license].url or record.license == licenses.NOT_SPECIFIED:
            assert row["license"] == record.license, record.title
        # It reads no frequency that has no name in the table of the European Union, nor `unknown`.
        if frequencies.BY_ID[record.frequency].eu and record.frequency != frequencies.UNKNOWN:
            assert row["frequency"] == record.frequency, record.title
        # It knows a schema by the title of the standard where it cannot ask the registry.
        named = {file.schema_name for file in record.resources if file.schema_name}
        assert {file[2].partition(" ")[0] for file in row["files"] if file[2]} >= named, record.title


async def test_ckan_reads_the_catalogue(exported: tuple[list[Record], bytes], tmp_path: Path) -> None:
    records, dump = exported
    python = environment(tmp_path / "ckan", "ckan[requirements]==2.12.0", "ckanext-dcat==2.4.4")
    found = read(await asyncio.to_thread(run, python, SCRIPTS / "ckan_reader.py", given=dump))
    assert len(found) == len(records) == 626
    rows = {row["identifier"]: row for row in found}
    for record in records:
        row = rows[record.remote_id]
        assert row["title"] == record.title
        assert len(row["files"]) == len(record.resources)
        frequency = frequencies.BY_ID[record.frequency]
        if frequency.id == frequencies.UNKNOWN or frequency.eu:
            assert row["frequency"] == (None if frequency.id == frequencies.UNKNOWN else frequency.uri), (
                record.title
            )
        assert set(row["tags"]) >= {tag for tag in record.tags if "," not in tag}, record.title


async def test_the_public_client_of_udata_works_unchanged(settings: Settings, tmp_path: Path) -> None:
    python = environment(tmp_path / "datagouv", "datagouv-client==0.5.1")
    key = await create_key(settings.database_url, "catalog:write")
    file = tmp_path / "2024.csv"
    file.write_bytes(b"a\n1\n")
    async with listening("catalog", settings) as port:
        arguments = (str(port), key, str(file), json.dumps(DATASET), json.dumps(RESOURCE))
        said = await asyncio.to_thread(run, python, SCRIPTS / "datagouv_client.py", *arguments)
    assert json.loads(said) == {
        "title": "Autre",
        "extras": {"a": 1, "b": 2},
        "organization": "Ville de Besançon",
        "resources": ["Année 2024"],
        "listed": [True],
    }
