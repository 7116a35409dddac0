"""What waits for a moderator, and the history of what changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.directory.tables.kernel import Table
from shared.tables import timestamp


class Submission(Table, table=True):
    """Something that came from outside: nothing of it is public before a moderator says so. No personal data."""

    __tablename__ = "submission"
    __table_args__ = (Index("ix_submission_state_id", "state", "id"),)

    id: UUID = Field(primary_key=True)
    kind: str
    state: str
    # What is proposed, in the form of the API's own body.
    proposal: dict[str, Any] = Field(sa_type=JSONB)
    # The claim that is contested over, for the kind `contestation`.
    claim_id: UUID | None = Field(default=None, index=True)
    submitted_by: str
    submitted_siren: str | None = Field(default=None, index=True)
    submitted_at: datetime = timestamp()
    decided_by: str | None = None
    decided_at: datetime | None = timestamp(nullable=True)
    motif: str
    # Path of what was published.
    published: str | None = None


class HistoryEntry(Table, table=True):
    """One change: who, when, before, after. Rows are only ever added: a trigger refuses any update."""

    __tablename__ = "history_entry"
    __table_args__ = (Index("ix_history_entry_subject", "subject", "subject_id", "id"),)

    id: UUID = Field(primary_key=True)
    subject: str
    subject_id: str
    action: str
    before: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    after: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    role: str
    author: str
    author_siren: str | None = None
    reason: str
    recorded_at: datetime = timestamp()
