"""What a process of the catalog works with."""

from services.catalog.settings import CatalogSettings
from shared.app import Context

CatalogContext = Context[CatalogSettings]
