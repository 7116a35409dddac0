"""Verifiers written by others accept a label, and refuse it after each single change."""

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import OKPKey
from openbadgeslib.baking import SVG_ELEMENT_OB3, extract_svg
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier

from services.validation.domain.labels.addresses import PURPOSES
from services.validation.domain.labels.badge import draw_baked
from services.validation.domain.labels.credential import BADGES_CONTEXT, issue
from services.validation.domain.labels.did import did_document
from services.validation.domain.labels.facts import GrantedLabel, LabelFacts, LabelState
from services.validation.domain.labels.instants import write_instant
from services.validation.domain.labels.multikey import base64url, from_base64url
from services.validation.domain.labels.status_list import sign_list
from services.validation.domain.labels.terms import context
from shared.clock import now
from tests.support.labels import DURING, FACTS, ISSUER, facts, key, ring

KEY, OTHER = key(1), key(2)
SIGNED = issue(FACTS, ISSUER, KEY)
DOCUMENT: dict[str, Any] = json.loads(SIGNED.document)

Change = Callable[[dict[str, Any]], object]
# What both forms hold.
CHANGES: dict[str, Change] = {
    "digest": lambda it: it["credentialSubject"]["conformity"].update(inputSha256="c" * 64),
    "name": lambda it: it["credentialSubject"]["conformity"].update(applicationName="Autre"),
    "schema version": lambda it: it["credentialSubject"]["conformity"].update(tableSchemaVersion="2.1.4"),
    "assurance": lambda it: it["credentialSubject"]["conformity"].update(assurance="confirme"),
    "rows": lambda it: it["credentialSubject"]["conformity"].update(rowCount=1251),
    "end": lambda it: it.update(validUntil="2028-11-21T23:59:59Z"),
    "beginning": lambda it: it.update(validFrom="2026-11-21T00:00:00Z"),
    "status index": lambda it: it["credentialStatus"][0].update(statusListIndex="94568"),
    "unknown term": lambda it: it.update(gold="oui"),
    "subject": lambda it: it["credentialSubject"].update(id="https://exemple.fr/autre"),
}
PROOF_CHANGES: dict[str, Change] = {
    "proof value": lambda it: it["proof"].update(proofValue="z" + it["proof"]["proofValue"][1:][::-1]),
    "proof date": lambda it: it["proof"].update(created="2026-11-22T09:30:01Z"),
    "another key": lambda it: it["proof"].update(verificationMethod=ISSUER.key(OTHER.id)),
    "no proof": lambda it: it.pop("proof"),
}


def changed(change: Change) -> dict[str, Any]:
    """Return the credential after one change."""
    document: dict[str, Any] = json.loads(SIGNED.document)
    change(document)
    assert document != DOCUMENT
    return document


def changed_token(change: Change) -> str:
    """Return the token after one change of its payload."""
    first, payload, signature = SIGNED.jwt.split(".")
    claims = json.loads(from_base64url(payload))
    change(claims)
    return f"{first}.{base64url(json.dumps(claims).encode())}.{signature}"


@pytest.fixture(scope="module")
def verify(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    """What answers, for each case, why the JavaScript verifiers refuse it; None when they accept it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no Node here: the JavaScript verifiers were NOT asked")
    place = tmp_path_factory.mktemp("verifiers")
    source = Path(__file__).parent / "verifiers"
    for name in ("package.json", "package-lock.json", "verify.mjs"):
        shutil.copy(source / name, place)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    try:
        installed = subprocess.run(
            [npm, "ci", *options], cwd=place, capture_output=True, text=True, timeout=60, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("the packages of the JavaScript verifiers did not come: they were NOT asked")
    if installed.returncode:
        pytest.skip("the packages of the JavaScript verifiers cannot be had: they were NOT asked")
    badges = files("openbadgeslib.ob3").joinpath("contexts/ob-v3p0-context-3.0.3.json").read_text("utf-8")

    def ask(cases: list[dict[str, Any]]) -> dict[str, Any]:
        asked = {
            "did": did_document(ISSUER, ring(KEY, OTHER)),
            "contexts": {ISSUER.context: context(ISSUER), BADGES_CONTEXT: json.loads(badges)},
            "now": write_instant(DURING),
            "cases": cases,
        }
        done = subprocess.run(
            [node, "verify.mjs"],
            cwd=place,
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answers: dict[str, Any] = json.loads(done.stdout)
        return answers

    return ask


def test_digitalbazaar_and_jose_accept_it_and_refuse_each_change(
    verify: Callable[[list[dict[str, Any]]], dict[str, Any]],
) -> None:
    jwk = OKPKey.import_key(KEY.public).as_dict()
    past = issue(facts(valid_until=FACTS.valid_from), ISSUER, KEY)
    newer = issue(FACTS, ISSUER, OTHER)
    good: list[dict[str, Any]] = [
        {"name": "credential", "credential": DOCUMENT},
        {"name": "signed by a newer key", "credential": json.loads(newer.document)},
        {"name": "status list", "credential": sign_list([5], ISSUER, "revocation", 0, KEY, DURING)},
        {"name": "token", "jwt": SIGNED.jwt, "jwk": jwk},
        {"name": "every term is defined", "expand": DOCUMENT},
    ]
    bad: list[dict[str, Any]] = [
        *(
            {"name": f"credential: {name}", "credential": changed(change)}
            for name, change in (CHANGES | PROOF_CHANGES).items()
        ),
        *(
            {"name": f"token: {name}", "jwt": changed_token(change), "jwk": jwk}
            for name, change in CHANGES.items()
        ),
        {"name": "credential: expired", "credential": json.loads(past.document)},
        {"name": "token: expired", "jwt": past.jwt, "jwk": jwk},
        {"name": "token: another key", "jwt": newer.jwt, "jwk": jwk},
        {"name": "a term that no context defines", "expand": changed(CHANGES["unknown term"])},
    ]
    answers = verify(good + bad)
    assert {name: answers[name] for name in (case["name"] for case in good)} == dict.fromkeys(
        (case["name"] for case in good), None
    )
    assert [case["name"] for case in bad if answers[case["name"]] is None] == []
    assert len(bad) >= 26


def current() -> LabelFacts:
    """A label of a day that is today, for verifiers whose clock cannot be set."""
    today = now().date()
    return facts(issued_at=now(), valid_from=today, valid_until=today + timedelta(days=30))


def test_digitalbazaar_refuses_what_the_status_lists_withdraw(
    verify: Callable[[list[dict[str, Any]]], dict[str, Any]],
) -> None:
    label, moment = current(), now()
    document = json.loads(issue(label, ISSUER, KEY).document)
    clear = {one: sign_list((), ISSUER, one, 0, KEY, moment) for one in PURPOSES}
    others = {
        one: sign_list((label.status_index - 1, label.status_index + 1), ISSUER, one, 0, KEY, moment)
        for one in PURPOSES
    }
    withdrawn = {one: sign_list((label.status_index,), ISSUER, one, 0, KEY, moment) for one in PURPOSES}
    altered = {**withdrawn["revocation"], "credentialSubject": clear["revocation"]["credentialSubject"]}
    lists = {
        "in force": list(clear.values()),
        "others are withdrawn": list(others.values()),
        "revoked": [withdrawn["revocation"], clear["suspension"]],
        "suspended": [clear["revocation"], withdrawn["suspension"]],
        "an altered list": [altered, clear["suspension"]],
        "one list for both": [clear["revocation"], {**clear["revocation"], "id": clear["suspension"]["id"]}],
        "no list": [],
    }
    answers = verify(
        [
            {"name": name, "credential": document, "lists": found, "now": write_instant(moment)}
            for name, found in lists.items()
        ]
    )
    assert [name for name, why in answers.items() if why is None] == ["in force", "others are withdrawn"]
    assert "revocation" in answers["revoked"]
    assert "suspension" in answers["suspended"]


class TestOpenBadgesLibrary:
    verifier = OB3Verifier(KEY.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    def test_it_accepts_the_token_and_the_badge(self) -> None:
        label = current()
        credential = issue(label, ISSUER, KEY)
        assert self.verifier.verify(credential.jwt).id == ISSUER.label(label.label_id)
        svg = draw_baked(GrantedLabel(label, credential, LabelState.VALIDE)).encode()
        token = extract_svg(svg, element=SVG_ELEMENT_OB3)
        assert token == credential.jwt

    def test_it_resolves_our_did_document(self) -> None:
        credential = issue(current(), ISSUER, KEY)
        served = json.dumps(did_document(ISSUER, ring(KEY, OTHER))).encode()
        asked = []

        def download(url: str, *_: object, **__: object) -> bytes:
            asked.append(url)
            return served

        OB3Verifier.for_issuer_did(ISSUER.did, download=download).verify(credential.jwt)
        assert asked == [f"{ISSUER.root}/did.json"]

    @pytest.mark.parametrize("change", CHANGES)
    def test_it_refuses_each_change(self, change: str) -> None:
        with pytest.raises(OB3VerificationError):
            self.verifier.verify(changed_token(CHANGES[change]))

    def test_it_refuses_another_key_and_a_label_that_has_expired(self) -> None:
        began = FACTS.valid_from.replace(year=2020)
        expired = facts(valid_from=began, valid_until=began.replace(year=2021))
        for credential in (issue(current(), ISSUER, OTHER), issue(expired, ISSUER, KEY)):
            with pytest.raises(OB3VerificationError):
                self.verifier.verify(credential.jwt)
