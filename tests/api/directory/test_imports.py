"""Files brought in by CSV: a report on each line, nothing twice, nothing hostile taken."""

import asyncio
import csv
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.directory.app import create_app
from services.directory.settings import DirectorySettings
from shared.pagination import encode_cursor
from tests.api.conftest import at_work
from tests.support.api import assert_problem
from tests.support.directory import (
    API,
    BESANCON,
    DIJON,
    LYON,
    UNLISTED,
    Json,
    Keys,
    new_siren,
    send,
    software,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def worker(settings: DirectorySettings) -> AsyncIterator[None]:
    """The directory's worker, as it runs."""
    async with at_work("directory", settings):
        yield


async def bring(
    client: httpx.AsyncClient, resource: str, data: str | bytes, headers: dict[str, str], **query: Any
) -> tuple[Json, list[Json]]:
    """Send a file, wait for its end, and return the import with the report of its lines."""
    content = data.encode() if isinstance(data, str) else data
    sent = await client.post(
        f"{API}/imports",
        params={"resource": resource, **query},
        content=content,
        headers={**headers, "content-type": "text/csv"},
    )
    assert sent.status_code == 202, sent.text
    url = sent.headers["location"]
    async with asyncio.timeout(30):
        while True:
            document: Json = (await client.get(url, headers=headers)).json()
            if document["state"] in ("done", "failed"):
                break
            await asyncio.sleep(0.02)
    lines = (await client.get(document["links"]["lines"] + "?limit=200", headers=headers)).json()["items"]
    return document, lines


def outcomes(lines: list[Json]) -> list[tuple[int, str, str | None]]:
    return [(line["line"], line["outcome"], line["slug"]) for line in lines]


async def count(client: httpx.AsyncClient, progiciel: Json) -> int:
    return len((await client.get(f"{API}/usages?progiciel={progiciel['id']}&limit=200")).json()["items"])


async def test_usages_are_brought_in_line_by_line(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await software(client, keys)
    headers = await keys()
    name = progiciel["nom"].upper()
    data = (
        "SIREN;Éditeur;Progiciel;Version;Domaine;Export_wanted;Stated_on\r\n"
        f"{DIJON[:3]} {DIJON[3:6]} {DIJON[6:]};{vendor};{name};5.1;deliberations;oui;31/12/2025\r\n"
        f"{BESANCON};{vendor};{name};;budget;;\r\n"
        ";;;;;;\r\n"
        f"552100554;{vendor};{name};;budget;;\r\n"
        f"{LYON};{vendor};Inconnu;;budget;;\r\n"
        f"{LYON};{vendor};{name};;astrologie;;\r\n"
        f"{LYON};{vendor};{name};=1+1;budget;;\r\n"
        f"{LYON};{vendor};{name};;budget;;;trop\r\n"
        f"{LYON};{vendor};{name};;budget;peut-être;\r\n"
        f"{LYON};{vendor};{name};;budget;;2999-01-01\r\n"
        f"{DIJON};{vendor};{name};5.1;deliberations;oui;31/12/2025\r\n"
    )
    document, lines = await bring(client, "usages", data, headers)
    assert (document["state"], document["problem"]) == ("done", None)
    assert outcomes(lines) == [
        (2, "accepte", None),
        (3, "accepte", None),
        (5, "refuse", "invalid-request"),
        (6, "refuse", "not-listed"),
        (7, "refuse", "invalid-request"),
        (8, "refuse", "formula-cell"),
        (9, "refuse", "too-many-cells"),
        (10, "refuse", "invalid-request"),
        (11, "refuse", "invalid-request"),
        (12, "inchange", None),
    ]
    assert (document["accepted"], document["unchanged"], document["refused"]) == (2, 1, 7)
    assert all(len(line["message"]) > 8 and line["message"] != line["message_en"] for line in lines)
    assert "Value error" not in str(lines)
    usage = (await client.get(lines[0]["subject"])).json()
    assert (usage["version"], usage["export_wanted"]) == ("5.1", True)
    assert usage["claims"][0]["stated_on"] == "2025-12-31"
    assert usage["claims"][0]["source"]["kind"] == "import"
    assert await count(client, progiciel) == 2
    refused = await client.get(document["links"]["lines"] + "?outcome=refuse&limit=3", headers=headers)
    following = await client.get(refused.headers["link"].split(">")[0][1:], headers=headers)
    assert [line["line"] for line in following.json()["items"]] == [8, 9, 10]
    for number, status in ((2**63 - 1, 200), (-1, 422)):
        forged = {"cursor": encode_cursor("import-lines", [number])}
        answer = await client.get(document["links"]["lines"], params=forged, headers=headers)
        assert (answer.status_code, answer.json().get("items", [])) == (status, [])


async def test_the_same_file_again_changes_nothing(client: httpx.AsyncClient, keys: Keys) -> None:
    _, progiciel = await software(client, keys)
    headers = await keys()
    data = (
        f"siren,progiciel_id,domaine\n{DIJON},{progiciel['id']},arbres\n{BESANCON},{progiciel['id']},arbres\n"
    )
    await bring(client, "usages", data, headers)
    before = (await client.get(f"{API}/usages?progiciel={progiciel['id']}")).json()
    document, lines = await bring(client, "usages", data, headers)
    assert (document["accepted"], document["unchanged"], document["refused"]) == (0, 2, 0)
    assert (await client.get(f"{API}/usages?progiciel={progiciel['id']}")).json() == before
    for line in lines:
        assert len((await client.get(line["subject"])).json()["claims"]) == 1
    # Another source says it too: that is news.
    document, _ = await bring(client, "usages", data, await keys(DIJON))
    assert document["accepted"] == 2


async def test_a_dry_run_writes_nothing(client: httpx.AsyncClient, keys: Keys) -> None:
    _, progiciel = await software(client, keys)
    headers = await keys()
    line = f"{DIJON},{progiciel['id']},arbres\n"
    document, lines = await bring(
        client, "usages", "siren,progiciel_id,domaine\n" + line * 2, headers, dry_run=True
    )
    assert outcomes(lines) == [(2, "accepte", None), (3, "inchange", None)]
    assert document["dry_run"] is True
    assert lines[0]["subject"] is None
    assert await count(client, progiciel) == 0


async def test_applications_and_modules_are_brought_in(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await software(client, keys)
    own = await keys(vendor)
    stranger = new_siren()
    data = (
        "editeur,nom,description,url\n"
        f"{vendor},Compta,Budget,https://exemple.fr\n{vendor},compta,Budget,https://exemple.fr\n"
        f"{vendor},COMPTA,Autre,\n{stranger},Intrus,,\n{vendor},***,,\n{vendor},Lien,,javascript:alert(1)\n"
    )
    _, lines = await bring(client, "progiciels", data, own)
    assert outcomes(lines) == [
        (2, "accepte", None),
        (3, "inchange", None),
        (4, "refuse", "already-listed"),
        (5, "refuse", "not-listed"),
        (6, "refuse", "invalid-request"),
        (7, "refuse", "invalid-request"),
    ]
    modules = (
        "progiciel_id\tdomaine\tschema\tschema_version\tpolicy\tprice_note\n"
        f"{progiciel['id']}\tbudget\tscdl/budget\t1.0\tinclus\t\n"
        f"{progiciel['id']}\tbudget\tscdl/budget\t1.0\tsur_devis\t\n"
        f"{progiciel['id']}\tbudget\tscdl/budget\t1.0\tinclus\t\n"
        f"{progiciel['id']}\tbudget\tscdl/budget\t2.0\tgratuit\t\n"
        f"{UNLISTED}\tbudget\tscdl/budget\t1.0\tinclus\t\n"
    )
    _, lines = await bring(client, "modules", modules, own)
    assert [line["outcome"] for line in lines] == [
        # Other terms are one more claim, beside the others.
        "accepte",
        "accepte",
        "inchange",
        "refuse",
        "refuse",
    ]
    module = (await client.get(lines[0]["subject"])).json()
    assert module["policy"] == "inclus"
    assert {one["policy"] for one in module["policies"]} == {"inclus", "sur_devis"}
    _, lines = await bring(client, "modules", modules, own)
    assert [line["outcome"] for line in lines] == ["inchange", "inchange", "inchange", "refuse", "refuse"]
    assert (await client.get(lines[0]["subject"])).json() == module
    other_day = modules.split("\n")[0] + "\tavailable_since\n" + modules.split("\n")[1] + "\t2020-01-01\n"
    _, [line] = await bring(client, "modules", other_day, own)
    assert (line["outcome"], line["slug"]) == ("refuse", "already-listed")
    _, lines = await bring(client, "modules", modules, await keys(stranger))
    assert lines[4]["slug"] == "not-listed"
    assert "accepte" not in {line["outcome"] for line in lines}


HEADER = b"siren,progiciel_id,domaine\n"


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (b"", "unknown-columns"),
        (b"\n\n", "unknown-columns"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "unreadable-encoding"),
        ("siren,domaine\n".encode("utf-16-le"), "unreadable-encoding"),
        (b"\xff\xfes", "unreadable-encoding"),
        (b"siren,domaine,couleur\n", "unknown-columns"),
        (b"a," * 5000 + b"a\n", "unknown-columns"),
        (b"siren,version\n", "missing-columns"),
        (b"siren,domaine,siren\n", "missing-columns"),
        (HEADER + b'212102313,"' + b"x" * 200_000, "unreadable-csv"),
    ],
    ids=["empty", "blank", "image", "utf-16", "half", "column", "wide", "missing", "twice", "quote"],
)
async def test_a_file_that_cannot_be_read_says_why(
    client: httpx.AsyncClient, keys: Keys, data: bytes, slug: str
) -> None:
    # What another part of the process allows the csv module changes nothing.
    before = csv.field_size_limit(1 << 30)
    document, lines = await bring(client, "usages", data, await keys())
    csv.field_size_limit(before)
    assert (document["state"], document["problem"], lines) == ("failed", slug, [])
    assert len(document["detail"]) > 20
    assert document["detail"] != document["detail_en"]


async def test_encodings_of_spreadsheets_are_read(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, _ = await software(client, keys)
    own = await keys(vendor)
    for encoding in ("utf-8-sig", "cp1252", "utf-16"):
        data = f"editeur;nom;description\n{vendor};Médiathèque {encoding};Prêts d’été\n".encode(encoding)
        _, [line] = await bring(client, "progiciels", data, own)
        assert (await client.get(line["subject"])).json()["nom"] == f"Médiathèque {encoding}"


async def test_hostile_cells_are_refused_one_by_one(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, _ = await software(client, keys)
    bad = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "a\x00b", "x" * 3000]
    data = "editeur,nom,description\n"
    data += "".join(f'{vendor},Bon {number},"{cell}"\n' for number, cell in enumerate(bad))
    document, lines = await bring(
        client, "progiciels", data + f"{vendor},Vraiment bon,\n", await keys(vendor)
    )
    refused = [*["formula-cell"] * 5, "nul-character", "invalid-request"]
    assert [line["slug"] for line in lines] == [*refused, None]
    assert (document["accepted"], document["unchanged"], document["refused"]) == (1, 0, 7)


async def test_too_many_lines_or_bytes(
    keys: Keys, settings: DirectorySettings, client: httpx.AsyncClient
) -> None:
    headers = await keys()
    small = settings.model_copy(update={"directory_max_import_bytes": 1000})
    app = create_app(small)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as other:
            url = f"{API}/imports?resource=usages"
            assert_problem(
                await other.post(url, content=HEADER * 100, headers=headers), 413, "payload-too-large"
            )

            async def chunks() -> AsyncIterator[bytes]:
                for _ in range(100):
                    yield HEADER

            assert_problem(await other.post(url, content=chunks(), headers=headers), 413, "payload-too-large")
    many = HEADER + b"1,1,1\n" * (settings.directory_max_import_lines + 1)
    document, lines = await bring(client, "usages", many, headers)
    assert (document["problem"], lines) == ("too-many-lines", [])


async def test_only_whoever_sent_it_sees_the_report(client: httpx.AsyncClient, keys: Keys) -> None:
    headers = await keys(DIJON)
    keyed = {**headers, "idempotency-key": "import-1"}
    document, _ = await bring(client, "usages", HEADER + b"1,1,1\n", keyed)
    again, _ = await bring(client, "usages", HEADER + b"1,1,1\n", keyed)
    assert again["id"] == document["id"]
    other = await client.post(f"{API}/imports?resource=usages", content=HEADER, headers=keyed)
    assert_problem(other, 422, "idempotency-key-reused")
    for url in (document["self"], document["links"]["lines"]):
        assert (await client.get(url)).status_code == 401
        assert (await client.get(url, headers=await keys(DIJON))).status_code == 404
        assert (await client.get(url, headers=await keys(None, "directory:moderate"))).status_code == 200
    for query, status in (("resource=autres", 422), ("", 422), ("resource=usages&x=1", 422)):
        assert (
            await client.post(f"{API}/imports?{query}", content=HEADER, headers=headers)
        ).status_code == status
    assert (await client.post(f"{API}/imports?resource=usages", content=HEADER)).status_code == 401


async def test_a_line_never_says_more_than_its_key_may(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await software(client, keys)
    data = f"siren,progiciel_id,domaine\n{DIJON},{progiciel['id']},elus\n"
    _, [line] = await bring(client, "usages", data, await keys(vendor))
    usage = (await client.get(line["subject"])).json()
    # The vendor's own word never confirms, by file as otherwise.
    assert usage["status"] == "declare"
    await send(client, "/editeurs", {"siren": new_siren(), "nom": "X"}, await keys(vendor), 404)
