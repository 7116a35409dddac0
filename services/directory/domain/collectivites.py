"""Collectivités and groupements: their types, population classes and the value that describes one."""

from dataclasses import dataclass

from services.directory.domain.territoires import DEPARTEMENTS, REGIONS

# Types, in the order in which lists show them. Codes are the DGCL's legal categories.
TYPES: dict[str, tuple[str, str]] = {
    "COM": ("Commune", "Municipality"),
    "CC": ("Communauté de communes", "Community of communes"),
    "CA": ("Communauté d'agglomération", "Agglomeration community"),
    "CU": ("Communauté urbaine", "Urban community"),
    "MET": ("Métropole", "Metropolis"),
    "MET69": ("Métropole de Lyon", "Metropolis of Lyon"),
    "EPT": ("Établissement public territorial", "Territorial public body (Greater Paris)"),
    "DEP": ("Département", "Department"),
    "CEA": ("Collectivité européenne d'Alsace", "European Collectivity of Alsace"),
    "REG": ("Région", "Region"),
    "CTU": ("Collectivité territoriale unique", "Single territorial collectivity"),
}


@dataclass(frozen=True)
class PopulationClass:
    """Bodies of `least` inhabitants or more, and fewer than the next class's least."""

    code: str
    least: int
    fr: str
    en: str


# 3 500 is the legal threshold of open data by default (CRPA, article L. 312-1-1).
POPULATION_CLASSES: tuple[PopulationClass, ...] = (
    PopulationClass("0-499", 0, "moins de 500 habitants", "fewer than 500 inhabitants"),
    PopulationClass("500-1999", 500, "500 à 1 999 habitants", "500 to 1,999 inhabitants"),
    PopulationClass("2000-3499", 2_000, "2 000 à 3 499 habitants", "2,000 to 3,499 inhabitants"),
    PopulationClass("3500-9999", 3_500, "3 500 à 9 999 habitants", "3,500 to 9,999 inhabitants"),
    PopulationClass("10000-19999", 10_000, "10 000 à 19 999 habitants", "10,000 to 19,999 inhabitants"),
    PopulationClass("20000-49999", 20_000, "20 000 à 49 999 habitants", "20,000 to 49,999 inhabitants"),
    PopulationClass("50000-99999", 50_000, "50 000 à 99 999 habitants", "50,000 to 99,999 inhabitants"),
    PopulationClass("100000-", 100_000, "100 000 habitants et plus", "100,000 inhabitants or more"),
)


def population_class(population: int) -> PopulationClass:
    """Return the class that holds a number of inhabitants (zero or more)."""
    return next(found for found in reversed(POPULATION_CLASSES) if population >= found.least)


@dataclass(frozen=True, order=True)
class Edition:
    """An edition of the reference: its year, and its revision within the year. A greater one is newer."""

    year: int
    revision: int

    def __str__(self) -> str:
        return f"{self.year}.{self.revision}"


@dataclass(frozen=True)
class Alias:
    """What a collectivité was called or coded before, or a part of it: merged communes, arrondissements."""

    code: str
    nom: str
    nature: str


@dataclass(frozen=True)
class Collectivite:
    """One collectivité or groupement, by its SIREN; a code that does not apply is an empty string."""

    siren: str
    type: str
    nom: str
    population: int
    population_base: str
    population_year: int
    code_insee: str = ""
    code_departement: str = ""
    code_region: str = ""
    siren_epci: str = ""
    codes_postaux: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()

    @property
    def label(self) -> str:
        """What tells it from its homonyms: type, département or région, code."""
        kind = TYPES[self.type][0]
        code = self.code_insee or self.siren
        if self.code_departement and self.type != "DEP":
            place = f"{DEPARTEMENTS.get(self.code_departement, '')} ({self.code_departement})".strip()
        else:
            place = REGIONS.get(self.code_region, "") if self.type not in ("REG", "CTU") else ""
        return " · ".join(part for part in (f"{self.nom}", kind, place, code) if part)
