"""The names a schema may use for a check, and what builds each of them."""

import difflib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from services.validation.engine.checks import (
    actes,
    columns,
    contacts,
    gps,
    identifiers,
    params,
    places,
    postcodes,
    registers,
    years,
)
from services.validation.engine.checks.contract import Check, CheckDefinitionError

if TYPE_CHECKING:
    from services.validation.engine.schema import CustomCheck, Schema

Builder = Callable[[str, "CustomCheck", "Schema"], Check]

BUILDERS: Mapping[str, Builder] = {
    "cohesive-columns-value": columns.build_cohesive,
    "compare-columns-value": columns.build_compare,
    "one-of-required": columns.build_one_of_required,
    "sum-columns-value": columns.build_sum,
    "nomenclature-acte": actes.build_matter,
    "siren": identifiers.build_siren,
    "siret": identifiers.build_siret,
    "year-interval-value": years.build_year_interval,
    "french-gps-coordinates": gps.build_coordinates,
    "phone-number-value": contacts.build_phone,
    "opening-hours-value": contacts.build_hours,
    "code-postal-commune": postcodes.build_postcode_of_commune,
    **places.BUILDERS,
    **registers.BUILDERS,
}
# A family of checks: `frformat` with the parameter `format` is the check of that name.
FAMILY = "frformat"

# Other names of a check: those of older schemas, and those that read as naturally.
OTHER_NAMES: Mapping[str, str] = {
    "french-siren-value": "siren",
    "french-siret-value": "siret",
    "nomenclature-acte-value": "nomenclature-acte",
    "nomenclature-actes-value": "nomenclature-acte",
    "cohesive-column-values": "cohesive-columns-value",
    "coordonnees-gps-francaises": "french-gps-coordinates",
    "numero-departement": "code-departement",
    "rna": "code-rna",
    "uai": "code-uai",
    "finess": "code-finess",
    "naf": "code-naf",
    "tva": "numero-tva",
}


def canonical_name(name: str) -> str:
    """Give the one name of a check, which is also its error code, whatever its spelling in the schema."""
    spelled = name.strip().lower().replace("_", "-").replace(" ", "-")
    return OTHER_NAMES.get(spelled, spelled)


def check_names() -> list[str]:
    """List every name `build_check` knows, old names included."""
    return sorted({*BUILDERS, *OTHER_NAMES, FAMILY})


def validata_type(kind: str, key: str = "") -> str:
    """Give the error type Validata reports for a check of this kind (and violation key)."""
    if key == "gps-reversed":
        return "reversed-french-gps-coordinates"
    return kind if kind.endswith(("-value", "-required", "-coordinates")) else "custom-check-error"


def build_check(custom: "CustomCheck", schema: "Schema") -> Check:
    """Build the check that a schema declares.

    Raises CheckDefinitionError when the name is unknown or a parameter is missing or wrong.
    """
    kind = canonical_name(custom.name)
    if kind == FAMILY:
        kind = canonical_name(params.text(custom, "format"))
    builder = BUILDERS.get(kind)
    if builder is None:
        close = difflib.get_close_matches(kind, check_names(), n=1)
        key = "check-unknown-close" if close else "check-unknown"
        raise CheckDefinitionError(
            key, {"name": kind if custom.name == FAMILY else custom.name, "close": close[0] if close else ""}
        )
    return builder(kind, custom, schema)
