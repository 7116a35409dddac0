"""Labels: what they attest, how they stand, all that became of them; and what is known of what they are given to."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Uuid
from sqlmodel import Field

from services.validation.tables.kernel import Table
from shared.tables import timestamp

# A label that has come to its end leaves its place to a new one.
LIVE = text("state NOT IN ('revoque', 'expire')")


class Label(Table, table=True):
    """A label as it stands: the facts last attested (`domain.labels.facts`), and its state."""

    __tablename__ = "label"
    __table_args__ = (
        UniqueConstraint("status_list", "status_index"),
        Index("uq_label_live", "module_id", "schema_name", "major", unique=True, postgresql_where=LIVE),
        Index("ix_label_progiciel", "progiciel_id"),
        Index("ix_label_editeur", "editeur_siren"),
        Index("ix_label_due", "valid_until", postgresql_where=LIVE),
    )

    id: UUID = Field(primary_key=True)
    progiciel_id: UUID
    progiciel_name: str
    version_id: UUID
    progiciel_version: str
    # First number of the version: a new one starts again with a label of its own.
    major: str
    module_id: UUID
    module_name: str
    editeur_siren: str
    editeur_name: str
    schema_name: str
    schema_version: str
    validator_name: str
    validator_version: str
    validation_id: UUID
    input_sha256: str
    rows: int = Field(sa_type=BigInteger)
    coverage: list[dict[str, Any]] = Field(sa_type=JSONB)
    report_sha256: str
    criteria_version: str
    assurance: str
    issued_at: datetime = timestamp()
    valid_from: date
    valid_until: date
    status_list: int
    status_index: int
    # The credential as it was last issued.
    document: bytes = Field(sa_type=LargeBinary)
    jwt: str
    key_id: str
    state: str
    reason_fr: str = ""
    reason_en: str = ""
    # The newer version of the schema that began the months of grace.
    superseded_by: str | None = None
    sequence: int = Field(default=1, sa_type=BigInteger)
    changed_at: datetime = timestamp()


class LabelRun(Table, table=True):
    """A validation that a label rests on: one run, and one file of a vendor, serve one label once."""

    __tablename__ = "label_run"
    __table_args__ = (UniqueConstraint("editeur_siren", "sha256"),)

    validation_id: UUID = Field(primary_key=True)
    label_id: UUID = Field(foreign_key="validation.label.id", ondelete="CASCADE", index=True)
    editeur_siren: str
    sha256: str
    report_sha256: str
    rows: int = Field(sa_type=BigInteger)
    # The vendor's declaration that the software named has produced the file: a claim, kept as it was made.
    declaration: dict[str, Any] = Field(sa_type=JSONB)
    used_at: datetime = timestamp()


class LabelHistory(Table, table=True):
    """One thing that became of a label. Rows are only ever added: triggers refuse any change."""

    __tablename__ = "label_history"

    label_id: UUID = Field(primary_key=True, foreign_key="validation.label.id", ondelete="CASCADE")
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    action: str
    state: str
    assurance: str
    valid_until: date
    reason_fr: str
    reason_en: str
    role: str
    author: str
    # The facts attested, where the action attests any.
    attested: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    recorded_at: datetime = timestamp()


class WithdrawnPlace(Table, table=True):
    """A place in the status lists whose credential is no longer true, and was replaced: its bit stays set for ever."""

    __tablename__ = "label_withdrawn_place"

    status_list: int = Field(primary_key=True)
    status_index: int = Field(primary_key=True)
    label_id: UUID = Field(foreign_key="validation.label.id", index=True)
    withdrawn_at: datetime = timestamp()


class KnownProgiciel(Table, table=True):
    """An application of the directory, as its events tell it."""

    __tablename__ = "known_progiciel"

    id: UUID = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    nom: str
    editeur_siren: str
    editeur_nom: str
    # [{version_id, number}]
    versions: list[dict[str, Any]] = Field(sa_type=JSONB)


class KnownModule(Table, table=True):
    """An export module of the directory, as its events tell it."""

    __tablename__ = "known_module"

    id: UUID = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    progiciel_id: UUID
    domaine: str
    schema_name: str
    schema_version: str
    status: str
    valid_until: date


class KnownUsage(Table, table=True):
    """A usage of the directory, as its events tell it."""

    __tablename__ = "known_usage"
    __table_args__ = (Index("ix_known_usage_progiciel", "progiciel_id"),)

    id: UUID = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    siren: str
    progiciel_id: UUID
    version: str
    domaine: str
    status: str
    valid_until: date


class KnownDataset(Table, table=True):
    """A public dataset of the catalogue, as its events tell it; one that is gone is kept as such."""

    __tablename__ = "known_dataset"
    __table_args__ = (Index("ix_known_dataset_siren", "siren"),)

    id: UUID = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    siren: str | None = None
    # Who wrote it here; None when that is no body, such as a source that is harvested.
    owner_siren: str | None = None
    resources: list[UUID] = Field(default_factory=list, sa_type=ARRAY(Uuid()))
    removed: bool = False
