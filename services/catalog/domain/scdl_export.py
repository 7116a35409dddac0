"""Datasets as rows of the SCDL catalogue (0.1.3): a row is whole or left out, nothing is made up to fill it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from stdnum.fr import siret as sirets

from services.catalog.domain.payloads.scdl import COLUMNS
from services.catalog.domain.vocabularies import frequencies, licenses, territories, themes
from services.catalog.domain.vocabularies.places import name_of

Cells = dict[str, str]


def cells_of(row: Mapping[str, Any], link: str) -> Cells:
    """Return the cells of a dataset (a row with its `resources`), an empty one where the dataset says nothing."""
    extras = row["extras"]
    name = row["organization_name"] or ""
    siret = _siret(row["organization_siret"])
    # A dataset that came from such a file has one page for all its resources.
    said = [item["extras"].get("scdl:formats") or [item["format"]] for item in row["resources"]]
    formats = list(dict.fromkeys(word for words in said for word in words if word))
    count = extras.get("scdl:nombre_ressources") or len(row["resources"])
    filled = {
        "COLL_NOM": extras.get("scdl:collectivite_nom") or name,
        "COLL_SIRET": _siret(extras.get("scdl:collectivite_siret")) or siret,
        "ID": row["remote_id"] or str(row["id"]),
        "TITRE": row["title"],
        "DESCRIPTION": row["description"],
        "THEME": extras.get("scdl:theme") or _theme(row["themes"]),
        "PRODUCTEUR_NOM": name,
        "PRODUCTEUR_SIRET": siret,
        "COUV_SPAT_MAILLE": _level(row),
        "COUV_SPAT_NOM": extras.get("scdl:couverture_nom") or _place(row["zones"]),
        "COUV_TEMP_DEBUT": _day(row["temporal_start"]),
        "COUV_TEMP_FIN": _day(row["temporal_end"]),
        "DATE_PUBL": _day(row["remote_created_at"]),
        "FREQ_MAJ": _frequency(row["frequency"]),
        "DATE_MAJ": _day(row["remote_modified_at"]),
        "MOTS_CLES": _listed(row["tags"]),
        "LICENCE": _license(row["license"]),
        "NOMBRE_RESSOURCES": str(count) if count else "",
        "FORMAT_RESSOURCES": _listed(formats),
        "URL": row["landing_page"] or link,
    }
    return {column: str(filled[column]).strip() for column in COLUMNS}


def missing_columns(cells: Cells) -> list[str]:
    """Return the columns that a dataset cannot fill: with any of them, it has no row."""
    return [column for column in COLUMNS if not cells[column]]


def _siret(value: Any) -> str:
    return value if isinstance(value, str) and sirets.is_valid(value) else ""


def _theme(found: list[str]) -> str:
    return next((themes.BY_ID[theme].fr for theme in found if theme in themes.BY_ID), "")


def _level(row: Mapping[str, Any]) -> str:
    """Return how wide the dataset is: what it says, else the one level of its zones."""
    said = territories.BY_ID.get(row["granularity"] or "")
    if said is not None:
        return said.scdl
    levels = {zone.rpartition(":")[0] for zone in row["zones"]}
    only = territories.BY_ID.get(levels.pop()) if len(levels) == 1 else None
    return only.scdl if only else ""


def _place(zones: list[str]) -> str:
    names = [name_of(zone) for zone in zones]
    return ", ".join(name for name in names if name) if all(names) else ""


def _frequency(frequency_id: str) -> str:
    known = frequencies.BY_ID.get(frequency_id)
    return (known.scdl or "") if known else ""


def _license(license_id: str) -> str:
    known = licenses.BY_ID.get(license_id)
    return known.scdl if known and license_id != licenses.NOT_SPECIFIED else ""


def _listed(words: list[str]) -> str:
    """`;` separates the words: one inside a word becomes a comma."""
    return ";".join(word.replace(";", ",") for word in words)


def _day(value: date | datetime | str | None) -> str:
    if value is None:
        return ""
    return value[:10] if isinstance(value, str) else value.isoformat()[:10]
