"""Tables that every service has in its own schema, declared once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

# Names given to constraints and indexes, so that migrations can name them on every server.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def service_registry(schema: str) -> registry:
    """Return the mapper registry of one service; its metadata holds that service's tables only."""
    return registry(metadata=MetaData(schema=schema, naming_convention=NAMING))


def timestamp(*, nullable: bool = False, index: bool = False) -> Any:
    """Return the field of a moment: `timestamptz`, in UTC."""
    return Field(
        default=None if nullable else ...,
        sa_type=DateTime(timezone=True),
        nullable=nullable,
        index=index,
    )


class IdempotencyColumns(SQLModel):
    """A request that created something, by caller and `Idempotency-Key`."""

    caller: str = Field(primary_key=True)
    key: str = Field(primary_key=True, max_length=255)
    fingerprint: str
    resource_id: UUID
    created_at: datetime = timestamp(index=True)
