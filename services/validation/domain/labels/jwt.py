"""A credential as `vc+jwt` (W3C Securing Verifiable Credentials using JOSE, section 3.1; Open Badges 3.0, 8.2)."""

import binascii
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from services.validation.domain.labels.instants import read_instant
from services.validation.domain.labels.multikey import from_base64url
from services.validation.domain.labels.proof import Altered

ALGORITHM = "EdDSA"
TYPE = "vc+jwt"
_SECOND = timedelta(seconds=1)
REGISTERED = ("iss", "sub", "jti", "nbf", "exp")


class _EdDSA(JWSRegistry):
    """The one algorithm of ours, by the name that Open Badges tools know (RFC 9864 would call it `Ed25519`)."""

    max_payload_length = 262_144

    def get_alg(self, name: str) -> Any:
        """Return the algorithm; the library's own way warns at each use that its name is the older one."""
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(f"Algorithm of '{name}' is not allowed")
        return self.algorithms[name]


_REGISTRY = _EdDSA()


def sign(document: Mapping[str, Any], key: Ed25519PrivateKey, method: str) -> str:
    """Return a credential as a token; `method` is the DID URL of the key."""
    header = {"alg": ALGORITHM, "typ": TYPE, "cty": "vc", "kid": method}
    payload = json.dumps(
        {**document, **claims(document)}, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    return jws.serialize_compact(header, payload, OKPKey.import_key(key), registry=_REGISTRY)


def claims(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the registered claims that say again what a credential says (RFC 7519, section 4.1).

    A label lasts through its last second; a token ends at the second after (`exp`).
    """
    return {
        "iss": document["issuer"]["id"],
        "sub": document["credentialSubject"]["id"],
        "jti": document["id"],
        "nbf": int(read_instant(document["validFrom"]).timestamp()),
        "exp": int((read_instant(document["validUntil"]) + _SECOND).timestamp()),
    }


def parts_of(token: str) -> tuple[dict[str, Any], bytes]:
    """Return the header of a token, and its payload not yet verified; raises ValueError on what is no token."""
    pieces = token.split(".")
    if len(pieces) != 3:
        raise ValueError("not a JWS")
    header = json.loads(from_base64url(pieces[0]))
    if not isinstance(header, dict):
        raise ValueError("not a JWS")
    return header, from_base64url(pieces[1])


def check(token: str, header: Mapping[str, Any], document: Mapping[str, Any], key: Ed25519PublicKey) -> None:
    """Raise Altered unless a token is signed by this key and its registered claims are those of its credential."""
    if header.get("alg") != ALGORITHM or header.get("typ") != TYPE or "crit" in header:
        raise Altered("header")
    try:
        jws.deserialize_compact(token.encode(), OKPKey.import_key(key), registry=_REGISTRY)
    except (JoseError, ValueError, binascii.Error) as error:
        raise Altered("signature") from error
    try:
        said = claims(document)
    except (KeyError, TypeError, ValueError) as error:
        raise Altered("claims") from error
    if any(document.get(name) != said[name] for name in REGISTERED):
        raise Altered("claims")
