"""How a label is signed: the vectors of the W3C byte for byte, and each change refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from joserfc.jwk import OKPKey

from services.validation.domain.labels import jwt, multikey
from services.validation.domain.labels.addresses import PURPOSES
from services.validation.domain.labels.credential import issue
from services.validation.domain.labels.did import did_document, read_did_document
from services.validation.domain.labels.facts import STATUS_BITS, Credential
from services.validation.domain.labels.keys import (
    KeyRing,
    UnusableKeys,
    make_key,
    read_ring,
    retire,
    write_ring,
)
from services.validation.domain.labels.presented import Unreadable, read_presented
from services.validation.domain.labels.proof import Altered, add_proof, canonical, check_proof
from services.validation.domain.labels.status_list import encode, is_set, sign_list
from services.validation.domain.labels.verification import Outcome, verify_offline
from tests.support.labels import DURING, FACTS, ISSUER, facts, key, ring

KEY = key()
RING = ring(KEY)
CREDENTIAL = issue(FACTS, ISSUER, KEY)


def lists(*, revoked: tuple[int, ...] = (), suspended: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    return [
        sign_list(revoked, ISSUER, "revocation", 0, KEY, DURING),
        sign_list(suspended, ISSUER, "suspension", 0, KEY, DURING),
    ]


def verdict(content: bytes, *, known: KeyRing = RING, **bits: tuple[int, ...]) -> tuple[Outcome, str, bool]:
    found = verify_offline(read_presented(content), lists(**bits), ISSUER.did, known, DURING)
    return found.outcome, found.code, found.status_checked


class TestVectorsOfTheW3C:
    @pytest.fixture
    def read(self, working_material: Path) -> Callable[[str], str]:
        return lambda name: (working_material / "data" / "label" / "w3c-vc-di-eddsa" / name).read_text(
            "utf-8"
        )

    def test_the_document_and_the_proof_are_canonical(self, read: Callable[[str], str]) -> None:
        assert canonical(json.loads(read("unsigned.json"))).decode() == read("canonDocJCS.txt").rstrip("\n")
        assert canonical(json.loads(read("proofConfigJCS.json"))).decode() == read(
            "proofCanonJCS.txt"
        ).rstrip("\n")

    def test_the_signature_is_theirs_byte_for_byte(self, read: Callable[[str], str]) -> None:
        pair = json.loads(read("keyPair.json"))
        private = multikey.read_private(pair["privateKeyMultibase"])
        options = json.loads(read("proofConfigJCS.json"))
        signed = add_proof(
            json.loads(read("unsigned.json")),
            private,
            method=options["verificationMethod"],
            created=options["created"],
        )
        assert signed == json.loads(read("signedJCS.json"))
        value = multikey.from_base58btc(signed["proof"]["proofValue"])
        assert value.hex() == read("sigHexJCS.txt").strip()
        assert multikey.write_private(private) == pair["privateKeyMultibase"]
        assert multikey.write_public(private.public_key()) == pair["publicKeyMultibase"]

    def test_theirs_verifies_here_and_another_suite_does_not(self, read: Callable[[str], str]) -> None:
        public = multikey.read_public(json.loads(read("keyPair.json"))["publicKeyMultibase"])
        check_proof(json.loads(read("signedJCS.json")), public)
        with pytest.raises(Altered):
            check_proof(json.loads(read("signedDataInt.json")), public)


class TestCredential:
    def test_it_is_valid_in_both_forms(self) -> None:
        assert verdict(CREDENTIAL.document) == (Outcome.VALID, "in-force", True)
        assert verdict(CREDENTIAL.jwt.encode()) == (Outcome.VALID, "in-force", True)

    def test_the_same_facts_give_the_same_bytes(self) -> None:
        assert issue(FACTS, ISSUER, KEY) == CREDENTIAL

    def test_white_space_and_the_order_of_members_are_no_change(self) -> None:
        document = json.loads(CREDENTIAL.document)
        shuffled = dict(reversed(document.items()))
        assert verdict(json.dumps(shuffled, indent=3).encode())[0] is Outcome.VALID

    def test_without_lists_the_status_is_said_not_to_be_checked(self) -> None:
        found = verify_offline(read_presented(CREDENTIAL.document), [], ISSUER.did, RING, DURING)
        assert (found.outcome, found.code, found.status_checked) == (
            Outcome.VALID,
            "status-not-checked",
            False,
        )

    def test_a_retired_key_still_verifies_and_signs_no_more(self) -> None:
        retired = retire(KEY, DURING)
        found = verify_offline(
            read_presented(CREDENTIAL.document), [], ISSUER.did, ring(retired, key(20)), DURING
        )
        assert found.outcome is Outcome.VALID
        with pytest.raises(ValueError, match="may not sign"):
            issue(FACTS, ISSUER, retired)

    def test_what_a_compromised_key_signed_is_refused(self) -> None:
        leaked = ring(retire(KEY, DURING, compromised=True))
        assert verdict(CREDENTIAL.document, known=leaked)[:2] == (Outcome.REVOKED, "key-revoked")
        assert verdict(CREDENTIAL.jwt.encode(), known=leaked)[:2] == (Outcome.REVOKED, "key-revoked")

    def test_another_key_of_the_same_name_is_refused(self) -> None:
        other = read_ring(write_ring(ring(key())).replace(key().id.encode(), b"x"))
        forged = json.loads(CREDENTIAL.document)
        forged["proof"]["verificationMethod"] = ISSUER.key(other.keys[0].id)
        assert verdict(json.dumps(forged).encode(), known=other)[:2] == (Outcome.ALTERED, "signature")

    def test_another_issuer_is_unknown(self) -> None:
        assert verdict(CREDENTIAL.document.replace(b"socle.exemple.fr", b"socle.exemple.eu"))[:2] == (
            Outcome.UNKNOWN,
            "other-issuer",
        )

    def test_past_its_last_second_it_has_expired(self) -> None:
        presented = read_presented(CREDENTIAL.document)
        last = FACTS.ends_at
        assert verify_offline(presented, [], ISSUER.did, RING, last).outcome is Outcome.VALID
        after = last.replace(year=last.year + 1)
        assert verify_offline(presented, [], ISSUER.did, RING, after).outcome is Outcome.EXPIRED

    def test_a_bit_set_means_revoked_or_suspended(self) -> None:
        index = FACTS.status_index
        assert verdict(CREDENTIAL.document, revoked=(index,))[0] is Outcome.REVOKED
        assert verdict(CREDENTIAL.document, suspended=(index,))[0] is Outcome.SUSPENDED
        assert verdict(CREDENTIAL.document, revoked=(index - 1, index + 1))[0] is Outcome.VALID

    def test_a_list_signed_by_a_key_made_in_the_same_hour_is_believed(self) -> None:
        fresh = make_key(DURING.replace(minute=10))
        known = ring(KEY, fresh)
        moment = DURING.replace(minute=20)
        both = [sign_list((), ISSUER, purpose, 0, fresh, moment) for purpose in PURPOSES]
        found = verify_offline(read_presented(CREDENTIAL.document), both, ISSUER.did, known, moment)
        assert (found.outcome, found.status_checked) == (Outcome.VALID, True)

    def test_a_list_that_was_changed_or_swapped_is_not_believed(self) -> None:
        presented = read_presented(CREDENTIAL.document)
        revocation, suspension = lists(revoked=(FACTS.status_index,))
        revocation["credentialSubject"]["encodedList"] = encode(())
        found = verify_offline(presented, [revocation, suspension], ISSUER.did, RING, DURING)
        assert (found.outcome, found.code) == (Outcome.ALTERED, "status")

    def test_a_list_signed_by_a_key_that_is_not_at_hand_leaves_the_status_unchecked(self) -> None:
        newer = key(20)
        both = [sign_list((FACTS.status_index,), ISSUER, purpose, 0, newer, DURING) for purpose in PURPOSES]
        found = verify_offline(read_presented(CREDENTIAL.document), both, ISSUER.did, RING, DURING)
        assert (found.outcome, found.code) == (Outcome.VALID, "status-not-checked")
        assert not found.status_checked

    def test_an_old_list_leaves_the_status_unchecked(self) -> None:
        old = [sign_list((), ISSUER, "revocation", 0, KEY, DURING.replace(month=1)), lists()[1]]
        found = verify_offline(read_presented(CREDENTIAL.document), old, ISSUER.did, RING, DURING)
        assert (found.outcome, found.status_checked) == (Outcome.VALID, False)


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "digest": lambda it: it["credentialSubject"]["conformity"].update(inputSha256="c" * 64),
    "name": lambda it: it["credentialSubject"]["conformity"].update(applicationName="Autre"),
    "schema version": lambda it: it["credentialSubject"]["conformity"].update(tableSchemaVersion="2.1.4"),
    "assurance": lambda it: it["credentialSubject"]["conformity"].update(assurance="confirme"),
    "coverage": lambda it: it["credentialSubject"]["conformity"]["fieldCoverage"].pop(),
    "end": lambda it: it.update(validUntil="2028-11-21T23:59:59Z"),
    "beginning": lambda it: it.update(validFrom="2026-11-21T00:00:00Z"),
    "status index": lambda it: it["credentialStatus"][0].update(statusListIndex="94568"),
    "no status": lambda it: it.pop("credentialStatus"),
    "unknown term": lambda it: it.update(gold=True),
    "proof date": lambda it: it["proof"].update(created="2026-11-22T09:30:01Z"),
    "proof value": lambda it: it["proof"].update(proofValue=it["proof"]["proofValue"][:-1] + "2"),
    "white space after the proof value": lambda it: it["proof"].update(
        proofValue=it["proof"]["proofValue"] + " "
    ),
    "purpose": lambda it: it["proof"].update(proofPurpose="authentication"),
    "no proof": lambda it: it.pop("proof"),
    "two proofs": lambda it: it.update(proof=[it["proof"], it["proof"]]),
    "context": lambda it: it["@context"].append("https://exemple.fr/autre"),
    "too large a number": lambda it: it.update(gold=2**53 + 1),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_single_change_is_told(change: str) -> None:
    document = json.loads(CREDENTIAL.document)
    CHANGES[change](document)
    changed = json.dumps(document).encode()
    assert changed != json.dumps(json.loads(CREDENTIAL.document)).encode()
    assert verdict(changed)[0] is Outcome.ALTERED


class TestToken:
    def resigned(self, **changes: Any) -> bytes:
        """The token, with changes in its claims, signed by our own key: only the contradiction is wrong."""
        document = json.loads(CREDENTIAL.document)
        del document["proof"]
        claims = {**document, **jwt.claims(document), **changes}
        assert KEY.private is not None
        header = {"alg": "EdDSA", "typ": "vc+jwt", "kid": ISSUER.key(KEY.id)}
        from joserfc import jws

        signed = jws.serialize_compact(
            header, json.dumps(claims), OKPKey.import_key(KEY.private), registry=jwt._REGISTRY
        )
        return signed.encode()

    def test_registered_claims_must_say_what_the_credential_says(self) -> None:
        assert verdict(self.resigned())[0] is Outcome.VALID
        for changes in (
            {"exp": 4102444800},
            {"nbf": 0},
            {"jti": "urn:x"},
            {"sub": "urn:x"},
            {"iss": "did:web:x"},
        ):
            assert verdict(self.resigned(**changes))[:2] == (Outcome.ALTERED, "claims")

    @pytest.mark.parametrize(
        "header",
        [
            {"alg": "none", "typ": "vc+jwt"},
            {"alg": "HS256", "typ": "vc+jwt"},
            {"alg": "EdDSA", "typ": "JWT"},
            {"alg": "EdDSA", "typ": "vc+jwt", "crit": ["x"], "x": 1},
        ],
    )
    def test_another_algorithm_or_type_is_refused(self, header: dict[str, Any]) -> None:
        _, payload, signature = CREDENTIAL.jwt.split(".")
        first = multikey.base64url(json.dumps({**header, "kid": ISSUER.key(KEY.id)}).encode())
        assert verdict(f"{first}.{payload}.{signature}".encode())[0] is Outcome.ALTERED
        assert verdict(f"{first}.{payload}.".encode())[0] is Outcome.ALTERED

    def test_one_token_has_one_writing(self) -> None:
        """The last character of a signature holds four bits that say nothing: only one writing of them is good."""
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        last = alphabet.index(CREDENTIAL.jwt[-1])
        for other in range(last + 1, last + 16):
            found = verdict((CREDENTIAL.jwt[:-1] + alphabet[other]).encode())
            assert found[:2] == (Outcome.ALTERED, "signature")

    def test_a_payload_that_changed_is_refused(self) -> None:
        head, payload, signature = CREDENTIAL.jwt.split(".")
        changed = multikey.base64url(multikey.from_base64url(payload).replace(b"7.2.1", b"8.0.0"))
        assert verdict(f"{head}.{changed}.{signature}".encode())[:2] == (Outcome.ALTERED, "signature")


class TestStatusList:
    def test_the_first_bit_is_the_highest(self) -> None:
        encoded = encode([0, 7, 8, STATUS_BITS - 1])
        assert [bit for bit in (0, 1, 7, 8, 9, STATUS_BITS - 1) if is_set(encoded, bit)] == [
            0,
            7,
            8,
            STATUS_BITS - 1,
        ]

    @pytest.mark.parametrize(
        "encoded", [None, "", "uAAAA", encode(())[1:], encode(())[:-4], "u" + "A" * 50, 7]
    )
    def test_what_is_no_list_is_refused(self, encoded: object) -> None:
        with pytest.raises(Altered):
            is_set(encoded, 0)

    def test_a_bomb_is_not_unpacked(self) -> None:
        import gzip

        bomb = "u" + multikey.base64url(gzip.compress(bytes(50_000_000)))
        with pytest.raises(Altered):
            is_set(bomb, 0)

    def test_an_index_outside_is_refused(self) -> None:
        for index in (-1, STATUS_BITS):
            with pytest.raises(Altered):
                is_set(encode(()), index)


class TestKeys:
    def test_they_come_back_as_they_were_written(self) -> None:
        whole = ring(key(1), retire(key(2), DURING), retire(key(3), DURING, compromised=True))
        back = read_ring(write_ring(whole))
        assert [(one.id, one.state, one.created, one.retired, one.revoked) for one in back.keys] == [
            (one.id, one.state, one.created, one.retired, one.revoked) for one in whole.keys
        ]
        assert [one.state for one in back.keys] == ["revoked", "retired", "active"]
        assert write_ring(whole).count(b"secretKeyMultibase") == 1

    def test_the_newest_active_one_signs(self) -> None:
        old, new = key(1), key(2)
        assert ring(new, old).signing is new
        assert ring(old, retire(new, DURING)).signing is old
        assert ring(retire(old, DURING)).signing is None

    def test_a_secret_is_in_no_text_of_a_key(self) -> None:
        assert KEY.private is not None
        assert "private" not in repr(KEY)

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"[]",
            b"{}",
            b'{"keys": [{}]}',
            b'{"keys": [7]}',
            b"[" * 100_000,
            write_ring(RING).replace(b"z6Mk", b"z6Mj"),
            write_ring(RING).replace(KEY.id.encode(), b"a b"),
        ],
    )
    def test_another_file_is_refused_without_quoting_it(self, content: bytes) -> None:
        with pytest.raises(UnusableKeys) as caught:
            read_ring(content)
        assert caught.value.__cause__ is None
        assert "z3u2" not in str(caught.value)

    def test_the_did_document_gives_the_keys_back(self) -> None:
        revoked, retired, active = retire(key(1), DURING, compromised=True), retire(key(2), DURING), key(3)
        document = did_document(ISSUER, ring(revoked, retired, active))
        assert len(document["verificationMethod"]) == 3
        did, known = read_did_document(json.loads(json.dumps(document)))
        assert did == ISSUER.did == "did:web:socle.exemple.fr:validation:v1"
        assert {one.id for one in known.keys} == {retired.id, active.id}
        assert b"secret" not in rfc8785.dumps(document)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"bonjour",
        b"a.b.c",
        b"..",
        b"{",
        b"[]",
        b'{"id": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\u0000"}',
        b'{"a":\x00}',
        b"\xff\xfe\x00",
        b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
        b"[" * 200_000,
        b'{"n": ' + b"9" * 10_000 + b"}",
        b"{" + b" " * 300_000,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<svg",
        b"<!DOCTYPE svg [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]><svg>&b;</svg>",
        "<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg>&a;</svg>".encode("utf-16"),
        multikey.base64url(b"[" * 90_000).encode() + b".e30.",
    ],
)
def test_hostile_bytes_are_unreadable(content: bytes) -> None:
    with pytest.raises(Unreadable):
        read_presented(content)


def test_what_cannot_be_canonical_is_altered() -> None:
    # The last ones are no doubles: a reader that keeps all their digits sees another number than the one signed.
    for part in (
        b'"\\ud800"',
        b"1e400",
        b"123456789012345678901234567890",
        b"1250.0000000000000000001",
        b"1e-400",
        b"1e99999999999999999999",
    ):
        content = CREDENTIAL.document.replace(b'"rowCount":1250', b'"rowCount":' + part)
        assert verdict(content)[0] is Outcome.ALTERED


def test_a_credential_shows_neither_state_nor_secret() -> None:
    whole = CREDENTIAL.document + CREDENTIAL.jwt.encode()
    assert b"secret" not in whole
    assert isinstance(CREDENTIAL, Credential)
    other = facts(progiciel_version="8.0")
    assert issue(other, ISSUER, KEY).document != CREDENTIAL.document
