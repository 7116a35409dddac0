"""A label to sign, and who signs it, as tests use them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.validation.domain.labels.addresses import Issuer
from services.validation.domain.labels.facts import Assurance, FieldCoverage, LabelFacts
from services.validation.domain.labels.keys import KeyRing, LabelKey, make_key

ISSUER = Issuer("https://socle.exemple.fr", "OpenDataLocale")
ISSUED = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DURING = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
FACTS = LabelFacts(
    label_id=UUID("0190a000-0000-7000-8000-000000000001"),
    progiciel_id=UUID("0190a000-0000-7000-8000-000000000002"),
    progiciel_name="Délibérations & Cie <3>",
    progiciel_version="7.2.1",
    module_id=UUID("0190a000-0000-7000-8000-000000000003"),
    module_name="Export « SCDL »",
    editeur_siren="732829320",
    editeur_name="Éditions de l’Œuvre",
    schema_name="scdl/deliberations",
    schema_version="2.1.3",
    validator_name="Socle",
    validator_version="0.1.0",
    validation_id=UUID("0190a000-0000-7000-8000-000000000004"),
    input_sha256="a" * 64,
    rows=1250,
    coverage=(FieldCoverage("COLL_NOM", True, 1250), FieldCoverage("PREF_ID", False, 17)),
    report_sha256="b" * 64,
    criteria_version="1.0",
    assurance=Assurance.VERIFIE,
    issued_at=ISSUED,
    valid_from=date(2026, 11, 22),
    valid_until=date(2027, 11, 21),
    status_list=0,
    status_index=94567,
)


def facts(**changes: Any) -> LabelFacts:
    """Return the facts of a label, some of them changed."""
    return replace(FACTS, **changes)


def key(day: int = 1) -> LabelKey:
    """Return a new key, made on a day of November 2026."""
    return make_key(datetime(2026, 11, day, tzinfo=UTC))


def ring(*keys: LabelKey) -> KeyRing:
    """Return a ring of keys, the newest first."""
    whole = KeyRing()
    for one in keys:
        whole = whole.with_key(one)
    return whole
