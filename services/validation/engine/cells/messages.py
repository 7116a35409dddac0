"""What is said of a refused cell, and of a field that cannot be used, in French and English.

A key that ends in `-fix` is used when the text to write instead is certain; `{fix}` is that text.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.validation.engine.messages import Message

_TYPE = ("Valeur du mauvais type", "Wrong type of value")
_CONSTRAINT = ("Valeur non permise", "Value not allowed")
_SCHEMA = ("Schéma", "Schema")

# key -> what the cell is not, in French and English, and how to write it.
_TYPES: dict[str, tuple[str, str, str, str]] = {
    "any": ("n'est pas une valeur", "is not a value", "Corrigez la valeur.", "Correct the value."),
    "string": ("n'est pas un texte", "is not a text", "Écrivez un texte.", "Write a text."),
    "uri": (
        "n'est pas une adresse complète",
        "is not a complete address",
        "Commencez par le protocole, par exemple `https://`.",
        "Start with the protocol, for example `https://`.",
    ),
    "email": (
        "n'est pas une adresse électronique",
        "is not an e-mail address",
        "Écrivez une seule adresse, par exemple `mairie@exemple.fr`.",
        "Write a single address, for example `mairie@exemple.fr`.",
    ),
    "uuid": (
        "n'est pas un identifiant UUID",
        "is not a UUID",
        "Écrivez 32 chiffres hexadécimaux en cinq groupes, comme `2bc1c94f-0deb-43e9-92a1-4775189ec9f8`.",
        "Write 32 hexadecimal digits in five groups, as `2bc1c94f-0deb-43e9-92a1-4775189ec9f8`.",
    ),
    "binary": (
        "n'est pas codé en base64",
        "is not encoded in base64",
        "Codez le contenu en base64.",
        "Encode the content in base64.",
    ),
    "wkt": (
        "n'est pas une géométrie WKT",
        "is not a WKT geometry",
        "Écrivez par exemple `POINT (2.35 48.85)`.",
        "Write for example `POINT (2.35 48.85)`.",
    ),
    "integer": (
        "n'est pas un nombre entier",
        "is not a whole number",
        "Écrivez des chiffres sans décimale ni unité, par exemple `1200`.",
        "Write digits without decimals or unit, for example `1200`.",
    ),
    "number": (
        "n'est pas un nombre",
        "is not a number",
        "Écrivez des chiffres, avec `{decimal}` pour les décimales, sans unité.",
        "Write digits, with `{decimal}` before the decimals, without unit.",
    ),
    "boolean": (
        "n'est ni vrai ni faux",
        "is neither true nor false",
        "Écrivez l'une de ces valeurs : {true_values} (vrai), {false_values} (faux).",
        "Write one of these values: {true_values} (true), {false_values} (false).",
    ),
    "date": (
        "n'est pas une date {format_fr}",
        "is not a date {format_en}",
        "Écrivez une date qui existe, sous la forme {format_fr}.",
        "Write a date that exists, in the form {format_en}.",
    ),
    "date-any": (
        "n'est pas une date reconnue",
        "is not a recognised date",
        "Écrivez de préférence AAAA-MM-JJ, par exemple `2024-03-12`.",
        "Preferably write YYYY-MM-DD, for example `2024-03-12`.",
    ),
    "datetime": (
        "n'est pas une date avec heure {format_fr}",
        "is not a date and time {format_en}",
        "Écrivez la date et l'heure, secondes comprises, sous la forme {format_fr}.",
        "Write the date and time, with seconds, in the form {format_en}.",
    ),
    "datetime-any": (
        "n'est pas une date avec heure reconnue",
        "is not a recognised date and time",
        "Écrivez de préférence AAAA-MM-JJThh:mm:ss, par exemple `2024-03-12T10:30:00`.",
        "Preferably write YYYY-MM-DDThh:mm:ss, for example `2024-03-12T10:30:00`.",
    ),
    "time": (
        "n'est pas une heure {format_fr}",
        "is not a time {format_en}",
        "Écrivez l'heure sous la forme {format_fr}.",
        "Write the time in the form {format_en}.",
    ),
    "time-any": (
        "n'est pas une heure reconnue",
        "is not a recognised time",
        "Écrivez de préférence hh:mm:ss, par exemple `10:30:00`.",
        "Preferably write hh:mm:ss, for example `10:30:00`.",
    ),
    "year": (
        "n'est pas une année",
        "is not a year",
        "Écrivez quatre chiffres, par exemple `2024`.",
        "Write four digits, for example `2024`.",
    ),
    "yearmonth": (
        "n'est pas un mois AAAA-MM",
        "is not a month YYYY-MM",
        "Écrivez l'année, un tiret, le mois, par exemple `2024-03`.",
        "Write the year, a hyphen, the month, for example `2024-03`.",
    ),
    "duration": (
        "n'est pas une durée ISO 8601",
        "is not an ISO 8601 duration",
        "Écrivez par exemple `P1Y6M` (un an et six mois) ou `PT2H30M` (deux heures et demie).",
        "Write for example `P1Y6M` (a year and six months) or `PT2H30M` (two hours and a half).",
    ),
    "object": (
        "n'est pas un objet JSON",
        "is not a JSON object",
        'Écrivez par exemple `{{"nom": "valeur"}}`.',
        'Write for example `{{"name": "value"}}`.',
    ),
    "array": (
        "n'est pas un tableau JSON",
        "is not a JSON array",
        'Écrivez les valeurs entre crochets, par exemple `["a", "b"]`.',
        'Write the values between brackets, for example `["a", "b"]`.',
    ),
    "array-item": (
        "contient `{item}`, qui n'est pas du type {item_type}",
        "contains `{item}`, which is not of type {item_type}",
        "Corrigez cet élément du tableau.",
        "Correct this item of the array.",
    ),
    "list": (
        "n'est pas une liste de valeurs du type {item_type}",
        "is not a list of values of type {item_type}",
        "Séparez les valeurs par `{delimiter}`, chacune étant du type {item_type}.",
        "Separate the values with `{delimiter}`, each being of type {item_type}.",
    ),
    "geopoint": (
        "n'est pas un point « longitude,latitude »",
        "is not a point “longitude,latitude”",
        "Écrivez la longitude (de -180 à 180), une virgule, la latitude (de -90 à 90) : `2.35,48.85`.",
        "Write the longitude (-180 to 180), a comma, the latitude (-90 to 90): `2.35,48.85`.",
    ),
    "geopoint-array": (
        "n'est pas un point « [longitude, latitude] »",
        "is not a point “[longitude, latitude]”",
        "Écrivez entre crochets la longitude (de -180 à 180) puis la latitude (de -90 à 90) : `[2.35, 48.85]`.",
        "Write between brackets the longitude (-180 to 180) then the latitude (-90 to 90): `[2.35, 48.85]`.",
    ),
    "geopoint-object": (
        "n'est pas un point écrit en objet JSON",
        "is not a point written as a JSON object",
        'Écrivez `{{"lon": 2.35, "lat": 48.85}}`, sans autre clé.',
        'Write `{{"lon": 2.35, "lat": 48.85}}`, with no other key.',
    ),
    "geojson": (
        "n'est pas un objet GeoJSON",
        "is not a GeoJSON object",
        'Écrivez une géométrie complète, par exemple `{{"type": "Point", "coordinates": [2.35, 48.85]}}`.',
        'Write a complete geometry, for example `{{"type": "Point", "coordinates": [2.35, 48.85]}}`.',
    ),
    "topojson": (
        "n'est pas un objet TopoJSON",
        "is not a TopoJSON object",
        "Écrivez une topologie ou une géométrie TopoJSON complète.",
        "Write a complete TopoJSON topology or geometry.",
    ),
}

# key -> the sentence and the way out, in French and English.
_CONSTRAINTS: dict[str, tuple[str, str, str, str]] = {
    "minimum": (
        "`{cell}` est inférieur au minimum permis, {limit}",
        "`{cell}` is below the minimum allowed, {limit}",
        "Donnez une valeur d'au moins {limit}.",
        "Give a value of at least {limit}.",
    ),
    "maximum": (
        "`{cell}` dépasse le maximum permis, {limit}",
        "`{cell}` is above the maximum allowed, {limit}",
        "Donnez une valeur d'au plus {limit}.",
        "Give a value of at most {limit}.",
    ),
    "exclusiveMinimum": (
        "`{cell}` n'est pas strictement supérieur à {limit}",
        "`{cell}` is not strictly greater than {limit}",
        "Donnez une valeur supérieure à {limit}.",
        "Give a value greater than {limit}.",
    ),
    "exclusiveMaximum": (
        "`{cell}` n'est pas strictement inférieur à {limit}",
        "`{cell}` is not strictly less than {limit}",
        "Donnez une valeur inférieure à {limit}.",
        "Give a value less than {limit}.",
    ),
    "minLength": (
        "`{cell}` est trop court : il faut au moins {limit} caractère(s) ou élément(s)",
        "`{cell}` is too short: at least {limit} character(s) or item(s) are needed",
        "Complétez la valeur.",
        "Complete the value.",
    ),
    "maxLength": (
        "`{cell}` est trop long : {limit} caractère(s) ou élément(s) au plus",
        "`{cell}` is too long: at most {limit} character(s) or item(s)",
        "Raccourcissez la valeur.",
        "Shorten the value.",
    ),
    "pattern": (
        "`{cell}` ne suit pas le motif `{limit}`",
        "`{cell}` does not follow the pattern `{limit}`",
        "Écrivez la valeur comme la documentation du champ « {field} » le demande.",
        "Write the value as the documentation of the field “{field}” asks.",
    ),
    "enum": (
        "`{cell}` n'est pas l'une des valeurs permises : {limit}",
        "`{cell}` is not one of the values allowed: {limit}",
        "Choisissez l'une des valeurs permises, écrite exactement.",
        "Choose one of the values allowed, written exactly.",
    ),
    "enum-one": (
        "`{cell}` n'est pas la seule valeur permise, `{limit}`",
        "`{cell}` is not the only value allowed, `{limit}`",
        "Écrivez `{limit}`.",
        "Write `{limit}`.",
    ),
    "required": (
        "`{cell}` contient un élément vide",
        "`{cell}` contains an empty item",
        "Complétez ou retirez cet élément.",
        "Complete or remove this item.",
    ),
}

_FIELDS: dict[str, tuple[str, str, str, str]] = {
    "format-unknown": (
        "Champ « {name} » : le format `{format}` n'existe pas pour le type {type}",
        "Field “{name}”: there is no format `{format}` for the type {type}",
        "Choisissez parmi : {known}.",
        "Choose among: {known}.",
    ),
    "date-format": (
        "Champ « {name} » : `{format}` n'est pas un format de date ; aucune cellule ne pourra le suivre",
        "Field “{name}”: `{format}` is not a date format; no cell can follow it",
        "Écrivez les parties avec un pour cent, par exemple `%d/%m/%Y`.",
        "Write the parts with a percent sign, for example `%d/%m/%Y`.",
    ),
    "option-flag": (
        "Champ « {name} » : `{option}` doit valoir `true` ou `false`",
        "Field “{name}”: `{option}` must be `true` or `false`",
        "Corrigez `{option}`.",
        "Correct `{option}`.",
    ),
    "option-text": (
        "Champ « {name} » : `{option}` doit être un texte non vide",
        "Field “{name}”: `{option}` must be a text, and not empty",
        "Corrigez `{option}`.",
        "Correct `{option}`.",
    ),
    "option-texts": (
        "Champ « {name} » : `{option}` doit être une liste de textes",
        "Field “{name}”: `{option}` must be a list of texts",
        'Écrivez par exemple `["oui"]`.',
        'Write for example `["yes"]`.',
    ),
    "option-object": (
        "Champ « {name} » : `{option}` doit être un objet",
        "Field “{name}”: `{option}` must be an object",
        "Corrigez `{option}`.",
        "Correct `{option}`.",
    ),
    "item-type": (
        "Champ « {name} » : le type des éléments n'existe pas",
        "Field “{name}”: the type of the items does not exist",
        "Choisissez parmi : {known}.",
        "Choose among: {known}.",
    ),
    "constraint-unsupported": (
        "Champ « {name} » : la contrainte `{constraint}` ne s'applique pas au type {type}",
        "Field “{name}”: the constraint `{constraint}` does not apply to the type {type}",
        "Retirez-la, ou choisissez parmi : {known}.",
        "Remove it, or choose among: {known}.",
    ),
    "constraint-flag": (
        "Champ « {name} » : la contrainte `{constraint}` doit valoir `true` ou `false`",
        "Field “{name}”: the constraint `{constraint}` must be `true` or `false`",
        "Corrigez sa valeur.",
        "Correct its value.",
    ),
    "constraint-length": (
        "Champ « {name} » : la contrainte `{constraint}` doit être un nombre entier, pas `{value}`",
        "Field “{name}”: the constraint `{constraint}` must be a whole number, not `{value}`",
        "Corrigez sa valeur.",
        "Correct its value.",
    ),
    "constraint-text": (
        "Champ « {name} » : la contrainte `{constraint}` doit être un texte",
        "Field “{name}”: the constraint `{constraint}` must be a text",
        "Corrigez sa valeur.",
        "Correct its value.",
    ),
    "constraint-bound": (
        "Champ « {name} » : `{value}`, donné pour `{constraint}`, n'est pas du type {type}",
        "Field “{name}”: `{value}`, given for `{constraint}`, is not of type {type}",
        "Écrivez la borne comme une cellule du champ.",
        "Write the bound as a cell of the field.",
    ),
    "bounds-crossed": (
        "Champ « {name} » : `{constraint}` ({value}) dépasse `{opposite}` ({value2}) ; aucune cellule ne peut convenir",
        "Field “{name}”: `{constraint}` ({value}) exceeds `{opposite}` ({value2}); no cell can be right",
        "Corrigez l'une des deux bornes.",
        "Correct one of the two bounds.",
    ),
    "constraint-enum": (
        "Champ « {name} » : `enum` doit être une liste d'au plus {limit} valeurs",
        "Field “{name}”: `enum` must be a list of at most {limit} values",
        "Corrigez la liste.",
        "Correct the list.",
    ),
    "enum-values": (
        "Champ « {name} » : ces valeurs de `enum` ne sont pas du type {type}, aucune cellule ne les prendra : {values}",
        "Field “{name}”: these values of `enum` are not of type {type}, no cell will ever have them: {values}",
        "Corrigez-les ou changez le type.",
        "Correct them or change the type.",
    ),
    "pattern-invalid": (
        "Champ « {name} » : le motif `{pattern}` n'est pas une expression régulière ({reason})",
        "Field “{name}”: the pattern `{pattern}` is not a regular expression ({reason})",
        "Corrigez le motif.",
        "Correct the pattern.",
    ),
    "pattern-too-long": (
        "Champ « {name} » : le motif compte {length} caractères, {limit} au plus sont permis",
        "Field “{name}”: the pattern has {length} characters, at most {limit} are allowed",
        "Raccourcissez le motif, ou donnez une liste de valeurs (`enum`).",
        "Shorten the pattern, or give a list of values (`enum`).",
    ),
    "example": (
        "Champ « {name} » : l'exemple `{example}` n'est pas une valeur valide du champ",
        "Field “{name}”: the example `{example}` is not a valid value of the field",
        "Corrigez l'exemple ; les fichiers n'en dépendent pas.",
        "Correct the example; files do not depend on it.",
    ),
}


def _type_messages() -> Iterator[tuple[str, Message]]:
    for key, (fr, en, fix_fr, fix_en) in _TYPES.items():
        yield f"type-{key}", Message(*_TYPE, f"`{{cell}}` {fr}.", f"`{{cell}}` {en}.", fix_fr, fix_en)
        yield f"type-{key}-fix", _with_fix(_TYPE, f"`{{cell}}` {fr}", f"`{{cell}}` {en}")


def _constraint_messages() -> Iterator[tuple[str, Message]]:
    for key, (fr, en, fix_fr, fix_en) in _CONSTRAINTS.items():
        yield f"constraint-{key}", Message(*_CONSTRAINT, f"{fr}.", f"{en}.", fix_fr, fix_en)
        yield f"constraint-{key}-fix", _with_fix(_CONSTRAINT, fr, en)


def _with_fix(title: tuple[str, str], fr: str, en: str) -> Message:
    fix_fr, fix_en = "écrivez `{fix}`.", "write `{fix}`."
    return Message(*title, f"{fr} : {fix_fr}", f"{en}: {fix_en}", fix_fr.capitalize(), fix_en.capitalize())


MESSAGES: dict[str, Message] = {
    **dict(_type_messages()),
    **dict(_constraint_messages()),
    **{
        f"schema-{key}": Message(*_SCHEMA, f"{fr}.", f"{en}.", *fixes)
        for key, (fr, en, *fixes) in _FIELDS.items()
    },
    "pattern-too-slow": Message(
        "Motif trop coûteux",
        "Pattern too costly",
        "Le motif `{pattern}` demande trop de temps : le contrôle de ce motif a été arrêté.",
        "The pattern `{pattern}` takes too much time: checking it was stopped.",
        "Réécrivez le motif sans répétitions imbriquées ni référence arrière.",
        "Rewrite the pattern without nested repetitions or back-references.",
    ),
}
