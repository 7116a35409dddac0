"""SQL of what only the screens show: totals, the facilitators of a body, what a vendor sells."""

from datetime import date
from typing import Any

from services.directory.domain.labels import IN_FORCE
from services.directory.store.progiciels import EFFECTIVE
from shared.db import Database

_COUNTED = f"{EFFECTIVE.format('u', '$1')} IN ('declare', 'confirme')"


async def totals(db: Database, today: date) -> dict[str, int]:
    """Return how many entries of each kind the directory has."""
    row = await db.fetchrow(
        "SELECT (SELECT count(*) FROM editeur) AS editeurs, (SELECT count(*) FROM progiciel) AS progiciels, "
        "(SELECT count(*) FROM export_module) AS modules, (SELECT count(*) FROM atd) AS atd, "
        f"(SELECT count(*) FROM usage u WHERE {_COUNTED}) AS usages, "
        f"(SELECT count(DISTINCT u.siren) FROM usage u WHERE {_COUNTED}) AS collectivites_renseignees, "
        "(SELECT count(*) FROM label WHERE state = ANY($2) AND valid_until >= $1 AND valid_from <= $1) AS labels",
        today,
        sorted(IN_FORCE),
    )
    assert row is not None, "aggregates always give a row"
    return dict(row)


async def facilitators(db: Database, territories: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the facilitators whose territory is one of these (kind, code), without any address of theirs."""
    rows = await db.fetch(
        "SELECT DISTINCT a.id, a.siren, a.nom, a.echelle, a.url, a.created_at, a.modified_at, a.nom_key FROM atd a "
        "JOIN atd_territory t ON t.atd_id = a.id "
        "JOIN unnest($1::text[], $2::text[]) AS wanted(kind, code) ON wanted.kind = t.kind AND wanted.code = t.code "
        "ORDER BY a.nom_key, a.id LIMIT 50",
        [kind for kind, _ in territories],
        [code for _, code in territories],
    )
    return [dict(row) for row in rows]


async def sold(db: Database, siren: str, today: date) -> list[dict[str, Any]]:
    """Return what a vendor sells: users, domains exported, labels in force of each application."""
    rows = await db.fetch(
        "SELECT p.id, p.nom, p.description, "
        f"(SELECT count(DISTINCT u.siren) FROM usage u WHERE u.progiciel_id = p.id AND {_COUNTED}) AS users, "
        "coalesce((SELECT array_agg(DISTINCT m.domaine ORDER BY m.domaine) FROM export_module m "
        "WHERE m.progiciel_id = p.id), '{}') AS domaines, "
        "(SELECT count(*) FROM label l WHERE l.progiciel_id = p.id AND l.state = ANY($3) AND l.valid_until >= $1 "
        "AND l.valid_from <= $1) AS labels FROM progiciel p "
        "WHERE p.editeur_siren = $2 ORDER BY p.nom_key, p.id LIMIT 200",
        today,
        siren,
        sorted(IN_FORCE),
    )
    return [dict(row) for row in rows]
