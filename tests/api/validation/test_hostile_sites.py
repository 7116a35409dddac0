"""Files at addresses that answer badly, and a disk that is full: a named problem, and nothing kept."""

import gzip
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.api.conftest import api, at_work, settings_of
from tests.support.api import FORM, assert_nothing_kept, assert_problem, kept_files, multipart
from tests.support.http_servers import Answer, by_path, endless, raw, reply, serving

PATH = "/validation/v1/validations"
LOGIN = b"<!DOCTYPE html>\n<html><title>Connexion</title><form></form></html>"
SITE: dict[str, tuple[Answer, str]] = {
    "login": (reply(LOGIN, content_type="text/csv"), "fetch-failed"),
    "declared": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\nCOLL_NOM\n"), "fetch-failed"),
    "endless": (
        endless(b"HTTP/1.1 200 OK\r\n\r\n", (b"COLL_NOM\n" * 1000 for _ in range(100_000))),
        "fetch-failed",
    ),
    "bomb": (reply(gzip.compress(b"a" * 20_000_000), content_encoding="gzip"), "fetch-failed"),
    "cut": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nCOLL_NOM\n"), "fetch-failed"),
    "gone": (reply(b"", 410), "fetch-failed"),
    "empty": (reply(b""), "empty-file"),
    "inside": (reply(b"", 302, location="http://169.254.169.254/latest/meta-data/"), "url-not-allowed"),
    "file": (reply(b"", 302, location="file:///etc/passwd"), "url-not-allowed"),
}


async def test_a_site_that_answers_badly_gives_a_named_problem(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, validation_max_upload_bytes=1_000_000)
    async with (
        serving(by_path(**{name: answer for name, (answer, _) in SITE.items()})) as site,
        api("validation", settings) as client,
        at_work("validation", settings),
    ):
        for name, (_, slug) in SITE.items():
            answer = await client.post(
                PATH,
                json={"url": f"http://127.0.0.1:{site.port}/{name}", "schema": "scdl/deliberations"},
                headers={"prefer": "wait=30"},
            )
            body = answer.json()
            assert (body["state"], body["outcome"]) == ("failed", None), (name, body)
            assert body["problem"]["type"] == f"urn:socle:problem:{slug}", (name, body["problem"])
    assert kept_files(settings) == []


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """Make every file of this process that grows past `limit` bytes meet a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("way", ["form", "raw", "rows"])
async def test_a_full_disk_is_told_and_nothing_kept(way: str, common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    content = b"a\n" * 50_000
    form = multipart(("file", "a.csv", content), ("schema", None, b"scdl/deliberations"))
    requests: dict[str, dict[str, Any]] = {
        "form": {"content": form, "headers": {"content-type": FORM}},
        "raw": {"content": content, "params": {"schema": "scdl/deliberations"}},
        "rows": {"json": {"rows": [["a"], *[["b"]] * 50_000], "schema": "scdl/deliberations"}},
    }
    async with api("validation", settings) as client:
        with full_disk(20_000):
            answer = await client.post(PATH, **requests[way])
        assert_problem(answer, 507, "storage-full")
        await assert_nothing_kept(settings)
        again = await client.post(PATH, **requests[way])
        assert again.status_code == 202, "it works again as soon as there is room"


async def test_a_content_sent_to_a_full_disk_is_still_awaited(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        request = {"filename": "a.csv", "schema": "scdl/deliberations"}
        made = (await client.post(PATH, json=request)).json()
        token = {"x-validation-token": made["token"]}
        with full_disk(20_000):
            answer = await client.put(made["links"]["content"], content=b"a\n" * 50_000, headers=token)
        assert_problem(answer, 507, "storage-full")
        assert (await client.get(made["links"]["self"])).json()["state"] == "awaiting"
        assert kept_files(settings) == []
        sent = await client.put(made["links"]["content"], content=b"a\n", headers=token)
        assert sent.status_code == 202
