"""Each kind of entry as a dump. Nothing personal is in them."""

from typing import Any

from services.directory.domain.atd import SECTIONS
from services.directory.operations.addresses import EDITEURS, MODULES, PROGICIELS, USAGES
from services.directory.operations.atd import PATH as ATD
from services.directory.operations.collectivites import PATH as COLLECTIVITES
from services.directory.store import feeds as store
from shared.app import Context
from shared.dumps.response import Dump
from shared.dumps.writers import Column, Row


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


def _shown_version(context: Context[Any], row: dict[str, Any]) -> Row:
    return {**row, "self": context.link(f"{PROGICIELS}/{row['progiciel_id']}")}


def _shown_claim(context: Context[Any], row: dict[str, Any]) -> Row:
    path = f"{USAGES}/{row['usage_id']}" if row["usage_id"] else f"{MODULES}/{row['module_id']}"
    return {**row, "self": context.link(path)}


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
    "versions": Dump(
        name="versions",
        sql=store.EVERY_VERSION,
        columns=(
            Column("id"),
            Column("progiciel_id"),
            Column("number"),
            Column("released_on", "date"),
            Column("created_at", "moment"),
            Column("self"),
        ),
        shown=_shown_version,
        flat=_as_it_is,
    ),
    "claims": Dump(
        name="claims",
        sql=store.EVERY_CLAIM,
        columns=(
            Column("id"),
            Column("usage_id"),
            Column("module_id"),
            Column("statement"),
            Column("source"),
            Column("source_url"),
            Column("note"),
            Column("author_siren"),
            Column("stated_on", "date"),
            Column("recorded_at", "moment"),
            Column("policy"),
            Column("price_note"),
            Column("dismissed"),
            Column("self"),
        ),
        shown=_shown_claim,
        flat=_as_it_is,
    ),
    "atd": Dump(
        name="atd",
        sql=store.EVERY_ATD,
        columns=(
            Column("id"),
            Column("siren"),
            Column("nom"),
            Column("echelle"),
            Column("url"),
            Column("email"),
            *(Column(section) for section in SECTIONS),
            Column("territoires", "texts"),
            Column("created_at", "moment"),
            Column("self"),
        ),
        shown=_with_self(ATD, "id"),
        flat=_as_it_is,
    ),
}
