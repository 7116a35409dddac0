"""Bodies of the labels."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.validation.schemas.labels_public import PublicLabel

State = Literal["valide", "a_renouveler", "suspendu", "revoque", "expire"]
AssuranceCode = Literal["verifie", "confirme"]

_SCHEMA_REFERENCE = r"^[^@\s]+/[^@\s]+@[^@\s]+$"


class RunInput(BaseModel):
    """A validation made by this service, with a key of the vendor."""

    model_config = ConfigDict(extra="forbid")

    validation: UUID = Field(description="Its id.")
    sha256: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 of the file that you have: a file that changed since the validation is refused.",
    )


class DeclarationInput(BaseModel):
    """The vendor's word that the software named has produced the files: kept as a claim, and shown as one."""

    model_config = ConfigDict(extra="forbid")

    produced_by_software: Literal[True] = Field(
        description="The files were produced by the application, in the version and with the module named."
    )
    note: str = Field(default="", max_length=1000, description="How; nothing personal.")


Runs = Annotated[
    list[RunInput],
    Field(
        min_length=1, max_length=10, description="Every one must meet the criteria; the first is attested."
    ),
]


class LabelInput(BaseModel):
    """A label that is asked for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "progiciel_id": "01890a5d-ac96-774b-bcce-b302099a8057",
                    "version_id": "01890a5d-ac96-774b-bcce-b302099a8058",
                    "module_id": "01890a5d-ac96-774b-bcce-b302099a8059",
                    "schema": "scdl/deliberations@2.1.5",
                    "runs": [{"validation": "01890a5d-ac96-774b-bcce-b302099a8060"}],
                    "declaration": {"produced_by_software": True},
                }
            ]
        },
    )

    progiciel_id: UUID = Field(description="The application, of the directory.")
    version_id: UUID = Field(description="Its version, of the directory.")
    module_id: UUID = Field(description="Its export module, of the directory.")
    schema_: str = Field(
        alias="schema", max_length=200, pattern=_SCHEMA_REFERENCE, description="`name@version`."
    )
    runs: Runs
    declaration: DeclarationInput


class RenewalInput(BaseModel):
    """New runs for a label; the software may have a newer version of the same major one."""

    model_config = ConfigDict(extra="forbid")

    version_id: UUID | None = Field(default=None, description="Without it, the version labelled already.")
    schema_: str | None = Field(
        default=None,
        alias="schema",
        max_length=200,
        pattern=_SCHEMA_REFERENCE,
        description="`name@version`, of the same schema; without it, its latest version.",
    )
    runs: Runs
    declaration: DeclarationInput


class ReasonInput(BaseModel):
    """Why; it is public."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=10, max_length=500, description="In French; nothing personal.")
    reason_en: str = Field(default="", max_length=500, description="In English.")


class LabelPage(BaseModel):
    """Labels, the newest first."""

    items: list[PublicLabel]
    next: str | None


class LabelHistoryView(BaseModel):
    """Something that became of a label."""

    sequence: int
    action: str
    state: State
    assurance: AssuranceCode
    valid_until: date
    reason: str
    reason_en: str
    role: Literal["editeur", "moderation", "systeme"]
    attested: dict[str, Any] | None = Field(description="The facts attested, where the action attests any.")
    recorded_at: datetime


class LabelHistoryPage(BaseModel):
    """What became of a label, in order."""

    items: list[LabelHistoryView]
    next: str | None


class CriteriaView(BaseModel):
    """What a label demands."""

    version: str
    published_on: date
    criteria: list[dict[str, str]]
    parameters: dict[str, float]
    assurance: dict[str, dict[str, str]]


class CriteriaVersionsView(BaseModel):
    """The versions of the criteria, the one in force first."""

    items: list[dict[str, str]]
