"""Settings of the directory service."""

from pydantic import Field

from shared.settings import Settings


class DirectorySettings(Settings):
    """What the directory adds to the common settings."""

    directory_refresh_seconds: float = Field(
        default=30,
        gt=0,
        le=3600,
        description="Longest time before a process notices a new edition of the reference on its own; "
        "it is told at once as a rule.",
    )
    directory_start_wait_seconds: float = Field(
        default=10,
        ge=0,
        le=60,
        description="Longest wait of a request for the search index of a process that has just started.",
    )
