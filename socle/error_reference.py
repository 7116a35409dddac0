"""The reference page of errors: every code, and under it every message with an example, from the catalogue."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from string import Formatter

from services.validation.engine.checks.registry import BUILDERS, validata_type
from services.validation.engine.messages import Message, Wording, catalogue, word
from socle.error_examples import CELLS, PLACE_CELLS, USUAL

_CELLS = {**CELLS, **PLACE_CELLS}
_PLACE_KEYS = ("place-*", "commune-former", "commune-postcode", "commune-name")


class Undocumented(Exception):
    """A message has no example, or belongs to no code."""


@dataclass(frozen=True, slots=True)
class Code:
    """A type of error or warning: what it is about, and the keys of its messages (patterns of file names)."""

    name: str
    fr: str
    en: str
    keys: tuple[str, ...]
    warning: bool = False


_STRUCTURE = (
    Code("schema-error", "Le schéma ne peut pas servir.", "The schema cannot be used.", ("schema-*",)),
    Code("check-error", "Un contrôle demandé par le schéma ne peut pas être fait.",
         "A check that the schema asks for cannot be made.", ("check-*",)),
    Code("source-error", "Le fichier ne peut pas être lu, ou pas en entier.",
         "The file cannot be read, or not wholly.",
         ("source-*", "line-too-long", "unclosed-quote", "quotes-hopeless", "nul-bytes", "*-damaged", "not-a-feature",
          "sheet-absent", "sheet-empty", "sheets-empty", "sheet-too-sparse", "parser-*")),
    Code("encoding-error", "Des caractères ne peuvent pas être lus.", "Some characters cannot be read.",
         ("encoding-unknown", "bytes-damaged")),
    Code("format-error", "Le fichier n'est pas un tableau, ou pas sous une forme admise.",
         "The file is not a table, or not in a form that is accepted.",
         ("title-lines", "not-a-table", "web-page", "encrypted", "zip-*", "unpacked-too-big", "xml-entities",
          "not-features")),
    Code("unmatched-header", "Aucune colonne n'est celle d'un champ.", "No column is that of a field.",
         ("unmatched-header*",)),
    Code("missing-label", "Une colonne obligatoire est absente.", "A required column is missing.",
         ("missing-label*",)),
    Code("blank-label", "Une colonne n'a pas de nom.", "A column has no name.", ("blank-label",)),
    Code("incorrect-label", "Une colonne n'est pas à la place que demande `fieldsMatch`.",
         "A column is not where `fieldsMatch` asks for it.", ("incorrect-label",)),
    Code("duplicate-label", "Deux colonnes ont le même nom.", "Two columns have the same name.",
         ("duplicate-label",)),
)  # fmt: skip
_ROWS = (
    Code("blank-row", "Une ligne est vide.", "A row is empty.", ("blank-row",)),
    Code("missing-cell", "Une ligne est trop courte.", "A row is too short.", ("missing-cell",)),
    Code("extra-cell", "Une ligne est trop longue.", "A row is too long.", ("extra-cell",)),
    Code("type-error", "Une valeur n'est pas du type du champ.", "A value is not of the field's type.",
         ("type-*",)),
    Code("constraint-error", "Une valeur ne respecte pas une contrainte du champ, nommée dans `constraint`.",
         "A value breaks a constraint of the field, named in `constraint`.",
         ("constraint-*", "required", "pattern-too-slow")),
    Code("unique-error", "Une valeur est répétée dans une colonne qui n'admet pas de doublon.",
         "A value is repeated in a column without duplicates.", ("unique",)),
    Code("primary-key", "La clé primaire est vide ou répétée.", "The primary key is empty or repeated.",
         ("primary-key*",)),
    Code("foreign-key", "Une valeur ne se trouve pas dans la table à laquelle elle renvoie.",
         "A value is not in the table it refers to.", ("foreign-key*",)),
)  # fmt: skip
_WARNINGS = (
    Code("absent-label", "Une colonne facultative est absente.", "An optional column is missing.",
         ("absent-label*",), True),
    Code("extra-label", "Une colonne n'est pas dans le schéma : une erreur quand `fieldsMatch` l'exclut.",
         "A column is not in the schema: an error when `fieldsMatch` rules it out.", ("extra-label*",), True),
    Code("disordered-labels", "Les colonnes ne sont pas dans l'ordre du schéma.",
         "Columns are not in the schema's order.", ("disordered-labels",), True),
    Code("encoding-warning", "Le fichier n'est pas en UTF-8.", "The file is not in UTF-8.",
         ("encoding-not-utf8",), True),
    Code("delimiter-warning", "Le séparateur n'est pas la virgule.", "The delimiter is not the comma.",
         ("delimiter-not-comma",), True),
    Code("format-warning", "Le fichier a été lu, mais sa forme peut tromper.",
         "The file was read, but its form may mislead.",
         ("extension-lies", "other-sheets", "merged-cells", "formulas-without-value", "number-in-text"), True),
    Code("mojibake", "Des accents sont abîmés.", "Accents are garbled.", ("mojibake",), True),
    Code("swapped-coordinates", "La latitude et la longitude semblent inversées.",
         "Latitude and longitude look swapped.", ("swapped-coordinates*",), True),
)  # fmt: skip
# Check -> the keys of its messages, where they do not all begin with its name.
_CHECK_KEYS: Mapping[str, tuple[str, ...]] = {
    "cohesive-columns-value": ("cohesive-columns*",),
    "compare-columns-value": ("compare-*", "not-comparable"),
    "sum-columns-value": ("sum-*",),
    "nomenclature-acte": ("acte-*",),
    "year-interval-value": ("year-*",),
    "french-gps-coordinates": ("gps-*",),
    "phone-number-value": ("phone*",),
    "opening-hours-value": ("opening-hours*",),
    "code-postal-commune": ("postcode-commune*",),
    "code-postal": ("code-postal", "code-postal-spelling"),
    "commune": ("commune", "commune-spelling"),
    "code-commune-insee": ("code-commune-insee*", *_PLACE_KEYS),
    "code-departement": ("code-departement*", "place-*"),
    "longitude-l93": ("longitude-l93*", "l93-*"),
    "latitude-l93": ("latitude-l93*", "l93-*"),
}


def codes() -> tuple[Code, ...]:
    """Every code: of the file, of its rows, of the checks that schemas declare, of the warnings."""
    checks = tuple(
        Code(
            name,
            f"Le contrôle `{name}`, demandé par le schéma.",
            f"The check `{name}`, which the schema asks for.",
            _CHECK_KEYS.get(name, (f"{name}*",)),
        )
        for name in BUILDERS
    )
    return (*_STRUCTURE, *_ROWS, *checks, *_WARNINGS)


def keys_of(code: Code) -> list[str]:
    """The keys of the messages of a code, in the order of the catalogue."""
    return [key for key in catalogue() if any(fnmatchcase(key, pattern) for pattern in code.keys)]


def example(key: str) -> tuple[Wording, Wording]:
    """The message of a key with plausible values, in French and in English.

    Raises Undocumented when a placeholder has no value.
    """
    message = catalogue()[key]
    values = _values(key)
    if absent := _placeholders(message) - values.keys():
        raise Undocumented(f"{key} has no example for {sorted(absent)}: see socle/error_examples.py")
    return word(key, values, "fr"), word(key, values, "en")


def _values(key: str) -> dict[str, object]:
    own = _CELLS.get(key)
    if own is None and key.endswith("-fix"):
        base = _CELLS.get(key.removesuffix("-fix"))
        own = (f" {base} ", base) if isinstance(base, str) else base
    if own is None:
        return dict(USUAL)
    if isinstance(own, str):
        return {**USUAL, "cell": own}
    return {**USUAL, "cell": own[0], "fix": own[1]}


def _placeholders(message: Message) -> set[str]:
    texts = (message.title_fr, message.fr, message.fix_fr, message.title_en, message.en, message.fix_en)
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def errors_page() -> str:
    """The page. Raises Undocumented when a message belongs to no code or has no example."""
    known = {key for code in codes() for key in keys_of(code)} | {"unworded"}
    if lost := catalogue().keys() - known:
        raise Undocumented(f"messages of no code: {sorted(lost)}: see socle/error_reference.py")
    intro = (
        "What a report says of a file. `type` is the code below: it keeps its name from one version to the next, "
        "and is the one that frictionless and Validata use where they have it. `key` is finer and names the "
        "sentence. Examples have made-up values. The report itself is described by "
        "[report.schema.json](report.schema.json).\n"
    )
    return "\n".join([f"# Errors\n\n{intro}", *_index(), *(_section(code) for code in codes())])


def _index() -> Iterator[str]:
    yield "| type | | erreur | error |\n| --- | --- | --- | --- |"
    for code in codes():
        level = "warning" if code.warning else "error"
        yield f"| [`{code.name}`](#{code.name}) | {level} | {code.fr} | {code.en} |"
    yield ""


def _section(code: Code) -> str:
    lines = [f"## `{code.name}`\n", f"{code.fr}\n{code.en}"]
    if code.name in BUILDERS and validata_type(code.name) != code.name:
        lines.append(f"In the Validata form: `{validata_type(code.name)}`.")
    lines += ["", "| key | message | message (en) |", "| --- | --- | --- |"]
    for key in keys_of(code):
        fr, en = example(key)
        lines.append(f"| `{key}` | {_cell(fr)} | {_cell(en)} |")
    return "\n".join(lines) + "\n"


def _cell(said: Wording) -> str:
    text = f"**{said.title}.** {said.text} {said.fix}".strip()
    return text.replace("|", "\\|").replace("\n", " ")
