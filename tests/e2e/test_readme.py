"""The commands of the README do what it says, pasted as they are."""

import re
import subprocess
import time

import httpx
import pytest

from tests.e2e.conftest import Running
from tests.support.processes import BIN, ROOT, environment

pytestmark = pytest.mark.e2e


def blocks() -> list[str]:
    """Return the shell blocks of the README, in order."""
    return re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def paste(block: str, suite: Running) -> str:
    """Run a block against the running suite and return what it printed."""
    script = block.replace("http://127.0.0.1:8000", suite.url)
    script = script.replace("socle keys create", f"socle keys create --data '{suite.data}'")
    script = script.replace(".venv/bin/", "$BIN/")
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=ROOT,
        env=environment(BIN=str(BIN)),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_commands_of_the_readme(suite: Running) -> None:
    validate, through_the_api, register, search = blocks()
    assert "conforme" in paste(validate, suite)
    assert '"valid":true' in paste(through_the_api, suite)
    assert paste(register, suite).strip() == "valid"
    wait_for_the_index(suite)
    assert "Saint-Étienne" in paste(search, suite)


def wait_for_the_index(suite: Running) -> None:
    """The first start imports the list of local governments; a person reads the README meanwhile."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer = httpx.get(f"{suite.url}/directory/v1/collectivites", params={"q": "paris"}, timeout=30)
        if answer.status_code == 200 and answer.json()["items"]:
            return
        time.sleep(0.2)
    raise AssertionError("the directory stays empty")


def test_the_readme_names_what_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)]+)\)", text):
        assert (ROOT / target).exists(), target
