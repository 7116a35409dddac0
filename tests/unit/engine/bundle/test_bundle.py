"""The bundled schemas: found by any of their names, official in fact, written in our own words."""

import json
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest

from services.validation.engine import bundle
from services.validation.engine.checks import build_check
from services.validation.engine.schema import parse_schema

ROOT = Path(__file__).parents[4]
OFFICIAL = ROOT.parent / "shared" / "data" / "schemas"
# Folders of official schemas that are not named like the schema.
FOLDERS = {
    "etalab/schema-bal": "bal",
}
# Editorial keys that some authors add to their fields; they state no rule.
EDITORIAL = {
    *("title", "description", "comment", "remarque", "note", "definition", "importance"),
    *("montantDemande", "nullable", "profiles", "required"),
}
RULES = ("missingValues", "primaryKey", "foreignKeys", "custom_checks")

ALL = [(name, version) for name in bundle.names() for version in bundle.versions(name)]


def fields_of(descriptor: dict[str, object]) -> list[dict[str, Any]]:
    fields = descriptor["fields"]
    assert isinstance(fields, list)
    return fields


def official(name: str, version: str) -> dict[str, Any]:
    folder = FOLDERS.get(name, name.partition("/")[2])
    path = OFFICIAL / folder / version / "schema.json"
    if not OFFICIAL.is_dir():
        pytest.skip(f"official schemas not found at {OFFICIAL}: facts cannot be compared")
    descriptor = json.loads(path.read_text("utf-8"))
    assert isinstance(descriptor, dict)
    return descriptor


def test_the_two_schemas_of_the_quick_start_are_there() -> None:
    assert bundle.latest("scdl/deliberations") == "2.1.5"
    assert bundle.latest("scdl/subventions") == "2.1.1"
    names = [field["name"] for field in fields_of(bundle.load("scdl/subventions"))]
    assert names[:3] == ["nomAttribuant", "idAttribuant", "dateConvention"]


@pytest.mark.parametrize(
    "reference",
    [
        "scdl/deliberations",
        "scdl/deliberations@2.1.5",
        "scdl/deliberations@v2.1.5",
        "scdl/deliberations@latest",
        "deliberations",
        " deliberations@2.1.5 ",
        "https://gitlab.com/opendatafrance/scdl/deliberations/raw/v2.1.5/schema.json",
        "https://gitlab.com/opendatafrance/scdl/deliberations/-/raw/v2.1.5/schema.json?inline=false",
        "https://schema.data.gouv.fr/schemas/scdl/deliberations/2.1.5/schema.json",
        "https://schema.data.gouv.fr/schemas/scdl/deliberations/latest/schema.json",
    ],
)
def test_every_way_to_name_a_schema(reference: str) -> None:
    name, version, descriptor = bundle.resolve(reference)
    assert (name, version) == ("scdl/deliberations", "2.1.5")
    assert descriptor["name"] == "deliberations"
    assert descriptor["version"] == "2.1.5"


@pytest.mark.parametrize(
    ("reference", "close"),
    [
        ("scdl/deliberation", "scdl/deliberations"),
        ("délibérations", "scdl/deliberations"),
        ("etalab/subventions-2", "scdl/subventions"),
        ("scdl/subventions@2.1.2", "scdl/subventions@2.1.1"),
    ],
)
def test_an_unknown_schema_names_the_nearest(reference: str, close: str) -> None:
    with pytest.raises(bundle.SchemaNotFound) as caught:
        bundle.resolve(reference)
    assert close in caught.value.close


@pytest.mark.parametrize(
    "reference", ["", "@", "../../etc/passwd", "scdl/deliberations@../prose", "https://x.test/a"]
)
def test_a_reference_never_leaves_the_bundle(reference: str) -> None:
    with pytest.raises(bundle.SchemaNotFound):
        bundle.resolve(reference)


def test_a_loaded_schema_belongs_to_its_caller() -> None:
    bundle.load("scdl/subventions")["fields"] = []
    assert len(fields_of(bundle.load("scdl/subventions"))) == 16


@pytest.mark.parametrize(("name", "version"), ALL)
def test_facts_equal_the_official_schema(name: str, version: str) -> None:
    ours, theirs = bundle.load(name, version), official(name, version)
    for ours_field, their_field in zip(fields_of(ours), theirs["fields"], strict=True):
        assert {k: v for k, v in ours_field.items() if k not in EDITORIAL} == {
            k: v for k, v in their_field.items() if k not in EDITORIAL
        }
    assert {key: ours.get(key) for key in RULES} == {key: theirs.get(key) for key in RULES}


@pytest.mark.parametrize(("name", "version"), ALL)
def test_every_word_is_ours(name: str, version: str) -> None:
    ours, theirs = bundle.load(name, version), official(name, version)
    sentences = {str(ours["description"]), *(field["description"] for field in fields_of(ours))}
    official_sentences = {str(theirs.get("description")), *(f.get("description") for f in theirs["fields"])}
    assert not sentences & official_sentences
    for ours_field, their_field in zip(fields_of(ours), theirs["fields"], strict=True):
        pair = (ours_field["description"].lower(), (their_field.get("description") or "").lower())
        # Two short sentences about one thing share words; beyond this they would be one sentence.
        assert SequenceMatcher(None, *pair).ratio() < 0.8, pair


@pytest.mark.parametrize(("name", "version"), ALL)
def test_every_field_is_described(name: str, version: str) -> None:
    descriptor = bundle.load(name, version)
    assert descriptor["title"]
    assert descriptor["description"]
    for field in fields_of(descriptor):
        assert len(field["title"]) > 1, field["name"]
        assert len(field["description"]) > 10, field["name"]


@pytest.mark.parametrize(("name", "version"), ALL)
def test_every_schema_can_be_validated_with(name: str, version: str) -> None:
    parsed = parse_schema(bundle.load(name, version))
    assert parsed.schema is not None
    for custom in parsed.schema.custom_checks:
        assert build_check(custom, parsed.schema).kind


def test_the_index_lists_every_file() -> None:
    home = Path(bundle.__file__).parent
    stored = {
        (f"{path.parent.parent.name}/{path.parent.name}", path.stem)
        for path in home.glob("*/*/*.json")
        if path.name != "prose.json"
    }
    assert stored == set(ALL)
