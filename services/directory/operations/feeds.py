"""What changed last as a feed, and each kind of entry as a dump. Nothing personal is in them."""

from typing import Any

from services.directory.domain.domaines import DOMAINES
from services.directory.operations.addresses import EDITEURS, MODULES, PROGICIELS, USAGES
from services.directory.operations.atd import PATH as ATD
from services.directory.operations.collectivites import PATH as COLLECTIVITES
from services.directory.operations.context import DirectoryContext
from services.directory.store import feeds as store
from shared.app import Context
from shared.atom import Deleted, Entry, Feed, write_feed
from shared.changes import log
from shared.dumps.response import LICENCE, Dump
from shared.dumps.writers import Column, Row

# Where each kind of change is read; a version is read with its application.
PATHS = {
    "editeur": EDITEURS,
    "progiciel": PROGICIELS,
    "module": MODULES,
    "usage": USAGES,
    "atd": ATD,
}
_KINDS = {
    "editeur": "Éditeur",
    "progiciel": "Progiciel",
    "version": "Version",
    "module": "Module d'export",
    "usage": "Usage",
    "atd": "Animateur territorial de la donnée",
}


async def changes_feed(context: DirectoryContext, path: str, limit: int) -> bytes:
    """Return the Atom feed of the entries that changed last, those deleted among them."""
    changes = await log.latest_of_each(context.db, limit=limit)
    listed = [change for change in changes if _kind(change) in _KINDS]
    known = await store.headlines(context.db, [change["subject"] for change in listed])
    feed = Feed(
        link=context.link(path),
        home=context.link("/directory/v1/changes"),
        title="Annuaire : progiciels, éditeurs et usages, par dernier changement",
        author="Socle",
        rights=f"Licence Ouverte 2.0 ({LICENCE})",
    )
    return write_feed(feed, [_entry(context, change, known.get(change["subject"])) for change in listed])


def _kind(change: dict[str, Any]) -> str:
    return str(change["type"]).partition(".")[0]


def _entry(
    context: DirectoryContext, change: dict[str, Any], found: dict[str, Any] | None
) -> Entry | Deleted:
    kind, subject = _kind(change), change["subject"]
    identity = f"urn:socle:directory:{kind}:{subject}"
    if found is None:
        return Deleted(identity, change["recorded_at"])
    path = f"{PATHS[kind]}/{subject}" if kind in PATHS else PROGICIELS
    summary = DOMAINES[found["summary"]][0] if found["summary"] in DOMAINES else found["summary"]
    return Entry(
        id=identity,
        title=f"{_KINDS[kind]} : {found['title']}",
        link=context.link(path),
        updated=change["recorded_at"],
        summary=summary,
        categories=(kind,),
    )


def _as_it_is(row: Row) -> Row:
    return row


def _with_self(path: str, key: str) -> Any:
    def shown(context: Context[Any], row: dict[str, Any]) -> Row:
        # A code that does not apply is empty in the tables, and absent for readers.
        told = {
            name: None if value == "" and name.startswith("code_") else value for name, value in row.items()
        }
        return {**told, "self": context.link(f"{path}/{row[key]}")}

    return shown


def _flat_collectivite(row: Row) -> Row:
    names = sorted({alias["nom"] for alias in row["aliases"] if alias["nom"]})
    return {**row, "anciens_noms": names, "anciens_codes": [alias["code"] for alias in row["aliases"]]}


DUMPS = {
    "collectivites": Dump(
        name="collectivites",
        sql=store.EVERY_COLLECTIVITE,
        columns=(
            Column("siren"),
            Column("type"),
            Column("nom"),
            Column("population", "integer"),
            Column("population_base"),
            Column("population_year", "integer"),
            Column("code_insee"),
            Column("code_departement"),
            Column("code_region"),
            Column("siren_epci"),
            Column("codes_postaux", "texts"),
            Column("anciens_noms", "texts"),
            Column("anciens_codes", "texts"),
            Column("modified_at", "moment"),
            Column("self"),
        ),
        shown=_with_self(COLLECTIVITES, "siren"),
        flat=_flat_collectivite,
    ),
    "editeurs": Dump(
        name="editeurs",
        sql=store.EVERY_EDITEUR,
        columns=(
            Column("siren"),
            Column("nom"),
            Column("url"),
            Column("progiciels", "integer"),
            Column("created_at", "moment"),
            Column("self"),
        ),
        shown=_with_self(EDITEURS, "siren"),
        flat=_as_it_is,
    ),
    "progiciels": Dump(
        name="progiciels",
        sql=store.EVERY_PROGICIEL,
        columns=(
            Column("id"),
            Column("nom"),
            Column("description"),
            Column("url"),
            Column("editeur_siren"),
            Column("editeur_nom"),
            Column("created_at", "moment"),
            Column("self"),
        ),
        shown=_with_self(PROGICIELS, "id"),
        flat=_as_it_is,
    ),
    "modules": Dump(
        name="modules",
        sql=store.EVERY_MODULE,
        columns=(
            Column("id"),
            Column("progiciel_id"),
            Column("progiciel_nom"),
            Column("editeur_siren"),
            Column("editeur_nom"),
            Column("domaine"),
            Column("schema_name"),
            Column("schema_version"),
            Column("policy"),
            Column("price_note"),
            Column("available_since", "date"),
            Column("status"),
            Column("valid_until", "date"),
            Column("created_at", "moment"),
            Column("self"),
        ),
        shown=_with_self(MODULES, "id"),
        flat=_as_it_is,
    ),
    "usages": Dump(
        name="usages",
        sql=store.EVERY_USAGE,
        columns=(
            Column("id"),
            Column("siren"),
            Column("collectivite_nom"),
            Column("collectivite_type"),
            Column("code_departement"),
            Column("progiciel_id"),
            Column("progiciel_nom"),
            Column("editeur_siren"),
            Column("editeur_nom"),
            Column("version"),
            Column("domaine"),
            Column("status"),
            Column("valid_until", "date"),
            Column("export_wanted", "boolean"),
            Column("created_at", "moment"),
            Column("self"),
        ),
        shown=_with_self(USAGES, "id"),
        flat=_as_it_is,
    ),
}
