"""The SCDL catalogue as a CSV file (catalogue 0.1.3): a row is a dataset, whose files are not listed, only counted."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from services.catalog.domain.payloads.reading import (
    PayloadRefused,
    day,
    integer,
    moment,
    siren,
    siret,
    tags,
    text,
    url,
)
from services.catalog.domain.record import DESCRIPTION_LENGTH, TITLE_LENGTH, Organization, Record, Resource
from services.catalog.domain.vocabularies import frequencies, licenses, territories
from services.catalog.domain.vocabularies.formats import format_of
from services.catalog.domain.vocabularies.themes import themes_of

COLUMNS = (
    "COLL_NOM",
    "COLL_SIRET",
    "ID",
    "TITRE",
    "DESCRIPTION",
    "THEME",
    "PRODUCTEUR_NOM",
    "PRODUCTEUR_SIRET",
    "COUV_SPAT_MAILLE",
    "COUV_SPAT_NOM",
    "COUV_TEMP_DEBUT",
    "COUV_TEMP_FIN",
    "DATE_PUBL",
    "FREQ_MAJ",
    "DATE_MAJ",
    "MOTS_CLES",
    "LICENCE",
    "NOMBRE_RESSOURCES",
    "FORMAT_RESSOURCES",
    "URL",
)
# Without these a row names no dataset.
_NEEDED = ("ID", "TITRE")
_DELIMITERS = ",;\t|"
_LONGEST_CELL = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file by its number (the header is 1), as a record or as why it is none."""

    number: int
    record: Record | None = None
    refused: PayloadRefused | None = None


def read(data: bytes) -> Iterator[Row]:
    """Yield each row of the file; raises `PayloadRefused` when the file is no SCDL catalogue at all."""
    lines = decoded(data)
    first = lines.partition("\n")[0]
    # The names of columns hold no delimiter, so that the header alone tells which one is meant.
    delimiter = max(_DELIMITERS, key=first.count)
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(StringIO(lines, newline=""), delimiter=delimiter)
    header = [cell.strip().upper() for cell in next(reader, [])]
    if missing := [column for column in _NEEDED if column not in header]:
        raise PayloadRefused(
            f"ce n'est pas un catalogue SCDL : il manque la colonne {', '.join(missing)}",
            f"This is no SCDL catalogue: the column {', '.join(missing)} is missing",
        )
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(
                reader.line_num,
                refused=PayloadRefused(f"ligne illisible ({error})", f"Unreadable row ({error})"),
            )
            continue
        if any(cell.strip() for cell in cells):
            yield _row(reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=False)))


def decoded(data: bytes) -> str:
    """Return the text of a CSV file: UTF-8 or UTF-16 when marked, UTF-8 when it is, else Windows-1252."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace").replace("\x00", "")
    try:
        found = data.decode("utf-8")
    except UnicodeDecodeError:
        found = data.decode("cp1252", "replace")
    return found.replace("\x00", "")


def _row(number: int, row: dict[str, str]) -> Row:
    if missing := [column for column in _NEEDED if not row.get(column)]:
        names = ", ".join(missing)
        return Row(
            number, refused=PayloadRefused(f"la colonne {names} est vide", f"The column {names} is empty")
        )
    return Row(number, _record(row))


def _record(row: dict[str, str]) -> Record:
    keywords = tags(row.get("MOTS_CLES", "").replace(",", ";").split(";"))
    siret_of_producer = row.get("PRODUCTEUR_SIRET") or row.get("COLL_SIRET")
    producer = text(row.get("PRODUCTEUR_NOM"), TITLE_LENGTH) or text(row.get("COLL_NOM"), TITLE_LENGTH)
    place = text(row.get("COUV_SPAT_NOM"), 350)
    licence = row.get("LICENCE")
    return Record(
        title=row["TITRE"][:TITLE_LENGTH],
        description=text(row.get("DESCRIPTION"), DESCRIPTION_LENGTH) or "",
        remote_id=text(row["ID"]),
        uri=url(row["ID"]),
        tags=keywords,
        themes=themes_of([row.get("THEME", ""), *keywords]),
        license=licenses.SCDL.get(licence or "") or licenses.license_of(licence),
        frequency=frequencies.SCDL.get(row.get("FREQ_MAJ", ""))
        or frequencies.frequency_of(row.get("FREQ_MAJ")),
        temporal_start=day(row.get("COUV_TEMP_DEBUT")),
        temporal_end=day(row.get("COUV_TEMP_FIN"), end=True),
        granularity=territories.granularity_of(row.get("COUV_SPAT_MAILLE")),
        zones=_zones(row.get("COUV_SPAT_MAILLE"), siren(row.get("COLL_SIRET"))),
        organization=Organization(producer, siren(siret_of_producer), siret(siret_of_producer))
        if producer
        else None,
        landing_page=url(row.get("URL")),
        created=moment(row.get("DATE_PUBL")),
        modified=moment(row.get("DATE_MAJ")),
        extras=_extras(row, place),
        resources=_resources(row),
    )


def _zones(level: str | None, siren_of_body: str | None) -> tuple[str, ...]:
    """An intercommunal body is named by its SIREN; the SIREN of a commune holds no INSEE code that could be trusted."""
    found = (
        territories.zone_of(f"fr:epci:{siren_of_body}")
        if level == "Intercommunale" and siren_of_body
        else None
    )
    return (found,) if found else ()


def _extras(row: dict[str, str], place: str | None) -> dict[str, str | int]:
    found = {
        "scdl:collectivite_nom": text(row.get("COLL_NOM"), TITLE_LENGTH),
        "scdl:collectivite_siret": text(row.get("COLL_SIRET"), 20),
        "scdl:theme": text(row.get("THEME"), 350),
        "scdl:couverture_nom": place,
        "scdl:nombre_ressources": integer(row.get("NOMBRE_RESSOURCES")),
    }
    return {name: value for name, value in found.items() if value is not None}


def _resources(row: dict[str, str]) -> tuple[Resource, ...]:
    """The file tells the formats of the resources but not their addresses: one page leads to them all."""
    address = url(row.get("URL"))
    if address is None:
        return ()
    formats = [format_of(word) for word in row.get("FORMAT_RESSOURCES", "").replace(",", ";").split(";")]
    known = [item for item in dict.fromkeys(formats) if item]
    page = Resource(
        title="Page du jeu de données",
        url=address,
        type="documentation",
        format="html",
        extras={"scdl:formats": known} if known else {},
    )
    return (page,)
