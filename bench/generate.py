"""Writes realistic files to measure with: valid ones, and the same with one row in a hundred wrong.

python -m bench.generate subventions 1000000 bench/data/subventions-1m.csv [--errors]
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Callable, Iterator
from pathlib import Path

Row = list[str]
_WORDS = [
    "aménagement",
    "soutien",
    "création",
    "école",
    "musée",
    "rénovation",
    "énergie",
    "transition",
    "jeunesse",
    "sport",
    "culture",
    "théâtre",
    "bibliothèque",
    "mobilité",
    "cyclable",
    "forêt",
    "littoral",
    "patrimoine",
    "insertion",
    "solidarité",
    "habitat",
    "numérique",
    "festival",
]
_TOWNS = [
    "Rennes",
    "Brest",
    "Quimper",
    "Vannes",
    "Lorient",
    "Saint-Malo",
    "Fougères",
    "Vitré",
    "Dinan",
    "Lannion",
    "Auray",
    "Redon",
]
_MATTERS = [
    "1.1 Commande publique/Marchés publics",
    "2.1 Urbanisme/Documents d'urbanisme",
    "3.5 Domaine et patrimoine/Autres actes de gestion du domaine public",
    "4.1 Fonction publique/Personnel titulaire",
    "7.1 Finances locales/Décisions budgétaires",
    "8.4 Domaines de compétences par thèmes/Aménagement du territoire",
]


def _luhn(digits: str) -> str:
    """The digit that makes `digits` followed by it pass the Luhn test."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if index % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


def siret(rng: random.Random) -> str:
    """A valid SIRET."""
    start = f"{rng.randrange(10_000_000, 99_999_999)}"
    siren = start + _luhn(start)
    office = f"{rng.randrange(1, 9999):04d}"
    return siren + office + _luhn(siren + office)


def _date(rng: random.Random, first: int = 2017, last: int = 2024) -> str:
    return f"{rng.randint(first, last)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def _sentence(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(_WORDS, k=words)).capitalize()


def _subventions(rng: random.Random, count: int) -> Iterator[Row]:
    yield [
        "nomAttribuant",
        "idAttribuant",
        "dateConvention",
        "referenceDecision",
        "nomBeneficiaire",
        "idBeneficiaire",
        "rnaBeneficiaire",
        "objet",
        "montant",
        "nature",
        "conditionsVersement",
        "datesPeriodeVersement",
        "idRAE",
        "notificationUE",
        "pourcentageSubvention",
        "dispositifAide",
        "commentaire",
        "territoire",
    ]
    natures = ["aide en numéraire", "aide en nature", "aide en numéraire;aide en nature"]
    terms = ["unique", "échelonné", "en deux fois, après visite", "sur facture"]
    for number in range(count):
        start = _date(rng)
        town = rng.choice(_TOWNS)
        yield [
            "Région Bretagne",
            "23350001600040",
            start,
            f"{start[:4]}-{number:07d}",
            f"Association {_sentence(rng, 2)} de {town}",
            siret(rng),
            f"W{rng.randrange(10**8, 10**9)}",
            _sentence(rng, rng.randint(4, 9)),
            f"{rng.randrange(100, 200_000)}.{rng.randrange(100):02d}",
            rng.choice(natures),
            rng.choice(terms),
            f"{start}/{int(start[:4]) + 1}{start[4:]}",
            "12345" if number % 3 else "",
            "oui" if number % 7 == 0 else "non",
            f"0.{rng.randrange(10, 99)}",
            "",
            "dossier suivi par le service" if number % 5 else "",
            town,
        ]


def _spoil_subvention(rng: random.Random, row: Row) -> None:
    column, text = rng.choice(
        [
            (1, "21860194600000"),
            (2, "12/03/2024"),
            (5, "12345678901234"),
            (6, "W12"),
            (8, "12,5 €"),
            (9, "numéraire"),
            (13, "peut-être"),
            (14, "45"),
            (0, ""),
            (7, "x" * 300),
        ]
    )
    row[column] = text


def _deliberations(rng: random.Random, count: int) -> Iterator[Row]:
    yield [
        "COLL_NOM",
        "COLL_SIRET",
        "DELIB_ID",
        "DELIB_DATE",
        "DELIB_MATIERE_CODE",
        "DELIB_MATIERE_NOM",
        "DELIB_OBJET",
        "BUDGET_ANNEE",
        "BUDGET_NOM",
        "PREF_ID",
        "PREF_DATE",
        "VOTE_EFFECTIF",
        "VOTE_REEL",
        "VOTE_POUR",
        "VOTE_CONTRE",
        "VOTE_ABSTENTION",
        "DELIB_URL",
    ]
    for number in range(count):
        day = _date(rng)
        code, _, matter = rng.choice(_MATTERS).partition(" ")
        present = rng.randint(20, 55)
        against, away = rng.randint(0, 9), rng.randint(0, 9)
        year = int(day[:4])
        yield [
            "Ville de Poitiers",
            "21860194600013",
            f"DL{number:08d}",
            day,
            code,
            matter,
            _sentence(rng, rng.randint(6, 14)),
            f"{year}/{year + 1}" if number % 2 else "",
            "Budget principal" if number % 2 else "",
            f"PREF{number % 97:03d}",
            f"{day[:8]}28",
            "55",
            str(present),
            str(present - against - away),
            str(against),
            str(away),
            f"https://data.poitiers.example/deliberations/{number}.pdf",
        ]


def _spoil_deliberation(rng: random.Random, row: Row) -> None:
    column, text = rng.choice(
        [
            (1, "21860194600000"),
            (3, "2024-13-01"),
            (4, "84"),
            (5, "Cuisine/Potage"),
            (7, "2020/2019"),
            (8, ""),
            (10, "1999-01-01"),
            (12, "99"),
            (13, "99"),
            (16, "pas une adresse"),
            (2, ""),
        ]
    )
    row[column] = text


def _budget(rng: random.Random, count: int) -> Iterator[Row]:
    yield [
        *(
            "BGT_NATDEC",
            "BGT_ANNEE",
            "BGT_SIRET",
            "BGT_NOM",
            "BGT_CONTNAT",
            "BGT_CONTNAT_LABEL",
            "BGT_NATURE",
        ),
        *(
            "BGT_NATURE_LABEL",
            "BGT_FONCTION",
            "BGT_FONCTION_LABEL",
            "BGT_OPERATION",
            "BGT_SECTION",
            "BGT_OPBUDG",
        ),
        *("BGT_CODRD", "BGT_MTREAL", "BGT_MTBUDGPREC", "BGT_MTRARPREC", "BGT_MTPROPNOUV", "BGT_MTPREV"),
        *("BGT_CREDOUV", "BGT_MTRAR3112", "BGT_ARTSPE"),
    ]
    chapters = [
        ("011", "charges générales"),
        ("012", "personnel"),
        ("65", "gestion"),
        ("21", "immobilisations"),
    ]
    for number in range(count):
        chapter, label = rng.choice(chapters)
        yield [
            *("compte administratif", str(2017 + number % 8), "21860194600013", "Ville de Poitiers"),
            *(chapter, label, str(rng.randrange(6000, 6999)), _sentence(rng, 2)),
            *(f"{rng.randrange(100):02d}", rng.choice(_WORDS), ""),
            "investissement" if chapter == "21" else "fonctionnement",
            "réel" if number % 9 else "ordre",
            rng.choice(["recette", "dépense"]),
            f"{rng.randrange(100, 200_000)}.{rng.randrange(100):02d}",
            *("", "", "", f"{rng.randrange(100, 200_000)}.00", "", "", ""),
        ]


def _spoil_budget(rng: random.Random, row: Row) -> None:
    column, text = rng.choice(
        [
            (0, "budget"),
            (1, "17"),
            (2, "21860194600000"),
            (4, ""),
            (6, "1234567890"),
            (11, "Investissement"),
            (13, "débit"),
            (14, "12,5 €"),
        ]
    )
    row[column] = text


def _wide(rng: random.Random, count: int) -> Iterator[Row]:
    yield [f"{kind}_{index}" for index in range(10) for kind in ("texte", "entier", "nombre", "jour")]
    for number in range(count):
        row: Row = []
        for index in range(10):
            row += [
                f"{rng.choice(_WORDS)} {number % 1000}",
                str(rng.randrange(10_000)),
                f"{rng.random() * 1000:.3f}",
                _date(rng) if index else f"2020-01-{number % 28 + 1:02d}",
            ]
        yield row


def _spoil_wide(rng: random.Random, row: Row) -> None:
    column = rng.randrange(40)
    row[column] = ("", "douze", "1;5", "hier")[column % 4]


MODELS: dict[
    str, tuple[Callable[[random.Random, int], Iterator[Row]], Callable[[random.Random, Row], None]]
] = {
    "subventions": (_subventions, _spoil_subvention),
    "deliberations": (_deliberations, _spoil_deliberation),
    "budget": (_budget, _spoil_budget),
    "wide": (_wide, _spoil_wide),
}


def wide_schema() -> dict[str, object]:
    """The Table Schema of the wide model."""
    types = {"texte": "string", "entier": "integer", "nombre": "number", "jour": "date"}
    return {
        "name": "wide",
        "fields": [
            {"name": f"{name}_{index}", "type": type_, "constraints": {"required": True}}
            for index in range(10)
            for name, type_ in types.items()
        ],
    }


def generate(model: str, count: int, path: Path, *, errors: bool = False) -> None:
    """Write `count` rows of a model to `path`; with `errors`, one row in a hundred has one wrong cell."""
    rows, spoil = MODELS[model]
    rng = random.Random(20_260_101)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for number, row in enumerate(rows(rng, count)):
            if errors and number and number % 100 == 0:
                spoil(rng, row)
            writer.writerow(row)


def main() -> None:
    """Read the command line and write one file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=sorted(MODELS))
    parser.add_argument("count", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--errors", action="store_true")
    asked = parser.parse_args()
    generate(asked.model, asked.count, asked.path, errors=asked.errors)


if __name__ == "__main__":
    main()
