"""Events sent by the catalog."""

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
