"""The collectivités, and the editions of the reference they come from."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import ARRAY, JSONB, VARCHAR
from sqlmodel import Field

from services.directory.tables.kernel import Table
from shared.tables import timestamp


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


class ReferenceChange(Table, table=True):
    """The journal of the imports: what an edition made of one body."""

    __tablename__ = "reference_change"

    id: UUID = Field(primary_key=True)
    import_id: UUID = Field(foreign_key="directory.reference_import.id", ondelete="CASCADE", index=True)
    siren: str = Field(index=True)
    kind: str
    nom: str
    former_nom: str | None = None
    # Where a body that is gone is found now.
    into_siren: str | None = None
    fields: list[str] = Field(sa_type=ARRAY(VARCHAR))
