"""What feeds and dumps read of the directory: nothing personal is in any of these columns."""

from collections.abc import Sequence
from typing import Any

from services.directory.store.progiciels import EFFECTIVE
from shared.db import Database

# A dump has no parameter: its day is that of the server, in UTC.
_TODAY = "(now() AT TIME ZONE 'UTC')::date"

EVERY_COLLECTIVITE = (
    "SELECT siren, type, nom, population, population_base, population_year, code_insee, code_departement, "
    "code_region, siren_epci, codes_postaux, aliases, modified_at FROM collectivite WHERE removed_at IS NULL "
    "ORDER BY siren"
)
EVERY_EDITEUR = (
    "SELECT e.siren, e.nom, e.url, e.created_at, "
    "(SELECT count(*) FROM progiciel p WHERE p.editeur_siren = e.siren) AS progiciels FROM editeur e ORDER BY e.siren"
)
EVERY_PROGICIEL = (
    "SELECT p.id, p.nom, p.description, p.url, p.created_at, p.editeur_siren, e.nom AS editeur_nom "
    "FROM progiciel p JOIN editeur e ON e.siren = p.editeur_siren ORDER BY p.id"
)
EVERY_MODULE = (
    "SELECT m.id, m.progiciel_id, p.nom AS progiciel_nom, p.editeur_siren, e.nom AS editeur_nom, m.domaine, "
    "m.schema_name, m.schema_version, m.policy, m.price_note, m.available_since, "
    f"{EFFECTIVE.format('m', _TODAY)} AS status, m.valid_until, m.created_at FROM export_module m "
    "JOIN progiciel p ON p.id = m.progiciel_id JOIN editeur e ON e.siren = p.editeur_siren ORDER BY m.id"
)
EVERY_USAGE = (
    "SELECT u.id, u.siren, c.nom AS collectivite_nom, c.type AS collectivite_type, c.code_departement, "
    "u.progiciel_id, p.nom AS progiciel_nom, p.editeur_siren, e.nom AS editeur_nom, u.version, u.domaine, "
    f"{EFFECTIVE.format('u', _TODAY)} AS status, u.valid_until, u.export_wanted, u.created_at FROM usage u "
    "JOIN collectivite c ON c.siren = u.siren JOIN progiciel p ON p.id = u.progiciel_id "
    "JOIN editeur e ON e.siren = p.editeur_siren ORDER BY u.id"
)

EVERY_VERSION = "SELECT id, progiciel_id, number, released_on, created_at FROM version ORDER BY id"
# Who said it is told by its SIREN; the key that was used is nobody's business.
EVERY_CLAIM = (
    "SELECT c.id, c.usage_id, c.module_id, c.statement, c.source, c.source_url, c.note, c.author_siren, c.stated_on, "
    "c.recorded_at, c.policy, c.price_note, s.motif AS dismissed FROM claim c "
    "LEFT JOIN submission s ON s.claim_id = c.id AND s.state = 'refuse' ORDER BY c.id"
)
EVERY_ATD = (
    "SELECT a.id, a.siren, a.nom, a.echelle, a.url, a.email, a.contexte, a.objectifs, a.alliances, a.beneficiaires, "
    "a.dispositifs, a.resultats_attendus, a.created_at, ARRAY(SELECT t.kind || ':' || t.code FROM atd_territory t "
    "WHERE t.atd_id = a.id ORDER BY 1) AS territoires FROM atd a ORDER BY a.id"
)

_HEADLINES = """
SELECT siren AS subject, nom AS title, '' AS summary FROM editeur WHERE siren = ANY($1)
UNION ALL
SELECT p.id::text, p.nom, e.nom FROM progiciel p JOIN editeur e ON e.siren = p.editeur_siren WHERE p.id::text = ANY($1)
UNION ALL
SELECT v.id::text, p.nom || ' ' || v.number, '' FROM version v JOIN progiciel p ON p.id = v.progiciel_id
WHERE v.id::text = ANY($1)
UNION ALL
SELECT m.id::text, p.nom, m.domaine FROM export_module m JOIN progiciel p ON p.id = m.progiciel_id
WHERE m.id::text = ANY($1)
UNION ALL
SELECT u.id::text, c.nom || ' · ' || p.nom, u.domaine FROM usage u JOIN collectivite c ON c.siren = u.siren
JOIN progiciel p ON p.id = u.progiciel_id WHERE u.id::text = ANY($1)
UNION ALL
SELECT id::text, nom, '' FROM atd WHERE id::text = ANY($1)
"""


async def headlines(db: Database, subjects: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what a feed says of each subject that is still there, by its key."""
    return {row["subject"]: dict(row) for row in await db.fetch(_HEADLINES, list(subjects))}
