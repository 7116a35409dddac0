"""The proof `eddsa-jcs-2022` of a JSON document (W3C Data Integrity EdDSA Cryptosuites 1.0, section 3.3)."""

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.validation.domain.labels.multikey import base58btc, from_base58btc

CRYPTOSUITE = "eddsa-jcs-2022"


class Altered(ValueError):
    """The document is not what was signed. `part` says which part does not fit."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return a JSON document in its canonical form (RFC 8785); raises Altered on what has none."""
    try:
        return rfc8785.dumps(dict(document))
    except (ValueError, RecursionError) as error:  # its own errors are ValueErrors
        raise Altered("json") from error


def add_proof(
    document: Mapping[str, Any], key: Ed25519PrivateKey, *, method: str, created: str
) -> dict[str, Any]:
    """Return the document with its proof (section 3.3.1).

    `method` is the DID URL of the key, `created` an XML Schema dateTimeStamp.
    """
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    if "@context" in document:
        options["@context"] = document["@context"]
    signature = key.sign(_hashed(document, options))
    return {**document, "proof": {**options, "proofValue": base58btc(signature)}}


def check_proof(document: Mapping[str, Any], key: Ed25519PublicKey) -> None:
    """Raise Altered unless the proof of a document is right for this key (section 3.3.2)."""
    proof = proof_of(document)
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    # The specification lets others add contexts after those signed: ours never are, and they could say anything.
    if options.get("@context") != unsigned.get("@context"):
        raise Altered("proof")
    try:
        key.verify(from_base58btc(proof["proofValue"]), _hashed(unsigned, options))
    except (InvalidSignature, ValueError) as error:
        raise Altered("signature") from error


def proof_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the one proof of a document; raises Altered when it has none, several, or one of another kind."""
    proof = document.get("proof")
    if (
        not isinstance(proof, dict)
        or proof.get("type") != "DataIntegrityProof"
        or proof.get("cryptosuite") != CRYPTOSUITE
        or proof.get("proofPurpose") != "assertionMethod"
        or not all(
            isinstance(proof.get(name), str) for name in ("created", "verificationMethod", "proofValue")
        )
    ):
        raise Altered("proof")
    return proof


def _hashed(document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(canonical(options)).digest() + hashlib.sha256(canonical(document)).digest()
