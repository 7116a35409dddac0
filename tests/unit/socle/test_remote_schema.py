"""A schema given by its address: fetched when it is public, refused as elsewhere when it is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import orjson
import pytest
from click.testing import CliRunner

from socle.cli import main

SCHEMA = {"name": "ages", "fields": [{"name": "age", "type": "integer"}]}


@contextmanager
def serving(body: bytes, status: int = 200) -> Iterator[str]:
    """Serve one body on loopback from a thread, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/schema.json"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def ages(tmp_path: Path) -> str:
    file = tmp_path / "ages.csv"
    file.write_text("age\n12\ndouze\n")
    return str(file)


def test_a_schema_at_an_address_that_is_allowed_is_used(ages: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCLE_HTTP_ALLOWED_HOSTS", '["127.0.0.1/32"]')
    with serving(orjson.dumps(SCHEMA)) as url:
        result = CliRunner().invoke(main, ["validate", ages, "--schema", url, "--format", "json"])
    assert result.exit_code == 1, result.output
    report = orjson.loads(result.stdout)
    assert report["stats"]["byType"] == {"type-error": 1}


def test_a_private_address_is_refused(ages: str) -> None:
    with serving(orjson.dumps(SCHEMA)) as url:
        result = CliRunner().invoke(main, ["validate", ages, "--schema", url])
    assert result.exit_code == 2
    assert url in result.output


def test_an_address_without_the_document_says_so(ages: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCLE_HTTP_ALLOWED_HOSTS", '["127.0.0.1/32"]')
    with serving(b"gone", status=404) as url:
        result = CliRunner().invoke(main, ["validate", ages, "--schema", url])
    assert result.exit_code == 2
    assert "404" in result.output
