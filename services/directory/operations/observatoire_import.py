"""Brings a file of the observatory in: every row is kept, matched to the reference, or said why not."""

import asyncio
import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.directory.domain.rapprochement import MATCHED, Match, Matcher, Outcome
from services.directory.store import collectivites as reference_store
from services.directory.store import observatoire as store
from services.directory.tables import ObservatoireImport, ObservatoireLigne
from shared.clock import now
from shared.db import Database
from shared.ids import new_id
from shared.observability.logging import get_logger

logger = get_logger(__name__)

ORGANISMES = ("siren", "nom", "type")
PLATEFORMES = ("nom", "type", "url", "porteur")
LONGEST_CELL = 10_000
NO_MATCH = ("", "")


class UnreadableFile(ValueError):
    """A file that is not one of the observatory's; `fr` and `en` say why."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.fr = fr
        self.en = en


@dataclass(frozen=True)
class Imported:
    """What an import did: its id, and whether this very file had been brought in before."""

    id: UUID
    known: bool


async def import_file(db: Database, kind: str, year: int, filename: str, data: bytes) -> Imported:
    """Bring in a file (`organismes` or `plateformes`) of a year; the same file again changes nothing.

    Another file of the same kind and year takes its place; the rows of the one before stay readable. Raises
    `UnreadableFile`, with nothing written.
    """
    checksum = hashlib.sha256(data).hexdigest()
    rows = read_rows(data, ORGANISMES if kind == "organismes" else PLATEFORMES)
    async with db.transaction() as session:
        known = await store.find_import(session, kind, year, checksum)
        if known is not None:
            await store.put_in_force(session, kind, year, known)
            return Imported(known, known=True)
    edition = await reference_store.edition_in_force(db)
    if edition is None:
        raise UnreadableFile(
            "Le référentiel des collectivités n'est pas encore chargé : lancez « socle work directory » une fois.",
            "The reference of collectivités is not loaded yet: run `socle work directory` once.",
        )
    bodies = await reference_store.every_collectivite(db)
    import_id = new_id()
    lines = await asyncio.to_thread(_lines, import_id, kind, rows, Matcher(bodies))
    async with db.transaction() as session:
        await store.hold_imports(session)
        held = await store.find_import(session, kind, year, checksum)
        if held is None:
            await store.add_import(
                session,
                ObservatoireImport(
                    id=import_id,
                    kind=kind,
                    year=year,
                    filename=filename[:200],
                    checksum=checksum,
                    edition=str(edition),
                    rows=len(rows),
                    outcomes=dict(Counter(line.outcome for line in lines)),
                    in_force=False,
                    imported_at=now(),
                ),
                lines,
            )
        await store.put_in_force(session, kind, year, held or import_id)
    logger.info("observatory file imported", kind=kind, year=year, rows=len(rows), known=held is not None)
    return Imported(held or import_id, held is not None)


def read_rows(data: bytes, required: Iterable[str]) -> list[dict[str, str]]:
    """Return the rows of a CSV in UTF-8 (with or without BOM); raises `UnreadableFile`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            "Le fichier n'est pas en UTF-8 : réenregistrez-le ainsi.",
            "The file is not UTF-8: save it again as such.",
        ) from error
    if "\x00" in text:
        raise UnreadableFile("Le fichier contient le caractère NUL.", "The file holds the character NUL.")
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        missing = [name for name in required if name not in (reader.fieldnames or ())]
        if missing:
            raise UnreadableFile(
                f"Colonnes absentes : {', '.join(missing)}.", f"Missing columns: {', '.join(missing)}."
            )
        return [_whole(row) for row in reader]
    except csv.Error as error:
        raise UnreadableFile(
            f"Le CSV est illisible ({error}).", f"The CSV cannot be read ({error})."
        ) from error


def _whole(row: Mapping[Any, Any]) -> dict[str, str]:
    # `None` is the key of the cells beyond the heading: kept too.
    return {
        (name or "…"): (" ".join(value) if isinstance(value, list) else value or "")[:LONGEST_CELL]
        for name, value in row.items()
    }


def _lines(
    import_id: UUID, kind: str, rows: list[dict[str, str]], matcher: Matcher
) -> list[ObservatoireLigne]:
    make = _organisme if kind == "organismes" else _plateforme
    return [make(import_id, number, row, matcher) for number, row in enumerate(rows, 2)]


def _organisme(import_id: UUID, number: int, row: dict[str, str], matcher: Matcher) -> ObservatoireLigne:
    departement = row.get("Département", "").strip()
    match = matcher.match(row["siren"], row["nom"], row["type"].strip(), departement)
    latitude, longitude = _place(row.get("lat", ""), row.get("long", ""))
    return _line(
        import_id,
        number,
        row,
        match,
        code_departement=departement,
        code_region=row.get("regcode", "").rpartition("-")[2],
        datasets=max(_number(row.get("nb-ptf", "")), _number(row.get("nb-datagouv", ""))),
        latitude=latitude,
        longitude=longitude,
        observed_on=_day(row.get("TimeStamp", "")),
    )


def _plateforme(import_id: UUID, number: int, row: dict[str, str], _matcher: Matcher) -> ObservatoireLigne:
    match = Match(
        Outcome.OUTSIDE,
        None,
        "Plateforme : le fichier ne donne pas de SIREN.",
        "Platform: the file gives no SIREN.",
    )
    return _line(import_id, number, row, match)


def _line(import_id: UUID, number: int, row: dict[str, str], match: Match, **more: Any) -> ObservatoireLigne:
    values = {"code_departement": "", "code_region": "", "datasets": 0, **more}
    return ObservatoireLigne(
        import_id=import_id,
        number=number,
        content=row,
        outcome=match.outcome.value,
        reason=match.fr,
        reason_en=match.en,
        siren=match.siren,
        nom=row["nom"].strip(),
        type=row["type"].strip(),
        **values,
    )


def _number(text: str) -> int:
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 8 else 0


def _place(latitude: str, longitude: str) -> tuple[float | None, float | None]:
    try:
        north, east = float(latitude), float(longitude)
    except ValueError:
        return None, None
    inside = -90 <= north <= 90 and -180 <= east <= 180 and (north, east) != (0, 0)
    return (north, east) if inside else (None, None)


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text.strip(), "%d/%m/%Y %I:%M%p").date()  # noqa: DTZ007 — a day, in France
    except ValueError:
        return None


def is_matched(outcome: str) -> bool:
    """Tell whether a row of this outcome is about a body of the reference."""
    return Outcome(outcome) in MATCHED
