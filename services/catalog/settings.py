"""Settings of the catalog service."""

from pydantic import Field

from shared.settings import Settings


class CatalogSettings(Settings):
    """What the catalog adds to the common settings."""

    catalog_max_upload_bytes: int = Field(
        default=100_000_000, ge=1, description="Largest resource file accepted by upload, in bytes."
    )
    catalog_max_resources: int = Field(
        default=2_000, ge=1, le=10_000, description="Resources at most in one dataset."
    )
    catalog_max_payload_bytes: int = Field(
        default=50_000_000,
        ge=1_000,
        description="Largest catalogue in RDF or CSV, read whole, in bytes; NDJSON has no limit but that of its lines.",
    )
