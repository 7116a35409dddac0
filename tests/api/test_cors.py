"""Pages of other sites can read every answer, refusals of the outermost layer included."""

from typing import Any

import pytest

from tests.api.conftest import api, settings_of
from tests.support.api import assert_problem

SITE = {"origin": "https://portail.exemple.fr"}


@pytest.mark.parametrize(
    ("path", "headers", "status", "slug"),
    [
        ("/catalog/v1/datasets/%00", {}, 400, "malformed-request"),
        ("/catalog/v1/datasets?siren=%ff", {}, 400, "malformed-request"),
        ("/catalog/v1/datasets", {"host": "autre.exemple.fr"}, 400, "malformed-request"),
        ("/catalog/v1/datasets?inconnu=1", {}, 422, "invalid-request"),
        ("/catalog/v1/rien", {}, 404, "not-found"),
    ],
)
async def test_a_page_reads_why_it_was_refused(
    common_settings: dict[str, Any], path: str, headers: dict[str, str], status: int, slug: str
) -> None:
    own = {"trusted_hosts": ("socle.test",), "cors_origins": (SITE["origin"],)}
    async with api("catalog", settings_of("catalog", common_settings, **own)) as client:
        answer = await client.get(path, headers={**SITE, **headers})
        assert_problem(answer, status, slug)
        assert answer.headers["access-control-allow-origin"] == SITE["origin"]
        assert "X-Request-Id" in answer.headers["access-control-expose-headers"]
        other = await client.get(path, headers={"origin": "https://autre.exemple.fr", **headers})
        assert_problem(other, status, slug)
        assert "access-control-allow-origin" not in other.headers


async def test_a_crash_too(common_settings: dict[str, Any]) -> None:
    async with api("catalog", settings_of("catalog", common_settings), crash=False) as client:
        transport: Any = client._transport
        await transport.app.state.context.db.pool.close()
        answer = await client.get("/catalog/v1/datasets", headers=SITE)
        assert answer.status_code >= 500
        assert answer.headers["access-control-allow-origin"] == "*"
