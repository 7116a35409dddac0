"""The catalogue given back as DCAT-AP 3: no violation of the profile's shapes, and the same content read again."""

import gzip
import warnings
from collections.abc import AsyncIterator, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
import rdflib
from rdflib.namespace import DCAT, RDF

from services.catalog.domain.dcat_export import iri
from services.catalog.domain.payloads import dcat, rdf
from services.catalog.domain.payloads.reading import PayloadRefused
from services.catalog.domain.record import Record
from shared.settings import Settings
from tests.api.conftest import Client, api, create_key, settings_of
from tests.support.api import assert_problem

V1 = "/catalog/v1"
FORMS = {"jsonld": "json-ld", "ttl": "turtle", "rdf": "xml"}
SYNTAXES = {"jsonld": "jsonld", "ttl": "turtle", "rdf": "xml"}
SHAPES = ("3.0.0/dcat-ap-SHACL.ttl", "3.0.1-html/shapes.ttl", "3.0.1-html/range.ttl")
DATASET: dict[str, Any] = {
    "title": "Délibérations <2024> & \x0b",
    "description": "Celles de « 2024 », œuvre du conseil.",
    "uri": "https://exemple.fr/jeux/délibérations 2024",
    "organization": {"siren": "212500565", "name": "Besançon", "url": "https://besancon.fr/"},
    "license": "lov2",
    "frequency": "severalTimesADay",
    "tags": ["conseil", "actes"],
    "themes": ["GOVE", "ENVI"],
    "temporal_coverage": {"start": "2024-01-01", "end": "2024-12-31"},
    "spatial": {
        "zones": ["fr:commune:25056", "fr:epci:242500361"],
        "geom": {"type": "Point", "coordinates": [6, 47]},
    },
    "contact_points": [
        {"name": "Mairie", "email": "data@besancon.fr"},
        {"contact_form": "https://besancon.fr/?a[]=1"},
    ],
    "landing_page": "https://besancon.fr/jeux/1",
    "issued": "2024-02-01T10:00:00Z",
    "modified": "2024-03-01T10:00:00+02:00",
    "resources": [
        {
            "title": "2024",
            "url": "https://exemple.fr/a b/[2024].csv?x={y}|z",
            "format": "csv",
            "filesize": 2**40,
            "checksum": {"type": "sha1", "value": "a9993e364706816aba3e25717850c26c9cd0d89d"},
            "schema": {"name": "scdl/deliberations", "version": "2.1.3"},
            "issued": "2024-02-01T10:00:00Z",
        },
        {"title": "À déposer", "format": "inconnu au bataillon"},
        {
            "title": "api",
            "type": "api",
            "url": "https://exemple.fr/%zz#a#b",
            "schema": {"url": "https://exemple.fr/schema.json"},
        },
    ],
}


@pytest.fixture
def settings(common_settings: dict[str, Any]) -> Settings:
    return settings_of("catalog", common_settings)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    async with api("catalog", settings) as client:
        yield client


@pytest.fixture
async def key(database_url: str) -> dict[str, str]:
    return {"x-api-key": await create_key(database_url, "catalog:write")}


async def register(client: Client, key: dict[str, str], **more: Any) -> dict[str, Any]:
    answer = await client.post(f"{V1}/datasets", json={**DATASET, **more}, headers=key)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def load(client: Client, key: dict[str, str], lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """Put datasets of udata in a source of their own, and return them as the API shows them."""
    made = await client.post(
        f"{V1}/sources", json={"slug": "udata", "name": "udata", "kind": "push"}, headers=key
    )
    assert made.status_code == 201, made.text
    answer = await client.post(
        f"{V1}/sources/udata/bulk?profile=udata",
        content=b"\n".join(lines),
        headers={**key, "content-type": "application/x-ndjson"},
    )
    outcomes = [orjson.loads(line) for line in answer.content.splitlines()]
    assert {outcome["outcome"] for outcome in outcomes} == {"created"}
    dump = await client.get(f"{V1}/dumps/datasets.ndjson")
    return [orjson.loads(line) for line in dump.content.splitlines()]


def real_lines(working_material: Path, step: int = 1) -> list[bytes]:
    packed = (working_material / "data/harvest/udata/datasets.ndjson.gz").read_bytes()
    return gzip.decompress(packed).splitlines()[::step]


@cache
def shapes(folder: Path) -> rdflib.Graph:
    graph = rdflib.Graph()
    for name in SHAPES:
        graph.parse(folder / name, format="turtle")
    return graph


def graph_of(content: bytes, form: str = "jsonld") -> rdflib.Graph:
    with warnings.catch_warnings():
        # rdflib's own parser of JSON-LD uses what rdflib deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        return rdflib.Graph().parse(data=content, format=FORMS[form])


def assert_no_violation(working_material: Path, graph: rdflib.Graph) -> None:
    from pyshacl import validate  # heavy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        conforms, report, text = validate(graph, shacl_graph=shapes(working_material / "data/harvest/shacl"))
    assert conforms, text[:3000]
    assert report is not None


def said(record: Record) -> dict[str, Any]:
    """Return what DCAT can say of a record."""
    body = record.organization
    return {
        "identity": record.remote_id,
        "title": record.title,
        "description": record.description,
        "tags": record.tags,
        "themes": record.themes,
        "license": record.license,
        "frequency": record.frequency,
        "period": (record.temporal_start, record.temporal_end),
        "zones": set(record.zones),
        "geom": record.geom,
        # A body has one name, whatever the datasets that name it say.
        "organization": body.siren or "" if body else None,
        "contacts": {(contact.name, contact.email) for contact in record.contact_points},
        "page": iri(record.landing_page) if record.landing_page else None,
        "dates": (record.created, record.modified),
    }


def files(record: Record) -> list[tuple[Any, ...]]:
    return sorted(
        (
            item.title,
            iri(item.url or ""),
            item.remote_id,
            item.description,
            item.format,
            item.filesize,
            item.checksum and (item.checksum.type, item.checksum.value),
            (item.schema_name, item.schema_version, item.schema_url),
            str(item.created),
            str(item.modified),
        )
        for item in record.resources
    )


def read(content: bytes, form: str) -> dict[str, Record]:
    found = list(dcat.read(content, SYNTAXES[form], "http://socle.test/"))
    records = [item for item in found if not isinstance(item, PayloadRefused)]
    assert len(records) == len(found)
    return {record.remote_id or "": record for record in records}


async def test_a_dataset_is_the_same_in_every_syntax(
    client: Client, key: dict[str, str], working_material: Path
) -> None:
    made = await register(client, key)
    answers = {form: await client.get(f"{V1}/datasets/{made['id']}.{form}") for form in FORMS}
    graphs = {form: graph_of(answer.content, form) for form, answer in answers.items()}
    assert all(answer.headers["content-type"].endswith("; charset=utf-8") for answer in answers.values())
    assert set(graphs["jsonld"]) == set(graphs["ttl"]) == set(graphs["rdf"])
    assert_no_violation(working_material, graphs["rdf"])
    record = read(answers["ttl"].content, "ttl")[made["id"]]
    assert (record.title, record.license, record.frequency) == (
        "Délibérations <2024> & \ufffd",
        "lov2",
        "severalTimesADay",
    )
    assert (record.tags, record.themes) == (("conseil", "actes"), ("GOVE", "ENVI"))
    assert record.uri == "https://exemple.fr/jeux/délibérations%202024"
    first = next(item for item in record.resources if item.title == "2024")
    assert first.url == "https://exemple.fr/a%20b/%5B2024%5D.csv?x=%7By%7D%7Cz"
    assert (first.schema_name, first.schema_version, first.filesize) == ("scdl/deliberations", "2.1.3", 2**40)


async def test_the_same_content_is_the_same_document(client: Client, key: dict[str, str]) -> None:
    made = await register(client, key)
    address = f"{V1}/datasets/{made['id']}.ttl"
    first = await client.get(address)
    again = await client.get(address, headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


async def test_pages_lead_to_every_dataset_once(
    client: Client, key: dict[str, str], working_material: Path
) -> None:
    made = {(await register(client, key, title=f"n°{number}", uri=None))["self"] for number in range(5)}
    found: list[str] = []
    address: str | None = f"{V1}/catalog.jsonld?limit=2"
    pages = 0
    while address:
        answer = await client.get(address)
        assert answer.status_code == 200
        graph = graph_of(answer.content)
        assert_no_violation(working_material, graph)
        found += [str(node) for node in graph.subjects(RDF.type, DCAT.Dataset)]
        following = dcat.next_page(rdf.read(answer.content, "jsonld", str(answer.url)), str(answer.url))
        assert (following is None) == ("link" not in answer.headers)
        address, pages = following, pages + 1
    assert (pages, len(found), set(found)) == (3, 5, made)


async def test_two_datasets_of_one_uri_stay_two(client: Client, key: dict[str, str]) -> None:
    made = {(await register(client, key))["self"] for _ in range(2)}
    graph = graph_of((await client.get(f"{V1}/catalog.ttl")).content, "ttl")
    assert {str(node) for node in graph.subjects(RDF.type, DCAT.Dataset)} == made
    same = {str(node) for node in graph.objects(None, rdflib.OWL.sameAs)}
    assert same == {iri(DATASET["uri"])}


async def test_nothing_private_or_deleted_is_exported(client: Client, key: dict[str, str]) -> None:
    private = await register(client, key, private=True)
    gone = await register(client, key)
    await client.delete(f"{V1}/datasets/{gone['id']}", headers=key)
    assert_problem(await client.get(f"{V1}/datasets/{private['id']}.ttl"), 404, "dataset-not-found")
    assert_problem(await client.get(f"{V1}/datasets/{gone['id']}.ttl"), 410, "dataset-deleted")
    for address in (f"{V1}/catalog.jsonld", f"{V1}/dumps/catalog.jsonld"):
        graph = graph_of((await client.get(address)).content)
        assert set(graph.subjects(RDF.type, DCAT.Dataset)) == set()
        assert len(set(graph.subjects(RDF.type, DCAT.Catalog))) == 1


async def test_what_is_no_export_is_refused(client: Client, key: dict[str, str]) -> None:
    made = await register(client, key)
    assert_problem(await client.get(f"{V1}/datasets/{made['id']}.pdf"), 422, "invalid-request")
    assert_problem(await client.get(f"{V1}/datasets/nul.ttl"), 422, "invalid-request")
    assert_problem(await client.get(f"{V1}/catalog.ttl?cursor=faux"), 422, "invalid-request")
    assert_problem(await client.get(f"{V1}/catalog.ttl?siren=12"), 422, "invalid-request")
    assert (await client.get(f"{V1}/datasets/{made['id']}")).status_code == 200


@pytest.mark.parametrize("form", FORMS)
async def test_real_datasets_come_back_the_same(
    client: Client, key: dict[str, str], working_material: Path, form: str
) -> None:
    shown = await load(client, key, real_lines(working_material, 12))
    answer = await client.get(f"{V1}/dumps/catalog.{form}")
    found = read(answer.content, form)
    assert len(found) == len(shown) > 50
    for dataset, line in zip(shown, real_lines(working_material, 12), strict=True):
        assert_same(found[dataset["remote_id"]], dataset, line)


def assert_same(found: Record, dataset: dict[str, Any], line: bytes) -> None:
    from services.catalog.domain.payloads import udata

    wanted = udata.read(orjson.loads(line))
    expected = said(wanted)
    # What has no description is described by its title: the profile wants one.
    expected["description"] = expected["description"] or wanted.description_short or wanted.title
    assert said(found) == expected, dataset["id"]
    assert files(found) == files(wanted)


async def test_real_datasets_break_no_rule(
    client: Client, key: dict[str, str], working_material: Path
) -> None:
    await load(client, key, real_lines(working_material, 40))
    graph = graph_of((await client.get(f"{V1}/dumps/catalog.jsonld")).content)
    assert_no_violation(working_material, graph)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_all_real_datasets_break_no_rule_and_come_back(
    client: Client, key: dict[str, str], working_material: Path
) -> None:
    lines = real_lines(working_material)
    shown = await load(client, key, lines)
    content = (await client.get(f"{V1}/dumps/catalog.rdf")).content
    found = read(content, "rdf")
    assert len(found) == len(shown) == 626
    for dataset, line in zip(shown, lines, strict=True):
        assert_same(found[dataset["remote_id"]], dataset, line)
    assert_no_violation(working_material, graph_of(content, "rdf"))
