"""The DID document of who signs labels (W3C DID 1.0, did:web): its keys, those that are retired too."""

from typing import Any

from services.validation.domain.labels import multikey
from services.validation.domain.labels.addresses import Issuer
from services.validation.domain.labels.instants import read_instant, write_instant
from services.validation.domain.labels.keys import KeyRing, LabelKey

CONTEXTS = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
MOST_KEYS = 200


def did_document(issuer: Issuer, ring: KeyRing) -> dict[str, Any]:
    """Return the document. A retired key stays among `assertionMethod`, for what it signed; a revoked one does not."""
    return {
        "@context": CONTEXTS,
        "id": issuer.did,
        "verificationMethod": [_method(issuer, key) for key in ring.keys],
        "assertionMethod": [issuer.key(key.id) for key in ring.keys if key.revoked is None],
    }


def read_did_document(document: Any) -> tuple[str, KeyRing]:
    """Return the DID of a document and its keys; raises ValueError. Those not among `assertionMethod` are left out."""
    try:
        did = document["id"]
        allowed = set(document["assertionMethod"])
        methods = [item for item in document["verificationMethod"] if item["id"] in allowed][:MOST_KEYS]
        keys = [
            LabelKey(
                id=item["id"].removeprefix(f"{did}#"),
                created=read_instant("1970-01-01T00:00:00Z"),
                public=multikey.read_public(item["publicKeyMultibase"]),
                revoked=read_instant(item["revoked"]) if "revoked" in item else None,
            )
            for item in methods
            if item["type"] == "Multikey" and item["controller"] == did
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a DID document") from error
    return did, KeyRing(tuple(keys))


def _method(issuer: Issuer, key: LabelKey) -> dict[str, str]:
    method = {
        "id": issuer.key(key.id),
        "type": "Multikey",
        "controller": issuer.did,
        "publicKeyMultibase": multikey.write_public(key.public),
    }
    return method if key.revoked is None else {**method, "revoked": write_instant(key.revoked)}
