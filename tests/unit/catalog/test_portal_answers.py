"""What the APIs of portals answer in their less usual forms: CKAN, udata, Opendatasoft, CSW."""

import json
from typing import Any

import pytest

from services.catalog.domain.harvest import portals
from services.catalog.domain.harvest.pages import Page
from services.catalog.domain.payloads.reading import PayloadRefused
from services.catalog.domain.record import Record

PACKAGE = {"id": "p1", "name": "arbres", "title": "Arbres"}
CSW = """<?xml version="1.0" encoding="UTF-8"?>
<csw:GetRecordsResponse xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:gmd="http://www.isotc211.org/2005/gmd"
 xmlns:gco="http://www.isotc211.org/2005/gco" xmlns:gmx="http://www.isotc211.org/2005/gmx"
 xmlns:xlink="http://www.w3.org/1999/xlink"><csw:SearchResults {}>{}</csw:SearchResults></csw:GetRecordsResponse>"""


def page(kind: str, answer: Any, address: str) -> Page:
    data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
    return portals.read(kind, data, address, "application/json")


def ckan(*packages: Any, **result: Any) -> Page:
    body = {"success": True, "result": {"count": len(packages), "results": packages, **result}}
    return page("ckan", body, "https://ckan.example/api/3/action/package_search?rows=250&start=0")


def records(found: Page) -> list[Record]:
    return [each.record for each in found.found if isinstance(each.record, Record)]


@pytest.mark.parametrize(
    ("kind", "address", "expected"),
    [
        ("ckan", "https://c.example/dataset", "https://c.example/api/3/action/package_search?"),
        ("ckan", "https://c.example/api/3", "https://c.example/api/3/action/package_search?"),
        (
            "ckan",
            "https://c.example/api/3/action/package_list",
            "https://c.example/api/3/action/package_search?",
        ),
        ("ckan", "https://c.example/export/packages.json", "https://c.example/export/packages.json"),
        ("udata", "https://u.example/fr/", "https://u.example/api/1/datasets/?"),
        ("udata", "https://u.example/api/1", "https://u.example/api/1/datasets/?"),
        (
            "udata",
            "https://u.example/api/2/datasets/search/?tag=scdl",
            "https://u.example/api/1/datasets/?tag=scdl&",
        ),
        (
            "udata",
            "https://u.example/api/1/organizations/x/datasets/",
            "https://u.example/api/1/organizations/x/d",
        ),
        (
            "opendatasoft",
            "https://o.example/explore/",
            "https://o.example/api/explore/v2.1/catalog/datasets?",
        ),
        (
            "opendatasoft",
            "https://o.example/api/v2/catalog",
            "https://o.example/api/explore/v2.1/catalog/datasets?",
        ),
        (
            "csw",
            "https://g.example/csw?SERVICE=CSW&REQUEST=GetCapabilities",
            "https://g.example/csw?service=CSW&request=GetRecords&",
        ),
    ],
)
def test_the_address_of_a_page_of_a_portal_leads_to_its_api(kind: str, address: str, expected: str) -> None:
    assert portals.first(kind, address).startswith(expected)


def test_only_what_ckan_publishes_is_taken() -> None:
    states = [{**PACKAGE, "id": state, "state": state} for state in ("draft", "deleted", "active")]
    found = ckan(*states, {**PACKAGE, "private": True})
    assert [(record.remote_id, record.private) for record in records(found)] == [
        ("active", False),
        ("p1", True),
    ]


def test_what_a_harvested_package_says_in_its_extras() -> None:
    extras = {
        "issued": "2019-01-01",
        "dcat_modified": "2020-02-02",
        "license": "Licence Ouverte v2.0",
        "contact_name": "SIG",
        "contact_email": "sig@ville.example",
        "spatial": '{"type": "Point", "coordinates": [6.0, 47.2]}',
    }
    found = ckan({**PACKAGE, "extras": [{"key": key, "value": value} for key, value in extras.items()]})
    [record] = records(found)
    assert (str(record.created)[:10], str(record.modified)[:10]) == ("2019-01-01", "2020-02-02")
    assert (record.license, record.geom) == ("lov2", {"type": "Point", "coordinates": [6.0, 47.2]})
    assert [(contact.name, contact.email) for contact in record.contact_points] == [
        ("SIG", "sig@ville.example")
    ]


def test_a_package_of_the_first_versions_of_ckan() -> None:
    gone = {"url": "https://v.example/b", "state": "deleted"}
    files = [{"url": "https://v.example/a.xls", "description": "Liste"}, gone]
    found = ckan(
        {**PACKAGE, "tags": ["arbre"], "groups": ["environnement"], "organization": None, "resources": files}
    )
    [record] = records(found)
    assert (record.tags, record.themes, record.organization) == (("arbre",), ("ENVI",), None)
    assert [(file.title, file.format) for file in record.resources] == [("Liste", "xls")]


def test_a_package_in_several_languages() -> None:
    title, notes = {"en": "Trees", "fr": "Les arbres"}, {"en": "All", "fr": "Tous"}
    found = ckan({**PACKAGE, "title_translated": title, "notes": notes})
    assert [(record.title, record.description) for record in records(found)] == [("Les arbres", "Tous")]


@pytest.mark.parametrize(("count", "more"), [("3", True), (None, False), ("1", False)])
def test_a_count_of_ckan_may_be_a_text_or_lack(count: Any, more: bool) -> None:
    assert (ckan(PACKAGE, count=count).following is not None) == more


def test_a_full_page_without_a_count_has_another_after_it() -> None:
    body = {"success": True, "result": {"results": [PACKAGE]}}
    found = page("ckan", body, "https://ckan.example/api/3/action/package_search?rows=1&start=0")
    assert found.following == "https://ckan.example/api/3/action/package_search?rows=1&start=1"


def test_a_list_of_names_is_no_page_of_packages() -> None:
    with pytest.raises(PayloadRefused):
        page(
            "ckan", {"success": True, "result": ["a", "b"]}, "https://ckan.example/api/3/action/package_list"
        )


def test_files_that_udata_only_links_to_are_not_taken_for_none() -> None:
    link = {"rel": "subsection", "href": "https://u.example/x", "total": 3}
    body = {
        "data": [{"id": "1", "title": "Arbres", "resources": link}],
        "next_page": "/api/1/datasets/?page=2",
    }
    found = page("udata", body, "https://u.example/api/1/datasets/")
    assert [type(each.record) for each in found.found] == [PayloadRefused]
    assert found.following == "https://u.example/api/1/datasets/?page=2"


def test_what_opendatasoft_says_in_codes() -> None:
    places = ["fr_40_27", "fr_70_25056", "fr_60_242500361", "world_fr", "x"]
    default = {"title": "Arbres", "geographic_reference": places}
    dcat = {"accrualperiodicity": "http://purl.org/linked-data/sdmx/2009/code#freq-A"}
    body = {"total_count": 1, "results": [{"dataset_id": "a", "metas": {"default": default, "dcat": dcat}}]}
    [record] = records(
        page("opendatasoft", body, "https://o.example/api/explore/v2.1/catalog/datasets?limit=1")
    )
    assert record.zones == ("fr:region:27", "fr:commune:25056", "fr:epci:242500361", "country:fr")
    assert record.frequency == "annual"


def text(words: str) -> str:
    return f"<gco:CharacterString>{words}</gco:CharacterString>"


def metadata(identity: str, title: str, more: str = "") -> str:
    return f"""<gmd:MD_Metadata><gmd:fileIdentifier>{text(identity)}</gmd:fileIdentifier><gmd:identificationInfo>
        <gmd:MD_DataIdentification><gmd:citation><gmd:CI_Citation><gmd:title>{title}</gmd:title></gmd:CI_Citation>
        </gmd:citation>{more}</gmd:MD_DataIdentification></gmd:identificationInfo></gmd:MD_Metadata>"""


def csw(attributes: str, *found: str) -> Page:
    return page("csw", CSW.format(attributes, "".join(found)), "https://g.example/csw?startPosition=11")


TRANSLATED = """<gmd:PT_FreeText><gmd:textGroup><gmd:LocalisedCharacterString locale="#EN">Roads
    </gmd:LocalisedCharacterString></gmd:textGroup></gmd:PT_FreeText>"""


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (text("Routes") + TRANSLATED, "Routes"),
        (TRANSLATED, "Roads"),
        ('<gmx:Anchor xlink:href="https://t.example/1">Routes</gmx:Anchor>', "Routes"),
    ],
)
def test_a_text_is_not_mixed_with_its_translations(title: str, expected: str) -> None:
    [record] = records(csw('nextRecord="0"', metadata("1", title)))
    assert record.title == expected


def test_a_place_named_by_the_insee() -> None:
    code = text("http://id.insee.fr/geo/departement/21")
    place = f"""<gmd:extent><gmd:EX_Extent><gmd:geographicElement><gmd:EX_GeographicDescription>
        <gmd:geographicIdentifier><gmd:MD_Identifier><gmd:code>{code}</gmd:code></gmd:MD_Identifier>
        </gmd:geographicIdentifier></gmd:EX_GeographicDescription></gmd:geographicElement></gmd:EX_Extent>
        </gmd:extent>"""
    [record] = records(csw('nextRecord="0"', metadata("1", text("Routes"), place)))
    assert record.zones == ("fr:departement:21",)


@pytest.mark.parametrize(
    ("attributes", "following"),
    [
        ('numberOfRecordsMatched="50" nextRecord="13"', 13),
        ('numberOfRecordsMatched="50" nextRecord="0"', None),
        ('numberOfRecordsMatched="12" nextRecord="13"', None),
        # A total below what was read is none; without `nextRecord` the total tells.
        ('numberOfRecordsMatched="2" nextRecord="13"', 13),
        ('numberOfRecordsMatched="50"', 13),
        ('numberOfRecordsMatched="12"', None),
        ('nextRecord="13"', 13),
        ('nextRecord="11"', None),
        ("", None),
    ],
)
def test_the_next_records(attributes: str, following: int | None) -> None:
    found = csw(attributes, metadata("1", text("Un")), metadata("2", text("Deux")))
    expected = following and f"https://g.example/csw?startPosition={following}"
    assert found.following == expected
