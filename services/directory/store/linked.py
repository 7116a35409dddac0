"""SQL of what other vocabularies tell of an application."""

from datetime import date
from uuid import UUID

from services.directory.store.progiciels import EFFECTIVE
from shared.db import Database

MOST_USERS = 500


async def confirmed_users(db: Database, progiciel_id: UUID, today: date) -> list[str]:
    """Return the names of the bodies that are confirmed to use an application, in their order, 500 at most."""
    rows = await db.fetch(
        "SELECT DISTINCT c.nom, c.siren FROM usage u JOIN collectivite c ON c.siren = u.siren "
        f"WHERE u.progiciel_id = $1 AND {EFFECTIVE.format('u', '$2')} = 'confirme' "
        f"ORDER BY c.nom, c.siren LIMIT {MOST_USERS}",
        progiciel_id,
        today,
    )
    return [row["nom"] for row in rows]
