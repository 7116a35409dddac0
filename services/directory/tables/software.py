"""Vendors, their applications, versions and export modules, and the labels they bear."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from services.directory.tables.kernel import Table, never_told_index, revision
from shared.tables import timestamp


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
    modified_at: datetime | None = timestamp(nullable=True)
    # When the vendor itself took charge of its page, with a key bound to its SIREN.
    claimed_at: datetime | None = timestamp(nullable=True)


class Progiciel(Table, table=True):
    """A business application."""

    __tablename__ = "progiciel"
    __table_args__ = (UniqueConstraint("editeur_siren", "nom_key"), never_told_index("progiciel"))

    id: UUID = Field(primary_key=True)
    editeur_siren: str = Field(foreign_key="directory.editeur.siren")
    nom: str
    nom_key: str = Field(index=True)
    description: str
    url: str | None = None
    created_by: str
    created_at: datetime = timestamp()
    modified_at: datetime | None = timestamp(nullable=True)
    revision: int = revision()


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
        never_told_index("export_module"),
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
    modified_at: datetime | None = timestamp(nullable=True)
    revision: int = revision()


class Label(Table, table=True):
    """A label of the validation service, as its events tell it: the newest of them is what is shown."""

    __tablename__ = "label"

    id: UUID = Field(primary_key=True)
    # No foreign key: an event may come before what it names, or after that is gone.
    progiciel_id: UUID = Field(index=True)
    version_id: UUID | None = None
    module_id: UUID | None = Field(default=None, index=True)
    schema_name: str
    schema_version: str
    assurance: str
    state: str
    valid_from: date
    valid_until: date
    verify_url: str
    reason: str
    sequence: int = Field(sa_type=BigInteger)
    occurred_at: datetime = timestamp()
