"""What others show of the catalogue: SCDL rows that our own validator finds valid, web formats, sitemaps, a list."""

import asyncio
import csv
import io
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.catalog.domain.payloads import scdl
from services.catalog.domain.vocabularies.places import around
from shared.settings import Settings
from tests.api.conftest import Client, api, create_key, settings_of
from tests.support.api import assert_problem

ROOT = Path(__file__).resolve().parents[3]
V1 = "/catalog/v1"
SIREN = "212500565"
WHOLE: dict[str, Any] = {
    "title": "=Délibérations; « 2024 »",
    "description": "Celles du conseil,\nsur deux lignes.",
    "organization": {"siret": "21250056500016", "name": "Besançon"},
    "license": "lov2",
    "frequency": "annual",
    "tags": ["conseil", "actes; délibérations"],
    "themes": ["GOVE"],
    "temporal_coverage": {"start": "2024-01-01", "end": "2024-12-31"},
    "spatial": {"zones": ["fr:commune:25056"]},
    "landing_page": "https://besancon.fr/jeux/1",
    "issued": "2024-02-01T10:00:00Z",
    "modified": "2024-03-01T10:00:00Z",
    "resources": [
        {
            "title": "2024",
            "url": "https://exemple.fr/a b.csv",
            "format": "csv",
            "filesize": 12,
            "checksum": {"type": "sha256", "value": "ab" * 32},
            "schema": {"name": "scdl/deliberations"},
        },
        {"title": "2023", "url": "https://exemple.fr/2023.ods", "format": "ods"},
    ],
}


@pytest.fixture
def settings(common_settings: dict[str, Any]) -> Settings:
    return settings_of("catalog", common_settings)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    async with api("catalog", settings) as client:
        yield client


@pytest.fixture
async def key(database_url: str) -> dict[str, str]:
    return {"x-api-key": await create_key(database_url, "catalog:write")}


async def register(client: Client, key: dict[str, str], **more: Any) -> dict[str, Any]:
    answer = await client.post(f"{V1}/datasets", json={**WHOLE, **more}, headers=key)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_the_scdl_catalogue_is_valid_and_reads_back(
    client: Client, key: dict[str, str], tmp_path: Path
) -> None:
    made = await register(client, key)
    await register(
        client, key, title="Une autre", spatial={"zones": ["fr:epci:242500361"], "granularity": "poi"}
    )
    await register(client, key, title="Sans période", temporal_coverage=None)
    await register(client, key, title="D'un autre", organization={"siret": "21210231300013", "name": "Dijon"})
    answer = await client.get(f"{V1}/catalogue.csv?siren={SIREN}")
    file = tmp_path / "catalogue.csv"
    file.write_bytes(answer.content)
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "socle", "validate", str(file), "--schema", "scdl/catalogue"],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout.decode() + ran.stderr.decode()
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["COUV_SPAT_MAILLE"], row["COUV_SPAT_NOM"]) for row in rows] == [
        ("Communale", "Besançon"),
        ("Infracommunale", "CU Grand Besançon Métropole"),
    ]
    [first, _] = scdl.read(answer.content)
    assert first.record is not None
    assert (first.record.remote_id, first.record.license, first.record.frequency) == (
        made["id"],
        "lov2",
        "annual",
    )
    assert first.record.tags == ("conseil", "actes", "délibérations")
    everything = await client.get(f"{V1}/catalogue.csv")
    assert len(list(csv.reader(io.StringIO(everything.text, newline="")))) == 4


async def test_what_is_left_out_is_told(client: Client, key: dict[str, str]) -> None:
    await register(client, key)
    bare = await register(
        client, key, title="Nu", license="notspecified", temporal_coverage=None, themes=[], resources=[]
    )
    other = await register(client, key, title="Lieu inconnu", spatial={"zones": ["fr:commune:99999"]})
    first = (await client.get(f"{V1}/catalogue/omissions?siren={SIREN}&limit=1")).json()
    assert first["items"] == [
        {
            "id": bare["id"],
            "title": "Nu",
            "missing": [
                "THEME",
                "COUV_TEMP_DEBUT",
                "COUV_TEMP_FIN",
                "LICENCE",
                "NOMBRE_RESSOURCES",
                "FORMAT_RESSOURCES",
            ],
            "self": bare["self"],
        }
    ]
    second = (await client.get(f"{V1}/catalogue/omissions?siren={SIREN}&cursor={first['next']}")).json()
    assert [(item["id"], item["missing"]) for item in second["items"]] == [(other["id"], ["COUV_SPAT_NOM"])]
    assert second["next"] is None


async def test_search_engines_and_machines_read_a_dataset(client: Client, key: dict[str, str]) -> None:
    made = await register(client, key)
    found = await client.get(f"{V1}/datasets/{made['id']}/schema-org")
    assert found.headers["content-type"] == "application/ld+json; charset=utf-8"
    document = found.json()
    assert (document["@type"], document["temporalCoverage"]) == ("Dataset", "2024-01-01/2024-12-31")
    assert document["spatialCoverage"][0]["name"] == "Besançon"
    assert len(document["description"]) >= 50
    download = document["distribution"][0]
    assert (download["contentUrl"], download["sha256"]) == ("https://exemple.fr/a%20b.csv", "ab" * 32)
    croissant = (await client.get(f"{V1}/datasets/{made['id']}/croissant")).json()
    assert croissant["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert [item["encodingFormat"] for item in croissant["distribution"]] == [
        "text/csv",
        "application/vnd.oasis.opendocument.spreadsheet",
    ]
    private = await register(client, key, private=True)
    for form in ("schema-org", "croissant"):
        assert_problem(await client.get(f"{V1}/datasets/{private['id']}/{form}"), 404, "dataset-not-found")


async def test_sitemaps_name_every_dataset(client: Client, key: dict[str, str]) -> None:
    made = [await register(client, key, title=f"n°{number}") for number in range(3)]
    await register(client, key, private=True)
    index = ET.fromstring((await client.get(f"{V1}/sitemap.xml")).content)
    [place] = [item.text or "" for item in index.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    urls = ET.fromstring((await client.get(place)).content)
    found = [item.text for item in urls.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert found == [item["self"] for item in made]
    rest = ET.fromstring((await client.get(f"{V1}/sitemaps/datasets.xml?after={made[0]['id']}")).content)
    assert len(rest) == 2


async def test_a_list_to_embed_shows_text_as_text(client: Client, key: dict[str, str]) -> None:
    attack = '<script>alert("1")</script>'
    await register(client, key, title=attack, landing_page='https://exemple.fr/"onmouseover="x')
    await register(client, key, organization={"siren": "212102313", "name": "Dijon"})
    shown = (await client.get(f"{V1}/widget.json?siren={SIREN}")).json()
    assert (shown["total"], shown["items"][0]["title"], shown["items"][0]["formats"]) == (
        1,
        attack,
        ["csv", "ods"],
    )
    page = await client.get(f"{V1}/widget.html?siren={SIREN}")
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text
    assert 'x"' not in page.text.split("href=")[1].split(">")[0][:-40]
    assert "frame-ancestors *" in page.headers["content-security-policy"]
    assert "1 jeu de données" in page.text
    assert_problem(await client.get(f"{V1}/widget.html?siren=1"), 422, "invalid-request")


def test_a_commune_lies_in_its_territories() -> None:
    assert set(around("fr:commune:25056")) == {
        "fr:commune:25056",
        "fr:epci:242500361",
        "fr:departement:25",
        "fr:region:27",
        "country:fr",
    }
    assert around("poi:x") == ("poi:x",)
