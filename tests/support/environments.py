"""Environments made for one test, with public software that ours cannot hold: `make public`."""

import subprocess
import venv
from pathlib import Path

import pytest


def environment(folder: Path, *packages: str) -> Path:
    """Return the Python of a new environment with the packages; the test is skipped when they cannot be installed."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        pytest.skip(f"{', '.join(packages)} cannot be installed ({reason}): this check was NOT run")
    return python


def run(python: Path, script: Path, *arguments: str, given: bytes = b"") -> bytes:
    """Return what a script writes in an environment; its failure is that of the test."""
    done = subprocess.run(
        [python, script, *arguments], input=given, capture_output=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return done.stdout
