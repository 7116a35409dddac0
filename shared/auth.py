"""API keys: `socle_<id>_<secret>`, of which only the SHA-256 of the secret is stored.

They live in the kernel's own schema, `access`, that every service may read and none but the operator writes.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from fastapi import Request

from shared.clock import now
from shared.problems import Forbidden, Unauthenticated

SCOPES = (
    "catalog:write",
    "validation:write",
    "directory:write",
    "directory:moderate",
    "label:request",
    "label:moderate",
    "admin",
)

_KEY = re.compile(r"socle_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_NO_DIGEST = bytes(32)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an API key's owner, or anybody."""

    key_id: str | None
    scopes: frozenset[str]
    owner_siren: str | None
    address: str

    @property
    def name(self) -> str:
        """Return what tells this caller from another: the key, or the address."""
        return f"key:{self.key_id}" if self.key_id else f"address:{self.address}"

    def require_key(self) -> None:
        """Raise `Unauthenticated` without a key."""
        if self.key_id is None:
            raise Unauthenticated(
                fr="Cette opération demande une clé d'API (« Authorization: Bearer … » ou « X-API-Key »).",
                en="This operation needs an API key, in the header `Authorization: Bearer …` or `X-API-Key`.",
                headers={"WWW-Authenticate": "Bearer"},
            )

    def require(self, scope: str) -> None:
        """Raise `Unauthenticated` without a key, `Forbidden` when the key lacks the scope."""
        self.require_key()
        if scope not in self.scopes and "admin" not in self.scopes:
            raise Forbidden(
                fr=f"Cette clé n'a pas le droit « {scope} » : demandez-en une qui l'a à l'exploitant du service.",
                en=f"This key lacks the scope `{scope}`: ask the operator of the service for one that has it.",
            )


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: `text` is shown once and kept nowhere."""

    id: str
    text: str
    digest: bytes


def make_key() -> NewKey:
    """Return a new random key (256 bits)."""
    key_id = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    secret = secrets.token_urlsafe(32)
    return NewKey(key_id, f"socle_{key_id}_{secret}", hashlib.sha256(secret.encode()).digest())


async def store_key(
    connection: "asyncpg.Connection[Any]",
    key: NewKey,
    *,
    owner_siren: str | None,
    label: str,
    scopes: list[str],
    expires_at: datetime | None,
) -> None:
    """Keep a new key; raises `ValueError` for an unknown scope."""
    if unknown := set(scopes) - set(SCOPES):
        raise ValueError(f"unknown scopes: {', '.join(sorted(unknown))} (known: {', '.join(SCOPES)})")
    await connection.execute(
        "INSERT INTO access.api_key (id, digest, owner_siren, label, scopes, created_at, expires_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        key.id,
        key.digest,
        owner_siren,
        label,
        scopes,
        now(),
        expires_at,
    )


async def list_keys(connection: "asyncpg.Connection[Any]") -> list[dict[str, Any]]:
    """Return every key without its secret, newest first."""
    rows = await connection.fetch(
        "SELECT id, owner_siren, label, scopes, created_at, expires_at, revoked_at FROM access.api_key "
        "ORDER BY created_at DESC"
    )
    return [dict(row) for row in rows]


async def revoke_key(connection: "asyncpg.Connection[Any]", key_id: str) -> bool:
    """Revoke a key at once; False when there is none of that id still in force."""
    tag = await connection.execute(
        "UPDATE access.api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", key_id, now()
    )
    return bool(tag == "UPDATE 1")


def presented_key(request: Request) -> str | None:
    """Return the key that the request presents, or None."""
    if (given := request.headers.get("x-api-key")) is not None:
        return given
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return value.strip() if scheme.lower() == "bearer" else scheme
    return None


def _refused() -> Unauthenticated:
    # The same words whatever is wrong, so that nobody learns which key ids exist.
    return Unauthenticated(
        fr="Cette clé d'API est inconnue, révoquée ou expirée : vérifiez-la, ou demandez-en une autre.",
        en="This API key is unknown, revoked or expired: check it, or ask for another.",
        headers={"WWW-Authenticate": "Bearer"},
    )


async def identify(pool: "asyncpg.Pool[asyncpg.Record]", presented: str | None, address: str) -> Caller:
    """Return the caller; raises `Unauthenticated` for a key that is not in force."""
    if presented is None:
        return Caller(None, frozenset(), None, address)
    match = _KEY.fullmatch(presented)
    key_id, secret = match.groups() if match else ("", "")
    row = await pool.fetchrow(
        "SELECT digest, scopes, owner_siren, expires_at, revoked_at FROM access.api_key WHERE id = $1",
        key_id,
    )
    expected = row["digest"] if row is not None else _NO_DIGEST
    same = hmac.compare_digest(hashlib.sha256(secret.encode()).digest(), expected)
    if row is None or not same or row["revoked_at"] is not None:
        raise _refused()
    if row["expires_at"] is not None and row["expires_at"] <= now():
        raise _refused()
    return Caller(key_id, frozenset(row["scopes"]), row["owner_siren"], address)
