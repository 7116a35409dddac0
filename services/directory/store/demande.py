"""SQL of who uses what for which domain, and of what each application exports."""

from datetime import date
from typing import Any

from services.directory.domain.labels import IN_FORCE
from services.directory.store.progiciels import EFFECTIVE
from shared.db import Database

# Counted as used: said by somebody, contested by nobody, not out of date.
_COUNTED = f"{EFFECTIVE.format('u', '$1')} IN ('declare', 'confirme')"

# The label of a module, or of the schema of a module when it names none; the best of several.
_USES = f"""
WITH exports AS (
    SELECT m.progiciel_id, m.domaine,
        bool_or({EFFECTIVE.format("m", "$1")} IN ('declare', 'confirme')) AS exported,
        min(CASE WHEN l.state IS NULL THEN NULL
                 WHEN l.state = ANY($2) AND l.valid_until < $1 THEN '3expire'
                 WHEN l.state = 'valide' THEN '1valide' WHEN l.state = 'a_renouveler' THEN '2a_renouveler'
                 WHEN l.state = 'expire' THEN '3expire' ELSE '4' || l.state END) AS label
    FROM export_module m LEFT JOIN label l ON l.valid_from <= $1 AND (
        l.module_id = m.id OR (
            l.module_id IS NULL AND l.progiciel_id = m.progiciel_id AND l.schema_name = m.schema_name))
    GROUP BY m.progiciel_id, m.domaine
)
SELECT u.progiciel_id, p.nom AS progiciel, p.editeur_siren, e.nom AS editeur, u.domaine,
    array_agg(DISTINCT u.siren) AS sirens,
    coalesce(array_agg(DISTINCT u.siren) FILTER (WHERE u.export_wanted), '{{}}') AS wanting,
    coalesce(x.exported, false) AS exported, coalesce(substr(x.label, 2), '') AS label
FROM usage u JOIN progiciel p ON p.id = u.progiciel_id JOIN editeur e ON e.siren = p.editeur_siren
LEFT JOIN exports x ON x.progiciel_id = u.progiciel_id AND x.domaine = u.domaine
WHERE {_COUNTED}
GROUP BY u.progiciel_id, p.nom, p.editeur_siren, e.nom, u.domaine, x.exported, x.label
"""

# Every change of a usage, a module, an application or its vendor's name gives it a revision, of a label a number.
_MARK = """
SELECT u.*, m.*, p.*, l.* FROM (SELECT count(*), sum(revision), count(*) FILTER (WHERE export_wanted) FROM usage) u,
    (SELECT count(*), sum(revision) FROM export_module) m, (SELECT count(*), sum(revision) FROM progiciel) p,
    (SELECT count(*), sum(sequence) FROM label) l
"""


async def uses(db: Database, today: date) -> list[dict[str, Any]]:
    """Return, for each application and domain, the bodies that use it and what it exports, as of a day."""
    return [dict(row) for row in await db.fetch(_USES, today, sorted(IN_FORCE))]


async def mark(db: Database) -> tuple[Any, ...]:
    """Return a value that changes whenever `uses` may; cheap."""
    row = await db.fetchrow(_MARK)
    assert row is not None, "aggregates always give a row"
    return tuple(row)
