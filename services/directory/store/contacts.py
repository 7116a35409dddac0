"""SQL of the contacts and of who read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.store.rows import plain
from services.directory.tables import Contact, ContactAccess
from shared.db import Database, run

# Who sells what the usage is about: it may read what was left for it.
_CONTACT = (
    "SELECT c.*, p.editeur_siren FROM contact c LEFT JOIN usage u ON u.id = c.usage_id "
    "LEFT JOIN progiciel p ON p.id = u.progiciel_id"
)


async def add(session: AsyncSession, row: Contact | ContactAccess) -> None:
    """Write a contact, or an access to one."""
    session.add(row)
    await session.flush()


async def hold(session: AsyncSession, contact_id: UUID) -> dict[str, Any] | None:
    """Return a contact with the vendor it may be for, locked until the transaction ends, or None."""
    found = await run(session, text(f"{_CONTACT} WHERE c.id = :id FOR UPDATE OF c"), {"id": contact_id})
    row = found.mappings().first()
    return None if row is None else plain(row)


async def of_person(session: AsyncSession, email_key: str) -> list[dict[str, Any]]:
    """Return the contacts that hold an address, locked until the transaction ends."""
    found = await run(
        session,
        text(f"{_CONTACT} WHERE c.email_key = :email ORDER BY c.id FOR UPDATE OF c"),
        {"email": email_key},
    )
    return [plain(row) for row in found.mappings()]


async def of_submission(session: AsyncSession, submission_id: UUID) -> list[UUID]:
    """Return the contacts that came with a submission."""
    found = await run(
        session, text("SELECT id FROM contact WHERE submission_id = :id"), {"id": submission_id}
    )
    return list(found.scalars())


async def attach(session: AsyncSession, submission_id: UUID, usage_id: UUID) -> None:
    """Give the contacts of a submission to the usage that was made of it."""
    await run(
        session,
        text("UPDATE contact SET usage_id = :usage WHERE submission_id = :id"),
        {"usage": usage_id, "id": submission_id},
    )


async def older_than(db: Database, moment: datetime, limit: int) -> list[UUID]:
    """Return contacts that were last confirmed before a moment, and are not erased yet."""
    rows = await db.fetch(
        "SELECT id FROM contact WHERE erased_at IS NULL AND modified_at < $1 ORDER BY id LIMIT $2",
        moment,
        limit,
    )
    return [row["id"] for row in rows]


async def erase(session: AsyncSession, ids: Sequence[UUID], moment: datetime) -> list[dict[str, Any]]:
    """Empty all that is personal of some contacts; return id and SIREN of those that were not empty yet."""
    found = await run(
        session,
        text(
            "UPDATE contact SET nom = NULL, fonction = NULL, email = NULL, telephone = NULL, email_key = NULL, "
            "modified_at = :now, erased_at = :now WHERE id = ANY(:ids) AND erased_at IS NULL RETURNING id, siren"
        ),
        {"ids": list(ids), "now": moment},
    )
    return [plain(row) for row in found.mappings()]


async def replace(session: AsyncSession, contact_id: UUID, values: dict[str, Any]) -> None:
    """Write columns of a contact."""
    columns = ", ".join(f"{name} = :{name}" for name in values)
    await run(
        session,
        text(f"UPDATE contact SET {columns} WHERE id = :contact_id"),
        {**values, "contact_id": contact_id},
    )


async def page(db: Database, *, siren: str | None, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Return contacts without anything personal, in the order in which they came.

    With a SIREN, those of this organisation, and those that were left for it as the vendor of what the usage is about.
    """
    rows = await db.fetch(
        "SELECT c.id, c.siren, c.usage_id, c.kind, c.purpose, c.audience, c.created_at, c.modified_at, c.erased_at "
        "FROM contact c WHERE ($1::text IS NULL OR c.siren = $1 OR (c.audience = 'editeur' AND EXISTS ("
        "SELECT FROM usage u JOIN progiciel p ON p.id = u.progiciel_id "
        "WHERE u.id = c.usage_id AND p.editeur_siren = $1))) "
        "AND ($2::uuid IS NULL OR c.id > $2) ORDER BY c.id LIMIT $3",
        siren,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def accesses(
    session: AsyncSession, contact_id: UUID, *, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Return who did what with a contact, oldest first."""
    found = await run(
        session,
        text(
            "SELECT id, action, author, author_siren, recorded_at FROM contact_access WHERE contact_id = :id "
            "AND (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :limit"
        ),
        {"id": contact_id, "after": after, "limit": limit},
    )
    return [plain(row) for row in found.mappings()]
