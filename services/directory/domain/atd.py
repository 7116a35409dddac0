"""Territorial data facilitators (animateurs territoriaux de la donnée): scales, sections of the offer, territories."""

ECHELLES: dict[str, tuple[str, str]] = {
    "intercommunal": ("Intercommunal", "Intermunicipal"),
    "departemental": ("Départemental", "Of a département"),
    "regional": ("Régional", "Of a région"),
}

# The six sections in which every facilitator tells what it offers.
SECTIONS: dict[str, tuple[str, str]] = {
    "contexte": ("Contexte", "Context"),
    "objectifs": ("Objectifs", "Aims"),
    "alliances": ("Alliances", "Alliances"),
    "beneficiaires": ("Bénéficiaires", "Beneficiaries"),
    "dispositifs": ("Dispositifs", "Means"),
    "resultats_attendus": ("Résultats attendus", "Expected results"),
}

# How those who are supported are told: one body, the members of a grouping, those of a département or région.
TERRITORIES = ("collectivite", "epci", "departement", "region")

METHOD = (
    "Collectivités du référentiel en vigueur, nommées ou dans les territoires accompagnés, chacune une fois. Ouverte : "
    "au moins un jeu présent au catalogue aujourd'hui. Jeux, thèmes et réutilisations : ceux du catalogue aujourd'hui.",
    "Bodies of the reference in force, named or within the territories supported, each once. Opened: at least one "
    "dataset in the catalogue today. Datasets, themes and reuses: those of the catalogue today.",
)
