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
    catalog_title: str = Field(
        default="Catalogue des données ouvertes des collectivités",
        min_length=1,
        description="Title of the catalogue in its exports (DCAT).",
    )
    catalog_publisher: str = Field(
        default="OpenDataLocale",
        min_length=1,
        description="Who publishes the catalogue, in its exports (DCAT).",
    )
    catalog_harvest_max_pages: int = Field(
        default=5_000, ge=1, le=100_000, description="Pages at most that one harvest reads."
    )
    catalog_harvest_slots: int = Field(
        default=4, ge=1, le=64, description="Sources that one worker process harvests at the same time."
    )
    catalog_harvest_max_attempts: int = Field(
        default=5,
        ge=1,
        le=50,
        description="Attempts at one page before a harvest is given up; each page that is read counts anew.",
    )
    catalog_harvest_keep_days: int = Field(
        default=90, ge=1, le=3650, description="Days that the log of a harvest is kept."
    )
    catalog_host_pause_seconds: float = Field(
        default=0.2,
        ge=0,
        le=60,
        description="Pause of a worker between two requests to the same host, in seconds.",
    )
    catalog_link_slots: int = Field(
        default=16,
        ge=0,
        le=200,
        description="Hosts whose links one worker process checks at once; 0 checks none.",
    )
    catalog_link_max_bytes: int = Field(
        default=10_000_000,
        ge=0,
        description="Largest file downloaded to see whether it changed, where its server does not tell, in bytes.",
    )
