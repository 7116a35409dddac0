"""Write the reference of the collectivités (two compact CSV files and their metadata) from the open sources.

Run by hand once a year, when INSEE and the DGCL publish the new year; the files it writes are committed.
Example, with the npm package `@etalab/decoupage-administratif` of the year and its 0.3.0 unpacked:

    python services/directory/reference/build.py --year 2026 --collectivites collectivites-2026.csv.gz \
        --communes 6.0.0/data/communes.json --communes-anciennes 0.3.0/data/communes.json

The first file has the columns `siren, type, code_cog, nom, population, code_departement, code_region,
siren_epci, codes_postaux, anciens_codes_cog`. The same inputs always give the same bytes.
"""

import argparse
import csv
import gzip
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
TYPES = {"METRO": "MET"}
GROUPINGS = {"CA", "CC", "CU", "MET", "MET69"}
NATURES = {
    "commune-deleguee": "commune déléguée",
    "commune-associee": "commune associée",
    "arrondissement-municipal": "arrondissement municipal",
}
# Départements whose council is gone: their assembly is now the named collectivité.
FORMER_DEPARTMENTS = (
    ("200094332", "67", "Bas-Rhin"),
    ("200094332", "68", "Haut-Rhin"),
    ("200076958", "2A", "Corse-du-Sud"),
    ("200076958", "2B", "Haute-Corse"),
    ("200055507", "972", "Martinique"),
    ("200052678", "973", "Guyane"),
    ("217500016", "75", "Paris"),
)
COLUMNS = (
    "siren",
    "type",
    "code_insee",
    "nom",
    "population",
    "code_departement",
    "code_region",
    "siren_epci",
    "codes_postaux",
)
FORMER_COLUMNS = ("siren", "code", "nom", "nature")


@dataclass(frozen=True)
class Sources:
    """The input files, already read."""

    collectivites: Sequence[Mapping[str, str]]
    communes: Sequence[Mapping[str, object]]
    older_communes: Sequence[Mapping[str, object]]


def collectivite_rows(sources: Sources) -> list[tuple[str, ...]]:
    """Return the rows of `collectivites.csv`, ordered by SIREN."""
    # The DGCL's figure of a grouping is a year older than that of its members: the sum keeps one vintage.
    members: Counter[str] = Counter()
    for row in sources.collectivites:
        members[row["siren_epci"]] += int(row["population"])
    rows = []
    for row in sources.collectivites:
        kind = TYPES.get(row["type"], row["type"])
        code_insee = row["code_cog"] if kind == "COM" else ""
        population = str(members[row["siren"]]) if kind in GROUPINGS else row["population"]
        rows.append(
            (
                row["siren"],
                kind,
                code_insee,
                " ".join(row["nom"].split()),
                population,
                row["code_departement"],
                row["code_region"],
                row["siren_epci"],
                row["codes_postaux"],
            )
        )
    return sorted(rows)


def former_rows(sources: Sources) -> list[tuple[str, ...]]:
    """Return the rows of `anciennes.csv`: what each collectivité was called or coded before, or in part."""
    siren_by_code = {row["code_cog"]: row["siren"] for row in sources.collectivites if row["type"] == "COM"}
    older_names = {str(row["code"]): str(row["nom"]) for row in sources.older_communes}
    rows = {(siren, code, name, "département") for siren, code, name in FORMER_DEPARTMENTS}
    named = set()
    for row in sources.communes:
        nature = NATURES.get(str(row["type"]))
        siren = siren_by_code.get(str(row.get("chefLieu") or row.get("commune")))
        if nature and siren:
            rows.add((siren, str(row["code"]), str(row["nom"]), nature))
            named.add((siren, str(row["code"])))
    for record in sources.collectivites:
        for code in record["anciens_codes_cog"].split():
            if (record["siren"], code) not in named:
                rows.add((record["siren"], code, older_names.get(code, ""), "ancienne commune"))
    return sorted(rows)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a gzip CSV without a date in its header; return the SHA-256 of the uncompressed text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data, compresslevel=9, mtime=0))
    return hashlib.sha256(data).hexdigest()


def next_revision(path: Path, year: int, digests: Mapping[str, str]) -> int:
    """Return the revision of these files within their year: one more than that of other files written before."""
    before = json.loads(path.read_bytes()) if path.exists() else {}
    if before.get("year") != year:
        return 1
    revision = int(before["version"].partition(".")[2])
    return revision if before["sha256"] == digests else revision + 1


def metadata(
    year: int, revision: int, digests: Mapping[str, str], counts: Mapping[str, int]
) -> dict[str, object]:
    """Return what the reference is, where it comes from and under which licence."""
    return {
        "title": "Référentiel des collectivités territoriales et de leurs groupements",
        "year": year,
        "version": f"{year}.{revision}",
        "licence": "Licence Ouverte 2.0 (etalab-2.0)",
        "sources": [
            "INSEE, code officiel géographique et populations de référence",
            "DGCL, liste et composition des groupements à fiscalité propre",
            "La Poste, base officielle des codes postaux",
        ],
        "population": {
            "base": "municipale",
            "year": year,
            "note": "Population municipale en vigueur au 1er janvier ; pour un groupement à fiscalité propre, "
            "somme de celles de ses communes membres ; à Mayotte, recensement de 2017.",
        },
        "sha256": dict(digests),
        "rows": dict(counts),
    }


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a gzip CSV file as a list of records."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def main() -> None:
    """Read the sources named on the command line and write the reference beside this file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--year", type=int, required=True)
    parser.add_argument("--collectivites", type=Path, required=True)
    parser.add_argument("--communes", type=Path, required=True)
    parser.add_argument("--communes-anciennes", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    sources = Sources(
        read_csv(options.collectivites),
        json.loads(options.communes.read_bytes()),
        json.loads(options.communes_anciennes.read_bytes()),
    )
    rows, former = collectivite_rows(sources), former_rows(sources)
    digests = {
        "collectivites.csv.gz": write_csv(options.out / "collectivites.csv.gz", COLUMNS, rows),
        "anciennes.csv.gz": write_csv(options.out / "anciennes.csv.gz", FORMER_COLUMNS, former),
    }
    counts = {"collectivites.csv.gz": len(rows), "anciennes.csv.gz": len(former)}
    described = metadata(
        options.year, next_revision(options.out / "reference.json", options.year, digests), digests, counts
    )
    text = json.dumps(described, ensure_ascii=False, indent=2) + "\n"
    (options.out / "reference.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
