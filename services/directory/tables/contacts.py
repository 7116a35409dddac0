"""People and mailboxes, with what allows to keep them; kept apart from all that is public."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.directory.tables.kernel import Table
from shared.tables import timestamp


class Contact(Table, table=True):
    """Whom to write to about an organisation. Once erased, nothing personal is left, only the fact."""

    __tablename__ = "contact"

    id: UUID = Field(primary_key=True)
    # The organisation for which it answers.
    siren: str = Field(index=True)
    # What it is about: a usage or a declaration not yet published; NULL: the organisation as a whole.
    usage_id: UUID | None = Field(
        default=None, foreign_key="directory.usage.id", ondelete="CASCADE", index=True
    )
    submission_id: UUID | None = Field(
        default=None, foreign_key="directory.submission.id", ondelete="CASCADE", index=True
    )
    kind: str
    purpose: str
    audience: str
    nom: str | None = None
    fonction: str | None = None
    email: str | None = None
    telephone: str | None = None
    # Finds a person's data without case: the address in lower case.
    email_key: str | None = Field(default=None, index=True)
    consent_on: date | None = None
    consent_how: str | None = None
    consent_text: str | None = None
    created_at: datetime = timestamp(index=True)
    modified_at: datetime = timestamp()
    erased_at: datetime | None = timestamp(nullable=True)


class ContactAccess(Table, table=True):
    """Who did what with a contact, and when: kept when the contact is erased."""

    __tablename__ = "contact_access"

    id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(foreign_key="directory.contact.id", ondelete="CASCADE", index=True)
    action: str
    author: str
    author_siren: str | None = None
    recorded_at: datetime = timestamp()
