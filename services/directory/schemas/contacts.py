"""Contacts and personal data: what is sent, and what is shown to those whom it is for."""

from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.directory.domain.contacts import CONSENT_TEXTS, PRESENT_TEXT, is_email, is_function_mailbox
from services.directory.domain.identifiers import InvalidIdentifier
from services.directory.schemas.fields import PastDate, Siren
from services.directory.schemas.history import PageQuery


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ConsentInput(_Input):
    """That a person agreed: when, by which means, to which text."""

    given_on: PastDate
    how: Literal["formulaire", "courriel", "ecrit"]
    text_version: str = Field(default=PRESENT_TEXT, max_length=20, description="See `/v1/contacts/consent`.")

    @model_validator(mode="after")
    def _known_text(self) -> Self:
        if self.text_version not in CONSENT_TEXTS:
            known = ", ".join(CONSENT_TEXTS)
            raise InvalidIdentifier(
                f"ce texte de consentement n'existe pas : {known}.",
                f"this text of consent does not exist: {known}.",
            )
        return self


class ContactFields(_Input):
    """Whom to write to: a mailbox of a function as a rule; a named person only with consent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "fonction", "email": "opendata@ville.example", "audience": "editeur"}]
        }
    )

    kind: Literal["fonction", "personne"] = "fonction"
    email: str = Field(max_length=254)
    nom: str | None = Field(default=None, min_length=1, max_length=200)
    fonction: str | None = Field(default=None, max_length=200)
    telephone: str | None = Field(default=None, max_length=30, pattern=r"^\+?[0-9 .()\-]{6,29}$")
    audience: Literal["moderation", "editeur"] = Field(
        default="moderation",
        description="Who may read it: the moderators and the organisation itself, or the vendor as well.",
    )
    consent: ConsentInput | None = None

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if not is_email(self.email):
            raise InvalidIdentifier(
                "l'adresse électronique n'est pas bien formée.", "the e-mail address is not well formed."
            )
        if self.kind == "fonction" and (self.nom is not None or not is_function_mailbox(self.email)):
            raise InvalidIdentifier(
                "donnez l'adresse d'une fonction (opendata@, dsi@, mairie@…) sans nom ; pour une personne, "
                "« kind » vaut « personne » et son consentement est joint.",
                "give the mailbox of a function (opendata@, dsi@, mairie@…) without a name; for a person, `kind` is "
                "`personne` and the consent comes with it.",
            )
        if self.kind == "personne" and (self.nom is None or self.consent is None):
            raise InvalidIdentifier(
                "une personne est nommée (« nom ») et a donné son consentement (« consent ») ; sinon, donnez une "
                "adresse de fonction.",
                "a person has a name (`nom`) and has given consent (`consent`); else give the mailbox of a function.",
            )
        return self


class ContactInput(ContactFields):
    """A contact of an organisation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "siren": "212102313",
                    "kind": "personne",
                    "nom": "Camille Exemple",
                    "fonction": "Responsable des données",
                    "email": "camille.exemple@ville.example",
                    "consent": {"given_on": "2026-01-15", "how": "courriel", "text_version": "2026-1"},
                }
            ]
        }
    )

    siren: Siren = Field(description="The organisation for which it answers.")


class PersonInput(_Input):
    """Whose data are meant. In the body, so that no log keeps the address."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "camille.exemple@ville.example"}]})

    email: str = Field(min_length=3, max_length=254)


class ContactQuery(PageQuery):
    """Which contacts are wanted."""

    siren: Siren | None = Field(default=None, description="The organisation; a moderator may leave it out.")


class ConsentView(BaseModel):
    """That a person agreed."""

    given_on: date
    how: str
    text_version: str
    text: str


class ContactSummary(BaseModel):
    """A contact without anything personal."""

    id: UUID
    siren: str
    kind: str
    purpose: str
    purpose_label: str
    audience: str
    usage: str | None
    created_at: datetime
    modified_at: datetime
    erased_at: datetime | None = Field(description="When all that is personal was erased, if it was.")
    self: str


class ContactView(ContactSummary):
    """A contact, for those whom it is for; each reading is recorded."""

    nom: str | None
    fonction: str | None
    email: str | None
    telephone: str | None
    consent: ConsentView | None


class ContactPage(BaseModel):
    """A page of contacts, without anything personal."""

    items: list[ContactSummary]
    next: str | None


class AccessView(BaseModel):
    """Somebody read, changed, exported or erased a contact."""

    id: UUID
    action: str
    author: str
    author_siren: str | None
    recorded_at: datetime


class AccessPage(BaseModel):
    """A page of accesses, oldest first."""

    items: list[AccessView]
    next: str | None


class PersonExport(BaseModel):
    """All that is kept of a person, and who read it."""

    class Entry(BaseModel):
        """One contact, with who did what with it."""

        contact: ContactView
        accesses: list[AccessView]

    exported_at: datetime
    contacts: list[Entry]


class Erased(BaseModel):
    """How many contacts were erased."""

    erased: int


class ConsentText(BaseModel):
    """The text to show to a person before her consent is asked."""

    version: str
    text: str
    text_en: str
    purposes: dict[str, str]
