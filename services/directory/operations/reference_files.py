"""Reads the reference of collectivités that is shipped with the code (`services/directory/reference`)."""

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.directory.domain.collectivites import Alias, Collectivite, Edition

FOLDER = Path(__file__).parents[1] / "reference"


@dataclass(frozen=True)
class Reference:
    """The reference that is shipped: its edition, its sources, and what its figures are."""

    edition: Edition
    licence: str
    sources: tuple[str, ...]
    population_base: str
    population_year: int
    population_note: str


def shipped_reference(folder: Path = FOLDER) -> Reference:
    """Return the reference described by `reference.json`."""
    document = json.loads((folder / "reference.json").read_bytes())
    population = document["population"]
    return Reference(
        edition=Edition(document["year"], int(document["version"].partition(".")[2])),
        licence=document["licence"],
        sources=tuple(document["sources"]),
        population_base=population["base"],
        population_year=population["year"],
        population_note=population["note"],
    )


def shipped_collectivites(folder: Path = FOLDER) -> Iterator[Collectivite]:
    """Yield the collectivités of the shipped edition, by SIREN."""
    reference = shipped_reference(folder)
    aliases: dict[str, list[Alias]] = defaultdict(list)
    for row in _records(folder / "anciennes.csv.gz"):
        aliases[row["siren"]].append(Alias(row["code"], row["nom"], row["nature"]))
    for row in _records(folder / "collectivites.csv.gz"):
        yield Collectivite(
            siren=row["siren"],
            type=row["type"],
            nom=row["nom"],
            population=int(row["population"]),
            population_base=reference.population_base,
            population_year=reference.population_year,
            code_insee=row["code_insee"],
            code_departement=row["code_departement"],
            code_region=row["code_region"],
            siren_epci=row["siren_epci"],
            codes_postaux=tuple(row["codes_postaux"].split()),
            aliases=tuple(aliases.get(row["siren"], ())),
        )


def _records(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
