"""Several files validated together, each with its schema, their foreign keys leading from one to another."""

from typing import Any

import orjson
import pytest

from tests.api.conftest import Client, api, at_work, settings_of
from tests.support.api import FORM, assert_nothing_kept, assert_problem, kept_files, multipart, rows
from tests.support.http_servers import by_path, reply, serving

PATH = "/validation/v1/validations"
WAIT = {"prefer": "wait=30"}
COMMUNES = {"fields": [{"name": "insee"}, {"name": "nom"}], "primaryKey": "insee"}
ECOLES = {
    "fields": [{"name": "uai"}, {"name": "commune"}],
    "foreignKeys": [{"fields": "commune", "reference": {"resource": "communes", "fields": "insee"}}],
}
PACKAGE: dict[str, Any] = {
    "name": "rentrée",
    "resources": [
        {"name": "communes", "path": "communes.csv", "schema": COMMUNES},
        {"name": "ecoles", "path": "écoles.csv", "schema": ECOLES},
    ],
}
GOOD = ("file", "communes.csv", b"insee,nom\n25056,Besan\xc3\xa7on\n")
LOST = ("file", "écoles.csv", b"uai,commune\n0250001A,25056\n0250002B,99999\n")


async def send(client: Client, package: Any, *files: tuple[str, str | None, bytes]) -> Any:
    """Send a package and return the answer."""
    described = package if isinstance(package, bytes) else orjson.dumps(package)
    form = multipart(*files, ("package", None, described))
    return await client.post(PATH, content=form, headers={"content-type": FORM, **WAIT})


async def test_files_given_together_refer_to_one_another(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client, at_work("validation", settings):
        answer = await send(client, PACKAGE, LOST, GOOD)
        assert answer.status_code == 201, answer.text
        body = answer.json()
        assert (body["outcome"], body["source"]["filename"]) == ("invalid", "rentrée")
        assert body["schema"] == {"name": "data-package", "version": None, "sha256": None}
        assert body["stats"] == {"rows": 3, "errors": 1, "warnings": 0}
        communes, ecoles = body["resources"]
        assert (communes["name"], communes["outcome"], communes["stats"]["rows"]) == ("communes", "valid", 1)
        assert (ecoles["outcome"], ecoles["source"]["filename"]) == ("invalid", "écoles.csv")
        report = (await client.get(body["links"]["report"])).json()
        assert report == body["report"]
        assert (report["valid"], report["stats"]["byType"]) == (False, {"foreign-key": 1})
        alone, lost = (section["report"] for section in report["resources"])
        assert alone["valid"]
        [error] = lost["errors"]
        assert (error["type"], error["rowNumber"], error["cell"]) == ("foreign-key", 3, "99999")
        assert "communes" in error["message"]["fr"]
        used = await client.get(f"{body['links']['self']}/schema", params={"resource": "ecoles"})
        assert used.json() == ECOLES
        for wrong in ({}, {"resource": "rues"}):
            refused = await client.get(f"{body['links']['self']}/schema", params=wrong)
            assert "ecoles" in assert_problem(refused, 404, "schema-not-kept")["detail"]
        assert len(kept_files(settings)) == 2
        gone = await client.delete(body["links"]["self"], headers={"x-validation-token": body["token"]})
        assert gone.status_code == 204
    assert kept_files(settings) == []


async def test_a_file_of_a_package_has_the_report_that_it_has_alone(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    package = {"resources": [PACKAGE["resources"][0]]}
    async with api("validation", settings) as client, at_work("validation", settings):
        together = (await send(client, package, GOOD)).json()["report"]["resources"][0]["report"]
        form = multipart(GOOD, ("schema", None, orjson.dumps(COMMUNES)))
        answer = await client.post(PATH, content=form, headers={"content-type": FORM, **WAIT})
        alone = answer.json()["report"]
    for report in (together, alone):
        del report["seconds"], report["date"]
    assert together == alone


async def test_the_files_may_be_at_addresses(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with (
        serving(by_path(communes=reply(GOOD[2]), ecoles=reply(LOST[2]))) as site,
        api("validation", settings) as client,
        at_work("validation", settings),
    ):
        home = f"http://127.0.0.1:{site.port}"
        package = {
            "resources": [
                {"name": "communes", "path": f"{home}/communes", "schema": COMMUNES},
                {"name": "ecoles", "path": f"{home}/ecoles", "schema": ECOLES},
            ]
        }
        answer = await client.post(PATH, json={"package": package}, headers=WAIT)
        assert answer.status_code == 201, answer.text
        assert answer.json()["stats"]["errors"] == 1, answer.text
        package["resources"][1]["path"] = f"{home}/absente"
        failed = (await client.post(PATH, json={"package": package}, headers=WAIT)).json()
    assert (failed["state"], failed["outcome"]) == ("failed", None)
    assert failed["problem"]["type"] == "urn:socle:problem:fetch-failed"
    assert kept_files(settings) == []


def changed(index: int, **members: Any) -> dict[str, Any]:
    """Return the package with members of one resource changed."""
    resources = [dict(item) for item in PACKAGE["resources"]]
    resources[index].update(members)
    return {**PACKAGE, "resources": resources}


BOTH = (GOOD, LOST)
REFUSED: dict[str, tuple[Any, tuple[tuple[str, str | None, bytes], ...], int, str]] = {
    "not JSON": (b"{", BOTH, 400, "malformed-request"),
    "deep": (b'{"resources":' + b"[" * 900 + b"]" * 900 + b"}", BOTH, 400, "malformed-request"),
    "NUL": (rb'{"name": "a\u0000", "resources": []}', BOTH, 400, "malformed-request"),
    "not UTF-8": (b'{"name": "\xe9"}', BOTH, 400, "malformed-request"),
    "a list": ([], BOTH, 422, "invalid-request"),
    "no resource": ({"resources": []}, BOTH, 422, "invalid-request"),
    "unknown member": ({**PACKAGE, "outcome": "valid"}, BOTH, 422, "invalid-request"),
    "a file is missing": (PACKAGE, (GOOD,), 422, "invalid-request"),
    "a file is not described": (PACKAGE, (*BOTH, ("file", "x.csv", b"a")), 422, "invalid-request"),
    "a file twice": (PACKAGE, (*BOTH, GOOD), 422, "invalid-request"),
    "a name twice": (changed(1, name="communes"), BOTH, 422, "invalid-request"),
    "a path twice": (changed(1, path="communes.csv"), BOTH, 422, "invalid-request"),
    "a path of the server": (changed(1, path="/etc/passwd"), BOTH, 422, "invalid-request"),
    "a hostile name": (changed(1, name="'; --"), BOTH, 422, "invalid-request"),
    "an unknown schema": (changed(1, schema="scdl/x"), BOTH, 422, "unknown-schema"),
    "an unusable schema": (changed(1, schema={"$ref": "x"}), BOTH, 422, "unusable-schema"),
    "a schema beside": (PACKAGE, (*BOTH, ("schema", None, b"scdl/deliberations")), 422, "invalid-request"),
    "an empty file": (PACKAGE, (GOOD, ("file", "écoles.csv", b"")), 422, "empty-file"),
    "too large together": (PACKAGE, (GOOD, ("file", "écoles.csv", b"x" * 1990)), 413, "upload-too-large"),
    "many files": (PACKAGE, tuple(("file", f"{i}.csv", b"a") for i in range(4)), 422, "invalid-request"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_package_that_does_not_fit_leaves_nothing(case: str, common_settings: dict[str, Any]) -> None:
    package, files, status, slug = REFUSED[case]
    settings = settings_of(
        "validation", common_settings, validation_max_upload_bytes=2000, validation_max_files=3
    )
    async with api("validation", settings) as client:
        assert_problem(await send(client, package, *files), status, slug)
    await assert_nothing_kept(settings)


async def test_a_path_without_a_file_is_refused_in_json(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        answer = await client.post(PATH, json={"package": PACKAGE})
        problem = assert_problem(answer, 422, "invalid-request")
        assert problem["errors"][0]["pointer"] == "/body/package/resources/0/path"
        both = await client.post(PATH, json={"package": PACKAGE, "url": "https://e.fr/a.csv"})
        assert_problem(both, 422, "invalid-request")
    assert await rows(settings, "validation.validation") == 0
