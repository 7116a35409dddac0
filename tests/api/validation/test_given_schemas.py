"""Schemas that are not of the registry: at an address, or given with the request."""

import gzip
import hashlib
from typing import Any

import orjson
import pytest

from tests.api.conftest import Client, api, at_work, settings_of
from tests.support.api import FORM, assert_nothing_kept, assert_problem, multipart, rows
from tests.support.http_servers import Answer, by_path, reply, serving

PATH = "/validation/v1/validations"
WAIT = {"prefer": "wait=30"}
SCHEMA: dict[str, Any] = {
    "name": "scdl/deliberations",
    "fields": [{"name": "code", "constraints": {"enum": ["a"]}}],
}


async def given(client: Client, schema: Any, content: list[Any] | None = None) -> dict[str, Any]:
    """Validate one row with a schema and return the validation, with its report."""
    table = content or [["code"], ["b"]]
    answer = await client.post(PATH, json={"rows": table, "schema": schema}, headers=WAIT)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_schema_given_is_used_kept_and_never_taken_for_another(
    common_settings: dict[str, Any],
) -> None:
    settings = settings_of("validation", common_settings)
    form = multipart(
        ("file", "a.csv", b"code\nb\n"), ("schema", "s.json", b' {"fields": [{"name": "code"}]}\n')
    )
    async with api("validation", settings) as client, at_work("validation", settings):
        body = await given(client, SCHEMA)
        assert (body["outcome"], body["stats"]["errors"]) == ("invalid", 1)
        assert (body["schema"]["name"], body["schema"]["version"]) == ("inline", None)
        used = await client.get(body["links"]["schema"])
        assert used.json() == SCHEMA
        assert hashlib.sha256(used.content).hexdigest() == body["schema"]["sha256"]
        sent = await client.post(PATH, content=form, headers={"content-type": FORM, **WAIT})
        assert sent.json()["outcome"] == "valid"
        kept = await client.get(sent.json()["links"]["schema"])
        assert kept.content == b' {"fields": [{"name": "code"}]}\n', "byte for byte"
        known = await given(client, "scdl/deliberations@2.1.5")
        listed = await client.get("/validation/v1/schemas/scdl/deliberations/2.1.5/schema.json")
        assert (await client.get(known["links"]["schema"])).json() == listed.json()
        await given(client, SCHEMA)
    assert await rows(settings, "validation.descriptor") == 3, "one of each, however often it is used"


def deep(levels: int) -> Any:
    """Return an object nested this deep."""
    found: Any = {}
    for _ in range(levels):
        found = {"a": found}
    return found


REFUSED: dict[str, tuple[Any, str]] = {
    "100,000 fields": ({"fields": [{"name": "a"}] * 100_000}, "/fields"),
    "deep": ({"fields": [{"name": "a"}], "x": deep(80)}, ""),
    "half a million lists": ({"fields": [{"name": "a"}], "x": [[0]] * 490_000}, ""),
    "remote $ref": (
        {"fields": [{"name": "a", "constraints": {"$ref": "http://e.fr/a.json"}}]},
        "constraints",
    ),
    "file $ref": ({"$ref": "file:///etc/passwd"}, "$ref"),
    "recursive": ({"fields": [{"name": "a", "arrayItem": {"$ref": "#/fields/0"}}]}, "arrayItem"),
    "oversized pattern": ({"fields": [{"name": "a", "constraints": {"pattern": "a" * 20_001}}]}, "pattern"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_schema_out_of_bounds_is_refused(case: str, common_settings: dict[str, Any]) -> None:
    schema, place = REFUSED[case]
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        answer = await client.post(PATH, json={"rows": [["a"]], "schema": schema})
        problem = assert_problem(answer, 422, "unusable-schema")
        form = multipart(("file", "a.csv", b"a\n"), ("schema", "s.json", orjson.dumps(schema)))
        assert_problem(
            await client.post(PATH, content=form, headers={"content-type": FORM}), 422, "unusable-schema"
        )
    assert place in problem["pointer"]
    await assert_nothing_kept(settings)


MISTAKEN: dict[str, tuple[Any, str]] = {
    "a regex": ({"fields": [{"name": "prix", "constraints": {"pattern": "("}}]}, "prix"),
    "a type": ({"fields": [{"name": "prix", "type": "money"}]}, "prix"),
    "two of a name": ({"fields": [{"name": "prix"}, {"name": "prix"}]}, "prix"),
    "no field": ({}, "champ"),
    "a check": ({"fields": [{"name": "prix"}], "custom_checks": [{"name": "sorcery"}]}, "sorcery"),
}


async def test_a_mistake_in_a_schema_is_told_by_the_report(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client, at_work("validation", settings):
        for case, (schema, place) in MISTAKEN.items():
            body = await given(client, schema, [["prix"], ["1"]])
            assert (body["state"], body["outcome"]) == ("done", "invalid"), case
            [error, *_] = body["report"]["errors"]
            assert error["type"] in ("schema-error", "check-error"), case
            assert place in error["message"]["fr"], case


async def test_a_hostile_pattern_and_a_huge_enumeration_are_borne(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, validation_cpu_seconds=5)
    pattern = {"fields": [{"name": "code", "type": "string", "constraints": {"pattern": "(a+)+$"}}]}
    enum = {
        "fields": [{"name": "code", "constraints": {"enum": [f"v{number}" for number in range(100_000)]}}]
    }
    async with api("validation", settings) as client, at_work("validation", settings):
        body = await given(client, pattern, [["code"], ["a" * 5000 + "b"]])
        assert (body["state"], body["stats"]["errors"]) == ("done", 1), body["problem"]
        many = await given(client, enum, [["code"], ["v99999"], ["w"]])
        assert (many["state"], many["stats"]["errors"]) == ("done", 1)
        assert len(orjson.dumps(many["report"])) < 50_000


async def test_a_schema_at_an_address_is_fetched_and_kept(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    document = orjson.dumps(SCHEMA)
    async with (
        serving(reply(document)) as site,
        api("validation", settings) as client,
        at_work("validation", settings),
    ):
        address = f"http://127.0.0.1:{site.port}/schema.json"
        body = await given(client, address)
        assert (body["outcome"], body["schema"]["name"]) == ("invalid", address)
        assert (await client.get(body["links"]["schema"])).content == document
        again = await given(client, address)
        assert again["schema"]["sha256"] == body["schema"]["sha256"]
    assert await rows(settings, "validation.descriptor") == 1


HTML = b"<!DOCTYPE html><html><title>Connexion</title></html>"
ANSWERS: dict[str, tuple[Answer, str]] = {
    "a login page": (reply(HTML, content_type="text/html"), "fetch-failed"),
    "not found": (reply(b"{}", 404), "fetch-failed"),
    "too large": (reply(b'{"fields": ["' + b"x" * 2_000_001 + b'"]}'), "fetch-failed"),
    "a compressed bomb": (reply(gzip.compress(b"[" * 50_000_000), content_encoding="gzip"), "fetch-failed"),
    "not JSON": (reply(b"code;nombre\n"), "unusable-schema"),
    "a list": (reply(b"[]"), "unusable-schema"),
    "deep": (reply(orjson.dumps(deep(200))), "unusable-schema"),
    "a reference": (reply(b'{"$ref": "http://169.254.169.254/"}'), "unusable-schema"),
    "a redirect within": (reply(b"", 302, location="http://[::1]/s.json"), "url-not-allowed"),
}


async def test_an_address_that_gives_no_schema_is_a_named_problem(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    paths = {f"/{number}": answer for number, (answer, _) in enumerate(ANSWERS.values())}
    async with (
        serving(by_path(**{path.strip("/"): answer for path, answer in paths.items()})) as site,
        api("validation", settings) as client,
        at_work("validation", settings),
    ):
        for path, (case, (_, slug)) in zip(paths, ANSWERS.items(), strict=True):
            body = await given(client, f"http://127.0.0.1:{site.port}{path}")
            assert (body["state"], body["outcome"]) == ("failed", None), case
            assert body["problem"]["type"] == f"urn:socle:problem:{slug}", (case, body["problem"])
    assert await rows(settings, "validation.descriptor") == 0


HOSTILE = [
    "http://127.0.0.1/s.json",
    "http://2130706433/s.json",
    "http://[::ffff:127.0.0.1]/s.json",
    "http://169.254.169.254/s.json",
    "http://localhost/s.json",
    "http://user:secret@example.org/s.json",
    "ftp://example.org/s.json",
    "file:///etc/passwd",
    "http://example.org:8080/s.json",
]


async def test_an_address_that_is_not_allowed_is_refused_at_once(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", {**common_settings, "http_allowed_hosts": ()})
    async with api("validation", settings) as client:
        for address in HOSTILE:
            answer = await client.post(PATH, json={"rows": [["a"]], "schema": address})
            assert_problem(answer, 422, "url-not-allowed")
    await assert_nothing_kept(settings)
