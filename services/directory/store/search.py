"""SQL of the search over vendors and applications: few enough to be compared one by one."""

from collections.abc import Sequence
from typing import Any

from shared.db import Database

_VENDOR = (
    "SELECT 'editeur' AS kind, e.siren AS id, e.nom, e.nom_key, e.siren AS editeur_siren, e.nom AS editeur_nom, "
    "'{}'::text[] AS domaines FROM editeur e"
)
_SOFTWARE = (
    "SELECT 'progiciel' AS kind, p.id::text AS id, p.nom, p.nom_key, p.editeur_siren, e.nom AS editeur_nom, "
    "coalesce((SELECT array_agg(DISTINCT m.domaine) FROM export_module m WHERE m.progiciel_id = p.id), '{}') "
    "AS domaines FROM progiciel p JOIN editeur e ON e.siren = p.editeur_siren"
)


async def holding(db: Database, key: str, siren: str, limit: int) -> list[dict[str, Any]]:
    """Return vendors and applications whose folded name holds `key`, or whose vendor's SIREN begins with `siren`."""
    rows = await db.fetch(
        f"({_VENDOR} WHERE strpos(e.nom_key, $1) > 0 OR ($2 <> '' AND starts_with(e.siren, $2)) "
        "ORDER BY strpos(e.nom_key, $1), length(e.nom_key), e.siren LIMIT $3) UNION ALL "
        f"({_SOFTWARE} WHERE strpos(p.nom_key, $1) > 0 OR ($2 <> '' AND starts_with(p.editeur_siren, $2)) "
        "ORDER BY strpos(p.nom_key, $1), length(p.nom_key), p.id LIMIT $3)",
        key,
        siren,
        limit,
    )
    return [dict(row) for row in rows]


async def names(db: Database, limit: int) -> list[dict[str, Any]]:
    """Return the folded names of all vendors and applications, to be compared with a mistyped one."""
    rows = await db.fetch(
        "(SELECT 'editeur' AS kind, siren AS id, nom_key FROM editeur LIMIT $1) UNION ALL "
        "(SELECT 'progiciel', id::text, nom_key FROM progiciel LIMIT $1)",
        limit,
    )
    return [dict(row) for row in rows]


async def these(db: Database, vendors: Sequence[str], software: Sequence[str]) -> list[dict[str, Any]]:
    """Return vendors and applications by SIREN and id."""
    rows = await db.fetch(
        f"{_VENDOR} WHERE e.siren = ANY($1) UNION ALL {_SOFTWARE} WHERE p.id = ANY($2::uuid[])",
        list(vendors),
        list(software),
    )
    return [dict(row) for row in rows]
