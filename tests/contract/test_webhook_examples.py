"""The receivers shown in the documentation accept our messages, and nothing else."""

import base64
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from shared.clock import now
from shared.webhooks.signing import new_secret, signed_headers, written

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/recevoir-des-webhooks.md"
MESSAGE = UUID("01a20541-9040-7720-98b9-4afc09e82b93")
BODY = orjson.dumps({"type": "dataset.updated", "data": {"title": "Délibérations"}})
SECRET, OTHER = new_secret(), new_secret()

# Returns the message, or None when the example refuses it.
Verify = Callable[[str, dict[str, str], bytes], Any]


def _code(language: str) -> str:
    [code] = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return str(code)


def _python(_folder: Path) -> Verify:
    names: dict[str, Any] = {}
    exec(_code("python"), names)

    def verify(secret: str, headers: dict[str, str], body: bytes) -> Any:
        try:
            return names["verify"](secret, headers, body)
        except ValueError:
            return None

    return verify


def _javascript(folder: Path) -> Verify:
    if shutil.which("node") is None:
        pytest.skip("no node here: the example in JavaScript was NOT run")
    (folder / "verify.mjs").write_text(_code("js"))
    (folder / "run.mjs").write_text(
        'import { verify } from "./verify.mjs";\n'
        "const [secret, headers, body] = JSON.parse(process.argv[2]);\n"
        "let found = null;\n"
        'try { found = verify(secret, headers, Buffer.from(body, "base64")); }\n'
        "catch (error) { if (!/trop ancien|fausse/.test(error.message)) throw error; }\n"
        "console.log(JSON.stringify(found));\n"
    )

    def verify(secret: str, headers: dict[str, str], body: bytes) -> Any:
        given = orjson.dumps([secret, headers, base64.b64encode(body).decode()]).decode()
        done = subprocess.run(
            ["node", str(folder / "run.mjs"), given], capture_output=True, text=True, check=True, timeout=30
        )
        return orjson.loads(done.stdout)

    return verify


@pytest.fixture(params=[_python, _javascript], ids=["python", "javascript"])
def verify(request: pytest.FixtureRequest, tmp_path: Path) -> Verify:
    made: Verify = request.param(tmp_path)
    return made


def _headers(*keys: bytes, moment: datetime | None = None) -> dict[str, str]:
    return signed_headers(keys, MESSAGE, moment or now(), BODY)


def test_our_message_is_accepted(verify: Verify) -> None:
    assert verify(written(SECRET), _headers(SECRET), BODY) == orjson.loads(BODY)


def test_either_secret_is_accepted_while_one_replaces_the_other(verify: Verify) -> None:
    headers = _headers(OTHER, SECRET)
    assert verify(written(SECRET), headers, BODY) is not None
    assert verify(written(OTHER), headers, BODY) is not None


def test_anything_else_is_refused(verify: Verify) -> None:
    headers = _headers(SECRET)
    assert verify(written(OTHER), headers, BODY) is None
    assert verify(written(SECRET), headers, BODY + b" ") is None
    assert verify(written(SECRET), {**headers, "webhook-id": str(UUID(int=1))}, BODY) is None
    assert verify(written(SECRET), {**headers, "webhook-signature": "v1, v2,AAAA x"}, BODY) is None
    old = _headers(SECRET, moment=now() - timedelta(minutes=6))
    assert verify(written(SECRET), old, BODY) is None
    assert verify(written(SECRET), {**old, "webhook-timestamp": headers["webhook-timestamp"]}, BODY) is None
