"""One call for each screen of the interface; the labels of every code; addresses that hold."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jsonschema
import pytest
import pytest_asyncio

from shared.db import Database
from tests.api.directory import software

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "/directory/v1"
DIJON, BESANCON, METROPOLE, COTE_DOR, BFC = (
    "212102313",
    "212500565",
    "242100410",
    "222100018",
    "200053726",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(loaded_database: str) -> AsyncIterator[dict[str, str]]:
    db = await Database.open(loaded_database, schema="directory", pool_size=2)
    vendor = await software.add_vendor(db, software.vendor_siren(40), "Éditeur d'écrans")
    progiciel = await software.add_software(db, vendor, "Écran total")
    module = await software.add_module(db, progiciel, "deliberations")
    await software.add_label(db, progiciel, module)
    await software.add_usages(db, progiciel, "deliberations", [DIJON, BESANCON])
    await software.add_usages(db, progiciel, "budget", [DIJON])
    contact = "INSERT INTO contact (id, siren, kind, purpose, audience, nom, email, created_at, modified_at) VALUES "
    await db.execute(
        f"{contact} (gen_random_uuid(), $1, 'personne', 'export', 'moderation', 'Jeanne Secrète', $2, now(), now())",
        DIJON,
        "jeanne.secrete@exemple.fr",
    )
    yield {"vendor": vendor, "progiciel": str(progiciel)}
    await db.execute("DELETE FROM contact")
    await software.empty(db)
    await db.close()


def screens(made: dict[str, str]) -> list[str]:
    """Return the address of each screen."""
    return [
        "/screens/home",
        "/search?q=dijon&departement=21",
        f"/screens/collectivites/{DIJON}",
        f"/screens/collectivites/{METROPOLE}",
        f"/screens/collectivites/{COTE_DOR}",
        f"/screens/collectivites/{BFC}",
        f"/screens/progiciels/{made['progiciel']}",
        f"/screens/editeurs/{made['vendor']}",
        "/screens/territoire",
        "/screens/territoire?territoire=departement:21",
        "/enumerations",
    ]


async def test_each_screen_is_one_document_as_described(
    client: httpx.AsyncClient, made: dict[str, str]
) -> None:
    described = (await client.get("/directory/openapi.json")).json()
    for path in screens(made):
        answer = await client.get(API + path)
        assert answer.status_code == 200, (path, answer.text)
        jsonschema.validate(answer.json(), schema_of(described, path), cls=jsonschema.Draft202012Validator)
        assert answer.headers["etag"].startswith('"')
        again = await client.get(API + path, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304, path
        asked = await client.get(API + path, headers={"origin": "https://ailleurs.example"})
        assert asked.headers["access-control-allow-origin"] == "*"
        # A contact is nobody's business but its readers'.
        assert "secrete" not in answer.text.lower()


def schema_of(described: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the JSON schema that the OpenAPI document gives of the answer at a path."""
    asked = API + path.partition("?")[0]
    matching = [
        template
        for template in described["paths"]
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), asked)
    ]
    answer = described["paths"][matching[0]]["get"]["responses"]["200"]
    schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return {**schema, "components": described["components"]}


async def test_the_screen_of_a_body(client: httpx.AsyncClient, made: dict[str, str]) -> None:
    shown = (await client.get(f"{API}/screens/collectivites/{DIJON}")).json()
    assert shown["obligation"]["presumee"] is True
    assert {one["domaine"] for one in shown["usages"]["items"]} == {"deliberations", "budget"}
    assert shown["observatoire"]["territoire"]["code"] == "commune:21231"


async def test_the_screen_of_an_application(client: httpx.AsyncClient, made: dict[str, str]) -> None:
    shown = (await client.get(f"{API}/screens/progiciels/{made['progiciel']}")).json()
    assert [(one["domaine"], one["collectivites"], one["offre"]) for one in shown["demande"]] == [
        ("deliberations", 2, "conforme"),
        ("budget", 1, "aucun"),
    ]
    assert (await client.get(shown["links"]["publiccode"])).status_code == 200


async def test_a_vendor_that_is_listed_is_shown(client: httpx.AsyncClient, made: dict[str, str]) -> None:
    found = (await client.get(f"{API}/search?q=editeur d'ecrans")).json()
    assert found["items"][0]["id"] == made["vendor"]
    shown = (await client.get(f"{API}/screens/editeurs/{made['vendor']}")).json()
    assert [(one["nom"], one["users"], one["labels"]) for one in shown["progiciels"]] == [
        ("Écran total", 2, 1)
    ]


async def test_every_link_of_a_screen_answers(client: httpx.AsyncClient, made: dict[str, str]) -> None:
    for path in screens(made):
        answer = await client.get(API + path)
        for link in sorted(set(re.findall(r'"(http://test/[^"]+)"', answer.text)))[:40]:
            assert (await client.get(link)).status_code == 200, (path, link)


async def test_every_code_that_a_query_accepts_has_a_label(client: httpx.AsyncClient) -> None:
    enumerations = (await client.get(f"{API}/enumerations")).json()
    for values in enumerations.values():
        assert values
        for one in values:
            assert one["label"]
            assert one["label_en"]
    described = (await client.get("/directory/openapi.json")).json()
    known = [{one["value"] for one in values} for values in enumerations.values()]
    for name, schema in described["components"]["schemas"].items():
        for member, found in schema.get("properties", {}).items():
            codes = set(found.get("enum", ()))
            if codes and not name.startswith(TECHNICAL):
                assert any(codes <= values for values in known), (name, member, codes)


# Enumerations that are of the machinery, not of the directory.
TECHNICAL = ("Webhook", "NewWebhook", "Delivery", "Attempt")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/screens/collectivites/852356583", 404),
        ("/screens/collectivites/12", 422),
        ("/screens/progiciels/00000000-0000-7000-8000-000000000000", 404),
        ("/screens/editeurs/852356583", 404),
        ("/screens/territoire?territoire=x", 422),
        ("/screens/home?x=1", 422),
    ],
)
async def test_what_is_not_there(client: httpx.AsyncClient, path: str, status: int) -> None:
    assert (await client.get(API + path)).status_code == status


async def test_the_examples_of_the_description_are_answered(
    client: httpx.AsyncClient, made: dict[str, str]
) -> None:
    """Every address of the reading side, asked with each example that its description gives."""
    described = (await client.get("/directory/openapi.json")).json()
    own = {"siren": made["vendor"], "progiciel_id": made["progiciel"]}
    replayed = 0
    for path, operations in described["paths"].items():
        operation = operations.get("get", {})
        if not {"écrans", "observatoire", "recherche", "formats"} & set(operation.get("tags", ())):
            continue
        query, url = {}, path
        for parameter in operation.get("parameters", ()):
            name = parameter["name"]
            examples = parameter["schema"].get("examples") or parameter.get("examples") or []
            if parameter["in"] == "query" and examples:
                query[name] = examples[0]
            if parameter["in"] == "path":
                value = own[name] if "editeurs" in path or (name not in ("siren",) and name in own) else None
                url = url.replace(f"{{{name}}}", value or (examples[0] if examples else ""))
        if "{" in url or "//" in url or url.endswith("/") or "/imports/" in url:
            continue
        for asked in ({}, *({name: example} for name, example in query.items())):
            answer = await client.get(url, params=asked)
            assert answer.status_code == 200, (url, asked, answer.text)
            replayed += 1
    assert replayed > 25
