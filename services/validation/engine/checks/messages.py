"""What custom checks tell people: the value, why it is refused, and what to write instead."""

from services.validation.engine.checks.messages_places import PLACES
from services.validation.engine.checks.messages_registers import REGISTERS
from services.validation.engine.messages import Message

WRITE = ("Écrivez `{fix}`.", "Write `{fix}`.")

_SIREN = ("Numéro SIREN invalide", "Invalid SIREN number")
_SIRET = ("Numéro SIRET invalide", "Invalid SIRET number")
_COHESIVE = ("Colonnes à remplir ensemble", "Columns to fill together")
_ONE_OF = ("Une des deux colonnes est requise", "One of two columns is required")
_COMPARE = ("Valeurs incompatibles entre deux colonnes", "Values of two columns disagree")
_SUM = ("Somme inexacte", "Wrong sum")
_YEARS = ("Année ou intervalle d'années invalide", "Invalid year or interval of years")
_ACTE = ("Matière absente de la nomenclature ACTES", "Matter unknown to the ACTES nomenclature")
_CHECK = ("Contrôle mal déclaré dans le schéma", "Check badly declared in the schema")

IDENTIFIERS = {
    "siren-characters": Message(
        *_SIREN,
        "`{cell}` n'est pas un numéro SIREN : il en faut neuf chiffres, sans lettre ni autre signe.",
        "`{cell}` is not a SIREN number: nine digits are needed, with no letter or other sign.",
    ),
    "siren-length": Message(
        *_SIREN,
        "`{cell}` compte {length} chiffres : un numéro SIREN en a neuf.",
        "`{cell}` has {length} digits: a SIREN number has nine.",
    ),
    "siren-leading-zero": Message(
        *_SIREN,
        "`{cell}` n'a que {length} chiffres : il manque le zéro initial qu'un tableur a supprimé.",
        "`{cell}` has only {length} digits: the leading zero is missing, a spreadsheet removed it.",
        *WRITE,
    ),
    "siren-checksum": Message(
        *_SIREN,
        "`{cell}` n'existe pas : la clé de contrôle de ce SIREN est fausse. Un chiffre a sans doute été mal recopié.",
        "`{cell}` does not exist: the check digit of this SIREN is wrong. A digit was probably mistyped.",
    ),
    "siren-is-siret": Message(
        *_SIREN,
        "`{cell}` est un numéro SIRET (un établissement) : on attend le SIREN, ses neuf premiers chiffres.",
        "`{cell}` is a SIRET number (one establishment): the SIREN is expected, its first nine digits.",
        *WRITE,
    ),
    "siret-characters": Message(
        *_SIRET,
        "`{cell}` n'est pas un numéro SIRET : il en faut quatorze chiffres, sans lettre ni autre signe.",
        "`{cell}` is not a SIRET number: fourteen digits are needed, with no letter or other sign.",
    ),
    "siret-scientific": Message(
        *_SIRET,
        "`{cell}` est un SIRET qu'un tableur a transformé en nombre : seuls les premiers chiffres ({seen}) restent. "
        "Reprenez le numéro d'origine et mettez la colonne au format texte.",
        "`{cell}` is a SIRET that a spreadsheet turned into a number: only its first digits ({seen}) remain. "
        "Take the original number and format the column as text.",
    ),
    "siret-length": Message(
        *_SIRET,
        "`{cell}` compte {length} chiffres : un numéro SIRET en a quatorze.",
        "`{cell}` has {length} digits: a SIRET number has fourteen.",
    ),
    "siret-leading-zero": Message(
        *_SIRET,
        "`{cell}` n'a que {length} chiffres : il manque le zéro initial qu'un tableur a supprimé.",
        "`{cell}` has only {length} digits: the leading zero is missing, a spreadsheet removed it.",
        *WRITE,
    ),
    "siret-is-siren": Message(
        *_SIRET,
        "`{cell}` est un numéro SIREN (neuf chiffres) : ajoutez les cinq chiffres de l'établissement (NIC).",
        "`{cell}` is a SIREN number (nine digits): add the five digits of the establishment (NIC).",
    ),
    "siret-no-nic": Message(
        *_SIRET,
        "`{cell}` n'existe pas : après le SIREN {siren}, les zéros remplacent le numéro de l'établissement (NIC). "
        "Cherchez le SIRET complet dans l'annuaire des entreprises.",
        "`{cell}` does not exist: after the SIREN {siren}, zeros stand for the establishment number (NIC). "
        "Look the full SIRET up in the national company directory.",
    ),
    "siret-checksum": Message(
        *_SIRET,
        "`{cell}` n'existe pas : la clé de contrôle de ce SIRET est fausse. Un chiffre a sans doute été mal recopié.",
        "`{cell}` does not exist: the check digit of this SIRET is wrong. A digit was probably mistyped.",
    ),
}

COLUMNS = {
    "cohesive-columns": Message(
        *_COHESIVE,
        "Ces colonnes se remplissent ensemble ou restent vides ensemble. Avec une valeur : {filled} ; sans : {empty}.",
        "These columns are filled together or left empty together. With a value: {filled}; without: {empty}.",
    ),
    "cohesive-columns-absent": Message(
        *_COHESIVE,
        "Les colonnes {columns} vont ensemble, mais il manque {absent}. Ajoutez-la, même vide, ou retirez les autres.",
        "The columns {columns} go together, but {absent} is missing. Add it, even empty, or remove the others.",
    ),
    "one-of-required": Message(
        *_ONE_OF,
        "{columns} sont vides toutes les deux : remplissez au moins l'une.",
        "{columns} are both empty: fill at least one of them.",
    ),
    "one-of-required-absent": Message(
        *_ONE_OF,
        "Le fichier n'a aucune des colonnes {columns} : ajoutez au moins l'une.",
        "The file has none of the columns {columns}: add at least one.",
    ),
    "compare-greater": Message(
        *_COMPARE,
        "{column} vaut `{value}` et devrait dépasser {column2}, qui vaut `{value2}`.",
        "{column} is `{value}` and should be above {column2}, which is `{value2}`.",
    ),
    "compare-at-least": Message(
        *_COMPARE,
        "{column} vaut `{value}` et ne devrait pas être en dessous de {column2}, qui vaut `{value2}`.",
        "{column} is `{value}` and should not be below {column2}, which is `{value2}`.",
    ),
    "compare-equal": Message(
        *_COMPARE,
        "{column} vaut `{value}` et devrait être égal à {column2}, qui vaut `{value2}`.",
        "{column} is `{value}` and should equal {column2}, which is `{value2}`.",
    ),
    "compare-at-most": Message(
        *_COMPARE,
        "{column} vaut `{value}` et ne devrait pas dépasser {column2}, qui vaut `{value2}`.",
        "{column} is `{value}` and should not be above {column2}, which is `{value2}`.",
    ),
    "compare-less": Message(
        *_COMPARE,
        "{column} vaut `{value}` et devrait rester en dessous de {column2}, qui vaut `{value2}`.",
        "{column} is `{value}` and should be below {column2}, which is `{value2}`.",
    ),
    "compare-greater-date": Message(
        *_COMPARE,
        "{column} (`{value}`) doit venir après {column2} (`{value2}`).",
        "{column} (`{value}`) must come after {column2} (`{value2}`).",
    ),
    "compare-at-least-date": Message(
        *_COMPARE,
        "{column} (`{value}`) ne peut pas précéder {column2} (`{value2}`).",
        "{column} (`{value}`) cannot come before {column2} (`{value2}`).",
    ),
    "compare-equal-date": Message(
        *_COMPARE,
        "{column} (`{value}`) doit être le même jour que {column2} (`{value2}`).",
        "{column} (`{value}`) must be the same day as {column2} (`{value2}`).",
    ),
    "compare-at-most-date": Message(
        *_COMPARE,
        "{column} (`{value}`) ne peut pas suivre {column2} (`{value2}`).",
        "{column} (`{value}`) cannot come after {column2} (`{value2}`).",
    ),
    "compare-less-date": Message(
        *_COMPARE,
        "{column} (`{value}`) doit venir avant {column2} (`{value2}`).",
        "{column} (`{value}`) must come before {column2} (`{value2}`).",
    ),
    "not-comparable": Message(
        *_COMPARE,
        "{column} (`{value}`) et {column2} (`{value2}`) ne se comparent pas : l'un est d'une autre nature que l'autre.",
        "{column} (`{value}`) and {column2} (`{value2}`) cannot be compared: one is of another nature.",
    ),
    "sum-differs": Message(
        *_SUM,
        "{column} vaut `{value}`, mais {columns} font {sum} ({detail}). Corrigez le total ou l'un des termes.",
        "{column} is `{value}`, but {columns} add up to {sum} ({detail}). Correct the total or one of the terms.",
    ),
    "sum-not-number": Message(
        *_SUM,
        "La somme ne peut pas être vérifiée : {column} contient `{value}`, qui n'est pas un nombre.",
        "The sum cannot be checked: {column} holds `{value}`, which is not a number.",
    ),
}

_INTERVAL = (
    "`{cell}` n'est pas un intervalle d'années : la forme attendue est AAAA/AAAA, par exemple 2024/2025.",
    "`{cell}` is not an interval of years: YYYY/YYYY is expected, for instance 2024/2025.",
)
_YEAR_OR_INTERVAL = (
    "`{cell}` n'est ni une année (AAAA) ni un intervalle d'années (AAAA/AAAA).",
    "`{cell}` is neither a year (YYYY) nor an interval of years (YYYY/YYYY).",
)
_SAME = (
    "`{cell}` répète la même année : un intervalle va d'une année à une année suivante.",
    "`{cell}` repeats the same year: an interval goes from one year to a later one.",
)

YEARS = {
    "year-interval-format": Message(*_YEARS, *_INTERVAL),
    "year-interval-format-fix": Message(*_YEARS, *_INTERVAL, *WRITE),
    "year-or-interval-format": Message(*_YEARS, *_YEAR_OR_INTERVAL),
    "year-or-interval-format-fix": Message(*_YEARS, *_YEAR_OR_INTERVAL, *WRITE),
    "year-interval-same": Message(*_YEARS, *_SAME),
    "year-interval-same-fix": Message(*_YEARS, *_SAME, *WRITE),
    "year-interval-reversed": Message(
        *_YEARS,
        "`{cell}` remonte le temps : la seconde année doit suivre la première.",
        "`{cell}` goes back in time: the second year must follow the first.",
        *WRITE,
    ),
}

ACTES = {
    "acte-slash": Message(
        *_ACTE,
        "`{cell}` n'a pas de barre oblique : écrivez la matière, `/`, puis la sous-matière, "
        "par exemple `Finances locales/Subventions`.",
        "`{cell}` has no slash: write the matter, `/`, then the sub-matter, "
        "for instance `Finances locales/Subventions`.",
    ),
    "acte-code": Message(
        *_ACTE,
        "`{cell}` ressemble au code de la matière : c'est son nom qui est attendu, "
        "par exemple `Finances locales/Subventions` pour 7.5.",
        "`{cell}` looks like the code of the matter: its name is expected, "
        "for instance `Finances locales/Subventions` for 7.5.",
    ),
    "acte-space": Message(
        *_ACTE,
        "`{cell}` a des espaces en trop : aucune ne doit entourer la barre oblique.",
        "`{cell}` has spaces in excess: none may stand beside the slash.",
        *WRITE,
    ),
    "acte-matter-close": Message(
        *_ACTE,
        "« {matter} » n'est pas une matière de la nomenclature ACTES, mais une autre y ressemble.",
        '"{matter}" is not a matter of the ACTES nomenclature, but another resembles it.',
        *WRITE,
    ),
    "acte-matter": Message(
        *_ACTE,
        "« {matter} » n'est pas une matière de la nomenclature ACTES. Avant la barre, mettez l'une de celles-ci : "
        "{matters}.",
        '"{matter}" is not a matter of the ACTES nomenclature. Before the slash, put one of these: {matters}.',
    ),
}

DEFINITIONS = {
    "check-unknown": Message(
        *_CHECK,
        "Le schéma demande le contrôle `{name}`, que Socle ne connaît pas : il n'a pas été fait.",
        "The schema asks for the check `{name}`, which Socle does not know: it was not made.",
    ),
    "check-unknown-close": Message(
        *_CHECK,
        "Le schéma demande le contrôle `{name}`, que Socle ne connaît pas : il n'a pas été fait. "
        "Peut-être s'agit-il de `{close}`.",
        "The schema asks for the check `{name}`, which Socle does not know: it was not made. "
        "Perhaps `{close}` is meant.",
    ),
    "check-param-missing": Message(
        *_CHECK,
        "Le contrôle `{name}` n'a pas été fait : son paramètre `{param}` manque dans le schéma.",
        "The check `{name}` was not made: its parameter `{param}` is missing from the schema.",
    ),
    "check-param-string": Message(
        *_CHECK,
        "Le contrôle `{name}` n'a pas été fait : son paramètre `{param}` doit être un texte, pas `{found}`.",
        "The check `{name}` was not made: its parameter `{param}` must be a text, not `{found}`.",
    ),
    "check-param-list": Message(
        *_CHECK,
        "Le contrôle `{name}` n'a pas été fait : son paramètre `{param}` doit être une liste de noms, pas `{found}`.",
        "The check `{name}` was not made: its parameter `{param}` must be a list of names, not `{found}`.",
    ),
    "check-param-boolean": Message(
        *_CHECK,
        "Le contrôle `{name}` n'a pas été fait : son paramètre `{param}` doit être vrai ou faux, pas `{found}`.",
        "The check `{name}` was not made: its parameter `{param}` must be true or false, not `{found}`.",
    ),
    "check-param-object": Message(
        *_CHECK,
        "Le contrôle `{name}` n'a pas été fait : son paramètre `{param}` doit être un objet JSON, pas `{found}`.",
        "The check `{name}` was not made: its parameter `{param}` must be a JSON object, not `{found}`.",
    ),
    "check-column": Message(
        *_CHECK,
        "Le contrôle `{name}` porte sur des colonnes que le schéma ne décrit pas : {columns}. Il ne se fera que dans "
        "les fichiers qui les ont.",
        "The check `{name}` is about columns that the schema does not describe: {columns}. It is made in files that "
        "have them only.",
    ),
    "check-operator": Message(
        *_CHECK,
        "Le contrôle `{name}` n'a pas été fait : l'opérateur `{found}` n'existe pas. Choisissez parmi {allowed}.",
        "The check `{name}` was not made: there is no operator `{found}`. Choose among {allowed}.",
    ),
    "check-cog": Message(
        *_CHECK,
        "Le contrôle `{name}` n'a pas été fait : l'année `{found}` du code officiel géographique n'est pas "
        "disponible. Choisissez parmi {allowed}.",
        "The check `{name}` was not made: year `{found}` of the official geographic code is not available. "
        "Choose among {allowed}.",
    ),
}

MESSAGES: dict[str, Message] = {
    **IDENTIFIERS,
    **COLUMNS,
    **YEARS,
    **ACTES,
    **PLACES,
    **REGISTERS,
    **DEFINITIONS,
}
