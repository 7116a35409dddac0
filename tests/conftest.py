"""What every test may ask for: a PostgreSQL database and a Redis of its own, both real, and no way outside."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import network
from tests.support.databases import Databases
from tests.support.redis import claim_redis, flush
from tests.support.servers import Addresses, stop_servers, test_servers

FOLDER = pytest.StashKey[Path]()
OWNER = pytest.StashKey[int]()
SHARED_FOLDER = Path(__file__).resolve().parents[2] / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--only-servers`."""
    parser.addoption(
        "--only-servers",
        action="store_true",
        help="run only the tests that use PostgreSQL or Redis, each with its first parameters",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--only-servers`, leave out what no server can change; a test's other parameters use the same SQL."""
    if config.getoption("--only-servers"):
        first: dict[str, pytest.Item] = {}
        for item in items:
            if "server_addresses" in getattr(item, "fixturenames", ()):
                first.setdefault(item.nodeid.partition("[")[0], item)
        used = list(first.values())
        left_out = [item for item in items if item not in used]
        config.hook.pytest_deselected(items=left_out)
        items[:] = used


def pytest_configure(config: pytest.Config) -> None:
    """Close the way outside; the controller also chooses the folder of this run's servers."""
    network.forbid_outside()
    if not hasattr(config, "workerinput"):
        config.stash[FOLDER] = Path(tempfile.mkdtemp(prefix="socle-tests-"))
        config.stash[OWNER] = os.getpid()
    else:
        config.stash[FOLDER] = Path(config.workerinput["socle_folder"])
        config.stash[OWNER] = int(config.workerinput["socle_owner"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell an xdist worker where this run's servers are."""
    config, workerinput = node.config, node.workerinput  # type: ignore[attr-defined]
    workerinput["socle_folder"] = str(config.stash[FOLDER])
    workerinput["socle_owner"] = str(config.stash[OWNER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers, once, when every worker is done."""
    if not hasattr(config, "workerinput") and FOLDER in config.stash:
        stop_servers(config.stash[FOLDER])
        shutil.rmtree(config.stash[FOLDER], ignore_errors=True)


@pytest.fixture(scope="session")
def server_addresses(pytestconfig: pytest.Config) -> Addresses:
    """Where PostgreSQL and Redis are: those named by `SOCLE_TEST_*`, else the embedded ones, started now."""
    return test_servers(pytestconfig.stash[FOLDER], pytestconfig.stash[OWNER])


@pytest.fixture(scope="session")
def databases(server_addresses: Addresses) -> Iterator[Databases]:
    """The PostgreSQL server: `databases.create()` gives an empty database, dropped at the end."""
    with Databases(server_addresses.database_url) as databases:
        yield databases


@pytest.fixture(scope="session")
def migrated_database(databases: Databases) -> str:
    """URL of this worker's database with every service's tables; its rows survive from test to test."""
    return databases.create_migrated()


@pytest.fixture
def database_url(migrated_database: str, databases: Databases) -> Iterator[str]:
    """URL of this worker's database, with every service's tables, emptied after the test."""
    yield migrated_database
    databases.empty(migrated_database)


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """URL of a new database without any table, for tests of migrations."""
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def claimed_redis(server_addresses: Addresses) -> Iterator[str]:
    """URL of a numbered Redis database that no other worker or run uses."""
    with claim_redis(server_addresses.redis_url) as claim:
        yield claim.url


@pytest.fixture
def redis_url(claimed_redis: str) -> Iterator[str]:
    """URL of this worker's Redis database, emptied after the test."""
    yield claimed_redis
    flush(claimed_redis)


@pytest.fixture(scope="session")
def working_material() -> Path:
    """The folder of real files beside the checkout; without it the test is skipped, and says so."""
    if not SHARED_FOLDER.is_dir():
        pytest.skip(f"no working material at {SHARED_FOLDER}: this check against real files was NOT run")
    return SHARED_FOLDER
