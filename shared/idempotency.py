"""`Idempotency-Key`: the same request sent again finds what the first one made.

The row goes in first, inside the transaction that creates the resource: a concurrent twin waits on the primary
key until the first commits, then replays. (IETF draft-ietf-httpapi-idempotency-key-header.)
"""

import hashlib
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Header
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clock import now
from shared.db import Database, run
from shared.problems import InvalidRequest, Problem

MAX_LENGTH = 255

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Chosen by the client; sending the same request again with the same key creates nothing new.",
    ),
]


class IdempotencyKeyReused(Problem):
    status = 422
    slug = "idempotency-key-reused"
    title_fr = "Idempotency-Key déjà employée"
    title_en = "Idempotency-Key already used"


def fingerprint(*parts: object) -> str:
    """Return a digest of what the request asks; two requests are the same when theirs are equal."""
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def check(key: str | None) -> str | None:
    """Return the key as given; raises `InvalidRequest` when it is empty, too long or not printable ASCII."""
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_LENGTH or not key.isascii() or not key.isprintable():
        raise InvalidRequest.at(
            "/header/Idempotency-Key",
            fr=f"Idempotency-Key doit compter de 1 à {MAX_LENGTH} caractères ASCII imprimables.",
            en=f"Idempotency-Key must hold 1 to {MAX_LENGTH} printable ASCII characters.",
        )
    return key


async def claim(
    session: AsyncSession, *, caller: str, key: str | None, request_fingerprint: str, resource_id: UUID
) -> UUID | None:
    """Reserve the key for `resource_id` and return None, or return the id that an equal request made before.

    Raises `IdempotencyKeyReused` when the key was used for another request.
    """
    if key is None:
        return None
    inserted = await run(
        session,
        text(
            "INSERT INTO idempotency (caller, key, fingerprint, resource_id, created_at) "
            "VALUES (:caller, :key, :fingerprint, :resource_id, :created_at) "
            "ON CONFLICT (caller, key) DO NOTHING RETURNING resource_id"
        ),
        {
            "caller": caller,
            "key": key,
            "fingerprint": request_fingerprint,
            "resource_id": resource_id,
            "created_at": now(),
        },
    )
    if inserted.first() is not None:
        return None
    row = (
        await run(
            session,
            text("SELECT fingerprint, resource_id FROM idempotency WHERE caller = :caller AND key = :key"),
            {"caller": caller, "key": key},
        )
    ).one()
    if row.fingerprint != request_fingerprint:
        raise IdempotencyKeyReused(
            fr="Cette Idempotency-Key a déjà servi pour une autre requête : prenez-en une nouvelle.",
            en="This Idempotency-Key was used for another request: take a new one.",
        )
    found: UUID = row.resource_id
    return found


async def prune(db: Database, keep: timedelta) -> int:
    """Forget the requests answered longer ago than `keep`; return how many."""
    tag = await db.execute("DELETE FROM idempotency WHERE created_at < $1", now() - keep)
    return int(tag.split()[-1])
