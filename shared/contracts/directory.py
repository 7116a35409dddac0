"""Events sent by the directory: each tells the whole of an entry as it is now, so that the newest one is enough."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.messaging.events import Event

ClaimStatus = Literal["declare", "confirme", "conteste", "perime"]


class ProgicielVersion(BaseModel):
    """A version of an application."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version_id: UUID
    number: str


class ProgicielChanged(Event):
    """An application is listed, or something of it changed: its name, its vendor's, its versions."""

    type: ClassVar[str] = "directory.progiciel.changed.v1"

    progiciel_id: UUID
    revision: int = Field(
        description="Grows at each event of this entry; an older one that comes late is nothing."
    )
    nom: str
    editeur_siren: str
    editeur_nom: str
    versions: tuple[ProgicielVersion, ...] = ()


class ExportModuleChanged(Event):
    """An export module is declared, or what is known of it changed."""

    type: ClassVar[str] = "directory.export_module.changed.v1"

    module_id: UUID
    revision: int = Field(
        description="Grows at each event of this entry; an older one that comes late is nothing."
    )
    progiciel_id: UUID
    domaine: str
    schema_name: str
    schema_version: str = Field(description="Empty when the module follows no version in particular.")
    status: ClaimStatus
    valid_until: date = Field(description="Last day of this status; it is out of date afterwards.")


class UsageChanged(Event):
    """A usage of an application by a collectivité is declared, or what is known of it changed."""

    type: ClassVar[str] = "directory.usage.changed.v1"

    usage_id: UUID
    revision: int = Field(
        description="Grows at each event of this entry; an older one that comes late is nothing."
    )
    siren: str = Field(description="The collectivité.")
    progiciel_id: UUID
    version: str = Field(description="Empty when it is not known.")
    domaine: str
    status: ClaimStatus
    valid_until: date = Field(description="Last day of this status; it is out of date afterwards.")
