"""Separate processes behind the gateway, as deployed: migrations, three APIs, three workers, Caddy."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from socle.topology import SERVICES
from tests.support.databases import Databases
from tests.support.processes import BIN, ROOT, SOCLE, environment, free_port, started, wait_for
from tests.support.redis import flush

pytestmark = pytest.mark.e2e

EXAMPLES = ROOT / "docs/exemples"


@dataclass(frozen=True)
class Deployed:
    """The deployed suite: the gateway's address, the environment of its processes."""

    url: str
    env: dict[str, str]
    processes: dict[str, "subprocess.Popen[bytes]"]


@pytest.fixture(scope="module")
def deployed(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases, claimed_redis: str
) -> Iterator[Deployed]:
    database = databases.create()
    folder = tmp_path_factory.mktemp("deployed")
    gateway_port = free_port()
    ports = {name: free_port() for name in SERVICES}
    env = environment(
        SOCLE_DATABASE_URL=database,
        SOCLE_REDIS_URL=claimed_redis,
        SOCLE_STORAGE_URL=f"file://{folder / 'storage'}",
        SOCLE_PUBLIC_URL=f"http://127.0.0.1:{gateway_port}",
        SOCLE_SITE_ADDRESS=f"http://127.0.0.1:{gateway_port}",
        **{f"SOCLE_{name.upper()}_UPSTREAM": f"127.0.0.1:{port}" for name, port in ports.items()},
        XDG_DATA_HOME=str(folder / "caddy"),
        XDG_CONFIG_HOME=str(folder / "caddy"),
    )
    commands = {
        **{f"{name}-api": [SOCLE, "serve", name, "--port", str(port)] for name, port in ports.items()},
        **{f"{name}-worker": [SOCLE, "work", name] for name in SERVICES},
        "gateway": [str(BIN / "caddy"), "run", "--config", str(ROOT / "deploy/gateway/Caddyfile")],
    }
    subprocess.run([SOCLE, "migrate"], env=env, check=True, capture_output=True)
    with ExitStack() as stack:
        processes = {
            name: stack.enter_context(started(command, folder / f"{name}.log", env=env))
            for name, command in commands.items()
        }
        url = f"http://127.0.0.1:{gateway_port}"
        for name in SERVICES:
            wait_for(f"{url}/{name}/health/ready", processes[f"{name}-api"], folder / f"{name}-api.log")
        yield Deployed(url, env, processes)
    databases.drop(database)
    flush(claimed_redis)


@pytest.fixture(scope="module")
def client(deployed: Deployed) -> Iterator[httpx.Client]:
    """A client with an API key that the operator made."""
    command = [SOCLE, "keys", "create", "--label", "e2e", "--scopes", "catalog:write"]
    made = subprocess.run(command, env=deployed.env, check=True, capture_output=True, text=True)
    headers = {"authorization": f"Bearer {made.stdout.strip()}"}
    with httpx.Client(base_url=deployed.url, headers=headers, timeout=30) as client:
        yield client


def register(client: httpx.Client, title: str) -> dict[str, Any]:
    body = {
        "title": title,
        "description": "Délibérations du conseil municipal.",
        "organization": {"siren": "217500016", "name": "Ville de Paris"},
        "license": "lov2",
        "resources": [{"title": title, "schema": {"name": "scdl/deliberations"}}],
    }
    answer = client.post("/catalog/v1/datasets", json=body)
    assert answer.status_code == 201, answer.text
    dataset: dict[str, Any] = answer.json()
    return dataset


def settled(client: httpx.Client, dataset: dict[str, Any]) -> dict[str, Any]:
    """Return the conformity of the dataset's resource once it has a verdict."""
    deadline = time.monotonic() + 60
    conformity: dict[str, Any] = {}
    while time.monotonic() < deadline:
        conformity = client.get(dataset["self"]).json()["resources"][0]["conformity"]
        if conformity["status"] not in ("not_validated", "queued"):
            return conformity
        time.sleep(0.1)
    raise AssertionError(f"no verdict: {conformity}")


@pytest.mark.parametrize(
    ("file", "verdict", "errors"),
    [("deliberations.csv", "valid", 0), ("deliberations-a-corriger.csv", "invalid", 2)],
)
def test_a_dataset_registered_is_validated(
    client: httpx.Client, file: str, verdict: str, errors: int
) -> None:
    dataset = register(client, file)
    content = dataset["resources"][0]["content"]
    assert content.startswith(str(client.base_url)), "links lead through the gateway"
    assert client.put(content, content=(EXAMPLES / file).read_bytes()).status_code in (200, 202)
    conformity = settled(client, dataset)
    assert conformity["status"] == verdict
    assert conformity["errors"] == errors
    assert conformity["schema_version"] == "2.1.5"
    assert conformity["rows"] == 2


def test_a_file_is_validated_in_one_request(client: httpx.Client) -> None:
    answer = client.post(
        "/validation/v1/validations",
        data={"schema": "scdl/deliberations"},
        files={"file": ("deliberations.csv", (EXAMPLES / "deliberations.csv").read_bytes())},
        headers={"prefer": "wait=30"},
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["report"]["valid"] is True


def test_a_verdict_comes_although_the_worker_was_killed(deployed: Deployed, client: httpx.Client) -> None:
    """The worker dies with the work; another one, started later, finds it in PostgreSQL."""
    deployed.processes["validation-worker"].kill()
    deployed.processes["validation-worker"].wait()
    dataset = register(client, "after a kill")
    content = (EXAMPLES / "deliberations.csv").read_bytes()
    assert client.put(dataset["resources"][0]["content"], content=content).status_code in (200, 202)
    with started([SOCLE, "work", "validation"], Path("/dev/null"), env=deployed.env):
        assert settled(client, dataset)["status"] == "valid"


def test_the_gateway_answers_unknown_addresses_with_a_problem(client: httpx.Client) -> None:
    for path in ("/nothing", "/catalogue/v1/datasets", "/validationx"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:socle:problem:not-found"


def test_the_gateway_says_that_a_service_is_away(deployed: Deployed, client: httpx.Client) -> None:
    process = deployed.processes["directory-api"]
    process.terminate()
    assert process.wait(40) == 0
    answer = client.get("/directory/v1/collectivites")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:socle:problem:unavailable"
    assert answer.headers["retry-after"] == "5"
    assert client.get("/catalog/v1/datasets").status_code == 200
