"""What a label says: the facts that its credential attests for good, and its state, which changes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID


class LabelState(StrEnum):
    """The state of a label; the codes are those of the events (`shared.contracts.validation.LabelEvent`)."""

    VALIDE = "valide"
    A_RENOUVELER = "a_renouveler"
    SUSPENDU = "suspendu"
    REVOQUE = "revoque"
    EXPIRE = "expire"

    @property
    def fr(self) -> str:
        """Return the state in French."""
        return _STATES[self][0]

    @property
    def en(self) -> str:
        """Return the state in English."""
        return _STATES[self][1]

    @property
    def in_force(self) -> bool:
        """Tell whether the label may be relied on."""
        return self in (LabelState.VALIDE, LabelState.A_RENOUVELER)


_STATES = {
    LabelState.VALIDE: ("valide", "valid"),
    LabelState.A_RENOUVELER: ("à renouveler", "to be renewed"),
    LabelState.SUSPENDU: ("suspendu", "suspended"),
    LabelState.REVOQUE: ("révoqué", "revoked"),
    LabelState.EXPIRE: ("expiré", "expired"),
}


class Assurance(StrEnum):
    """How far conformity is established; a label exists from `verifie` up."""

    VERIFIE = "verifie"
    CONFIRME = "confirme"

    @property
    def fr(self) -> str:
        """Return the assurance in French."""
        return _ASSURANCES[self][0]

    @property
    def en(self) -> str:
        """Return the assurance in English."""
        return _ASSURANCES[self][1]


_ASSURANCES = {
    Assurance.VERIFIE: ("vérifié", "verified"),
    Assurance.CONFIRME: ("confirmé", "confirmed"),
}


@dataclass(frozen=True, slots=True)
class FieldCoverage:
    """How many rows of the file validated have a value in a field of the schema."""

    name: str
    required: bool
    filled: int


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """All that a credential attests. Digests are SHA-256 in hexadecimal; days are in UTC, `valid_until` included."""

    label_id: UUID
    progiciel_id: UUID
    progiciel_name: str
    progiciel_version: str
    module_id: UUID | None
    module_name: str
    editeur_siren: str
    editeur_name: str
    schema_name: str
    schema_version: str
    validator_name: str
    validator_version: str
    validation_id: UUID
    input_sha256: str
    rows: int
    coverage: tuple[FieldCoverage, ...]
    report_sha256: str
    criteria_version: str
    assurance: Assurance
    issued_at: datetime
    valid_from: date
    valid_until: date
    # Place of the label in the status lists: which list (from 0), and which bit of it (under `STATUS_BITS`).
    status_list: int
    status_index: int

    @property
    def begins_at(self) -> datetime:
        """Return the first moment of validity."""
        return datetime.combine(self.valid_from, time.min, tzinfo=UTC)

    @property
    def ends_at(self) -> datetime:
        """Return the last second of validity."""
        return datetime.combine(self.valid_until + timedelta(days=1), time.min, tzinfo=UTC) - timedelta(
            seconds=1
        )


# Bits of each status list: the least that the specification allows, so that reading a list betrays no label.
STATUS_BITS = 131_072


@dataclass(frozen=True, slots=True)
class Credential:
    """The two signed forms of a label's facts, kept as they were issued: a key that retires changes neither."""

    document: bytes  # JSON, with its `eddsa-jcs-2022` proof: the original
    jwt: str  # the same facts as `vc+jwt`
    key_id: str


@dataclass(frozen=True, slots=True)
class GrantedLabel:
    """A label as it is served: what was attested, and how it stands.

    `reason` says why it is suspended or revoked; `superseded_by` is the newer version of its schema, once there is one.
    """

    facts: LabelFacts
    credential: Credential
    state: LabelState
    reason_fr: str = ""
    reason_en: str = ""
    superseded_by: str | None = None


def state_on(state: LabelState, facts: LabelFacts, moment: datetime) -> LabelState:
    """Return the state at a moment: past its last day a label has expired, even before a job says so."""
    return LabelState.EXPIRE if state.in_force and moment > facts.ends_at else state
