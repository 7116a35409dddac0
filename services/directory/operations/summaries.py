"""Vendors, applications and export modules as lists show them."""

from typing import Any

from services.directory.domain.domaines import DOMAINES
from services.directory.domain.labels import ASSURANCES, assurance_of
from services.directory.operations import claims
from services.directory.operations.addresses import EDITEURS, MODULES, PROGICIELS
from services.directory.operations.context import DirectoryContext


def editeur_summary(context: DirectoryContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a vendor as lists show it."""
    shown = {name: row[name] for name in ("siren", "nom", "url", "progiciels", "created_at")}
    claimed = row["claimed_at"] is not None
    return {**shown, "claimed": claimed, "self": context.link(f"{EDITEURS}/{row['siren']}")}


def progiciel_summary(context: DirectoryContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return an application as lists show it."""
    siren = row["editeur_siren"]
    return {
        "id": row["id"],
        "nom": row["nom"],
        "editeur": {"siren": siren, "nom": row["editeur_nom"], "self": context.link(f"{EDITEURS}/{siren}")},
        "description": row["description"],
        "url": row["url"],
        "created_at": row["created_at"],
        "self": context.link(f"{PROGICIELS}/{row['id']}"),
    }


def module_summary(
    context: DirectoryContext, row: dict[str, Any], borne: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return an export module as lists show it (see `schemas.progiciels.ModuleView`)."""
    own = [label for label in borne if label["module_id"] == row["id"]]
    assurance = assurance_of([label["assurance"] for label in own if label["valid"]])
    return {
        "id": row["id"],
        "domaine": row["domaine"],
        "domaine_label": DOMAINES[row["domaine"]][0],
        "schema": {"name": row["schema_name"], "version": row["schema_version"]},
        "policy": row["policy"],
        "price_note": row["price_note"],
        "available_since": row["available_since"],
        **claims.shown_status(row["status_today"]),
        "valid_until": row["valid_until"],
        "assurance": assurance,
        "assurance_label": ASSURANCES[assurance][0],
        "labels": own,
        "self": context.link(f"{MODULES}/{row['id']}"),
    }
