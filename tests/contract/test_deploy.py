"""What is deployed agrees with the topology: the gateway's routes, the processes, the database roles."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml

from shared.problems import NotFound, Unavailable
from socle.embedded.postgres import programs
from socle.embedded.servers import EmbeddedServers
from socle.migrate import upgrade_all
from socle.topology import SERVICES

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CADDYFILE = ROOT / "deploy/gateway/Caddyfile"
COMPOSE = ROOT / "docker-compose.yml"


def docker_daemon() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def gateway_routes() -> list[dict[str, Any]]:
    """The gateway's routes as Caddy itself understands its file."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SOCLE_")}
    adapted = subprocess.run(
        [BIN / "caddy", "adapt", "--config", CADDYFILE], capture_output=True, check=True, env=environment
    )
    (server,) = json.loads(adapted.stdout)["apps"]["http"]["servers"].values()
    return [route for route in server["routes"] if "group" in route]


def handlers(route: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return a route's innermost handlers by name."""
    (subroute,) = route["handle"]
    return {handler["handler"]: handler for inner in subroute["routes"] for handler in inner["handle"]}


def test_caddy_accepts_its_file() -> None:
    done = subprocess.run(
        [BIN / "caddy", "validate", "--config", CADDYFILE, "--adapter", "caddyfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_gateway_routes_what_the_topology_names(gateway_routes: list[dict[str, Any]]) -> None:
    proxied = {
        tuple(route["match"][0]["path"]): handlers(route)["reverse_proxy"]["upstreams"]
        for route in gateway_routes
        if "reverse_proxy" in handlers(route)
    }
    assert proxied == {
        (service.prefix, f"{service.prefix}/*"): [{"dial": f"{service.name}-api:{service.port}"}]
        for service in SERVICES.values()
    }


def test_the_gateway_rewrites_no_path(gateway_routes: list[dict[str, Any]]) -> None:
    for route in gateway_routes:
        assert "rewrite" not in handlers(route)
        assert "rewrite" not in handlers(route).get("reverse_proxy", {})


def test_the_gateway_answers_the_rest_with_a_problem(gateway_routes: list[dict[str, Any]]) -> None:
    (rest,) = [route for route in gateway_routes if "match" not in route]
    answer = handlers(rest)["static_response"]
    problem = json.loads(answer["body"])
    assert answer["status_code"] == problem["status"] == 404
    expected = NotFound(fr=problem["detail"], en=problem["detail_en"]).document()
    assert problem == expected


def test_the_gateway_names_every_service(gateway_routes: list[dict[str, Any]]) -> None:
    (root,) = [route for route in gateway_routes if route.get("match") == [{"path": ["/"]}]]
    listing = json.loads(handlers(root)["static_response"]["body"])
    assert listing["services"] == [service.prefix for service in SERVICES.values()]


def test_the_gateway_says_in_words_that_a_service_is_away() -> None:
    said = re.findall(r"respond `(\{.*?\})` 503", CADDYFILE.read_text(encoding="utf-8"))
    problem = json.loads(said[0])
    assert problem == Unavailable(fr=problem["detail"], en=problem["detail_en"]).document()


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return document


def test_compose_follows_its_specification() -> None:
    done = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_runs_every_process_of_the_topology(compose: dict[str, Any]) -> None:
    services = compose["services"]
    ours = {name: part["command"] for name, part in services.items() if part["image"] == "socle"}
    expected = {"migrate": ["migrate"]}
    for name in SERVICES:
        expected[f"{name}-api"] = ["serve", name, "--host", "0.0.0.0"]
        expected[f"{name}-worker"] = ["work", name]
    assert ours == expected
    assert set(services) == {*expected, "gateway", "postgres", "valkey"}


@pytest.mark.parametrize("name", list(SERVICES))
def test_compose_gives_each_service_its_own_role(compose: dict[str, Any], name: str) -> None:
    for process in (f"{name}-api", f"{name}-worker"):
        url = compose["services"][process]["environment"]["SOCLE_DATABASE_URL"]
        assert url.startswith(f"postgresql://socle_{name}:")
    health = compose["services"][f"{name}-api"]["healthcheck"]["test"][-1]
    assert f"127.0.0.1:{SERVICES[name].port}/health/ready" in health


def test_compose_sets_only_settings_that_exist(compose: dict[str, Any]) -> None:
    for process, part in compose["services"].items():
        if part["image"] != "socle":
            continue
        name = process.split("-")[0]
        known = (
            SERVICES[name].settings_class
            if name in SERVICES
            else next(iter(SERVICES.values())).settings_class
        )
        fields = {f"SOCLE_{field.upper()}" for field in known.model_fields}
        assert set(part["environment"]) <= fields, process


def test_compose_keeps_the_queue_and_forgets_nothing(compose: dict[str, Any]) -> None:
    command = compose["services"]["valkey"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--appendfsync"] == "everysec"
    assert options["--maxmemory-policy"] == "noeviction"


def test_compose_asks_for_every_password(compose: dict[str, Any]) -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{([A-Z_]*PASSWORD)", text))
    example = (ROOT / "deploy/env.example").read_text(encoding="utf-8")
    assert asked == set(re.findall(r"^([A-Z_]*PASSWORD)=$", example, re.MULTILINE))
    assert "PASSWORD:-" not in text


def test_roles_see_their_own_schema_only(tmp_path: Path) -> None:
    """The SQL of the image's first start, run for real, then the migrations as the owner."""
    passwords = {f"SOCLE_{name.upper()}_PASSWORD": "x" for name in ("owner", *SERVICES)}
    with EmbeddedServers(tmp_path / "var", durable=False) as servers:
        sockets = servers.database_url.split("host=")[1]
        connection = ("-h", sockets, "-U", "postgres", "-d", "socle")
        done = subprocess.run(
            [str(programs() / "psql"), "-X", "-q", *connection, "-f", str(ROOT / "deploy/postgres/init.sql")],
            env={**os.environ, **passwords},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        as_role = servers.database_url.replace("//postgres@", "//{}@")
        asyncio.run(upgrade_all(as_role.format("socle_owner")))
        for name in SERVICES:
            asyncio.run(check_role(as_role.format(f"socle_{name}"), name))


async def check_role(url: str, own: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for schema in SERVICES:
            tables = f"SELECT count(*) FROM {schema}.alembic_version"
            if schema == own:
                assert await connection.fetchval(tables) == 1
            else:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetchval(tables)
        assert await connection.fetchval("SELECT count(*) FROM access.api_key") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM access.api_key")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"CREATE TABLE {own}.intruder (id int)")
        await connection.execute(f"DELETE FROM {own}.outbox")
    finally:
        await connection.close()


def test_the_wheel_holds_everything_that_runs(tmp_path: Path) -> None:
    """What `pip install .` puts in the image: every module, and the data read beside them."""
    subprocess.run(
        [BIN / "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    tracked = subprocess.run(
        ["git", "ls-files", "socle", "services", "shared"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if tracked.returncode != 0:
        pytest.skip("not a git checkout: the list of files to compare with is not known")
    missing = set(tracked.stdout.splitlines()) - packed
    assert not {name for name in missing if (ROOT / name).exists()}


def test_the_image_copies_what_exists() -> None:
    dockerfile = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    copied = [line.split()[1:-1] for line in dockerfile.splitlines() if re.match(r"COPY (?!--from)", line)]
    sources = [source for line in copied for source in line]
    assert sources
    admitted = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in admitted, f"{source} is kept out of the build by .dockerignore"


def test_the_image_builds(tmp_path: Path) -> None:
    if not docker_daemon():
        pytest.skip("no Docker daemon here: the image was NOT built and the compose file NOT started")
    subprocess.run(
        ["docker", "build", "-q", "-f", "deploy/Dockerfile", "-t", "socle-test", "."], cwd=ROOT, check=True
    )
    said = subprocess.run(
        ["docker", "run", "--rm", "socle-test", "--version"], capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("socle, version")
