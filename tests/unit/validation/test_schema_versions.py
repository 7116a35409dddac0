"""Versions by semantic versioning, references that find them, and what changes from one to the next."""

from typing import Any

import pytest

from services.validation.domain.registry_index import IndexUnusable, read_index
from services.validation.domain.schema_changes import compare
from services.validation.engine.references import References, SchemaNotFound, in_order, latest_of

ORDERED = [
    *(
        "brouillon",
        "0.9",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
    ),
    *("1.0.0-rc.1", "1.0.0", "1.2", "1.2.1", "1.10.0", "2.0.0-beta"),
]


def test_versions_are_in_the_order_of_semantic_versioning() -> None:
    assert in_order(reversed(ORDERED)) == ORDERED
    assert latest_of(ORDERED) == "1.10.0"
    assert latest_of(["1.0.0-beta", "0.9.0-beta"]) == "1.0.0-beta"
    assert latest_of(["brouillon", "0.1.0-a"]) == "0.1.0-a"
    assert latest_of(["1." * 200 + "1", "1" * 40, "٣.١"]) is not None


def test_references_are_found_by_name_short_name_version_and_address() -> None:
    address = "https://exemple.fr/-/raw/v1/s.json"
    references = References(
        {"a/arbres": {"1.0.0": address, "2.0.0-rc": ""}, "b/arbres": {"1.0.0": ""}, "b/bancs": {"3": ""}}
    )
    assert references.resolve("bancs") == ("b/bancs", "3")
    assert references.resolve("a/arbres@v1.0.0") == ("a/arbres", "1.0.0")
    assert references.resolve("a/arbres") == ("a/arbres", "1.0.0")
    assert references.resolve("https://exemple.fr/raw/v1/s.json?x=1") == ("a/arbres", "1.0.0")
    national = "https://schema.data.gouv.fr/schemas/b/bancs/latest/autre_nom.json"
    assert references.resolve(national) == ("b/bancs", "3")
    for unknown, close in (("arbres", ("a/arbres", "b/arbres")), ("b/banc", ("b/bancs",))):
        with pytest.raises(SchemaNotFound) as caught:
            references.resolve(unknown)
        assert caught.value.close == close


def field(name: str = "a", kind: str = "string", **constraints: Any) -> dict[str, Any]:
    return {"fields": [{"name": name, "type": kind, "constraints": constraints}]}


@pytest.mark.parametrize(
    ("before", "after", "stricter"),
    [
        (field(), field(required=True), True),
        (field(required=True), field(), False),
        (field(required=True), field(required=False), False),
        (field(enum=["a"]), field(enum=["a", "b"]), False),
        (field(enum=["a", "b"]), field(enum=["a"]), True),
        (field(maxLength=5), field(maxLength=9), False),
        (field(maxLength=5), field(maxLength=4), True),
        (field(kind="integer", minimum=1), field(kind="integer", minimum=0), False),
        (field(pattern="a"), field(pattern="b"), True),
        (field(), field(kind="integer"), True),
        (field(kind="integer"), field(), False),
        (field(), {"fields": [*field()["fields"], *field("b")["fields"]]}, False),
        (field(), {"fields": [*field()["fields"], *field("b", required=True)["fields"]]}, True),
        ({"fields": [*field()["fields"], *field("b")["fields"]]}, field(), False),
        (field(), {**field(), "primaryKey": "a"}, True),
        ({**field(), "primaryKey": "a"}, field(), False),
        (field(), {**field(), "title": "Autre", "version": "2"}, False),
        (field(), {"fields": [{**field()["fields"][0], "description": "Autre"}]}, False),
        (field(), {"fields": [{"name": "a", "constraints": {}}]}, False),
    ],
    ids=range(19),
)
def test_a_version_is_stricter_when_what_was_accepted_may_be_refused(
    before: dict[str, Any], after: dict[str, Any], stricter: bool
) -> None:
    assert compare(before, after).stricter is stricter


def test_an_order_that_changes_is_told_and_nothing_else() -> None:
    fields = [*field()["fields"], *field("b")["fields"]]
    changes = compare({"fields": fields}, {"fields": fields[::-1]})
    assert (changes.reordered, changes.added, changes.removed, changes.changed) == (True, (), (), ())


@pytest.mark.parametrize(
    "version",
    [
        {"version_name": "", "schema_url": "https://x.fr"},
        {"version_name": "latest", "schema_url": "https://x.fr"},
        {"version_name": "../1", "schema_url": "https://x.fr"},
        {"version_name": "1.0.0"},
        {"version_name": "1.0.0", "schema_url": 3},
        {},
        None,
        "1.0.0",
    ],
    ids=range(8),
)
def test_an_entry_of_the_index_that_cannot_be_used_is_told_and_the_others_stay(version: Any) -> None:
    good = {"version_name": "v2.0.0", "schema_url": "https://x.fr/2"}
    schemas = [{"name": "a/b", "schema_type": "tableschema", "versions": [version, good]}, 3, {"name": "c/d"}]
    index = read_index({"schemas": schemas})
    assert [(item.name, item.version, item.title) for item in index.listed] == [("a/b", "2.0.0", "a/b")]
    assert len(index.skipped) == 1


def test_an_index_without_any_table_schema_is_refused() -> None:
    other = {"name": "a/b", "schema_type": "jsonschema", "versions": [{"version_name": "1"}]}
    documents: list[Any] = [{"schemas": [other]}, {"schemas": []}, {}, [], None, "x"]
    for document in documents:
        with pytest.raises(IndexUnusable):
            read_index(document)
