"""Reads the lines of a CSV file as spreadsheets write it: encoding, separator and labels found, traps refused.

A line that cannot be taken is given with the reason; what makes the whole file unreadable is raised.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.directory.domain.folding import words

SEPARATORS = ",;\t|"
# What a spreadsheet would run as a formula when the cell is opened again.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOST_COLUMNS = 100
# A longer cell is taken for a quote left open. The csv module's own limit belongs to the whole process.
_LONGEST_CELL = 100_000


class UnreadableFile(ValueError):
    """A file of which no line can be taken; `fr` and `en` say why and what to do."""

    def __init__(self, slug: str, fr: str, en: str) -> None:
        super().__init__(en)
        self.slug = slug
        self.fr = fr
        self.en = en


@dataclass(frozen=True)
class Columns:
    """What a file may hold: every column, and those without which nothing can be said."""

    known: tuple[str, ...]
    needed: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A line of the file: its number (the header is 1) and its values, or why it cannot be taken."""

    number: int
    values: dict[str, str]
    refused: tuple[str, str, str] | None = None


def read_lines(data: bytes, columns: Columns, *, most: int) -> Iterator[Line]:
    """Yield the lines of a file but the empty ones; raises `UnreadableFile`, for more than `most` lines too."""
    text = _decoded(data)
    first = text.split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        labels = _labels(next(reader, []), columns)
        count = 0
        for cells in reader:
            if any(len(cell) > _LONGEST_CELL for cell in cells):
                raise csv.Error(f"field larger than {_LONGEST_CELL} characters")
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > most:
                raise UnreadableFile(
                    "too-many-lines",
                    f"Le fichier compte plus de {most} lignes : découpez-le.",
                    f"The file has more than {most} lines: split it.",
                )
            yield _line(reader.line_num, cells, labels)
    except csv.Error as error:
        raise UnreadableFile(
            "unreadable-csv",
            f"Le CSV est illisible à partir de la ligne {reader.line_num} ({error}) : un guillemet n'y est sans doute "
            "pas fermé.",
            f"The CSV cannot be read from line {reader.line_num} ({error}): a quote is probably left open.",
        ) from error


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif data[:1000].count(0) > len(data[:1000]) // 10:
        # UTF-16 without its mark, or no text at all.
        encodings = ()
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(
        "unreadable-encoding",
        "Ce fichier n'est pas un texte en UTF-8, en Windows-1252 ou en UTF-16 : exportez-le en CSV UTF-8.",
        "This file is not a text in UTF-8, Windows-1252 or UTF-16: export it as UTF-8 CSV.",
    )


def _labels(cells: Sequence[str], columns: Columns) -> list[str]:
    known = {_folded(name): name for name in columns.known}
    listed = ", ".join(columns.known)
    if len(cells) > _MOST_COLUMNS:
        raise UnreadableFile(
            "unknown-columns",
            f"Le fichier a {len(cells)} colonnes ; les colonnes connues sont : {listed}.",
            f"The file has {len(cells)} columns; the known columns are: {listed}.",
        )
    unknown = [cell for cell in cells if _folded(cell) not in known]
    if not cells or unknown:
        named = ", ".join(f"« {cell[:40]} »" for cell in unknown[:10]) or "aucune / none"
        raise UnreadableFile(
            "unknown-columns",
            f"Colonnes inconnues : {named}. La première ligne porte des noms parmi : {listed}.",
            f"Unknown columns: {named}. The first line holds names among: {listed}.",
        )
    labels = [known[_folded(cell)] for cell in cells]
    missing = [name for name in columns.needed if name not in labels]
    if missing or len(set(labels)) < len(labels):
        needed = ", ".join(columns.needed)
        raise UnreadableFile(
            "missing-columns",
            f"Une colonne manque ou se répète : il faut, une fois chacune, {needed}.",
            f"A column is missing or comes twice: each of these is needed, once: {needed}.",
        )
    return labels


def _line(number: int, cells: Sequence[str], labels: Sequence[str]) -> Line:
    values = {name: cell.strip() for name, cell in zip(labels, cells, strict=False)}
    if len(cells) > len(labels):
        return Line(
            number,
            values,
            (
                "too-many-cells",
                f"{len(cells)} cellules pour {len(labels)} colonnes : mettez entre guillemets ce qui contient le "
                "séparateur.",
                f"{len(cells)} cells for {len(labels)} columns: put in quotes what holds the separator.",
            ),
        )
    for name, value in values.items():
        if "\x00" in value:
            return Line(
                number,
                {},
                (
                    "nul-character",
                    f"« {name} » contient le caractère NUL, que rien ne peut enregistrer : retirez-le.",
                    f"`{name}` holds the character NUL, which cannot be stored: remove it.",
                ),
            )
    for name, cell in zip(labels, cells, strict=False):
        if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA):
            return Line(
                number,
                values,
                (
                    "formula-cell",
                    f"« {name} » commence par « {cell.lstrip()[:1]} », qu'un tableur prendrait pour une formule : "
                    "retirez ce signe.",
                    f"`{name}` begins with `{cell.lstrip()[:1]}`, which a spreadsheet would run as a formula: remove "
                    "this sign.",
                ),
            )
    return Line(number, values)


def _folded(label: str) -> str:
    return "".join(words(label))
