"""The bodies that the description gives as examples are accepted, one after the other, as a reader would send them."""

from typing import Any

import httpx
import pytest

from tests.support.directory import API, Json, Keys

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_example_of_a_body_is_accepted(client: httpx.AsyncClient, keys: Keys) -> None:
    described: Json = (await client.get("/directory/openapi.json")).json()
    moderator, own = await keys(None, "directory:moderate"), await keys("212102313")
    made: dict[str, str] = {}
    sent: set[tuple[str, str]] = set()

    def example(method: str, template: str) -> Any:
        content = described["paths"][API + template][method]["requestBody"]["content"]["application/json"]
        name = content["schema"]["$ref"].rpartition("/")[2]
        sent.add((method, API + template))
        body = dict(described["components"]["schemas"][name]["examples"][0])
        return {**body, "progiciel_id": made["progiciel_id"]} if "progiciel_id" in body else body

    async def post(template: str, headers: dict[str, str], status: int = 201) -> Json:
        body = example("post", template)
        answer = await client.post(API + template.format(**made), json=body, headers=headers)
        assert answer.status_code == status, (template, answer.text)
        shown: Json = answer.json()
        return shown

    async def put(template: str, *, seen: str = "") -> None:
        url = API + template.format(**made)
        etag = (await client.get(API + seen.format(**made) if seen else url, headers=moderator)).headers[
            "etag"
        ]
        body = example("put", template)
        answer = await client.put(url, json=body, headers={**moderator, "if-match": etag})
        assert answer.status_code == 200, (template, answer.text)

    made["siren"] = (await post("/editeurs", moderator))["siren"]
    made["progiciel_id"] = (await post("/progiciels", moderator))["id"]
    made["version_id"] = (await post("/progiciels/{progiciel_id}/versions", moderator))["versions"][0]["id"]
    made["module_id"] = (await post("/progiciels/{progiciel_id}/modules", moderator))["id"]
    await post("/modules/{module_id}/claims", moderator)
    made["usage_id"] = (await post("/usages", moderator))["id"]
    await post("/usages/{usage_id}/claims", own)
    made["submission_id"] = (await post("/declarations", {}))["id"]
    await post("/moderation/{submission_id}/decision", moderator, 200)
    made["contact_id"] = (await post("/contacts", own))["id"]
    made["atd_id"] = (await post("/atd", own))["id"]
    await put("/editeurs/{siren}")
    await put("/progiciels/{progiciel_id}")
    await put("/progiciels/{progiciel_id}/versions/{version_id}", seen="/progiciels/{progiciel_id}")
    await put("/modules/{module_id}")
    await put("/contacts/{contact_id}")
    await put("/atd/{atd_id}")
    exported = await post("/contacts/export", moderator, 200)
    assert exported["contacts"] == []
    await post("/contacts/erasure", moderator, 200)
    with_body = {
        (method, path)
        for path, held in described["paths"].items()
        for method, one in held.items()
        if "application/json" in one.get("requestBody", {}).get("content", {})
    }
    assert {one for one in with_body - sent if "webhooks" not in one[1]} == set()
