"""Tables of the directory service, a module per resource."""

from services.directory.tables.atd import Atd, AtdTerritory, PublishedDataset
from services.directory.tables.collectivites import Collectivite, ReferenceChange, ReferenceImport
from services.directory.tables.contacts import Contact, ContactAccess
from services.directory.tables.kernel import Idempotency, Inbox, Outbox, Table, mapped, metadata
from services.directory.tables.moderation import HistoryEntry, Submission
from services.directory.tables.observatoire import ObservatoireImport, ObservatoireLigne, Publication
from services.directory.tables.software import Editeur, ExportModule, Label, Progiciel, Version
from services.directory.tables.usages import BatchImport, Claim, ImportLine, Usage

__all__ = [
    "Atd",
    "AtdTerritory",
    "BatchImport",
    "Claim",
    "Collectivite",
    "Contact",
    "ContactAccess",
    "Editeur",
    "ExportModule",
    "HistoryEntry",
    "Idempotency",
    "ImportLine",
    "Inbox",
    "Label",
    "ObservatoireImport",
    "ObservatoireLigne",
    "Outbox",
    "Progiciel",
    "Publication",
    "PublishedDataset",
    "ReferenceChange",
    "ReferenceImport",
    "Submission",
    "Table",
    "Usage",
    "Version",
    "mapped",
    "metadata",
]
