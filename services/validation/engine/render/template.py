"""Files to start from: an empty table with the columns of a schema, and an example with one conforming row."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from services.validation.engine.schema import Field, Schema

# Excel accepts a list typed in a validation up to this length; a longer one is put on a sheet of its own.
_LONGEST_LIST = 255
_ROWS_PREPARED = 10_000
_LONGEST_PROMPT = 255
_EXCEL_FORMATS = {
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-ddThh:mm:ss",
    "number": "General",
    "integer": "0",
}


def template_csv(schema: Schema) -> bytes:
    """The header alone, in UTF-8 with commas."""
    return _csv([[field.name for field in schema.fields]])


def example_csv(schema: Schema) -> bytes:
    """The header and one row made of the examples of the fields (empty where the schema gives none)."""
    return _csv([[field.name for field in schema.fields], [example_of(field) for field in schema.fields]])


def example_of(field: Field) -> str:
    """The example of a field as it is written in a cell."""
    example = field.example
    if example is None:
        allowed = choices(field)
        return allowed[0] if allowed and field.required else ""
    if isinstance(example, bool):
        values = choices(field)
        return values[0 if example else -1] if values else str(example).lower()
    if isinstance(example, list):
        return example_text(example[0]) if example else ""
    return example_text(example)


def example_text(value: object) -> str:
    """A JSON value of a descriptor as the text of a cell."""
    return value if isinstance(value, str) else str(value)


def choices(field: Field) -> list[str]:
    """The values that a cell may take, when the schema closes the list; else nothing."""
    enum = field.constraints.get("enum")
    if isinstance(enum, list):
        return [example_text(value) for value in enum]
    if field.type == "boolean":
        return [*_values(field, "trueValues", "true")[:1], *_values(field, "falseValues", "false")[:1]]
    return []


def _values(field: Field, option: str, default: str) -> list[str]:
    given = field.options.get(option)
    return [str(value) for value in given] if isinstance(given, list) and given else [default]


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def template_xlsx(schema: Schema) -> bytes:
    """A workbook to fill: header with the rules as notes, drop-down lists, text columns, and a sheet of rules."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Données")
        _write_data_sheet(book, sheet, schema)
        _write_rules_sheet(book, schema)
        sheet.activate()
    return buffer.getvalue()


def _write_data_sheet(book: Any, sheet: Any, schema: Schema) -> None:
    required = book.add_format({"bold": True, "bg_color": "#000091", "font_color": "#FFFFFF", "border": 1})
    optional = book.add_format({"bold": True, "bg_color": "#E3E3FD", "border": 1})
    lists: list[list[str]] = []
    for column, field in enumerate(schema.fields):
        cell_format = book.add_format({"num_format": _EXCEL_FORMATS.get(field.type, "@")})
        sheet.set_column(column, column, max(12, min(40, len(field.name) + 4)), cell_format)
        sheet.write_string(0, column, field.name, required if field.required else optional)
        if note := " · ".join(part for part in (field.title, rule_of(field)) if part):
            sheet.write_comment(0, column, note, {"x_scale": 2})
        if allowed := choices(field):
            _add_list(sheet, column, allowed, field, lists)
    sheet.freeze_panes(1, 0)
    if lists:
        _write_lists_sheet(book, lists)


def _add_list(sheet: Any, column: int, allowed: list[str], field: Field, lists: list[list[str]]) -> None:
    source: object = allowed
    if len(",".join(allowed)) > _LONGEST_LIST or any("," in value for value in allowed):
        letter = xlsxwriter.utility.xl_col_to_name(len(lists))
        source = f"=Listes!${letter}$1:${letter}${len(allowed)}"
        lists.append(allowed)
    sheet.data_validation(
        1,
        column,
        _ROWS_PREPARED,
        column,
        {
            "validate": "list",
            "source": source,
            "ignore_blank": not field.required,
            "error_title": field.name[:32],
            "error_message": "Choisissez une valeur de la liste.",
        },
    )


def _write_lists_sheet(book: Any, lists: list[list[str]]) -> None:
    sheet = book.add_worksheet("Listes")
    for column, values in enumerate(lists):
        for row, value in enumerate(values):
            sheet.write_string(row, column, value)
    sheet.hide()


def _write_rules_sheet(book: Any, schema: Schema) -> None:
    sheet = book.add_worksheet("Notice")
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 1, 28, wrapped)
    sheet.set_column(2, 2, 90, wrapped)
    sheet.set_column(3, 4, 40, wrapped)
    for column, title in enumerate(("Colonne", "Titre", "Description", "Règle", "Exemple")):
        sheet.write_string(0, column, title, bold)
    for row, field in enumerate(schema.fields, start=1):
        cells = (field.name, field.title, field.description, rule_of(field), example_of(field))
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text, wrapped)
    sheet.freeze_panes(1, 0)


_TYPES = {
    "string": "texte",
    "integer": "nombre entier",
    "number": "nombre",
    "boolean": "oui ou non",
    "date": "date AAAA-MM-JJ",
    "datetime": "date et heure",
    "time": "heure",
    "year": "année",
    "yearmonth": "mois AAAA-MM",
    "geopoint": "coordonnées",
    "geojson": "géométrie GeoJSON",
    "array": "liste JSON",
    "list": "liste",
    "object": "objet JSON",
    "duration": "durée",
    "any": "valeur libre",
}
_CONSTRAINTS = {
    "minimum": "au moins {}",
    "maximum": "au plus {}",
    "minLength": "{} caractères au moins",
    "maxLength": "{} caractères au plus",
    "pattern": "motif {}",
}


def rule_of(field: Field) -> str:
    """The rule of a field in a French phrase, from the facts of the schema."""
    parts = ["obligatoire" if field.required else "facultatif", _TYPES.get(field.type, field.type)]
    for name, words in _CONSTRAINTS.items():
        if name in field.constraints:
            parts.append(words.format(field.constraints[name]))
    if field.constraints.get("unique") is True:
        parts.append("sans doublon")
    if allowed := choices(field):
        listed = ", ".join(f"« {value} »" for value in allowed[:20])
        parts.append(f"parmi {listed}{'…' if len(allowed) > 20 else ''}")
    return ", ".join(parts)
