"""The shipped reference and its search index, built once for the unit tests of the directory."""

import pytest

from services.directory.domain.collectivites import Collectivite
from services.directory.domain.search import SearchIndex
from services.directory.operations.reference_files import shipped_collectivites


@pytest.fixture(scope="session")
def collectivites() -> list[Collectivite]:
    """Every collectivité of the shipped edition."""
    return list(shipped_collectivites())


@pytest.fixture(scope="session")
def index(collectivites: list[Collectivite]) -> SearchIndex:
    """The search index over all of them."""
    return SearchIndex("test", collectivites)
