"""The reports that the forms are tried on."""

from __future__ import annotations

import pytest

from services.validation.engine.render import FileReport
from tests.unit.engine.render.made import MADE, made


@pytest.fixture(scope="session")
def reports() -> dict[str, FileReport]:
    """Every report, by name."""
    return {name: made(name) for name in MADE}
