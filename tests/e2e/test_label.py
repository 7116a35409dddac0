"""The tutorial of the label, pasted as it is; then the directory shows the label, until it is withdrawn."""

import asyncio
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.validation.operations import label_life
from services.validation.operations.context import open_validation
from services.validation.operations.key_file import FILE_NAME
from services.validation.settings import ValidationSettings
from socle.settings import load_settings
from tests.e2e.conftest import Running
from tests.support.processes import BIN, ROOT, environment

pytestmark = pytest.mark.e2e

PAGE = ROOT / "docs/tutorial/du-fichier-au-badge.md"


def blocks() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def paste(block: str, suite: Running, folder: Path) -> str:
    """Run a block of the page, in a folder of its own, against the running suite."""
    script = block.replace("http://127.0.0.1:8000", suite.url)
    script = script.replace("socle keys create", f"socle keys create --data '{suite.data}'")
    script = script.replace(".venv/bin/", "$BIN/").replace("@docs/", "@$ROOT/docs/")
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env=environment(BIN=str(BIN), ROOT=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def shown_by(suite: Running, progiciel: str, state: str) -> dict[str, Any]:
    """Return the label that the directory shows, once it is in a state."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        page = httpx.get(f"{suite.url}/directory/v1/progiciels/{progiciel}", timeout=30).json()
        for label in page["labels"]:
            if label["state"] == state:
                return dict(label)
        time.sleep(0.1)
    raise AssertionError(f"the directory shows no label {state}")


def publish(suite: Running, siren: str, progiciel: str) -> None:
    """Have a body say that it uses the application, and publish an export of its own in the catalogue."""
    command = [
        str(BIN / "socle"),
        "keys",
        "create",
        "--data",
        str(suite.data),
        "--label",
        siren,
        "--owner-siren",
        siren,
    ]
    made = subprocess.run(
        [*command, "--scopes", "directory:write,catalog:write"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    with httpx.Client(base_url=suite.url, headers={"X-API-Key": made.stdout.strip()}, timeout=30) as client:
        usage = {
            "siren": siren,
            "progiciel_id": progiciel,
            "version": "3.1",
            "domaine": "deliberations",
            "source": {"kind": "formulaire"},
        }
        assert client.post("/directory/v1/usages", json=usage).json()["status"] == "confirme"
        dataset = {
            "title": f"Délibérations {siren}",
            "description": "Délibérations du conseil.",
            "organization": {"siren": siren, "name": siren},
            "license": "lov2",
            "resources": [{"title": "deliberations.csv", "schema": {"name": "scdl/deliberations"}}],
        }
        [resource] = client.post("/catalog/v1/datasets", json=dataset).json()["resources"]
        header, *lines = (ROOT / "docs/exemples/export-deliberations.csv").read_text("utf-8").splitlines()
        # A file of its own: the first deliberations are left out.
        content = "\n".join([header, *lines[int(siren) % 5 :], ""])
        assert client.put(resource["content"], content=content.encode()).status_code == 200


def look_after_labels(suite: Running) -> None:
    """Do what the worker does every ten minutes."""
    addresses = orjson.loads((suite.data / "run/addresses.json").read_bytes())
    settings = load_settings(
        ValidationSettings,
        **addresses,
        storage_url=f"file://{suite.data}/storage",
        public_url=suite.url,
        validation_signing_keys_file=suite.data / FILE_NAME,
    )

    async def tick() -> None:
        async with open_validation(settings) as context:
            await label_life.tick(context)

    asyncio.run(tick())


def test_from_an_export_to_a_badge_in_three_calls(suite: Running, tmp_path: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("no `jq` on this machine: the tutorial was NOT run")
    prepare, validate, ask, badge = blocks()
    paste(prepare, suite, tmp_path)
    assert paste(validate, suite, tmp_path) == "valid"
    assert paste(ask, suite, tmp_path) == "valide", (tmp_path / "label.json").read_text()
    assert paste(badge, suite, tmp_path) == "1"
    label = orjson.loads((tmp_path / "label.json").read_bytes())
    progiciel = label["progiciel"]["id"]
    shown = shown_by(suite, progiciel, "valide")
    assert (shown["id"], shown["valid"], shown["assurance"]) == (label["id"], True, "verifie")
    assert shown["verify_url"] == label["links"]["page"]
    assert httpx.get(shown["verify_url"], timeout=30).status_code == 200
    # What two bodies publish, heard of by events alone, confirms it.
    for siren in ("217500016", "212102313"):
        publish(suite, siren, progiciel)
    deadline = time.monotonic() + 30
    while shown_by(suite, progiciel, "valide")["assurance"] != "confirme":
        assert time.monotonic() < deadline, "the label is not confirmed"
        look_after_labels(suite)
        time.sleep(0.5)
    reason = {"reason": "Nous ne diffusons plus cette version.", "reason_en": "No longer distributed."}
    headers = {"X-API-Key": (tmp_path / "cle.txt").read_text().strip()}
    answer = httpx.post(f"{label['self']}/revoke", json=reason, headers=headers, timeout=30)
    assert answer.json()["state"] == "revoque", answer.text
    shown = shown_by(suite, progiciel, "revoque")
    assert (shown["valid"], shown["reason"]) == (False, reason["reason"])


def test_the_page_names_what_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http|#)([^)]+)\)", text):
        assert (PAGE.parent / target).exists(), target
