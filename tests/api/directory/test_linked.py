"""An application, a vendor, a body in the words of others: publiccode.yml 0.7 and schema.org."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import pytest_asyncio
import yaml

from shared.db import Database
from tests.api.directory import software

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "/directory/v1"
DIJON, BESANCON = "212102313", "212500565"

# What publiccode.yml 0.7 requires of every file (https://yml.publiccode.tools/schema.core.html).
REQUIRED: dict[str, Any] = {
    "type": "object",
    "required": [
        "publiccodeYmlVersion",
        "name",
        "url",
        "platforms",
        "developmentStatus",
        "softwareType",
        "description",
        "legal",
        "maintenance",
        "localisation",
    ],
    "properties": {
        "publiccodeYmlVersion": {"const": "0.7"},
        "name": {"type": "string", "minLength": 1},
        "url": {"type": "string", "pattern": "^https?://"},
        "landingURL": {"type": "string", "pattern": "^https?://"},
        "platforms": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        "releaseDate": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        "developmentStatus": {"enum": ["concept", "development", "beta", "stable", "obsolete"]},
        "softwareType": {"type": "string"},
        "organisation": {"type": "object", "required": ["name"]},
        "description": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "required": ["shortDescription", "longDescription", "features"],
                "properties": {
                    "shortDescription": {"type": "string", "minLength": 1, "maxLength": 150},
                    "longDescription": {"type": "string", "minLength": 150, "maxLength": 10_000},
                    "features": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                },
            },
        },
        "legal": {"type": "object", "required": ["license"]},
        "maintenance": {
            "type": "object",
            "required": ["type", "contacts"],
            "properties": {"contacts": {"type": "array", "minItems": 1, "items": {"required": ["name"]}}},
        },
        "localisation": {
            "type": "object",
            "required": ["localisationReady", "availableLanguages"],
            "properties": {"availableLanguages": {"type": "array", "minItems": 1}},
        },
        "supports": {
            "type": "array",
            "items": {"required": ["id"], "properties": {"id": {"pattern": "^(alias:|https?://|urn:)"}}},
        },
        "usedBy": {"type": "array", "items": {"type": "string"}},
    },
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(loaded_database: str) -> AsyncIterator[dict[str, str]]:
    db = await Database.open(loaded_database, schema="directory", pool_size=2)
    vendor = await software.add_vendor(db, software.vendor_siren(30), "Éditeur: d'exemple # & fils")
    full = await software.add_software(
        db, vendor, "Séances: « actes »", "Gère les actes\n" + "très bien. " * 40
    )
    bare = await software.add_software(db, vendor, "Nu")
    module = await software.add_module(db, full, "deliberations")
    await software.add_label(db, full, module)
    await software.add_usages(db, full, "deliberations", [DIJON], status="confirme")
    await software.add_usages(db, full, "deliberations", [BESANCON])
    yield {"full": str(full), "bare": str(bare), "vendor": vendor}
    await software.empty(db)
    await db.close()


async def publiccode(client: httpx.AsyncClient, progiciel: str) -> tuple[str, dict[str, Any]]:
    answer = await client.get(f"{API}/progiciels/{progiciel}/publiccode.yml")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/yaml"
    document: dict[str, Any] = yaml.safe_load(answer.text)
    return answer.text, document


@pytest.mark.parametrize("which", ["full", "bare"])
async def test_publiccode_holds_all_that_the_standard_requires(
    client: httpx.AsyncClient, made: dict[str, str], which: str
) -> None:
    _, document = await publiccode(client, made[which])
    jsonschema.validate(document, REQUIRED)


async def test_publiccode_says_what_the_directory_knows(
    client: httpx.AsyncClient, made: dict[str, str]
) -> None:
    text, document = await publiccode(client, made["full"])
    assert document["supports"] == [{"id": "https://schema.data.gouv.fr/scdl/deliberations/2.1.4"}]
    # Only a confirmed usage is shown: nobody is listed on a vendor's word.
    assert document["usedBy"] == ["Dijon"]
    assert document["organisation"] == {"name": "Éditeur: d'exemple # & fils"}
    assert "à vérifier par l'éditeur" in text


@pytest.mark.parametrize("which", ["full", "bare"])
async def test_publiccode_passes_the_published_validator(
    client: httpx.AsyncClient, made: dict[str, str], which: str, tmp_path: Path
) -> None:
    validator = shutil.which("publiccode-parser")
    if validator is None:
        pytest.skip(
            "publiccode-parser is on no path (Go only, not on PyPI or npm): its verdict was NOT asked"
        )
    file = tmp_path / "publiccode.yml"
    file.write_text((await publiccode(client, made[which]))[0], encoding="utf-8")
    done = await asyncio.create_subprocess_exec(
        validator, "--no-network", str(file), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await done.communicate()
    assert done.returncode == 0, told


async def test_schema_org(client: httpx.AsyncClient, made: dict[str, str]) -> None:
    answer = await client.get(f"{API}/progiciels/{made['full']}/schema.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    document = answer.json()
    assert (document["@context"], document["@type"]) == ("https://schema.org", "SoftwareApplication")
    assert document["publisher"]["identifier"]["value"] == made["vendor"]
    assert len(document["award"]) == 1
    vendor = (await client.get(f"{API}/editeurs/{made['vendor']}/schema.jsonld")).json()
    assert vendor["@type"] == "Organization"
    body = (await client.get(f"{API}/collectivites/212 102 313/schema.jsonld")).json()
    assert (body["@type"], body["taxID"], body["name"]) == ("GovernmentOrganization", DIJON, "Dijon")
    assert body["memberOf"]["name"] == "Dijon Métropole"
    again = await client.get(
        f"{API}/progiciels/{made['full']}/schema.jsonld", headers={"if-none-match": answer.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/progiciels/00000000-0000-7000-8000-000000000000/publiccode.yml", 404),
        ("/progiciels/00000000-0000-7000-8000-000000000000/schema.jsonld", 404),
        ("/progiciels/x/publiccode.yml", 422),
        ("/editeurs/852356583/schema.jsonld", 404),
        ("/collectivites/852356583/schema.jsonld", 404),
        ("/collectivites/123/schema.jsonld", 422),
    ],
)
async def test_what_is_not_there(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(API + path)
    assert answer.status_code == status
    assert answer.json()["detail_en"]
