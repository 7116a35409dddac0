"""Codes and names of places in a vintage of the official geographic code: the `frformat` family of checks."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from services.validation.engine import reference
from services.validation.engine.checks import params
from services.validation.engine.checks.contract import Check, CheckDefinitionError, ValueCheck, Violation
from services.validation.engine.checks.folding import fold_as_declared, fold_entirely
from services.validation.engine.checks.lookup import one_of

if TYPE_CHECKING:
    from services.validation.engine.schema import CustomCheck, Schema

Judge = Callable[[str], Violation | None]

# How many characters a code has: a shorter one may have lost its leading zeros.
WIDTHS: Mapping[str, int] = {
    "code-commune-insee": 5,
    "code-postal": 5,
    "code-departement": 2,
    "code-region": 2,
}
NAMES = ("canton", "commune", "departement", "pays", "region")
CODES = (*WIDTHS, "code-pays-iso2", "code-pays-iso3")


def values_of(kind: str, year: int) -> frozenset[str]:
    """Give the values that a list holds in a vintage."""
    if kind == "code-commune-insee":
        return reference.commune_codes(year)
    if kind == "commune":
        return reference.commune_names(year)
    return reference.listed(kind, year)


def vintage(custom: "CustomCheck") -> int:
    """Give the COG year a check asks for (`cog`), the latest unless told. Raises CheckDefinitionError."""
    asked = str(custom.params.get("cog", "latest")).strip()
    if asked == "latest":
        return reference.LATEST_YEAR
    if asked not in reference.YEARS:
        allowed = " ".join(("latest", *reference.YEARS))
        raise CheckDefinitionError(
            "check-cog", {"name": custom.name, "found": asked[:100], "allowed": allowed}
        )
    return int(asked)


def build_place(kind: str, custom: "CustomCheck", schema: "Schema") -> ValueCheck:
    """Build the check of one list: params `column`, `cog`, and the folding options."""
    column, year = params.text(custom, "column"), vintage(custom)
    fold, extra = fold_as_declared(custom)
    official = values_of(kind, year) | set(extra)
    folded = frozenset(map(fold, official))
    explain = explain_code if kind in CODES else explain_name

    def judge(text: str) -> Violation | None:
        return None if fold(text) in folded else explain(kind, text, year)

    return ValueCheck(kind, column, judge, one_of(official))


def explain_name(kind: str, text: str, year: int) -> Violation:
    """Say why a name is refused, giving the official one when it differs by its signs only."""
    shown = {"cell": text, "year": year}
    official = _by_folded_name(kind, year).get(fold_entirely(text))
    return Violation(f"{kind}-spelling", {**shown, "fix": official}) if official else Violation(kind, shown)


def explain_code(kind: str, text: str, year: int) -> Violation:
    """Say why a code is refused: lost zero, lower case, former code, postcode, name instead of code."""
    shown = {"cell": text, "year": year}
    values, tidy = values_of(kind, year), text.strip().upper()
    width = WIDTHS.get(kind, 0)
    if tidy in values:
        return Violation(f"{kind}-spelling", {**shown, "fix": tidy})
    padded = tidy.zfill(width)
    if tidy.isdecimal() and len(tidy) == width - 1 and padded in values:
        return Violation("place-leading-zero", {**shown, "fix": padded})
    return (_explain_commune_code(tidy, shown) if kind == "code-commune-insee" else None) or Violation(
        kind, shown
    )


def _explain_commune_code(code: str, shown: Mapping[str, object]) -> Violation | None:
    year = shown["year"]
    assert isinstance(year, int)
    # Some postcodes were also codes of communes long ago: the postcode is by far the commoner mistake.
    if code in reference.listed("code-postal", year):
        return Violation("commune-postcode", shown)
    current = reference.current_code().get(code)
    names = reference.names_of_code(year)
    if current is not None and current in names:
        return Violation("commune-former", {**shown, "fix": current, "name": names[current]})
    found = _codes_by_folded_name(year).get(fold_entirely(code), ())
    return Violation("commune-name", {**shown, "fix": found[0]}) if len(found) == 1 else None


@cache
def _by_folded_name(kind: str, year: int) -> Mapping[str, str]:
    return {fold_entirely(name): name for name in sorted(values_of(kind, year))}


@cache
def _codes_by_folded_name(year: int) -> Mapping[str, tuple[str, ...]]:
    codes: dict[str, tuple[str, ...]] = {}
    for place in reference.communes():
        if place.kind == "C" and place.first_year <= year <= place.last_year:
            name = fold_entirely(place.name)
            codes[name] = (*codes.get(name, ()), place.code)
    return codes


def build_fantoir(kind: str, custom: "CustomCheck", schema: "Schema") -> ValueCheck:
    """Build `code-fantoir` (params `column`): four characters of a known group, then a capital as key."""
    known = reference.listed("code-fantoir", reference.LATEST_YEAR)

    def valid(text: str) -> bool:
        return len(text) == 5 and "A" <= text[4] <= "Z" and text[:4] in known

    def judge(text: str) -> Violation | None:
        if valid(text):
            return None
        tidy = text.strip().upper()
        return (
            Violation("code-fantoir-spelling", {"cell": text, "fix": tidy})
            if valid(tidy)
            else Violation("code-fantoir", {"cell": text})
        )

    return ValueCheck(kind, params.text(custom, "column"), judge)


def build_epci(kind: str, custom: "CustomCheck", schema: "Schema") -> ValueCheck:
    """Build `code-epci` (params `column`, `cog`): the SIREN of a grouping with its own tax powers."""
    year = vintage(custom)
    known = reference.epci_names(year)

    def judge(text: str) -> Violation | None:
        if text in known:
            return None
        tidy = "".join(text.split())
        shown = {"cell": text, "year": year}
        return (
            Violation("code-epci-spelling", {**shown, "fix": tidy})
            if tidy in known
            else Violation(kind, shown)
        )

    return ValueCheck(kind, params.text(custom, "column"), judge, one_of(known))


def build_former_code(kind: str, custom: "CustomCheck", schema: "Schema") -> ValueCheck:
    """Build `ancien-code-insee` (params `column`): the code of a commune that has been merged or renumbered."""
    known = reference.current_code()

    def judge(text: str) -> Violation | None:
        if text in known:
            return None
        in_force = text in reference.commune_codes(reference.LATEST_YEAR)
        return Violation("ancien-code-insee-current" if in_force else kind, {"cell": text})

    return ValueCheck(kind, params.text(custom, "column"), judge, one_of(known))


BUILDERS: Mapping[str, Callable[[str, "CustomCheck", "Schema"], Check]] = {
    **dict.fromkeys((*CODES, *NAMES), build_place),
    "code-fantoir": build_fantoir,
    "code-epci": build_epci,
    "ancien-code-insee": build_former_code,
}
