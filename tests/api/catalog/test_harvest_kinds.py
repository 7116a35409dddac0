"""Each kind of portal harvested through a real server: what its samples say; again, nothing is written."""

import gzip
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from shared.settings import Settings
from tests.api.catalog.harvesting import Place, harvesting
from tests.api.conftest import settings_of
from tests.support.http_servers import reply


@pytest.fixture
async def settings(common_settings: dict[str, Any]) -> Settings:
    """The catalog's settings."""
    return settings_of("catalog", common_settings)


async def harvested_twice(place: Place, home: str) -> dict[str, Any]:
    """Harvest a source, then again: the second time writes nothing. Return the first run."""
    first = await place.harvest(home)
    assert first["result"] == "completed", first["problem"]
    before = await place.versions()
    again = await place.harvest(home)
    assert await place.versions() == before, "nothing is written when nothing changed"
    counts = first["counts"]
    assert again["counts"]["unchanged"] == counts["created"] + counts["unchanged"]
    assert (again["counts"]["created"], again["counts"]["updated"]) == (0, 0)
    assert again["counts"]["failed"] == counts["failed"]
    return first


@pytest.mark.parametrize("tags", [False, True])
async def test_udata(settings: Settings, working_material: Path, tags: bool) -> None:
    lines = gzip.decompress((working_material / "data/harvest/udata/datasets.ndjson.gz").read_bytes())
    documents = [orjson.loads(line) for line in lines.splitlines()]
    async with harvesting(settings) as place:
        place.portal.tags = tags
        size = 100
        pages = [documents[start : start + size] for start in range(0, len(documents), size)]
        for number, page in enumerate(pages, 1):
            following = place.portal.url(f"/api/1/datasets/?page={number + 1}&page_size=100&sort=created")
            place.portal.pages[f"/api/1/datasets/?page={number}&page_size=100&sort=created"] = {
                "data": page,
                "total": len(documents),
                "next_page": following if number < len(pages) else None,
            }
        home = await place.source("udata")
        run = await harvested_twice(place, home)
        assert (run["pages"], run["total"], run["counts"]["created"]) == (7, 626, 626)
        found = await place.datasets()
        assert len(found) == 626
        for document in documents:
            row = found[document["id"]]
            assert (row["license"], row["frequency"]) == (document["license"], document["frequency"])
            zones = (document["spatial"] or {"zones": []})["zones"]
            assert row["zones"] == list(dict.fromkeys(zone.partition("@")[0] for zone in zones))
        files = [file for row in found.values() for file in row["resources"]]
        schemas = Counter(file["schema_name"] for file in files if file["schema_name"])
        assert schemas == {"scdl/budget": 18, "scdl/prenoms": 2, "scdl/subventions": 1}
        asked = await place.context.db.fetchval(
            "SELECT count(*) FROM outbox WHERE type = 'catalog.resource.registered.v1'"
        )
        queued = [file for file in files if file["conformity"] == "queued"]
        assert asked == len(queued) == 21
        if tags:
            conditional = [ask for ask in place.portal.server.asked if "if-none-match" in ask.headers]
            assert len(conditional) == 7
        page = place.portal.pages["/api/1/datasets/?page=1&page_size=100&sort=created"]
        page["data"] = [{**page["data"][0], "metrics": {"views": 9}}, *page["data"][1:]]
        before = await place.versions()
        third = await place.harvest(home)
        assert third["counts"]["unchanged"] == 626
        assert await place.versions() == before, (
            "a page that differs where no dataset does writes nothing either"
        )


async def test_the_samples_of_dcat(settings: Settings, working_material: Path) -> None:
    folder = working_material / "data/harvest/dcat"
    expected = {
        "bnodes.xml": 3,
        "catalog.xml": 4,
        "evian.json": 8,
        "flat.jsonld": 3,
        "geonetwork.xml": 1,
        "udata.xml": 2,
    }
    async with harvesting(settings) as place:
        place.portal.media_type = "text/plain"
        for number, (name, count) in enumerate(expected.items()):
            place.portal.pages[f"/{name}"] = (folder / name).read_bytes()
            home = await place.source("dcat", f"/{name}", slug=f"dcat-{number}")
            run = await harvested_twice(place, home)
            assert run["counts"]["created"] == count, name
        place.portal.pages["/pod.json"] = (folder.parent / "ckan/catalog.json").read_bytes()
        run = await harvested_twice(place, await place.source("dcat", "/pod.json", slug="pod"))
        assert run["counts"]["created"] == 2
        found = await place.datasets()
        velos = next(row for row in found.values() if row["title"] == "stationnement velos")
        assert (velos["license"], velos["organization_name"]) == ("lov2", "Ville d'Evian-les-Bains")


async def test_dcat_paged_by_hydra(settings: Settings, working_material: Path) -> None:
    folder = working_material / "data/harvest/dcat"
    async with harvesting(settings) as place:
        home = place.portal.url("/")
        first, second = (
            (folder / f"partial-collection-{number}.jsonld")
            .read_text()
            .replace("http://data.test.org/", home)
            for number in (1, 2)
        )
        place.portal.pages["/catalog.jsonld"] = first.encode()
        place.portal.pages["/catalog.jsonld?page=2"] = second.encode()
        run = await harvested_twice(place, await place.source("dcat", "/catalog.jsonld"))
        assert (run["pages"], run["counts"]["created"], run["total"]) == (2, 4, 4)


async def test_csw_that_answers_dcat(settings: Settings, working_material: Path) -> None:
    folder = working_material / "data/harvest/csw"
    async with harvesting(settings) as place:
        place.portal.media_type = "application/xml"

        home = await place.source("csw", "/csw?typeNames=dcat&outputSchema=dcat")

        async def by_start(asked: Any, writer: Any) -> None:
            start = parse_qs(urlsplit(asked.target).query)["startPosition"][0]
            body = (folder / f"geonetwork-dcat-page-{start}.xml").read_bytes()
            await reply(body, content_type="application/xml")(asked, writer)

        place.portal.pages = {"/csw": by_start}
        run = await harvested_twice(place, home)
        assert (run["pages"], run["counts"]["created"], run["total"]) == (3, 6, 6)
        found = await place.datasets()
        assert {row["license"] for row in found.values()} == {"lov2", "notspecified"}
        assert sum(len(row["resources"]) for row in found.values()) == 23


ISO = """<csw:GetRecordsResponse xmlns:csw="http://www.opengis.net/cat/csw/2.0.2"
 xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:gco="http://www.isotc211.org/2005/gco"
 xmlns:gmx="http://www.isotc211.org/2005/gmx" xmlns:xlink="http://www.w3.org/1999/xlink">
<csw:SearchResults numberOfRecordsMatched="2" numberOfRecordsReturned="1" nextRecord="2">
<gmd:MD_Metadata><gmd:fileIdentifier><gco:CharacterString>{id}</gco:CharacterString></gmd:fileIdentifier>
<gmd:dateStamp><gco:Date>2024-05-01</gco:Date></gmd:dateStamp>
<gmd:identificationInfo><gmd:MD_DataIdentification>
<gmd:citation><gmd:CI_Citation><gmd:title>
<gco:CharacterString>Zones d'activité</gco:CharacterString></gmd:title>
</gmd:CI_Citation>
</gmd:citation>
<gmd:abstract><gco:CharacterString>Toutes.</gco:CharacterString></gmd:abstract>
<gmd:pointOfContact><gmd:CI_ResponsibleParty><gmd:organisationName>
<gco:CharacterString>Besançon</gco:CharacterString></gmd:organisationName>
<gmd:role><gmd:CI_RoleCode codeListValue="owner"/></gmd:role></gmd:CI_ResponsibleParty></gmd:pointOfContact>
<gmd:resourceMaintenance><gmd:MD_MaintenanceInformation><gmd:maintenanceAndUpdateFrequency>
<gmd:MD_MaintenanceFrequencyCode codeListValue="annually"/>
</gmd:maintenanceAndUpdateFrequency></gmd:MD_MaintenanceInformation></gmd:resourceMaintenance>
<gmd:descriptiveKeywords><gmd:MD_Keywords><gmd:keyword>
<gco:CharacterString>économie</gco:CharacterString></gmd:keyword></gmd:MD_Keywords></gmd:descriptiveKeywords>
<gmd:resourceConstraints><gmd:MD_LegalConstraints><gmd:otherConstraints>
<gmx:Anchor xlink:href="https://www.etalab.gouv.fr/licence-ouverte-open-licence">Licence Ouverte</gmx:Anchor>
</gmd:otherConstraints></gmd:MD_LegalConstraints></gmd:resourceConstraints>
<gmd:extent><gmd:EX_Extent><gmd:geographicElement><gmd:EX_GeographicBoundingBox>
<gmd:westBoundLongitude><gco:Decimal>5.9</gco:Decimal></gmd:westBoundLongitude>
<gmd:eastBoundLongitude><gco:Decimal>6.1</gco:Decimal></gmd:eastBoundLongitude>
<gmd:southBoundLatitude><gco:Decimal>47.1</gco:Decimal></gmd:southBoundLatitude>
<gmd:northBoundLatitude><gco:Decimal>47.3</gco:Decimal></gmd:northBoundLatitude>
</gmd:EX_GeographicBoundingBox></gmd:geographicElement></gmd:EX_Extent></gmd:extent>
</gmd:MD_DataIdentification></gmd:identificationInfo>
<gmd:distributionInfo><gmd:MD_Distribution><gmd:transferOptions><gmd:MD_DigitalTransferOptions><gmd:onLine><gmd:CI_OnlineResource>
<gmd:linkage><gmd:URL>https://data.example.org/zones.geojson</gmd:URL></gmd:linkage></gmd:CI_OnlineResource></gmd:onLine>
</gmd:MD_DigitalTransferOptions></gmd:transferOptions></gmd:MD_Distribution></gmd:distributionInfo>
</gmd:MD_Metadata></csw:SearchResults></csw:GetRecordsResponse>"""


async def test_csw_that_answers_iso_19139_and_repeats_its_last_page(settings: Settings) -> None:
    async def answer(asked: Any, writer: Any) -> None:
        start = int(parse_qs(urlsplit(asked.target).query)["startPosition"][0])
        page = ISO.replace("{id}", f"fiche-{min(start, 2)}").replace(
            'nextRecord="2"', f'nextRecord="{start + 1 if start < 2 else 2}"'
        )
        await reply(page.encode(), content_type="application/xml")(asked, writer)

    async with harvesting(settings) as place:
        place.portal.pages = {"/csw": answer}
        run = await harvested_twice(place, await place.source("csw", "/csw"))
        assert (run["pages"], run["counts"]["created"]) == (2, 2)
        row = (await place.datasets())["fiche-1"]
        assert (row["license"], row["frequency"], row["organization_name"]) == ("lov2", "annual", "Besançon")
        assert row["geom"]["coordinates"][0][0] == [5.9, 47.1]
        assert [file["format"] for file in row["resources"]] == ["geojson"]


async def test_the_samples_of_ckan(settings: Settings, working_material: Path) -> None:
    folder = working_material / "data/harvest/ckan"
    names = (
        "ckan_dcat_ap_dataset_series.json",
        "ckan_full_dataset_dcat_us_vocabularies.json",
        "dkan-french-w-license.json",
        "health_dcat_ap.json",
    )
    async with harvesting(settings) as place:
        for number, name in enumerate(names):
            place.portal.pages[f"/api/3/action/{name}"] = (folder / name).read_bytes()
            home = await place.source("ckan", f"/api/3/action/{name}", slug=f"ckan-{number}")
            assert (await harvested_twice(place, home))["counts"]["created"] == 1, name
        found = {row["title"]: row for row in (await place.datasets()).values()}
        dkan = next(row for title, row in found.items() if title.startswith("Antennes"))
        assert (dkan["license"], dkan["frequency"], dkan["private"]) == ("fr-lo", "punctual", False)
        assert found["Test DCAT dataset"]["frequency"] == "annual"
        assert found["HealthDCAT-AP test dataset"]["frequency"] == "daily"


async def test_ckan_page_by_page(settings: Settings) -> None:
    def package(number: int) -> dict[str, Any]:
        return {
            "id": f"p{number}",
            "name": f"jeu-{number}",
            "title": f"Jeu {number}",
            "license_id": "lov2",
            "extras": [
                {"key": "frequency", "value": "annual"},
                {"key": "spatial", "value": "fr:commune:25056"},
            ],
            "resources": [
                {
                    "id": "r",
                    "url": "https://data.example.org/a.csv",
                    "hash": "a" * 32,
                    "schema": "https://schema.data.gouv.fr/schemas/scdl/deliberations/2.1.5/schema.json",
                }
            ],
        }

    async with harvesting(settings) as place:
        for start in (0, 2):
            place.portal.pages[
                f"/api/3/action/package_search?rows=2&sort=metadata_created+asc&start={start}"
            ] = {
                "success": True,
                "result": {
                    "count": 3,
                    "results": [package(number) for number in range(start, min(start + 2, 3))],
                },
            }
        first = "/api/3/action/package_search?rows=2&start=0&sort=metadata_created+asc"
        place.portal.pages[first] = place.portal.pages[
            "/api/3/action/package_search?rows=2&sort=metadata_created+asc&start=0"
        ]
        run = await harvested_twice(place, await place.source("ckan", "/api/3/action/package_search?rows=2"))
        assert (run["pages"], run["total"], run["counts"]["created"]) == (2, 3, 3)
        row = (await place.datasets())["p2"]
        [file] = row["resources"]
        assert (row["zones"], row["frequency"], file["schema_name"]) == (
            ["fr:commune:25056"],
            "annual",
            "scdl/deliberations",
        )
        assert (file["checksum_type"], file["conformity"]) == ("md5", "queued")


def explored(number: int) -> dict[str, Any]:
    """Return a dataset as the Explore API tells it."""
    return {
        "dataset_id": f"jeu-{number}",
        "has_records": True,
        "fields": [{"name": "geo", "type": "geo_point_2d"}],
        "attachments": [{"id": "notice", "title": "Notice", "mimetype": "application/pdf"}],
        "metas": {
            "default": {
                "title": f"Jeu {number}",
                "license": "Licence Ouverte v2.0",
                "publisher": "Rennes",
                "keyword": ["vélo"],
            },
            "dcat": {
                "accrualperiodicity": "http://publications.europa.eu/resource/authority/frequency/ANNUAL"
            },
        },
    }


async def test_opendatasoft_and_its_window(settings: Settings) -> None:
    async with harvesting(settings) as place:
        home = "/api/explore/v2.1/catalog"
        for offset in (0, 100):
            results = [explored(number) for number in range(offset, min(offset + 100, 130))]
            page = {"total_count": 130, "results": results}
            place.portal.pages[f"{home}/datasets?limit=100&offset={offset}"] = page
        source = await place.source("opendatasoft")
        run = await harvested_twice(place, source)
        assert (run["pages"], run["counts"]["created"]) == (2, 130)
        row = (await place.datasets())["jeu-7"]
        assert (row["license"], row["frequency"], row["organization_name"]) == ("lov2", "annual", "Rennes")
        keys = ["id:export:csv", "id:export:json", "id:export:geojson", "id:attachment:notice"]
        assert [file["key"] for file in row["resources"]] == keys
        place.portal.pages = {
            f"{home}/datasets": {"total_count": 10_001, "results": [explored(0)]},
            f"{home}/exports/json": [explored(number) for number in range(131)],
        }
        whole = await place.harvest(source)
        assert (whole["pages"], whole["counts"]["created"], whole["counts"]["unchanged"]) == (2, 1, 130)
