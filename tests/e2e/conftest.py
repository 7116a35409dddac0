"""The suite as a user has it: `socle dev` in a folder of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.processes import SOCLE, environment, free_port, started, wait_for


@dataclass(frozen=True)
class Running:
    """A running suite: its address, its data folder, its log."""

    url: str
    data: Path
    log: Path


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`socle dev`, shared by the tests of a module."""
    folder = tmp_path_factory.mktemp("suite")
    port = free_port()
    running = Running(f"http://127.0.0.1:{port}", folder / "var", folder / "dev.log")
    command = [SOCLE, "dev", "--port", str(port), "--data", str(running.data)]
    with started(command, running.log, env=environment()) as process:
        wait_for(f"{running.url}/health/ready", process, running.log)
        yield running
