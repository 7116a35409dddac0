"""The embedded servers: what survives a crash, who may use a folder, how it starts for root."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import psutil
import pytest
import redis

from socle.embedded import account
from socle.embedded.errors import EmbeddedError
from socle.embedded.servers import EmbeddedServers

HOLD = """
import sys, time
from pathlib import Path
from socle.embedded.servers import EmbeddedServers
with EmbeddedServers(Path(sys.argv[1]), note="http://127.0.0.1:9") as servers:
    print(servers.database_url, servers.redis_url, flush=True)
    time.sleep(300)
"""


def query(url: str, statement: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


def server_processes(folder: Path) -> list[psutil.Process]:
    """Return the main processes whose working folder is one of the servers'."""
    found = []
    for name in ("postgres/postmaster.pid", "run/valkey.pid"):
        record = folder / name
        if record.exists():
            pid = int(record.read_text().split("\n", 1)[0])
            if psutil.pid_exists(pid):
                found.append(psutil.Process(pid))
    return found


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the servers of `tmp_path`/var."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "var")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.terminate()
    process.wait()
    process.stdout.close()
    for left in server_processes(tmp_path / "var"):
        left.terminate()


def test_data_survives_a_stop(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path / "var") as servers:
        query(servers.database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        with redis.Redis.from_url(servers.redis_url) as client:
            client.set("kept", "42")
    with EmbeddedServers(tmp_path / "var") as servers:
        assert query(servers.database_url, "SELECT answer FROM kept") == 42
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.get("kept") == b"42"
    assert server_processes(tmp_path / "var") == []


def test_servers_are_durable_and_private(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path / "var") as servers:
        assert query(servers.database_url, "SHOW fsync") == "on"
        assert query(servers.database_url, "SHOW listen_addresses") == ""
        assert query(servers.database_url, "SELECT lower('ÉTÉ À L''ÎLE')") == "été à l'île"
        with redis.Redis.from_url(servers.redis_url) as client:
            settings = client.config_get("append*", "maxmemory-policy", "port")
        assert settings["appendonly"] == "yes"
        assert settings["appendfsync"] == "everysec"
        assert settings["maxmemory-policy"] == "noeviction"
        assert settings["port"] == "0"
        sockets = Path(urlsplit(servers.redis_url).path).parent
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700


def test_second_start_on_the_same_folder_says_who_holds_it(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    with pytest.raises(EmbeddedError, match="Socle tourne déjà") as refused:
        EmbeddedServers(tmp_path / "var").start()
    assert str(holder.pid) in str(refused.value)
    assert "http://127.0.0.1:9" in str(refused.value)


def test_start_after_kill_stops_what_was_left(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    left = server_processes(tmp_path / "var")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert len(left) == 2
    assert all(process.is_running() for process in left), "the servers outlive their parent's kill -9"
    with EmbeddedServers(tmp_path / "var") as servers:
        assert query(servers.database_url, "SELECT 1") == 1
        assert not any(process.is_running() for process in left)


def test_start_after_kill_when_our_record_is_lost(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    left = server_processes(tmp_path / "var")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    (tmp_path / "var/run/postgres.pid").unlink()
    with EmbeddedServers(tmp_path / "var") as servers:
        assert query(servers.database_url, "SELECT 1") == 1
        assert not left[0].is_running()


def test_a_foreign_process_with_the_recorded_number_is_left_alone(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path / "var"):
        pass
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        for record in ("run/postgres.pid", "run/valkey.pid", "postgres/postmaster.pid"):
            (tmp_path / "var" / record).write_text(f"{bystander.pid}\n")
        with EmbeddedServers(tmp_path / "var") as servers:
            assert query(servers.database_url, "SELECT 1") == 1
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_folder_too_deep_or_odd_for_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("dossier d'été, " + "très long " * 9)
    with EmbeddedServers(folder) as servers:
        first = parse_qs(urlsplit(servers.database_url).query)["host"][0]
        assert len(first) < 80
        assert stat.S_IMODE(Path(first).stat().st_mode) == 0o700
        assert query(servers.database_url, "SELECT 1") == 1
    with EmbeddedServers(folder) as servers:
        assert parse_qs(urlsplit(servers.database_url).query)["host"][0] == first
    Path(first).rmdir()
    with EmbeddedServers(folder) as servers:  # as after a reboot that emptied the temporary folder
        second = parse_qs(urlsplit(servers.database_url).query)["host"][0]
        assert second != first
    Path(second).rmdir()


def test_unreadable_queue_file_is_set_aside(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path / "var") as servers, redis.Redis.from_url(servers.redis_url) as client:
        client.set("kept", "42")
    for part in (tmp_path / "var/valkey/appendonlydir").glob("*.incr.aof"):
        part.write_bytes(b"*3\r\n$3\r\nSET\r\nnot a length\r\n" * 40)
    with EmbeddedServers(tmp_path / "var") as servers, redis.Redis.from_url(servers.redis_url) as client:
        assert client.ping()
    assert len(list((tmp_path / "var").glob("valkey.unreadable-*"))) == 1


def test_interrupted_preparation_is_started_again(tmp_path: Path) -> None:
    draft = tmp_path / "var/postgres.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    with EmbeddedServers(tmp_path / "var") as servers:
        assert query(servers.database_url, "SELECT 1") == 1
    assert not draft.exists()


def test_data_of_another_version_is_refused_and_kept(tmp_path: Path) -> None:
    data = tmp_path / "var/postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("14\n")
    with pytest.raises(EmbeddedError, match="PostgreSQL 14"):
        EmbeddedServers(tmp_path / "var").start()
    assert (data / "PG_VERSION").read_text() == "14\n"


def test_a_server_that_dies_is_revived(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path / "var") as servers:
        assert servers.revive() == []
        for process in server_processes(tmp_path / "var"):
            process.kill()
            process.wait()
        assert servers.revive() == ["PostgreSQL", "Valkey"]
        assert query(servers.database_url, "SELECT 1") == 1
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.ping()


def test_environment_does_not_redirect_the_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGDATABASE", "elsewhere")
    monkeypatch.setenv("PGUSER", "somebody")
    with EmbeddedServers(tmp_path / "var") as servers:
        assert query(servers.database_url, "SELECT current_database()") == "socle"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another account to try")
def test_root_without_user_namespaces_uses_another_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "_namespaced_root", lambda: None)
    with tempfile.TemporaryDirectory() as place:  # tmp_path cannot be entered by other accounts
        Path(place).chmod(0o755)
        with EmbeddedServers(Path(place) / "var") as servers:
            assert query(servers.database_url, "SELECT 1") == 1
            assert (Path(place) / "var/postgres").stat().st_uid != 0
        monkeypatch.undo()
        with EmbeddedServers(Path(place) / "var") as servers:  # and namespaces again, on the same data
            assert query(servers.database_url, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another account to try")
def test_root_is_told_when_the_other_account_cannot_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "_namespaced_root", lambda: None)
    tmp_path.chmod(0o700)
    with pytest.raises(EmbeddedError, match="compte ordinaire"):
        EmbeddedServers(tmp_path / "var").start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another account")
def test_root_refuses_the_folder_of_an_ordinary_account(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    os.chown(tmp_path / "var", 1000, 1000)
    with pytest.raises(EmbeddedError, match="appartient au compte n° 1000"):
        EmbeddedServers(tmp_path / "var").start()
