"""A label as anybody meets it: its forms, its badge, its page, and what `verify` says of it."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest

from services.validation.domain.labels.baking import bake, unbake
from services.validation.domain.labels.credential import issue
from services.validation.domain.labels.facts import LabelFacts, LabelState
from services.validation.domain.labels.keys import KeyRing, retire, write_ring
from services.validation.operations.key_file import write_key_file
from services.validation.operations.label_signing import LabelSigner
from services.validation.settings import ValidationSettings
from services.validation.store import labels as store
from services.validation.tables import Label
from shared.clock import now
from shared.db import Database
from tests.api.conftest import Client, api, settings_of
from tests.support.api import assert_problem
from tests.support.labels import facts, key, ring

HOME = "/validation/v1/labels"
FORMS = (
    "",
    "/page",
    "/credential.json",
    "/credential.jwt",
    "/badge.fr.svg",
    "/badge.en.svg",
    "/badge.baked.svg",
    "/shield.fr.json",
    "/shield.en.json",
    "/embed.json",
)
SVG = "{http://www.w3.org/2000/svg}"


@dataclass
class Place:
    """The service, its file of keys, and a label in its database."""

    client: Client
    db: Database
    settings: ValidationSettings
    keys: Path
    facts: LabelFacts

    @property
    def label(self) -> str:
        return f"{HOME}/{self.facts.label_id}"

    async def become(self, state: LabelState, reason: str = "") -> None:
        await self.db.fetchval(
            "UPDATE label SET state = $1, reason_fr = $2, reason_en = $2", state.value, reason
        )

    async def verify(self, content: bytes | str) -> dict[str, Any]:
        answer = await self.client.post(f"{HOME}/verify", content=content)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def read(self, form: str) -> str:
        answer = await self.client.get(f"{self.label}{form}")
        assert answer.status_code == 200, answer.text
        return answer.text


async def grant(db: Database, settings: ValidationSettings, granted: LabelFacts) -> None:
    """Write a label, signed by the service's own key."""
    credential = LabelSigner(settings).sign(granted)
    values = asdict(granted)
    label = Label(
        **{**values, "id": values.pop("label_id"), "coverage": list(values["coverage"])},
        version_id=granted.progiciel_id,
        major="7",
        document=credential.document,
        jwt=credential.jwt,
        key_id=credential.key_id,
        state=LabelState.VALIDE.value,
        changed_at=granted.issued_at,
    )
    async with db.transaction() as session:
        await store.add(session, label)


@pytest.fixture
async def place(common_settings: dict[str, Any], database_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    keys = tmp_path / "keys.json"
    write_key_file(keys, ring(key()))
    settings = settings_of(
        "validation",
        common_settings,
        validation_signing_keys_file=keys,
        public_url="https://socle.exemple.fr",
    )
    assert isinstance(settings, ValidationSettings)
    moment = now().replace(microsecond=0)
    day = moment.date()
    granted = facts(issued_at=moment, valid_from=day, valid_until=day + timedelta(days=364))
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(api("validation", settings))
        db = await Database.open(database_url, schema="validation", pool_size=2)
        stack.push_async_callback(db.close)
        await grant(db, settings, granted)
        yield Place(client, db, settings, keys, granted)


async def test_every_form_is_read_by_anybody_and_kept_a_short_while(place: Place) -> None:
    for form in FORMS:
        answer = await place.client.get(
            f"{place.label}{form}", headers={"origin": "https://ailleurs.exemple"}
        )
        assert answer.status_code == 200, (form, answer.text)
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert answer.headers["access-control-allow-origin"] == "*"
        again = await place.client.get(
            f"{place.label}{form}", headers={"if-none-match": answer.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == "public, max-age=300"


async def test_an_unknown_label_is_not_found_in_any_form(place: Place) -> None:
    unknown = UUID(int=place.facts.label_id.int + 1)
    for form in FORMS:
        assert_problem(await place.client.get(f"{HOME}/{unknown}{form}"), 404, "label-not-found")
    assert_problem(await place.client.get(f"{HOME}/n-importe-quoi"), 422, "invalid-request")


async def test_the_credential_is_served_as_it_was_signed(place: Place) -> None:
    row = await place.db.fetchrow("SELECT document, jwt FROM label")
    assert row is not None
    served = await place.client.get(f"{place.label}/credential.json")
    assert (served.content, served.headers["content-type"]) == (row["document"], "application/vc")
    token = await place.client.get(f"{place.label}/credential.jwt")
    assert (token.text, token.headers["content-type"]) == (row["jwt"], "application/vc+jwt")


async def test_addresses_in_a_credential_lead_to_what_they_name(place: Place) -> None:
    document = json.loads(await place.read("/credential.json"))
    root = "https://socle.exemple.fr"
    for address in (
        document["id"],
        document["@context"][2],
        document["credentialSubject"]["achievement"]["image"]["id"],
        *(entry["statusListCredential"] for entry in document["credentialStatus"]),
    ):
        assert (await place.client.get(address.removeprefix(root))).status_code == 200, address
    did = (await place.client.get("/validation/v1/did.json")).json()
    assert did["id"] == document["issuer"]["id"] == "did:web:socle.exemple.fr:validation:v1"
    assert document["proof"]["verificationMethod"] in did["assertionMethod"]
    view = (await place.client.get(place.label)).json()
    assert all(address.startswith(f"{root}{place.label}/") for address in view["links"].values())
    for address in view["links"].values():
        assert (await place.client.get(address.removeprefix(root))).status_code == 200


async def test_each_of_our_forms_verifies(place: Place) -> None:
    contents = {
        "credential": await place.read("/credential.json"),
        "jwt": await place.read("/credential.jwt"),
        "svg": await place.read("/badge.baked.svg"),
    }
    for form, content in contents.items():
        found = await place.verify(content)
        assert (found["outcome"], found["form"], found["status_checked"]) == ("valid", form, True)
        assert found["label"]["id"] == str(place.facts.label_id)
    for address in (
        str(place.facts.label_id),
        place.label,
        f"https://socle.exemple.fr{place.label}",
        f"https://socle.exemple.fr{place.label}/page?lang=fr\n",
    ):
        assert (await place.verify(address))["outcome"] == "valid"
    for elsewhere in (
        f"https://faux.exemple{place.label}",
        f"HTTPS://faux.exemple{place.label}",
        f"faux{place.label}",
    ):
        found = await place.verify(elsewhere)
        assert (found["outcome"], found["code"], found["label"]) == ("unknown", "other-issuer", None)
    unknown = await place.verify(str(UUID(int=5)))
    assert (unknown["outcome"], unknown["code"]) == ("unknown", "no-such-label")


@pytest.mark.parametrize(
    ("state", "outcome", "french", "english"),
    [
        (LabelState.VALIDE, "valid", "valide · vérifié", "valid · verified"),
        (LabelState.A_RENOUVELER, "valid", "à renouveler · vérifié", "to be renewed · verified"),
        (LabelState.SUSPENDU, "suspended", "suspendu", "suspended"),
        (LabelState.REVOQUE, "revoked", "révoqué", "revoked"),
        (LabelState.EXPIRE, "expired", "expiré", "expired"),
    ],
)
async def test_every_form_tells_the_state(
    place: Place, state: LabelState, outcome: str, french: str, english: str
) -> None:
    before = await place.client.get(f"{place.label}/badge.fr.svg")
    await place.become(state, "Le motif.")
    for form in ("/credential.json", "/credential.jwt", "/badge.baked.svg"):
        found = await place.verify(await place.read(form))
        assert found["outcome"] == outcome
        assert ("Le motif." in found["reason"]) == (outcome in ("suspended", "revoked"))
    for language, words in (("fr", french), ("en", english)):
        badge = ElementTree.fromstring(await place.read(f"/badge.{language}.svg"))
        assert [text.text for text in badge.iter(f"{SVG}text")] == ["Conformité OpenData SCDL", words]
        title = badge.find(f"{SVG}title")
        assert title is not None
        assert words in (title.text or "")
        assert "Délibérations & Cie <3> 7.2.1" in (title.text or "")
        shield = json.loads(await place.read(f"/shield.{language}.json"))
        assert (shield["schemaVersion"], shield["message"], shield["isError"]) == (
            1,
            words,
            outcome != "valid",
        )
    page = await place.read("/page?lang=fr")
    assert ('<header class="valid">' in page) == (outcome == "valid")
    changed = await place.client.get(
        f"{place.label}/badge.fr.svg", headers={"if-none-match": before.headers["etag"]}
    )
    assert changed.status_code == (304 if state is LabelState.VALIDE else 200)


async def test_past_its_last_day_a_label_has_expired_before_any_job_says_so(place: Place) -> None:
    await place.db.fetchval("UPDATE label SET valid_until = valid_from - 1, valid_from = valid_from - 30")
    assert (await place.client.get(place.label)).json()["state"] == "expire"
    assert "expiré" in await place.read("/badge.fr.svg")
    assert (await place.verify(await place.read("/credential.json")))["outcome"] == "expired"


async def test_an_altered_credential_is_told_and_shows_no_label(place: Place) -> None:
    original = await place.read("/credential.json")
    token = await place.read("/credential.jwt")
    first, payload, signature = token.split(".")
    for content in (
        original.replace("7.2.1", "8.0.0"),
        f"{first}.{payload[:-8]}AAAAAAAA.{signature}"[:-3] + "AAA",
        f"{first}.{payload}.{signature[:-6]}AAAAAA",
        (await place.read("/badge.baked.svg")).replace(signature[:20], "A" * 20),
    ):
        answer = await place.client.post(f"{HOME}/verify", content=content)
        if answer.status_code == 200:
            assert (answer.json()["outcome"], answer.json()["label"]) == ("altered", None)
        else:
            assert_problem(answer, 422, "label-unreadable")
    assert (await place.verify(original.replace("7.2.1", "8.0.0")))["code"] == "signature"


HOSTILE: list[tuple[bytes, int, str]] = [
    (b"", 422, "label-unreadable"),
    (b"{" + b" " * 300_000 + b"}", 413, "payload-too-large"),
    (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 422, "label-unreadable"),
    (b"[" * 200_000, 422, "label-unreadable"),
    (b'{"a": "\\u0000"}', 422, "label-unreadable"),
    (b"\x00\x00", 422, "label-unreadable"),
    (b'{"a": NaN}', 422, "label-unreadable"),
    (b"<!DOCTYPE s [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]><s>&c;</s>", 422, "label-unreadable"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422, "label-unreadable"),
    (b"a.b.c", 422, "label-unreadable"),
    ("é".encode() * 40, 422, "label-unreadable"),
]


async def test_hostile_content_is_refused(place: Place) -> None:
    for content, status, slug in HOSTILE:
        assert_problem(await place.client.post(f"{HOME}/verify", content=content), status, slug)


async def test_a_svg_around_nothing_of_ours_is_refused(place: Place) -> None:
    for inner in ("bonjour", str(place.facts.label_id)):
        svg = bake('<svg xmlns="http://www.w3.org/2000/svg"></svg>', inner)
        assert unbake(svg.encode()) == inner
        assert_problem(await place.client.post(f"{HOME}/verify", content=svg), 422, "label-unreadable")


async def test_strange_json_is_unknown_or_altered_never_a_crash(place: Place) -> None:
    good = json.loads(await place.read("/credential.json"))
    did = good["issuer"]["id"]
    for document in (
        {},
        {"id": 5, "issuer": []},
        {"issuer": did},
        {"issuer": did, "proof": "x"},
        {**good, "proof": {**good["proof"], "created": "hier"}},
        {**good, "proof": {**good["proof"], "proofValue": "z" + "1" * 90}},
        {**good, "proof": {**good["proof"], "verificationMethod": f"{did}#autre"}},
        {**good, "credentialSubject": "\ud800"},
        {**good, "credentialSubject": 1e308},
    ):
        assert (await place.verify(json.dumps(document)))["outcome"] in ("unknown", "altered")


async def test_status_lists_tell_who_is_suspended_and_who_is_revoked(place: Place) -> None:
    from services.validation.domain.labels.did import read_did_document
    from services.validation.domain.labels.presented import read_presented
    from services.validation.domain.labels.verification import verify_offline

    credential = read_presented((await place.read("/credential.json")).encode())
    did, known = read_did_document((await place.client.get("/validation/v1/did.json")).json())

    async def offline() -> str:
        lists = [
            (await place.client.get(f"{HOME}/status/{purpose}/0")).json()
            for purpose in ("revocation", "suspension")
        ]
        found = verify_offline(credential, lists, did, known, now())
        assert found.status_checked
        return found.outcome.value

    assert await offline() == "valid"
    await place.become(LabelState.SUSPENDU)
    assert await offline() == "suspended"
    await place.become(LabelState.REVOQUE)
    assert await offline() == "revoked"
    assert_problem(await place.client.get(f"{HOME}/status/revocation/1"), 404, "status-list-not-found")
    assert_problem(await place.client.get(f"{HOME}/status/message/0"), 422, "invalid-request")


async def test_a_rotation_needs_no_restart_and_leaves_old_labels_good(place: Place) -> None:
    old = await place.read("/credential.json")
    [first] = LabelSigner(place.settings).ring.keys
    newer = key(2)
    write_key_file(place.keys, ring(retire(first, now()), newer))
    assert (await place.verify(old))["outcome"] == "valid"
    did = (await place.client.get("/validation/v1/did.json")).json()
    assert len(did["assertionMethod"]) == 2
    listed = (await place.client.get(f"{HOME}/status/revocation/0")).json()
    assert listed["proof"]["verificationMethod"].endswith(newer.id)
    write_key_file(place.keys, ring(retire(first, now(), compromised=True), newer))
    assert (await place.verify(old))["code"] == "key-revoked"
    assert first.private is not None
    assert issue(place.facts, LabelSigner(place.settings).issuer, newer).key_id == newer.id


async def test_without_a_key_nothing_is_signed_and_the_rest_works(place: Place) -> None:
    def show_to_others() -> None:
        place.keys.write_bytes(write_ring(ring(key())))
        place.keys.chmod(0o640)

    credential = await place.read("/credential.json")
    for spoil, known in (
        (lambda: place.keys.write_bytes(b"{}"), False),
        (show_to_others, False),
        (lambda: write_key_file(place.keys, KeyRing()), True),
        (lambda: place.keys.unlink(), False),
    ):
        spoil()
        assert_problem(
            await place.client.get(f"{HOME}/status/revocation/0"), 503, "label-signing-unavailable"
        )
        # Without our keys at hand, nobody is told that what we signed is forged.
        did = await place.client.get("/validation/v1/did.json")
        verified = await place.client.post(f"{HOME}/verify", content=credential)
        if known:
            assert did.json()["assertionMethod"] == []
        else:
            for answer in (did, verified):
                assert_problem(answer, 503, "label-signing-unavailable")
        for form in FORMS:
            assert (await place.client.get(f"{place.label}{form}")).status_code == 200
        assert (await place.client.get("/health/ready")).json()["status"] == "ok"


async def test_the_page_is_whole_in_both_languages_and_escapes_names(place: Place) -> None:
    await place.db.fetchval("UPDATE label SET progiciel_name = '<script>alert(1)</script>'")
    for language, verdict in (("fr", "authentique et en vigueur"), ("en", "authentic and in force")):
        answer = await place.client.get(f"{place.label}/page", headers={"accept-language": language})
        assert answer.headers["content-language"] == language
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        page = answer.text
        assert f'<html lang="{language}">' in page
        assert verdict in page
        assert "<script" not in page
        assert page.count("<h1>") == 1
        assert 'scope="col"' in page
        # Every address of the page is one that answers; what is only declared is said to be so.
        addresses = set(re.findall(r'href="(https?://[^"]+)"', page))
        for address in addresses:
            ours = "/directory/" not in address and "/validations/" not in address
            assert not ours or (await place.client.get(address)).status_code == 200, address
        assert len(addresses) >= 9
        assert {"fr": "selon l&#x27;éditeur", "en": "according to the vendor"}[language] in page
    assert "<script" not in await place.read("/badge.fr.svg")
    assert "<script" not in json.loads(await place.read("/embed.json"))["fr"]["html"]


async def test_a_renewed_label_is_good_and_its_older_credential_has_ended(place: Place) -> None:
    older = replace(
        place.facts,
        issued_at=place.facts.issued_at - timedelta(days=400),
        valid_from=place.facts.valid_from - timedelta(days=400),
        valid_until=place.facts.valid_from - timedelta(days=1),
    )
    [signing] = LabelSigner(place.settings).ring.keys
    credential = issue(older, LabelSigner(place.settings).issuer, signing)
    found = await place.verify(credential.document)
    assert (found["outcome"], found["label"]["state"]) == ("expired", "valide")


async def test_verifications_are_counted(place: Place) -> None:
    answer = await place.client.post(f"{HOME}/verify", content=str(place.facts.label_id))
    assert '"verifications"' in answer.headers["ratelimit"]
