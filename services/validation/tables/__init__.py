"""Tables of the validation service, a module per resource."""

from services.validation.tables.kernel import (
    Change,
    Idempotency,
    Inbox,
    Outbox,
    Table,
    WebhookDelivery,
    WebhookSubscription,
    mapped,
    metadata,
)
from services.validation.tables.labels import (
    KnownDataset,
    KnownModule,
    KnownProgiciel,
    KnownUsage,
    Label,
    LabelHistory,
    LabelRun,
    WithdrawnPlace,
)
from services.validation.tables.validations import (
    Descriptor,
    Report,
    Schedule,
    ScheduleRun,
    SchemaSync,
    SchemaVersion,
    Validation,
)

__all__ = [
    "Change",
    "Descriptor",
    "Idempotency",
    "Inbox",
    "KnownDataset",
    "KnownModule",
    "KnownProgiciel",
    "KnownUsage",
    "Label",
    "LabelHistory",
    "LabelRun",
    "Outbox",
    "Report",
    "Schedule",
    "ScheduleRun",
    "SchemaSync",
    "SchemaVersion",
    "Table",
    "Validation",
    "WebhookDelivery",
    "WebhookSubscription",
    "WithdrawnPlace",
    "mapped",
    "metadata",
]
