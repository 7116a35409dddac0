"""The territorial data facilitators, whom they support, and the published datasets by which this shows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.dialects.postgresql import ARRAY, VARCHAR
from sqlmodel import Field

from services.directory.tables.kernel import Table
from shared.tables import timestamp


class Atd(Table, table=True):
    """A territorial data facilitator (animateur territorial de la donnée) and its offer in six sections."""

    __tablename__ = "atd"

    id: UUID = Field(primary_key=True)
    siren: str = Field(unique=True, max_length=9)
    nom: str
    nom_key: str = Field(index=True)
    echelle: str = Field(index=True)
    url: str | None = None
    email: str | None = None
    contexte: str
    objectifs: str
    alliances: str
    beneficiaires: str
    dispositifs: str
    resultats_attendus: str
    created_by: str
    created_at: datetime = timestamp()
    modified_at: datetime | None = timestamp(nullable=True)


class AtdTerritory(Table, table=True):
    """Whom a facilitator supports: one body, the members of a grouping, a département or a région."""

    __tablename__ = "atd_territory"

    atd_id: UUID = Field(primary_key=True, foreign_key="directory.atd.id", ondelete="CASCADE")
    kind: str = Field(primary_key=True)
    code: str = Field(primary_key=True, index=True)


class PublishedDataset(Table, table=True):
    """A dataset of the catalog, as its events tell it: whose it is, its themes, how often it is reused."""

    __tablename__ = "published_dataset"

    id: UUID = Field(primary_key=True)
    siren: str | None = Field(default=None, index=True)
    themes: list[str] = Field(sa_type=ARRAY(VARCHAR))
    schemas: list[str] = Field(sa_type=ARRAY(VARCHAR))
    reuses: int
    # Grows at each change of the dataset: an older event that comes late changes nothing.
    revision: int = Field(sa_type=BigInteger)
    removed: bool
    published_at: datetime = timestamp()
