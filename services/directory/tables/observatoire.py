"""The observatory: files brought in, row by row, and what the catalogue publishes over time."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, VARCHAR
from sqlmodel import Field

from services.directory.tables.kernel import Table
from shared.tables import timestamp


class ObservatoireImport(Table, table=True):
    """One file of the observatory that was brought in; of each kind and year the newest is in force."""

    __tablename__ = "observatoire_import"
    __table_args__ = (UniqueConstraint("kind", "year", "checksum"),)

    id: UUID = Field(primary_key=True)
    # `organismes` or `plateformes`
    kind: str
    year: int
    filename: str
    # SHA-256 of the file, in hexadecimal: a file brought in again changes nothing.
    checksum: str
    edition: str
    rows: int
    outcomes: dict[str, int] = Field(sa_type=JSONB)
    in_force: bool
    imported_at: datetime = timestamp()


class ObservatoireLigne(Table, table=True):
    """A row of a file of the observatory, whole and as it was written, and what became of it."""

    __tablename__ = "observatoire_ligne"

    import_id: UUID = Field(primary_key=True, foreign_key="directory.observatoire_import.id")
    number: int = Field(primary_key=True)
    content: dict[str, str] = Field(sa_type=JSONB)
    outcome: str
    reason: str
    reason_en: str
    # That of the reference when the row was matched, else the row's own, cleaned; None when it was refused.
    siren: str | None = Field(default=None, index=True)
    nom: str
    type: str
    code_departement: str
    code_region: str
    datasets: int
    latitude: float | None = None
    longitude: float | None = None
    observed_on: date | None = None


class Publication(Table, table=True):
    """A state of a dataset of the catalogue and when it held: a projection; `until` is empty for the present one."""

    __tablename__ = "publication"
    __table_args__ = (
        Index("ix_publication_siren_since", "siren", "since"),
        Index("uq_publication_present", "dataset_id", unique=True, postgresql_where=text("until IS NULL")),
    )

    dataset_id: UUID = Field(primary_key=True)
    since: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    until: datetime | None = timestamp(nullable=True)
    # That of the event that made it so: an older one that comes late changes nothing.
    revision: int = Field(sa_type=BigInteger)
    siren: str | None = None
    title: str
    # Names of the schemas that its resources declare.
    schemas: list[str] = Field(sa_type=ARRAY(VARCHAR))
    scdl: bool
    conforming: bool
