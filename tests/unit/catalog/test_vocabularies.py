"""The vocabularies: whole, and mapped both ways."""

import json
from pathlib import Path

import pytest

from services.catalog.domain.vocabularies import formats, frequencies, licenses, schemas, territories, themes
from services.catalog.domain.vocabularies.catalogue import VOCABULARIES

BUNDLE = Path(__file__).resolve().parents[3] / "services/validation/engine/bundle/index.json"


def test_there_are_forty_frequencies_each_found_by_every_name_it_has() -> None:
    assert len(frequencies.FREQUENCIES) == 40
    for item in frequencies.TABLE:
        names = [item.id, item.fr, item.en, item.eu, item.uri]
        names += [frequencies.CLD + item.cld if item.cld else None, frequencies.CLD + item.id]
        for name in filter(None, names):
            assert frequencies.frequency_of(name) == item.id, name
    assert {word: frequencies.frequency_of(word) for word in frequencies.SCDL} == frequencies.SCDL
    assert {word: frequencies.frequency_of(word) for word in frequencies.LEGACY} == frequencies.LEGACY


@pytest.mark.parametrize(
    ("writing", "expected"),
    [
        ("http://publications.europa.eu/resource/authority/frequency/UPDATE_CONT", "continuous"),
        ("continual", "continuous"),
        ("R/P1Y", "annual"),
        ("MENSUEL", "monthly"),
        ("asNeeded", "punctual"),
        ("http://purl.org/cld/freq/ThisTermDoesNotExist", "unknown"),
        ("n'importe quoi", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_frequencies_as_portals_write_them(writing: str | None, expected: str) -> None:
    assert frequencies.frequency_of(writing) == expected


def test_each_licence_is_found_by_every_name_it_has() -> None:
    for item in licenses.TABLE:
        names = [item.id, item.fr, item.en, item.url, item.uri, *item.alternates, *item.titles]
        for name in filter(None, names):
            assert licenses.license_of(name) == item.id, name


def test_french_administrations_may_use_two_licences() -> None:
    assert {item.id for item in licenses.TABLE if item.administrations} == {"lov2", "odc-odbl"}


@pytest.mark.parametrize(
    ("writings", "expected"),
    [
        (["Licence Ouverte Version 2.0"], "lov2"),
        (["Licence Ouverte version 2.0  https://www.etalab.gouv.fr/licence-ouverte-open-licence/"], "lov2"),
        (["<p>Soumis à la licence : https://www.etalab.gouv.fr/licence-ouverte-open-licence/</p>"], "lov2"),
        (["http://www.opendatacommons.org/licenses/odbl"], "odc-odbl"),
        (["Open Databse Licence"], "odc-odbl"),
        (["Licence Ouverte version 3.0"], "notspecified"),
        (["Licence Etalab v2.0"], "lov2"),
        (["https://spdx.org/licenses/etalab-2.0.html#licenseText"], "lov2"),
        (["CC-BY-NC"], "notspecified"),
        (["CC BY-ND 4.0"], "notspecified"),
        (["CC-BY-NC-SA-4.0"], "notspecified"),
        (["notspecified", None, "ODbL"], "odc-odbl"),
        (["copyright", "license"], "notspecified"),
        (
            ["http://inspire.ec.europa.eu/metadata-codelist/LimitationsOnPublicAccess/noLimitations"],
            "notspecified",
        ),
        (["x" * 100_000], "notspecified"),
        ([], "notspecified"),
    ],
)
def test_licences_as_portals_write_them(writings: list[str | None], expected: str) -> None:
    assert licenses.license_of(*writings) == expected


@pytest.mark.parametrize(
    ("writing", "expected"),
    [
        ("fr:commune:21231", "fr:commune:21231"),
        ("fr:commune:2A004@1970-01-09", "fr:commune:2A004"),
        ("fr:epci:200046977@2015-01-01", "fr:epci:200046977"),
        ("http://id.insee.fr/geo/commune/25056", "fr:commune:25056"),
        ("http://id.insee.fr/geo/departement/21", "fr:departement:21"),
        ("http://id.insee.fr/geo/pays/france", "country:fr"),
        ("http://publications.europa.eu/resource/authority/country/FRA", "country:fr"),
        ("country-group:world", "country-group:world"),
        ("fr/commune/25056", "fr:commune:25056"),
        ("fr_40_27", "fr:region:27"),
        ("fr_50_21", "fr:departement:21"),
        ("fr_60_242500361", "fr:epci:242500361"),
        ("fr_90_21", None),
        ("world_de", None),
        ("fr:commune:1", None),
        ("fr:commune:21231'; DROP TABLE", None),
        ("http://wuEurope.com/", None),
        ("", None),
    ],
)
def test_zones_have_one_form(writing: str, expected: str | None) -> None:
    assert territories.zone_of(writing) == expected


def test_a_french_zone_and_its_address_name_one_another() -> None:
    for zone in ("fr:commune:21231", "fr:departement:2B", "fr:region:27", "fr:epci:242500361", "country:fr"):
        address = territories.zone_uri(zone)
        assert address is not None
        assert territories.zone_of(address) == zone


def test_themes_and_formats_are_found_by_their_names() -> None:
    assert len(themes.TABLE) == 13
    for theme in themes.TABLE:
        for name in (theme.id, theme.uri, theme.fr, theme.en, *theme.words):
            assert themes.theme_of(name) == theme.id, name
    for item in formats.TABLE:
        for name in filter(
            None, (item.id, item.media_type, item.uri, formats.IANA + item.media_type, *item.writings)
        ):
            assert formats.format_of(name) == item.id, name
    assert formats.format_of("ESRI REST") == "esri rest", "an unknown word stays"
    assert formats.format_of("OGC:WFS-1.1.0-http-get-feature") == "wfs"
    assert formats.format_of("WWW:LINK-1.0-http--link") is None, "a protocol is no format"
    assert formats.format_of_url("https://a.example/x/données.CSV?a=b.pdf") == "csv"
    assert formats.format_of_url("https://[bad") is None


def test_the_table_of_schemas_is_that_of_the_validation_service() -> None:
    """They are told one another by no event: a schema added there must be added here."""
    bundle = json.loads(BUNDLE.read_text(encoding="utf-8"))
    missing = {name: set(versions) - set(schemas.TABLE.get(name, {})) for name, versions in bundle.items()}
    assert {name: found for name, found in missing.items() if found} == {}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("scdl/deliberations", None, None), ("scdl/deliberations", None, None)),
        (("SCDL/Deliberations", "latest", None), ("scdl/deliberations", None, None)),
        (
            (None, None, "https://schema.data.gouv.fr/schemas/scdl/subventions/2.1.1/schema.json"),
            ("scdl/subventions", "2.1.1", None),
        ),
        ((None, None, "https://schema.data.gouv.fr/scdl/subventions/"), ("scdl/subventions", None, None)),
        (
            (
                None,
                None,
                "https://schema.data.gouv.fr/schemas/etalab/schema-irve-statique/2.2.0/schema-statique.json",
            ),
            ("etalab/schema-irve-statique", "2.2.0", None),
        ),
        (
            (None, None, "https://schema.data.gouv.fr/schemas/scdl/subventions/latest/schema.json"),
            ("scdl/subventions", None, None),
        ),
        (
            (None, None, "https://schema.data.gouv.fr/schemas/scdl/subventions/99.0.0/schema.json"),
            (None, None, "https://schema.data.gouv.fr/schemas/scdl/subventions/99.0.0/schema.json"),
        ),
        (
            (None, None, "https://gitlab.com/opendatafrance/scdl/deliberations/-/raw/v2.1.5/schema.json"),
            ("scdl/deliberations", "2.1.5", None),
        ),
        (("x", None, "https://a.example/schema.json"), ("x", None, "https://a.example/schema.json")),
        ((None, None, None), (None, None, None)),
    ],
)
def test_a_reference_to_a_schema_has_one_form(
    given: tuple[str | None, str | None, str | None], expected: tuple[str | None, str | None, str | None]
) -> None:
    assert schemas.resolve(*given) == expected
    assert schemas.resolve_leniently(*given) == expected


@pytest.mark.parametrize(
    ("given", "member", "leniently"),
    [
        ((None, "1.0.0", None), "version", (None, "1.0.0", None)),
        (("inconnu", None, None), "name", ("inconnu", None, None)),
        (("scdl/deliberations", "9", None), "version", ("scdl/deliberations", None, None)),
    ],
)
def test_a_reference_that_breaks_the_rule(
    given: tuple[str | None, str | None, str | None],
    member: str,
    leniently: tuple[str | None, str | None, str | None],
) -> None:
    with pytest.raises(schemas.SchemaRefused) as refused:
        schemas.resolve(*given)
    assert (refused.value.member, refused.value.fr != str(refused.value)) == (member, True)
    assert schemas.resolve_leniently(*given) == leniently


def test_every_vocabulary_matches_its_own_values() -> None:
    for name, vocabulary in VOCABULARIES.items():
        for item in vocabulary.items:
            nothing = name in ("licenses", "frequencies") and item["id"] in ("notspecified", "unknown")
            assert vocabulary.match(item["id"]) == (None if nothing else item["id"]), (name, item["id"])
