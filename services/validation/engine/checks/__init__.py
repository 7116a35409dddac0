"""Custom checks declared in schemas: French identifiers, geography, and rules between columns."""

from services.validation.engine.checks.contract import (
    Check,
    CheckDefinitionError,
    RowCheck,
    ValueCheck,
    Violation,
)
from services.validation.engine.checks.registry import build_check, check_names, validata_type

__all__ = [
    "Check",
    "CheckDefinitionError",
    "RowCheck",
    "ValueCheck",
    "Violation",
    "build_check",
    "check_names",
    "validata_type",
]
