"""Slips in the keys of a schema are told with the right name; keys of one's own are left alone."""

import json
from pathlib import Path
from typing import Any

from services.validation.domain.registry import lint
from services.validation.engine import bundle, inspect_schema
from services.validation.engine.messages import word
from services.validation.engine.misspelt import misspelt_keys


def told(descriptor: Any) -> dict[str, str]:
    """Return place -> right name of what is told."""
    return {str(item.params["path"]): str(item.params["near"]) for item in misspelt_keys(descriptor)}


def test_misspelt_keys_are_told_with_the_closest_right_name_wherever_they_stand() -> None:
    field = {
        "name": "a",
        "tpye": "string",
        "contraints": {"required": True},
        "constraints": {"requried": True, "Pattern": "x", "maxlength": 3},
    }
    descriptor = {
        "feilds": [],
        "fields": [field],
        "primarykey": "a",
        "custom_checks": [{"name": "siret", "parms": {"column": "a"}}],
        "foreignKeys": [{"field": "a", "reference": {"ressource": "", "fields": "a"}}],
    }
    assert told(descriptor) == {
        "/feilds": "fields",
        "/primarykey": "primaryKey",
        "/fields/0/tpye": "type",
        "/fields/0/contraints": "constraints",
        "/fields/0/constraints/requried": "required",
        "/fields/0/constraints/Pattern": "pattern",
        "/fields/0/constraints/maxlength": "maxLength",
        "/custom_checks/0/parms": "params",
        "/foreignKeys/0/field": "fields",
        "/foreignKeys/0/reference/ressource": "resource",
    }


def test_a_misspelt_list_of_fields_is_told_beside_its_absence() -> None:
    judged = lint({"feilds": [{"name": "a"}]})
    assert judged["valid"] is False
    levels = {finding["key"]: finding["level"] for finding in judged["findings"]}
    assert levels == {"schema-no-fields": "error", "schema-key-misspelt": "warning"}
    [finding] = [item for item in judged["findings"] if item["level"] == "warning"]
    assert "« fields »" in finding["message"]
    assert "“fields”" in finding["message_en"]


def test_a_misspelt_key_alone_does_not_refuse_the_schema() -> None:
    parsed = inspect_schema({"fields": [{"name": "a", "contraints": {"required": True}}]})
    assert parsed.schema is not None
    assert [finding.level for finding in parsed.findings] == ["warning"]
    finding = parsed.findings[0]
    assert word(finding.key, finding.params, "fr").fix == "Vouliez-vous écrire « constraints » ?"


def test_keys_of_ones_own_are_left_alone() -> None:
    field = {"name": "a", "comment": "", "importance": 1, "nullable": True, "x-note": "", "é": 1, "": 2}
    assert told({"fields": [field], "mission": "", "logo": "", "a": {"b": []}}) == {}
    shapes: list[Any] = [None, [], "x", {"fields": 3}, {"fields": [None, 1, {"constraints": []}]}]
    for shape in shapes:
        assert told(shape) == {}


def test_no_bundled_schema_has_a_misspelt_key() -> None:
    found = {name: told(bundle.load(name)) for name in bundle.names()}
    assert {name: keys for name, keys in found.items() if keys} == {}


def test_a_hostile_schema_is_soon_read_and_little_is_told() -> None:
    fields = [
        {"name": str(number), **{f"contraints{key}": 1 for key in range(50)}} for number in range(5_000)
    ]
    assert len(told({"fields": fields})) == 50


def test_what_is_told_of_the_official_schemas_is_right(working_material: Path) -> None:
    found: dict[str, set[str]] = {}
    for path in sorted((working_material / "data/schemas").glob("*/*/schema.json")):
        for place, near in told(json.loads(path.read_text("utf-8"))).items():
            found.setdefault(place.rpartition("/")[2], set()).add(near)
    assert found == {
        "contraints": {"constraints"},
        "countrycode": {"countryCode"},
        "exemple": {"example"},
        "licences": {"licenses"},
        "patter": {"pattern"},
        "ressources": {"resources"},
    }
