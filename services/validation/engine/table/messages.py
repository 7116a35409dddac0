"""What is said of schemas, headers, records and keys."""

from __future__ import annotations

from services.validation.engine.messages import Message

_SCHEMA = ("Schéma inutilisable", "Unusable schema")
_NOT_TOLD = ("Schéma non précisé", "Schema not told")
_HEADER = ("En-tête", "Header")
_ABSENT = ("Colonne absente", "Missing column")
_KEY = ("Clé", "Key")


def _schema(fr: str, en: str, fix_fr: str = "", fix_en: str = "") -> Message:
    return Message(*_SCHEMA, fr, en, fix_fr, fix_en)


_SCHEMAS: dict[str, Message] = {
    "schema-not-json": _schema(
        "Le schéma n'est pas un document JSON (ligne {line}, colonne {column} : {reason}).",
        "The schema is not a JSON document (line {line}, column {column}: {reason}).",
        "Donnez un fichier Table Schema au format JSON.",
        "Give a Table Schema in JSON.",
    ),
    "schema-unreadable": _schema(
        "Le schéma `{path}` ne peut pas être lu ({reason}).", "The schema `{path}` cannot be read ({reason})."
    ),
    "schema-not-object": _schema(
        "Un schéma est un objet JSON ; celui-ci est de type {found}.",
        "A schema is a JSON object; this one is of type {found}.",
    ),
    "schema-too-deep": _schema(
        "Le schéma est imbriqué sur plus de {limit} niveaux.",
        "The schema is nested more than {limit} levels deep.",
    ),
    "schema-no-fields": _schema(
        "Le schéma ne décrit aucun champ.",
        "The schema describes no field.",
        "Ajoutez une liste `fields` d'au moins un champ.",
        "Add a `fields` list of at least one field.",
    ),
    "schema-too-many-fields": _schema(
        "Le schéma décrit {count} champs, plus que les {limit} admis.",
        "The schema describes {count} fields, more than the {limit} allowed.",
    ),
    "schema-field-not-object": _schema(
        "Un champ est un objet JSON ; celui de `{path}` est de type {found}.",
        "A field is a JSON object; the one at `{path}` is of type {found}.",
    ),
    "schema-field-name": _schema(
        "Le champ de `{path}` n'a pas de nom (`name`).", "The field at `{path}` has no name (`name`)."
    ),
    "schema-field-type": _schema(
        "Champ « {name} » : le type `{found}` n'existe pas.",
        "Field “{name}”: there is no type `{found}`.",
        "Choisissez un type de Table Schema : string, integer, number, date, boolean…",
        "Choose a Table Schema type: string, integer, number, date, boolean…",
    ),
    "schema-field-format": _schema(
        "Champ « {name} » : le format doit être un texte.", "Field “{name}”: the format must be a text."
    ),
    "schema-constraints-not-object": _schema(
        "Champ « {name} » : `constraints` doit être un objet JSON.",
        "Field “{name}”: `constraints` must be a JSON object.",
    ),
    "schema-checks-not-list": _schema("`{path}` doit être une liste.", "`{path}` must be a list."),
    "schema-check-shape": _schema(
        "Le contrôle de `{path}` doit avoir un nom (`name`) et des paramètres (`params`).",
        "The check at `{path}` must have a name (`name`) and parameters (`params`).",
    ),
    "schema-foreign-keys-shape": _schema(
        "La clé étrangère de `{path}` doit avoir `fields` et `reference` (`resource`, `fields`), de même longueur.",
        "The foreign key at `{path}` must have `fields` and `reference` (`resource`, `fields`), of one length.",
    ),
    "schema-key-shape": _schema(
        "`{path}` doit être un nom de champ ou une liste de noms.",
        "`{path}` must be a field name or a list of names.",
    ),
    "schema-unknown-key-field": _schema(
        "La clé de `{path}` cite le champ « {name} », que le schéma ne décrit pas.",
        "The key at `{path}` names the field “{name}”, which the schema does not describe.",
    ),
    "schema-duplicate-field": _schema(
        "Le champ « {name} » est décrit plusieurs fois.", "The field “{name}” is described more than once."
    ),
    "schema-key-misspelt": Message(
        "Clé inconnue dans le schéma",
        "Unknown key in the schema",
        "`{path}` : la clé « {found} » n'existe pas et reste sans effet.",
        "`{path}`: there is no key “{found}”, it has no effect.",
        "Vouliez-vous écrire « {near} » ?",
        "Did you mean “{near}”?",
    ),
    "schema-not-told": Message(
        *_NOT_TOLD,
        "Aucun schéma n'est demandé, et les colonnes du fichier ne rappellent aucun des schémas embarqués.",
        "No schema is asked for, and the columns of the file are like those of no bundled schema.",
        "Dites avec quel schéma contrôler le fichier ; « socle schemas » les donne tous.",
        "Say which schema to validate the file with; `socle schemas` lists them all.",
    ),
    "schema-not-told-fits": Message(
        *_NOT_TOLD,
        "Aucun schéma n'est demandé ; d'après ses colonnes, le fichier suit sans doute « {schema} », dont il a {count} "
        "champs sur {limit}.",
        "No schema is asked for; by its columns, the file probably follows “{schema}”, of which it has {count} fields "
        "out of {limit}.",
        "Contrôlez-le avec le schéma `{schema}`, ou celui qu'il suit vraiment.",
        "Validate it with the schema `{schema}`, or the one it really follows.",
    ),
    "schema-fields-match": _schema(
        "`fieldsMatch` vaut `{found}`, qui n'existe pas.",
        "`fieldsMatch` is `{found}`, which does not exist.",
        "Choisissez parmi : {known}.",
        "Choose among: {known}.",
    ),
    "schema-key-misplaced": Message(
        "Clé mal placée dans le schéma",
        "Misplaced key in the schema",
        "`{path}` : « {found} » est une contrainte, sans effet hors de `constraints`.",
        "`{path}`: “{found}” is a constraint, it has no effect outside `constraints`.",
        "Déplacez-la dans `constraints`.",
        "Move it into `constraints`.",
    ),
    "schema-texts-shape": _schema(
        "`{path}` doit être une liste de textes.", "`{path}` must be a list of texts."
    ),
}

_HEADERS: dict[str, Message] = {
    "blank-label": Message(
        *_HEADER,
        "La colonne {number} n'a pas de nom.",
        "Column {number} has no name.",
        "Donnez-lui un nom, ou supprimez-la si elle est vide.",
        "Name it, or remove it if it is empty.",
    ),
    "duplicate-label": Message(
        *_HEADER,
        "La colonne {number} porte le même nom que la colonne {first} : « {label} ».",
        "Column {number} has the same name as column {first}: “{label}”.",
        "Gardez-en une seule, ou renommez l'autre.",
        "Keep only one of them, or rename the other.",
    ),
    "unmatched-header": Message(
        *_HEADER,
        "Aucune colonne du fichier ne porte le nom d'un champ du schéma.",
        "No column of the file has the name of a field of the schema.",
        "Vérifiez que le fichier suit bien ce schéma, et que sa première ligne donne les noms des colonnes.",
        "Check that the file follows this schema, and that its first line gives the names of the columns.",
    ),
    "unmatched-header-fits": Message(
        *_HEADER,
        "Aucune colonne du fichier ne porte le nom d'un champ du schéma ; le fichier ressemble à « {schema} ».",
        "No column of the file has the name of a field of the schema; the file looks like “{schema}”.",
        "Validez-le avec le schéma `{schema}`.",
        "Validate it with the schema `{schema}`.",
    ),
    "unmatched-header-delimiter": Message(
        *_HEADER,
        "Aucune colonne n'est reconnue : les colonnes semblent séparées par `{delimiter}`.",
        "No column is recognised: columns look separated by `{delimiter}`.",
        "Indiquez `{delimiter}` comme séparateur, ou exportez de nouveau le fichier.",
        "Give `{delimiter}` as the delimiter, or export the file again.",
    ),
    "missing-label": Message(
        *_ABSENT,
        "La colonne obligatoire « {name} » est absente.",
        "The required column “{name}” is missing.",
        "Ajoutez une colonne nommée `{name}`.",
        "Add a column named `{name}`.",
    ),
    "missing-label-near": Message(
        *_ABSENT,
        "La colonne obligatoire « {name} » est absente ; « {near} » lui ressemble.",
        "The required column “{name}” is missing; “{near}” looks like it.",
        "Renommez la colonne « {near} » en `{name}`.",
        "Rename the column “{near}” to `{name}`.",
    ),
    "absent-label": Message(
        *_ABSENT,
        "La colonne facultative « {name} » est absente.",
        "The optional column “{name}” is missing.",
        "Ajoutez-la, même vide, pour que tous les fichiers aient la même forme.",
        "Add it, even empty, so that all files have the same form.",
    ),
    "absent-label-near": Message(
        *_ABSENT,
        "La colonne « {name} » est absente ; « {near} » lui ressemble et n'est pas contrôlée.",
        "The column “{name}” is missing; “{near}” looks like it and is not checked.",
        "Renommez la colonne « {near} » en `{name}`.",
        "Rename the column “{near}” to `{name}`.",
    ),
    "extra-label": Message(
        "Colonne en plus",
        "Extra column",
        "La colonne « {label} » n'est pas dans le schéma : elle n'est pas contrôlée.",
        "The column “{label}” is not in the schema: it is not checked.",
    ),
    "missing-label-wanted": Message(
        *_ABSENT,
        "La colonne « {name} » est absente ; le schéma demande toutes ses colonnes.",
        "The column “{name}” is missing; the schema asks for all its columns.",
        "Ajoutez une colonne nommée `{name}`.",
        "Add a column named `{name}`.",
    ),
    "extra-label-refused": Message(
        "Colonne en trop",
        "Unwanted column",
        "La colonne « {label} » n'est pas dans le schéma, qui n'en admet pas d'autres que les siennes.",
        "The column “{label}” is not in the schema, which allows no other than its own.",
        "Retirez-la, ou donnez-lui le nom d'un champ.",
        "Remove it, or give it the name of a field.",
    ),
    "incorrect-label": Message(
        "Ordre des colonnes",
        "Order of columns",
        "La colonne {number} est « {label} » ; à cette place, le schéma demande « {name} ».",
        "Column {number} is “{label}”; at this place, the schema asks for “{name}”.",
        "Rangez les colonnes dans l'ordre du schéma.",
        "Put the columns in the order of the schema.",
    ),
    "disordered-labels": Message(
        "Ordre des colonnes",
        "Order of columns",
        "Les colonnes ne sont pas dans l'ordre du schéma, à partir de « {name} ».",
        "Columns are not in the order of the schema, from “{name}” on.",
        "Rangez-les dans cet ordre : {wanted}.",
        "Put them in this order: {wanted}.",
    ),
}

_ROWS: dict[str, Message] = {
    "blank-row": Message(
        "Ligne vide",
        "Blank row",
        "La ligne {row} est vide.",
        "Row {row} is empty.",
        "Supprimez cette ligne.",
        "Remove this row.",
    ),
    "missing-cell": Message(
        "Cellule manquante",
        "Missing cell",
        "La ligne {row} s'arrête avant la colonne « {field} ».",
        "Row {row} ends before the column “{field}”.",
        "Complétez la ligne : il lui manque un séparateur, ou une valeur.",
        "Complete the row: it lacks a delimiter, or a value.",
    ),
    "extra-cell": Message(
        "Cellule en trop",
        "Extra cell",
        "La ligne {row} a une cellule de plus que l'en-tête, en colonne {number} : `{cell}`.",
        "Row {row} has a cell beyond the header, in column {number}: `{cell}`.",
        "Retirez-la, ou entourez de guillemets le texte qui contient le séparateur.",
        "Remove it, or put quotes round the text that holds the delimiter.",
    ),
    "required": Message(
        "Valeur obligatoire",
        "Required value",
        "La colonne « {field} » est obligatoire : cette cellule est vide.",
        "The column “{field}” is required: this cell is empty.",
        "Complétez la cellule.",
        "Fill in the cell.",
    ),
    "unique": Message(
        *_KEY,
        "`{cell}` est déjà à la ligne {before} ; la colonne « {field} » n'admet pas de doublon.",
        "`{cell}` is already on row {before}; the column “{field}” does not allow duplicates.",
        "Corrigez ou retirez l'une des deux lignes.",
        "Correct or remove one of the two rows.",
    ),
    "primary-key": Message(
        *_KEY,
        "La clé ({fields}) vaut `{values}`, comme à la ligne {before} : elle doit être différente à chaque ligne.",
        "The key ({fields}) is `{values}`, as on row {before}: it must differ on every row.",
        "Corrigez la clé, ou retirez la ligne en double.",
        "Correct the key, or remove the duplicate row.",
    ),
    "primary-key-empty": Message(
        *_KEY,
        "La clé ({fields}) n'a pas de valeur : chaque ligne doit en avoir une.",
        "The key ({fields}) has no value: every row must have one.",
        "Complétez ces cellules.",
        "Fill in these cells.",
    ),
    "foreign-key": Message(
        *_KEY,
        "La valeur `{values}` ({fields}) ne se trouve pas parmi celles de {target} {resource}.",
        "The value `{values}` ({fields}) is not among those of {target} {resource}.",
        "Corrigez la valeur, ou ajoutez-la à la table à laquelle elle renvoie.",
        "Correct the value, or add it to the table it refers to.",
    ),
    "foreign-key-unreadable": Message(
        *_KEY,
        "La clé étrangère ({fields}) n'a pas été contrôlée : la table « {resource} » ne peut pas être lue.",
        "The foreign key ({fields}) was not checked: the table “{resource}” cannot be read.",
        "Corrigez d'abord cette table.",
        "Correct that table first.",
    ),
    "foreign-key-unchecked": Message(
        *_KEY,
        "La clé étrangère ({fields}) n'a pas été contrôlée : la table « {resource} » n'est pas fournie.",
        "The foreign key ({fields}) was not checked: the table “{resource}” is not given.",
        "Fournissez aussi cette table.",
        "Give that table too.",
    ),
    "unworded": Message("Erreur", "Error", "Erreur `{key}` : `{cell}`.", "Error `{key}`: `{cell}`."),
}

_DOUBTS = {
    "mojibake": Message(
        "Accents abîmés",
        "Garbled accents",
        "La colonne « {field} » a {count} texte(s) aux accents abîmés, le premier à la ligne {row} : `{cell}` pour "
        "`{meant}`. Le texte a été lu dans un mauvais encodage avant l'export.",
        "The column “{field}” has {count} garbled text(s), the first on row {row}: `{cell}` for `{meant}`. The text "
        "was read in the wrong encoding before the export.",
        "Refaites l'export depuis la source, en UTF-8 ; « socle fix » répare le fichier s'il n'y a plus de source.",
        "Export again from the source, in UTF-8; `socle fix` repairs the file where the source is gone.",
    ),
    "swapped-coordinates": Message(
        "Coordonnées inversées",
        "Coordinates swapped",
        "« {longitude} » contient des latitudes et « {latitude} » des longitudes : presque tous les points tombent "
        "hors de France, et y reviennent si l'on échange les deux colonnes.",
        "“{longitude}” holds latitudes and “{latitude}” longitudes: nearly all points fall outside France, and come "
        "back when the two columns are exchanged.",
        "Échangez les deux colonnes.",
        "Exchange the two columns.",
    ),
}

MESSAGES: dict[str, Message] = {**_SCHEMAS, **_HEADERS, **_ROWS, **_DOUBTS}
