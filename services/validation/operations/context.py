"""What a process of the validation service works with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields

from services.validation.domain.registry import Registry
from services.validation.engine.child import Limits
from services.validation.migrations import MIGRATIONS
from services.validation.operations.children import ChildPool
from services.validation.operations.label_signing import LabelSigner
from services.validation.operations.registry import LiveRegistry
from services.validation.settings import ValidationSettings
from shared.app import Context, open_context

# Headers read at once by one process, and the processor time that one may take.
READERS = 2
HEADER_SECONDS = 10.0
# Workbooks and large reports written at once by one process.
WRITERS = 2


@dataclass(frozen=True)
class ValidationContext(Context[ValidationSettings]):
    """The common context, the schemas in force, who signs labels, and limited processes.

    `readers` read headers; `writers` write large reports and workbooks.
    """

    schemas: LiveRegistry
    signer: LabelSigner
    readers: ChildPool
    writers: ChildPool

    @property
    def registry(self) -> Registry:
        """Return the schemas in force at this moment."""
        return self.schemas.now


@asynccontextmanager
async def open_validation(settings: ValidationSettings) -> AsyncIterator[ValidationContext]:
    """Open the connections of a process, with the schemas in force; raises `SchemaOutdated`."""
    async with open_context(MIGRATIONS, settings) as common:
        schemas = LiveRegistry(common.db)
        signer = LabelSigner(settings)
        signer.tell()
        # They are started by what first needs them.
        readers = ChildPool(
            READERS, Limits(settings.validation_memory_bytes, HEADER_SECONDS, 2 * HEADER_SECONDS)
        )
        writers = ChildPool.of(settings, WRITERS)
        async with schemas.following(common.listener):
            parts = {field.name: getattr(common, field.name) for field in fields(common)}
            try:
                yield ValidationContext(
                    **parts, schemas=schemas, signer=signer, readers=readers, writers=writers
                )
            finally:
                await readers.close()
                await writers.close()
