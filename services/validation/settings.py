"""Settings of the validation service."""

from pathlib import Path

from pydantic import Field, SecretStr

from shared.settings import RATE, Settings


class ValidationSettings(Settings):
    """What the validation service adds to the common settings."""

    validation_registry_url: str = Field(
        default="https://schema.data.gouv.fr/schemas.json",
        pattern=r"^https?://",
        description="Index of the national registry of schemas, read by `socle schemas sync`.",
    )
    validation_registry_sync_hours: float = Field(
        default=0,
        ge=0,
        le=720,
        description="Hours between two synchronisations made by the worker; 0: none, `socle schemas sync` does them.",
    )
    validation_schedules_per_owner: int = Field(
        default=1_000, ge=1, le=100_000, description="Scheduled validations that one owner may have."
    )

    validation_max_upload_bytes: int = Field(
        default=500_000_000, ge=1, description="Largest file accepted, uploaded or fetched, in bytes."
    )
    validation_rate_anonymous: str = Field(
        default="60/minute",
        pattern=RATE,
        description="Validations that one address may ask without an API key.",
    )
    validation_rate_key: str = Field(
        default="1200/minute", pattern=RATE, description="Validations that one API key may ask."
    )
    validation_processes: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Files validated at the same time by one worker, each in its own process.",
    )
    validation_memory_bytes: int = Field(
        default=2_000_000_000,
        ge=200_000_000,
        description="Memory that the process of one validation may use, in bytes.",
    )
    validation_cpu_seconds: int = Field(
        default=300, ge=1, description="Processor time that one validation may use, in seconds."
    )
    validation_wall_seconds: int = Field(
        default=600, ge=1, description="Longest time one validation may last, in seconds."
    )
    validation_lease_seconds: float = Field(
        default=15,
        ge=0.2,
        description="Time after which a validation whose worker is gone is taken by another, in seconds.",
    )
    validation_max_attempts: int = Field(
        default=3, ge=1, le=20, description="Attempts at one validation before it is given up."
    )
    validation_keep_upload_days: int = Field(
        default=7, ge=0, le=3650, description="Days that uploaded files are kept; their reports stay."
    )
    validation_awaiting_hours: float = Field(
        default=24,
        gt=0,
        le=720,
        description="Hours that a validation waits for a content announced and sent apart, then fails.",
    )
    validation_max_files: int = Field(
        default=20, ge=1, le=200, description="Files accepted in one package, validated together."
    )
    validation_progress_seconds: float = Field(
        default=0.5,
        ge=0.01,
        le=60,
        description="Time between two notes of how far a validation is, in seconds.",
    )
    validation_heartbeat_seconds: float = Field(
        default=15,
        ge=0.01,
        le=300,
        description="Time between two signs of life on a stream of events, in seconds.",
    )
    validation_max_wait_seconds: int = Field(
        default=30,
        ge=0,
        le=300,
        description="Longest wait that a client may ask by `Prefer: wait=N`, in seconds.",
    )
    validation_samples: int = Field(
        default=100,
        ge=1,
        le=100_000,
        description="Errors kept in a report for each field and kind; all are counted.",
    )
    validation_signing_keys_file: Path | None = Field(
        default=None,
        description="File of the keys that sign labels, made by `socle keys signing new`; only its owner may read it "
        "(mode 0600). Without keys no label is granted, and everything else works.",
    )
    validation_signing_keys: SecretStr | None = Field(
        default=None,
        description="The content of that file, where secrets come by the environment; the file goes first.",
    )
    validation_issuer_name: str = Field(
        default="OpenDataLocale",
        min_length=1,
        max_length=200,
        description="Name of who grants labels, as their credentials show it.",
    )
