"""A verdict: shown, kept in the history, told in the change log and to the services that count."""

from typing import Any
from uuid import UUID, uuid4

from services.catalog.operations.resources import record_verdict
from shared.clock import now
from shared.contracts.validation import ValidationCompleted
from shared.db import Database
from tests.api.catalog.test_sources import DATASET, PATH, sending
from tests.api.conftest import settings_of


def verdict(resource: dict[str, Any], revision: int, outcome: str) -> ValidationCompleted:
    """Return the verdict of the validation service on a state of a resource."""
    return ValidationCompleted.model_validate(
        {
            "validation_id": uuid4(),
            "outcome": outcome,
            "schema_name": "scdl/deliberations",
            "schema_version": "2.1.5",
            "checksum": "ab" * 32,
            "size": 12,
            "rows": 1,
            "errors": 0 if outcome == "valid" else 3,
            "warnings": 0,
            "finished_at": now(),
            "resource_id": UUID(resource["id"]),
            "resource_revision": revision,
        }
    )


async def test_a_verdict_is_shown_kept_and_told(common_settings: dict[str, Any]) -> None:
    settings = settings_of("catalog", common_settings)
    db = await Database.open(settings.database_url, schema="catalog", pool_size=2)
    async with sending(settings, siren="732829320") as client:
        await client.put(PATH, json=DATASET)
        shown = (await client.get(PATH)).json()
        first = shown["resources"][0]
        for revision, outcome in ((1, "invalid"), (7, "valid"), (1, "valid")):
            async with db.transaction() as session:
                await record_verdict(session, verdict(first, revision, outcome))
        after = (await client.get(PATH)).json()
        history = (await client.get(f"{shown['self']}/resources/{first['id']}/conformity")).json()["items"]
        changes = (await client.get("/catalog/v1/changes")).json()["items"]
        told = await db.fetch(
            "SELECT payload FROM outbox WHERE type = 'catalog.dataset.published.v1' ORDER BY id"
        )
        await client.put(PATH, json={**DATASET, "resources": []})
        gone = (await client.get(PATH)).json()
    await db.close()
    assert (after["conformity"], after["resources"][0]["conformity"]["status"]) == ("valid", "valid")
    assert [(item["status"], item["errors"], item["revision"]) for item in history] == [
        ("valid", 0, 1),
        ("invalid", 3, 1),
    ]
    assert [(item["type"], item["data"].get("from"), item["data"].get("to")) for item in changes] == [
        ("dataset.created", None, None),
        ("dataset.conformity_changed", "queued", "invalid"),
        ("dataset.conformity_changed", "invalid", "valid"),
    ]
    assert [row["payload"]["conforming"] for row in told] == [None, False, True], (
        "a late verdict tells nothing"
    )
    assert told[0]["payload"]["organization_siren"] == "212500565"
    assert told[0]["payload"]["owner_siren"] == "732829320"
    assert told[0]["payload"]["schemas"] == ["scdl/deliberations"]
    assert gone["conformity"] == "not_validated"
