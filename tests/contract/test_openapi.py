"""The OpenAPI documents say all that a client must send and may receive, so that nobody has to be asked."""

import json
import re
from typing import Any

import pytest

from socle.cli.openapi import document
from socle.topology import SERVICES

Json = dict[str, Any]


@pytest.fixture(scope="module", params=sorted(SERVICES))
def described(request: pytest.FixtureRequest) -> Json:
    """The document of one service."""
    made: Json = json.loads(document(request.param))
    return made


def operations(described: Json) -> list[tuple[str, str, Json]]:
    return [(method, path, one) for path, held in described["paths"].items() for method, one in held.items()]


def test_an_error_is_described_as_it_is_answered(described: Json) -> None:
    for method, path, one in operations(described):
        assert "422" not in one["responses"], (method, path)
        content = one["responses"]["4XX"]["content"]
        assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert {"type", "detail", "detail_en", "errors"} <= set(
        described["components"]["schemas"]["Problem"]["properties"]
    )


def test_where_a_key_goes_is_told(described: Json) -> None:
    schemes = described["components"]["securitySchemes"]
    assert (schemes["bearer"]["scheme"], schemes["x-api-key"]["name"]) == ("bearer", "X-API-Key")
    writing = [one for method, _, one in operations(described) if method in ("put", "delete")]
    assert writing
    assert all({"bearer": []} in one["security"] for one in writing)


def test_every_reference_leads_somewhere(described: Json) -> None:
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)))
    assert named <= set(described["components"]["schemas"])


def test_a_replacement_in_the_directory_tells_that_it_needs_what_was_seen() -> None:
    made: Json = json.loads(document("directory"))
    for method, path, one in operations(made):
        removes = method == "delete" and "contacts" not in path and "webhooks" not in path
        headers = [
            parameter["name"] for parameter in one.get("parameters", []) if parameter["in"] == "header"
        ]
        assert ("If-Match" in headers) == (method == "put" or removes), (method, path)
