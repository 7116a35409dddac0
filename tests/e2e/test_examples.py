"""The examples for those who integrate, run as they are written in the docs against the running suite."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from tests.e2e.conftest import Running
from tests.support.processes import BIN, ROOT, environment

pytestmark = pytest.mark.e2e

PAGE = ROOT / "docs/how-to/integrer.md"
EXAMPLES = ROOT / "docs/exemples"
WRONG = EXAMPLES / "deliberations-a-corriger.csv"


def blocks() -> list[str]:
    """Return the shell blocks of the page, in order."""
    return re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def run(
    script: str, *, cwd: Path = ROOT, shell: str = "sh", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a script with the commands of the checkout on the path."""
    path = f"{BIN}:{environment()['PATH']}"
    return subprocess.run(
        [shell, "-c", script],
        cwd=cwd,
        env=environment(**{"PATH": path, **variables}),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def paste(block: str, suite: Running) -> subprocess.CompletedProcess[str]:
    """Run a block of the page against the running suite."""
    script = block.replace("http://127.0.0.1:8000", suite.url)
    script = script.replace("socle keys create", f"socle keys create --data '{suite.data}'")
    return run(script.replace(".venv/bin/", "$BIN/"), SOCLE_URL=suite.url, BIN=str(BIN))


def block_with(word: str) -> str:
    """Return the one block that has a word."""
    [found] = [block for block in blocks() if word in block]
    return found


@pytest.mark.parametrize("name", ["valider.sh", "valider.py", "valider.mjs"])
def test_a_client_tells_a_good_file_from_a_bad_one(suite: Running, name: str) -> None:
    if name.endswith(".mjs") and shutil.which("node") is None:
        pytest.skip("no `node` on this machine: the JavaScript example was NOT run")
    block = block_with(name)
    good = paste(block, suite)
    assert good.returncode == 0, good.stderr
    bad = paste(block.replace("deliberations.csv", WRONG.name), suite)
    assert bad.returncode == 1, bad.stderr
    assert "12/03/2024" in bad.stdout
    assert "DELIB_DATE" in bad.stdout
    refused = paste(block.replace("scdl/deliberations", "scdl/rien"), suite)
    assert refused.returncode == 2
    assert "scdl/rien" in refused.stderr


def test_the_other_commands_of_the_page(suite: Running) -> None:
    sarif = paste(block_with("--format sarif"), suite)
    assert (sarif.returncode, orjson.loads(sarif.stdout)["version"]) == (0, "2.1.0")
    match = orjson.loads(paste(block_with("/match"), suite).stdout)
    assert match["items"][0]["schema"] == "scdl/deliberations"
    compared = orjson.loads(paste(block_with("compare"), suite).stdout)
    assert compared["from"] == "2.0.2"
    linted = orjson.loads(paste(block_with("/lint"), suite).stdout)
    assert linted == {"valid": True, "findings": []}
    schedule = orjson.loads(paste(block_with("/schedules"), suite).stdout)
    assert (schedule["state"], schedule["frequency"]) == ("active", "daily")


def test_the_page_names_what_exists_and_every_block_is_run() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http|#)([^)]+)\)", text):
        assert (PAGE.parent / target).exists(), target
    commands = ("--format sarif", "/match", "compare", "/lint", "/schedules")
    words = ("valider.sh", "valider.py", "valider.mjs", *commands)
    assert len(blocks()) == len({block_with(word) for word in words})


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A vendor's repository with its exports, one of them wrong."""
    exports = tmp_path / "exports"
    exports.mkdir()
    for name in ("deliberations.csv", WRONG.name):
        shutil.copy(EXAMPLES / name, exports / name)
    return tmp_path


def test_the_gitlab_job_fails_on_a_wrong_export_and_leaves_its_report(checkout: Path) -> None:
    job = yaml.safe_load((EXAMPLES / "ci/gitlab-ci.yml").read_text("utf-8"))["valider-les-exports"]
    script = "set -e\n" + "\n".join(job["script"])
    failed = run(script, cwd=checkout, **job["variables"])
    assert failed.returncode == 1, failed.stderr
    report = ElementTree.parse(checkout / job["artifacts"]["reports"]["junit"])
    failures = report.findall(".//failure")
    assert any("12/03/2024" in (failure.text or "") + str(failure.attrib) for failure in failures)
    (checkout / "exports" / WRONG.name).unlink()
    assert run(script, cwd=checkout, **job["variables"]).returncode == 0


def test_the_github_action_fails_on_a_wrong_export_and_annotates_its_lines(checkout: Path) -> None:
    action = yaml.safe_load((EXAMPLES / "ci/github/action.yml").read_text("utf-8"))
    workflow = yaml.safe_load((EXAMPLES / "ci/github/workflow.yml").read_text("utf-8"))
    step = workflow["jobs"]["valider"]["steps"][-1]
    assert step["uses"] == "./.github/actions/valider"
    installed = checkout / ".github/actions/valider"
    shutil.copytree(EXAMPLES / "ci/github", installed)
    failed = run_action(action, step["with"], checkout, installed)
    assert failed.returncode == 1, failed.stderr
    lines = failed.stdout.splitlines()
    assert lines
    assert all(line.startswith(f"::error file=exports/{WRONG.name},line=3,") for line in lines)
    assert any("`12/03/2024`" in line and "2024-03-12" in line for line in lines)
    (checkout / "exports" / WRONG.name).unlink()
    good = run_action(action, step["with"], checkout, installed)
    assert (good.returncode, good.stdout) == (0, "")


def run_action(
    action: Any, inputs: dict[str, str], checkout: Path, installed: Path
) -> subprocess.CompletedProcess[str]:
    """Run the one step of a composite action as GitHub does: inputs filled in, `bash -e -o pipefail`."""
    [step] = action["runs"]["steps"]
    defaults = {name: item.get("default", "") for name, item in action["inputs"].items()}
    given = {f"inputs.{name}": value for name, value in {**defaults, **inputs}.items()}
    given["github.action_path"] = str(installed)
    variables = {
        name: re.sub(r"\$\{\{ (.*?) \}\}", lambda match: given[match[1]], value)
        for name, value in step["env"].items()
    }
    assert "${{" not in step["run"], (
        "an input in a script could be a command: it goes through the environment"
    )
    script = f"set -eo pipefail\n{step['run']}"
    return run(script, cwd=checkout, shell=step["shell"], **variables)


def test_annotations_cannot_be_forged_by_a_cell(tmp_path: Path) -> None:
    text = "a%\n::error::faux"
    location = {"artifactLocation": {"uri": "x,line=1:y.csv"}, "region": {"startLine": 4}}
    result = {
        "level": "error",
        "ruleId": "r",
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
    }
    report = tmp_path / "r.sarif"
    report.write_bytes(orjson.dumps({"runs": [{"results": [result]}]}))
    done = run(f"python3 '{EXAMPLES}/ci/github/annoter.py' '{report}'")
    assert done.stdout == "::error file=x%2Cline=1%3Ay.csv,line=4,title=r::a%25%0A::error::faux\n"
