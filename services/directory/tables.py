"""Tables of the directory service."""

from datetime import datetime
from typing import Any
from uuid import UUID

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
