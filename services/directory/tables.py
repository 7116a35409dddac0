"""Tables of the directory service."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, VARCHAR
from sqlmodel import Field, SQLModel

from shared.messaging.tables import InboxColumns, OutboxColumns, inbox_due_index, outbox_unsent_index
from shared.tables import IdempotencyColumns, service_registry, timestamp

mapped = service_registry("directory")
metadata = mapped.metadata


class Table(SQLModel, registry=mapped):
    """Root of this service's tables."""


class Outbox(OutboxColumns, Table, table=True):
    """Events to send."""

    __tablename__ = "outbox"
    __table_args__ = (outbox_unsent_index(),)


class Inbox(InboxColumns, Table, table=True):
    """Events received."""

    __tablename__ = "inbox"
    __table_args__ = (inbox_due_index(),)


class Idempotency(IdempotencyColumns, Table, table=True):
    """Requests already answered."""

    __tablename__ = "idempotency"


class Collectivite(Table, table=True):
    """A collectivité or groupement of the reference; a code that does not apply is an empty text."""

    __tablename__ = "collectivite"

    siren: str = Field(primary_key=True, max_length=9)
    type: str
    nom: str
    population: int
    population_base: str
    population_year: int
    code_insee: str = Field(index=True)
    code_departement: str
    code_region: str
    siren_epci: str = Field(index=True)
    codes_postaux: list[str] = Field(sa_type=ARRAY(VARCHAR))
    # [{code, nom, nature}]: merged communes, delegated communes, arrondissements, former départements.
    aliases: list[dict[str, Any]] = Field(sa_type=JSONB)
    created_at: datetime = timestamp()
    modified_at: datetime = timestamp()
    # Left the reference: kept, for what refers to it, but no longer found.
    removed_at: datetime | None = timestamp(nullable=True)


class ReferenceImport(Table, table=True):
    """One edition of the reference that was brought in, and what it changed; the newest is in force."""

    __tablename__ = "reference_import"

    id: UUID = Field(primary_key=True)
    year: int
    revision: int
    created: int
    updated: int
    unchanged: int
    removed: int
    imported_at: datetime = timestamp()


class Editeur(Table, table=True):
    """A vendor of applications."""

    __tablename__ = "editeur"

    siren: str = Field(primary_key=True, max_length=9)
    nom: str
    # The name folded: what is compared and ordered.
    nom_key: str = Field(index=True)
    url: str | None = None
    created_by: str
    created_at: datetime = timestamp()


class Progiciel(Table, table=True):
    """A business application."""

    __tablename__ = "progiciel"
    __table_args__ = (UniqueConstraint("editeur_siren", "nom_key"),)

    id: UUID = Field(primary_key=True)
    editeur_siren: str = Field(foreign_key="directory.editeur.siren")
    nom: str
    nom_key: str = Field(index=True)
    description: str
    url: str | None = None
    created_by: str
    created_at: datetime = timestamp()


class Version(Table, table=True):
    """A version of an application."""

    __tablename__ = "version"
    __table_args__ = (UniqueConstraint("progiciel_id", "number"),)

    id: UUID = Field(primary_key=True)
    progiciel_id: UUID = Field(foreign_key="directory.progiciel.id", ondelete="CASCADE")
    number: str
    released_on: date | None = None
    created_by: str
    created_at: datetime = timestamp()


class ExportModule(Table, table=True):
    """What an application exports in an open format, and on which commercial terms; known by claims."""

    __tablename__ = "export_module"
    __table_args__ = (
        # PostgreSQL keeps 63 characters of a name; the one made by convention is longer.
        UniqueConstraint(
            "progiciel_id", "domaine", "schema_name", "schema_version", name="uq_export_module_schema"
        ),
    )

    id: UUID = Field(primary_key=True)
    progiciel_id: UUID = Field(foreign_key="directory.progiciel.id", ondelete="CASCADE")
    domaine: str = Field(index=True)
    schema_name: str
    schema_version: str
    policy: str
    price_note: str
    available_since: date | None = None
    status: str
    valid_until: date
    created_at: datetime = timestamp()


class Usage(Table, table=True):
    """A collectivité uses an application for a kind of data; known by claims. An unknown version is empty."""

    __tablename__ = "usage"
    __table_args__ = (UniqueConstraint("siren", "progiciel_id", "version", "domaine"),)

    id: UUID = Field(primary_key=True)
    siren: str = Field(foreign_key="directory.collectivite.siren")
    progiciel_id: UUID = Field(foreign_key="directory.progiciel.id", index=True)
    version: str
    domaine: str
    status: str
    valid_until: date
    created_at: datetime = timestamp()


class Claim(Table, table=True):
    """One thing said of a usage or of an export module; rows are only ever added."""

    __tablename__ = "claim"
    __table_args__ = (CheckConstraint("num_nonnulls(usage_id, module_id) = 1", name="one_subject"),)

    id: UUID = Field(primary_key=True)
    usage_id: UUID | None = Field(
        default=None, foreign_key="directory.usage.id", ondelete="CASCADE", index=True
    )
    module_id: UUID | None = Field(
        default=None, foreign_key="directory.export_module.id", ondelete="CASCADE", index=True
    )
    statement: str
    source: str
    source_url: str | None = None
    note: str
    author: str
    author_siren: str | None = None
    stated_on: date
    recorded_at: datetime = timestamp()
