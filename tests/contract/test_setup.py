"""`make` sets up from the locks, once, and again when a lock changes; the locks are complete and name no index."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCAN = "services/validation/engine/scan/scan.c"
LOCKS = ("requirements.lock", "requirements-dev.lock")


def plan(folder: Path, target: str) -> str:
    """Return the commands that make would run."""
    done = subprocess.run(
        ["make", "-n", target],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that was set up, as far as make can tell."""
    for name in ("Makefile", "pyproject.toml", "hatch_build.py", SCAN, *LOCKS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    stamps = tmp_path / ".venv"
    stamps.mkdir()
    (stamps / ".python").write_text(f"{tmp_path}\n")
    later = time.time() + 5
    for number, name in enumerate((".installed", ".installed-dev")):
        (stamps / name).touch()
        os.utime(stamps / name, (later + number, later + number))
    return tmp_path


def test_a_second_run_installs_nothing(checkout: Path) -> None:
    assert "pip" not in plan(checkout, "run")
    assert "pip" not in plan(checkout, "test")


def test_a_fresh_checkout_is_set_up(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    steps = plan(checkout, "test")
    assert "-m venv" in steps
    assert "--require-hashes -r requirements.lock" in steps
    assert "--require-hashes -r requirements-dev.lock" in steps
    assert "requirements-dev.lock" not in plan(checkout, "run"), "serving needs no test tools"


@pytest.mark.parametrize("source", ["hatch_build.py", SCAN])
def test_what_is_compiled_is_compiled_again_when_it_changes(checkout: Path, source: str) -> None:
    later = time.time() + 60
    os.utime(checkout / source, (later, later))
    assert "-e ." in plan(checkout, "run")


@pytest.mark.parametrize("lock", LOCKS)
def test_a_changed_lock_is_installed(checkout: Path, lock: str) -> None:
    later = time.time() + 60
    os.utime(checkout / lock, (later, later))
    steps = plan(checkout, "test")
    assert f"--require-hashes -r {lock}" in steps
    assert "-m venv" not in steps


def test_a_moved_checkout_is_set_up_again(checkout: Path) -> None:
    (checkout / ".venv/.python").write_text("/somewhere/else\n")
    assert "-m venv --clear" in plan(checkout, "run")


def requirements(lock: str) -> dict[str, str]:
    """Return name -> everything that the lock says of it."""
    text = re.sub(r"^\s*#.*$", "", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)
    blocks = re.findall(r"^([a-z0-9._-]+)(==(?:.*\\\n)*.*)$", text, flags=re.MULTILINE)
    assert len(blocks) > 50
    return dict(blocks)


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_hold_hashes_and_no_address(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")
    for name, details in requirements(lock).items():
        assert "--hash=sha256:" in details, name


def test_the_verifiers_lock_holds_hashes_and_no_address() -> None:
    """npm writes the registry's address and those of sponsors: they are taken out by hand."""
    text = (ROOT / "tests/contract/verifiers/package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    packages = {name: details for name, details in json.loads(text)["packages"].items() if name}
    assert packages
    assert all(details["integrity"].startswith("sha512-") for details in packages.values())


def test_tests_run_with_the_versions_that_are_served() -> None:
    served, tested = (requirements(lock) for lock in LOCKS)
    version = re.compile(r"==([^\s;]+)")
    for name, details in served.items():
        assert version.findall(tested[name])[0] == version.findall(details)[0], name
