"""Events sent by the catalog."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.messaging.events import Event


class ResourceRegistered(Event):
    """A resource whose conformity is to be known: new, or its file or schema changed."""

    type: ClassVar[str] = "catalog.resource.registered.v1"

    dataset_id: UUID
    resource_id: UUID
    revision: int = Field(
        description="Grows at each change of the file or schema; it comes back with the verdict."
    )
    filename: str = Field(description="A label only, never a path.")
    url: str | None = Field(
        default=None, description="Where the file is published, when it was not uploaded."
    )
    storage_key: str | None = Field(
        default=None, description="Where the uploaded file lies in the common storage."
    )
    schema_name: str = Field(description="Name of the Table Schema, such as `scdl/deliberations`.")
    schema_version: str | None = Field(default=None, description="Exact version; None is the latest one.")
    schema_url: str | None = Field(default=None, description="Address of a schema that is not known by name.")


class ResourceUndeclared(Event):
    """A table that declares no schema: which ones suit it is asked."""

    type: ClassVar[str] = "catalog.resource.undeclared.v1"

    resource_id: UUID
    revision: int = Field(
        description="Grows at each change of the file or schema; it comes back with the answer."
    )
    filename: str = Field(description="A label only, never a path.")
    storage_key: str = Field(
        description="Where the file, or the beginning of it, lies in the common storage."
    )


class DatasetPublished(Event):
    """A dataset is public, as it is now: sent when it is first shown and at each change of a member below."""

    type: ClassVar[str] = "catalog.dataset.published.v1"

    dataset_id: UUID
    revision: int = Field(description="Grows at each change of the dataset; the greatest one is in force.")
    organization_siren: str | None = Field(description="SIREN of the body that publishes, when it is known.")
    owner_siren: str | None = Field(
        default=None,
        description="SIREN of the body whose key wrote it in the catalog, when the key is bound to one.",
    )
    themes: tuple[str, ...] = Field(default=(), description="Codes of its themes.")
    schemas: tuple[str, ...] = Field(
        default=(), description="Names of the Table Schemas that its files follow."
    )
    resources: tuple[UUID, ...] = Field(
        default=(),
        description="Its files that declare a schema; each was told by `catalog.resource.registered`.",
    )
    reuses: int = Field(default=0, ge=0, description="Number of reuses that are known.")
    published_at: datetime = Field(description="When it was first shown.")
    title: str = Field(default="", description="Its title.")
    conforming: bool | None = Field(
        default=None,
        description="Whether every file that declares a schema was found conformant; None when one has no verdict.",
    )
    changed_at: datetime | None = Field(
        default=None, description="When it became what is told here; the moment of first showing at first."
    )


class DatasetRemoved(Event):
    """A dataset is no longer shown."""

    type: ClassVar[str] = "catalog.dataset.removed.v1"

    dataset_id: UUID
    revision: int = Field(description="Greater than that of every event of this dataset before.")
    removed_at: datetime
