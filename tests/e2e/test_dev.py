"""`socle dev`: starts from nothing, says clearly why it cannot, stops everything, survives its own kill -9."""

import signal
import subprocess
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.conftest import Running
from tests.support.processes import ROOT, SOCLE, environment, free_port, started, wait_for

pytestmark = pytest.mark.e2e


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return every process that works in the folder or names it."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join(process.cmdline()) or Path(process.cwd()).is_relative_to(folder):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def test_every_service_is_ready(suite: Running) -> None:
    answer = httpx.get(f"{suite.url}/health/ready").json()
    assert answer["status"] == "ok"
    assert set(answer["services"]) == {"validation", "catalog", "directory"}
    for name in answer["services"]:
        assert httpx.get(f"{suite.url}/{name}/health/ready").json()["status"] == "ok"
        assert httpx.get(f"{suite.url}/{name}/openapi.json").status_code == 200


def test_the_front_names_the_services(suite: Running) -> None:
    listing = httpx.get(suite.url).json()
    assert [service["name"] for service in listing["services"]] == ["validation", "catalog", "directory"]
    page = httpx.get(suite.url, headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert 'href="/catalog/docs"' in page.text
    assert httpx.get(f"{suite.url}/version").json()["version"] == listing["version"]


@pytest.mark.parametrize("path", ["/nothing", "/catalogue", "/catalogs/v1/datasets", "//", "/%2e%2e/catalog"])
def test_an_unknown_address_is_a_problem(suite: Running, path: str) -> None:
    answer = httpx.get(suite.url + path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:socle:problem:not-found"


def test_a_method_that_is_not_accepted_is_a_problem(suite: Running) -> None:
    answer = httpx.post(f"{suite.url}/version")
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


def test_keys_are_made_beside_the_running_suite(suite: Running) -> None:
    def keys(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SOCLE, "keys", *arguments, "--data", str(suite.data)],
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
        )

    made = keys("create", "--label", "essai", "--scopes", "catalog:write", "--owner-siren", "217 500 016")
    key = made.stdout.strip()
    key_id = key.split("_")[1]
    body = {"title": "t", "description": "d"}
    headers = {"authorization": f"Bearer {key}"}
    assert httpx.post(f"{suite.url}/catalog/v1/datasets", json=body, headers=headers).status_code == 201
    listed = keys("list").stdout
    assert f"{key_id}\tactive\t217500016\tcatalog:write" in listed
    assert key.split("_", 2)[2] not in listed
    assert keys("revoke", key_id).returncode == 0
    assert httpx.post(f"{suite.url}/catalog/v1/datasets", json=body, headers=headers).status_code == 401
    assert keys("revoke", key_id).returncode == 1
    assert keys("create", "--label", "x", "--scopes", "root").returncode == 2
    assert keys("create", "--label", "x", "--scopes", "admin", "--owner-siren", "123456789").returncode == 2
    assert keys("create", "--label", "x", "--scopes", "admin", "--expires", "2001-01-01").returncode == 2


def test_failed_messages_are_listed(suite: Running) -> None:
    said = subprocess.run(
        [SOCLE, "messages", "list", "--data", str(suite.data)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert (said.returncode, said.stdout) == (0, "")


def test_a_second_one_on_the_same_data_says_so(suite: Running) -> None:
    second = subprocess.run(
        [SOCLE, "dev", "--port", str(free_port()), "--data", str(suite.data)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert second.returncode == 1
    assert "Socle tourne déjà" in second.stderr
    assert suite.url in second.stderr
    assert httpx.get(f"{suite.url}/health/ready").status_code == 200


def test_a_taken_port_is_said_before_anything_starts(suite: Running, tmp_path: Path) -> None:
    port = suite.url.rsplit(":", 1)[1]
    second = subprocess.run(
        [SOCLE, "dev", "--port", port, "--data", str(tmp_path / "other")],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert second.returncode == 1
    assert f"Le port {port}" in second.stderr
    assert not (tmp_path / "other").exists()


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    second = subprocess.run(
        [SOCLE, "dev", "--port", str(free_port()), "--data", str(tmp_path / "var")],
        capture_output=True,
        text=True,
        check=False,
        env=environment(SOCLE_WORKER_CONCURRENCY="many"),
    )
    assert second.returncode == 1
    assert "SOCLE_WORKER_CONCURRENCY" in second.stderr
    assert "Traceback" not in second.stderr
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything(tmp_path: Path, number: signal.Signals) -> None:
    port, log = free_port(), tmp_path / "dev.log"
    command = [SOCLE, "dev", "--port", str(port), "--data", str(tmp_path / "var")]
    with started(command, log, env=environment()) as process:
        wait_for(f"http://127.0.0.1:{port}/health/ready", process, log)
        process.send_signal(number)
        assert process.wait(40) == 0
    assert processes_of(tmp_path) == []
    assert "Traceback" not in log.read_text(encoding="utf-8")


def test_it_starts_again_after_kill(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "dev.log"
    command = [SOCLE, "dev", "--port", str(port), "--data", str(tmp_path / "var")]
    with started(command, log, env=environment()) as process:
        wait_for(f"http://127.0.0.1:{port}/health/ready", process, log)
        process.kill()
        process.wait()
    with started(command, log, env=environment()) as process:
        wait_for(f"http://127.0.0.1:{port}/health/ready", process, log)
    assert processes_of(tmp_path) == []


def test_it_needs_no_terminal_and_no_standard_streams(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "dev.log"
    log.touch()
    closed = f'exec "$0" dev --port {port} --data "$1" <&- >&- 2>&-'
    command = ["sh", "-c", closed, SOCLE, str(tmp_path / "var")]
    with started(command, log, env=environment(), cwd=ROOT) as process:
        wait_for(f"http://127.0.0.1:{port}/health/ready", process, log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0
    assert processes_of(tmp_path) == []
