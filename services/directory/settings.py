"""Settings of the directory service."""

from pydantic import Field

from shared.settings import RATE, Settings


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
    directory_use_seconds: float = Field(
        default=5,
        ge=0,
        le=3600,
        description="Oldest picture of who uses what that search facets and the demand are counted on; while it is "
        "made anew, the one before still answers.",
    )
    directory_reference_auto: bool = Field(
        default=True,
        description="Whether a newer edition of the reference is brought in by itself; else a moderator looks at "
        "what it changes and brings it in.",
    )
    directory_declarations_rate: str = Field(
        default="20/hour",
        pattern=RATE,
        description="Declarations of usages accepted from one address or key: `<count>/<second|minute|hour|day>`.",
    )
    directory_contact_keep_days: int = Field(
        default=1095,
        ge=1,
        le=3650,
        description="Days after which a contact that nobody confirmed anew is erased.",
    )
    directory_max_import_bytes: int = Field(
        default=5_000_000, ge=1_000, description="Largest CSV file that may be brought in, in bytes."
    )
    directory_max_import_lines: int = Field(
        default=5_000, ge=1, le=100_000, description="Most lines of a CSV file that may be brought in."
    )
    directory_import_slots: int = Field(
        default=1, ge=1, le=20, description="CSV files that one worker brings in at the same time."
    )
