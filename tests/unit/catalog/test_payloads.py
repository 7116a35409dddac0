"""Payloads as portals really write them, each mapped to the one record."""

import gzip
from collections import Counter
from datetime import date
from pathlib import Path

import orjson
import pytest

from services.catalog.domain.payloads import dcat, rdf, scdl, udata
from services.catalog.domain.payloads.reading import PayloadRefused
from services.catalog.domain.record import Record, stable_url, unique_keys

BASE = "http://data.test.org/"
HEADER = ";".join(scdl.COLUMNS)
ROW = (
    "Rennes Métropole;24350013900189;prenoms-2017;Prénoms 2017;Les prénoms;Administration locale;Ville de Rennes;"
    "21350238800019;Intercommunale;Rennes Métropole;2017-01-01;31/12/2017;2017-06-01;Semestrielle;2018-01-14;"
    '"scdl;prenoms";Licence Ouverte-LO;2;"csv;xls";https://data.example.org/prenoms'
)


def read_dcat(data: bytes, syntax: str) -> list[Record]:
    """Return the records of a document, none refused."""
    found = list(dcat.read(data, syntax, BASE))
    records = [item for item in found if isinstance(item, Record)]
    assert len(records) == len(found)
    return records


def sample(material: Path, name: str, syntax: str) -> dict[str, Record]:
    """Return the records of a real catalogue by title."""
    return {
        record.title: record for record in read_dcat((material / "data/harvest" / name).read_bytes(), syntax)
    }


def test_the_datasets_of_udata_say_what_udata_says(working_material: Path) -> None:
    lines = gzip.decompress(
        (working_material / "data/harvest/udata/datasets.ndjson.gz").read_bytes()
    ).splitlines()
    documents = [orjson.loads(line) for line in lines]
    records = [udata.read(document) for document in documents]
    assert len(records) == 626
    for document, record in zip(documents, records, strict=True):
        assert record.remote_id == document["id"]
        assert record.title == document["title"].strip()[:350]
        assert (record.license, record.frequency) == (document["license"], document["frequency"])
        spatial = document["spatial"] or {"zones": [], "granularity": None}
        assert record.zones == tuple(dict.fromkeys(zone.partition("@")[0] for zone in spatial["zones"]))
        assert record.granularity == spatial["granularity"]
        assert len(record.resources) == len(document["resources"])
        assert len(set(unique_keys(record.resources))) == len(record.resources), (
            "even where an id comes twice"
        )
    files = [resource for record in records for resource in record.resources]
    assert Counter(resource.schema_name for resource in files if resource.schema_name) == {
        "scdl/budget": 18,
        "scdl/prenoms": 2,
        "scdl/subventions": 1,
    }
    assert sum(resource.checksum is not None for resource in files) == 1188
    assert len({record.content_hash() for record in records}) == 626


def test_what_changes_without_the_dataset_changing_is_left_out_of_the_digest() -> None:
    document = {
        "id": "1",
        "title": "t",
        "harvest": {"last_update": "2024"},
        "resources": [{"id": "r", "extras": {"check:status": 200}}],
    }
    later = {
        "id": "1",
        "title": "t",
        "harvest": {"last_update": "2025"},
        "resources": [{"id": "r", "extras": {"check:status": 404}}],
        "metrics": {"views": 3},
    }
    assert udata.read(document).content_hash() == udata.read(later).content_hash()
    assert udata.read(document).content_hash() != udata.read({**later, "title": "u"}).content_hash()


@pytest.mark.parametrize("document", [None, [], "x", {}, {"title": ""}, {"title": " \x00 "}, {"title": None}])
def test_what_is_no_udata_dataset_is_refused(document: object) -> None:
    with pytest.raises(PayloadRefused):
        udata.read(document)


def test_everything_of_a_udata_dataset_but_its_title_may_be_wrong() -> None:
    wrong = [1, -1, "x", [], {}, [1], {"a": "\x00\ud800"}, None, True, 1e308, "9" * 5000]
    members = [
        "description",
        "tags",
        "license",
        "frequency",
        "spatial",
        "resources",
        "organization",
        "extras",
    ]
    members += ["harvest", "temporal_coverage", "archived", "badges", "contact_points", "private"]
    for member in members:
        for value in wrong:
            record = udata.read({"title": "t", member: value})
            orjson.dumps(record)
            assert record.title == "t"
    inner = ("url", "schema", "checksum", "filesize", "type", "format", "extras", "created_at", "title")
    for member in inner:
        for value in wrong:
            orjson.dumps(udata.read({"title": "t", "resources": [{member: value}]}))


def test_a_catalogue_in_rdf_xml(working_material: Path) -> None:
    found = sample(working_material, "dcat/catalog.xml", "xml")
    assert {title: len(record.resources) for title, record in found.items()} == {
        "Dataset 1": 3,
        "Dataset 2": 2,
        "Dataset 3": 1,
        "Dataset 4": 2,
    }
    third = found["Dataset 3"]
    assert (third.license, third.frequency) == ("lov2", "daily")
    assert (third.temporal_start, third.temporal_end) == (date(2016, 1, 1), date(2016, 12, 5))
    assert third.geom is None, "a geometry with NaN is none"
    assert (third.remote_id, third.organization and third.organization.name) == ("3", "An Organization")
    first = found["Dataset 1"]
    assert first.license == "fr-lo", "what its file says"
    assert first.contact_points[0].email == "hello@its.me"
    assert (first.resources[0].format, first.resources[0].filesize) == ("json", 12323)
    assert first.resources[2].type == "api"


def test_datasets_without_a_name_of_their_own(working_material: Path) -> None:
    found = sample(working_material, "dcat/bnodes.xml", "xml")
    assert {record.remote_id for record in found.values()} == {"1", "2", "3"}
    assert found["Dataset 1"].uri is None
    assert found["Dataset 2"].geom is not None


def test_malformed_rdf_is_read_all_the_same_and_always_alike(working_material: Path) -> None:
    data = (working_material / "data/harvest/dcat/geonetwork.xml").read_bytes()
    [record] = read_dcat(data, "xml")
    assert record.title.startswith("Data of type chemistry")
    assert (record.frequency, record.temporal_start) == ("continuous", date(2004, 11, 3))
    assert len(record.resources) == 4
    assert {other.content_hash() for _ in range(3) for other in read_dcat(data, "xml")} == {
        record.content_hash()
    }


def test_our_neighbours_export(working_material: Path) -> None:
    found = sample(working_material, "dcat/udata.xml", "xml")
    record = found["Bureaux de vote - Vanves"]
    assert len(record.resources) == 4
    assert record.resources[0].remote_id is not None
    assert "elections" in record.tags


def test_json_ld_with_a_context_that_is_elsewhere_is_read_without_fetching_it(working_material: Path) -> None:
    found = sample(working_material, "dcat/evian.json", "jsonld")
    assert len(found) == 8
    assert found["stationnement velos"].license == "lov2"
    assert found["stationnement velos"].organization is not None
    assert [item.format for item in found["poubelles"].resources if item.format in ("csv", "geojson")] == [
        "csv",
        "geojson",
    ]
    assert len(sample(working_material, "dcat/flat.jsonld", "jsonld")) == 3
    assert len(sample(working_material, "ckan/catalog.json", "jsonld")) == 2


def test_the_next_page_of_a_catalogue(working_material: Path) -> None:
    data = (working_material / "data/harvest/dcat/partial-collection-1.jsonld").read_bytes()
    assert dcat.next_page(rdf.read(data, "jsonld", BASE), BASE) is not None


def test_a_schema_is_what_a_distribution_conforms_to() -> None:
    data = b"""@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
    @prefix spdx: <http://spdx.org/rdf/terms#> .
    <d> a dcat:Dataset ; dct:title "t" ; dct:publisher [ dct:identifier "21250056500016" ; dct:title "Ville" ] ;
      dcat:distribution <f>, <g> .
    <f> dct:conformsTo <https://schema.data.gouv.fr/schemas/scdl/deliberations/2.1.5/schema.json> ;
      dcat:downloadURL <https://a.example/x.csv> ;
      spdx:checksum [ spdx:algorithm spdx:checksumAlgorithm_sha256 ; spdx:checksumValue "AB" ] .
    <g> dct:conformsTo <https://www.iso.org/standard/32557.html> ; dcat:accessURL <https://a.example/g> ."""
    [record] = read_dcat(data, "turtle")
    first, second = sorted(record.resources, key=lambda item: item.url or "", reverse=True)
    assert (first.schema_name, first.schema_version) == ("scdl/deliberations", "2.1.5")
    assert first.checksum is not None
    assert (first.checksum.type, first.checksum.value) == ("sha256", "ab")
    assert (second.schema_name, second.schema_url) == (None, None)
    assert record.organization is not None
    assert (record.organization.siren, record.organization.siret) == ("212500565", "21250056500016")


HOSTILE = {
    "entities": (b'<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>', "xml"),
    "entities in UTF-16": ('<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>'.encode("utf-16"), "xml"),
    "not XML": (b"<a", "xml"),
    "not Turtle": (b"<a> <b>", "turtle"),
    "not JSON": (b"{", "jsonld"),
    "deep JSON": (b'{"a":' * 2000 + b"1" + b"}" * 2000, "jsonld"),
    "bytes": (bytes(range(256)), "turtle"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_rdf_that_cannot_be_read_is_refused(case: str) -> None:
    data, syntax = HOSTILE[case]
    with pytest.raises(PayloadRefused) as refused:
        list(dcat.read(data, syntax, BASE))
    assert refused.value.fr != str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_an_scdl_catalogue(encoding: str, delimiter: str) -> None:
    quoted = f"{HEADER}\n{ROW}\n"
    if delimiter != ";":
        import csv
        from io import StringIO

        made = StringIO()
        csv.writer(made, delimiter=delimiter).writerows(csv.reader(StringIO(quoted), delimiter=";"))
        quoted = made.getvalue()
    [row] = scdl.read(quoted.encode(encoding))
    record = row.record
    assert record is not None
    assert (record.remote_id, record.title, record.license, record.frequency) == (
        "prenoms-2017",
        "Prénoms 2017",
        "lov2",
        "semiannual",
    )
    assert record.tags == ("scdl", "prenoms")
    assert (record.temporal_start, record.temporal_end) == (date(2017, 1, 1), date(2017, 12, 31))
    assert (record.granularity, record.zones, record.themes) == ("fr:epci", ("fr:epci:243500139",), ("GOVE",))
    assert record.organization is not None
    assert (record.organization.name, record.organization.siren) == ("Ville de Rennes", "213502388")
    assert [(item.type, item.url) for item in record.resources] == [
        ("documentation", "https://data.example.org/prenoms")
    ]


def test_a_bad_row_of_an_scdl_catalogue_stops_nothing() -> None:
    lines = [HEADER, ROW, ";" * 19, ROW.replace("prenoms-2017", ""), ROW.replace("prenoms-2017", "b")]
    found = list(scdl.read("\n".join(lines).encode()))
    assert [(row.number, row.record is not None) for row in found] == [(2, True), (4, False), (5, True)]
    with pytest.raises(PayloadRefused):
        list(scdl.read(b"A;B\n1;2\n"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x?use_labels=true&delimiter=%3B", "https://a.example/x"),
        ("https://a.example/x?id=1&use_labels=true", "https://a.example/x?id=1"),
        ("https://a.example/x", "https://a.example/x"),
        ("https://[bad?x=1", "https://[bad?x=1"),
    ],
)
def test_an_address_without_what_changes_without_the_file_changing(url: str, expected: str) -> None:
    assert stable_url(url) == expected
