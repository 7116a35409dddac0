"""Catalogues as portals really write them: other prefixes, encodings, media types, shapes of the same statements."""

import json
from datetime import date

import pytest

from services.catalog.domain.harvest import portals
from services.catalog.domain.harvest.pages import Page
from services.catalog.domain.payloads.reading import PayloadRefused
from services.catalog.domain.record import Record

PORTAL = "https://portail.example/catalogue"
DCAT = "http://www.w3.org/ns/dcat#"
DCT = "http://purl.org/dc/terms/"
PREFIXES = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix time: <http://www.w3.org/2006/time#> . @prefix hydra: <http://www.w3.org/ns/hydra/core#> .
@prefix dc: <http://purl.org/dc/elements/1.1/> .
"""
TURTLE = PREFIXES + '<jeu/1> a dcat:Dataset ; dct:title "Forêts élaguées" .'
XML = """<?xml version="1.0" encoding="{}"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dct="http://purl.org/dc/terms/"
 xmlns:dcat="http://www.w3.org/ns/dcat#"><dcat:Dataset rdf:about="jeu/1"><dct:title>Forêts élaguées</dct:title>
</dcat:Dataset></rdf:RDF>"""
JSONLD = json.dumps(
    {"@context": {"dcat": DCAT, "dct": DCT}, "@id": "jeu/1", "@type": "dcat:Dataset", "dct:title": "Forêts élaguées"},
    ensure_ascii=False,
)  # fmt: skip


def page(data: bytes | str, media_type: str = "text/turtle", kind: str = "dcat") -> Page:
    return portals.read(kind, data.encode() if isinstance(data, str) else data, PORTAL, media_type)


def one(turtle: str) -> Record:
    (found,) = page(PREFIXES + turtle).found
    assert isinstance(found.record, Record), found.record
    return found.record


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        pytest.param(b"\xef\xbb\xbf" + TURTLE.encode(), "text/turtle", id="turtle, byte order mark"),
        pytest.param(TURTLE.encode("latin-1"), "text/turtle", id="turtle, Latin-1"),
        pytest.param(TURTLE.encode(), "application/rdf+xml", id="turtle said to be XML"),
        pytest.param(TURTLE.encode(), "application/ld+json", id="turtle said to be JSON"),
        pytest.param(TURTLE.encode(), "text/html", id="turtle said to be a web page"),
        pytest.param(XML.format("ISO-8859-1").encode("latin-1"), "text/xml", id="xml, Latin-1"),
        pytest.param(XML.format("ISO-8859-1").encode(), "text/xml", id="xml, UTF-8 said to be Latin-1"),
        pytest.param(XML.format("UTF-8").encode("cp1252"), "text/xml", id="xml, Windows said to be UTF-8"),
        pytest.param(XML.format("ISO-8859-15").encode("iso8859-15"), "text/xml", id="xml, Latin-9"),
        pytest.param(XML.format("UTF-16").encode("utf-16"), "text/xml", id="xml, UTF-16"),
        pytest.param(XML.format("UTF-8").encode(), "text/turtle", id="xml said to be turtle"),
        pytest.param(XML.format("UTF-8").encode(), "application/json", id="xml said to be JSON"),
        pytest.param(JSONLD.encode("latin-1"), "application/ld+json", id="json, Latin-1"),
        pytest.param(JSONLD.encode("utf-16"), "application/ld+json", id="json, UTF-16"),
        pytest.param(JSONLD.encode(), "application/rdf+xml", id="json said to be XML"),
    ],
)
def test_the_same_catalogue_however_it_is_written(data: bytes, media_type: str) -> None:
    (found,) = page(data, media_type).found
    assert isinstance(found.record, Record)
    assert found.remote_id == "https://portail.example/jeu/1"
    assert found.record.title == "Forêts élaguées"


def test_a_word_in_another_encoding_spoils_no_other() -> None:
    data = TURTLE.encode() + '<jeu/2> a dcat:Dataset ; dct:title "Été" .'.encode("latin-1")
    titles = [found.record.title for found in page(data).found if isinstance(found.record, Record)]
    assert titles == ["Forêts élaguées", "Été"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Ã‰lus municipaux", "Élus municipaux"),
        ("l’accueil".encode().decode("cp1252"), "l’accueil"),
        ("SÃO PAULO", "SÃO PAULO"),
        ("Â bientôt", "Â bientôt"),
    ],
)
def test_what_a_portal_misread_is_read_back(said: str, expected: str) -> None:
    assert one(f'<jeu/1> a dcat:Dataset ; dct:title "{said}" .').title == expected


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
        b"<!-- entretien --><HTML><body>Maintenance</body></HTML>",
        b"",
        b"{}",
        b'<rss xmlns:a="http://a.example/"><channel/></rss>',
    ],
)
def test_what_is_no_catalogue_is_not_an_empty_one(data: bytes) -> None:
    with pytest.raises(PayloadRefused):
        page(data, "application/rdf+xml")


def test_a_catalogue_may_be_empty() -> None:
    assert page(PREFIXES + '<> a dcat:Catalog ; dct:title "Vide" .').found == ()


@pytest.mark.parametrize(
    ("dcat", "dct"),
    [("https://www.w3.org/ns/dcat#", "https://purl.org/dc/terms/"), (DCAT, "http://purl.org/dc/elements/1.1/")],
)  # fmt: skip
def test_vocabularies_by_their_other_addresses(dcat: str, dct: str) -> None:
    said = f"<{dct}title> 'Arbres' ; <{dct}description> 'Un à un' ; <{dct}identifier> 'a1'"
    record = one(f"<jeu/1> a <{dcat}Dataset> ; {said} .")
    assert (record.title, record.description, record.remote_id) == ("Arbres", "Un à un", "a1")


def test_what_is_said_by_nodes_without_a_name() -> None:
    record = one("""<jeu/1> a dcat:Dataset ; dct:title "Arbres" ;
        dct:accrualPeriodicity [ a dct:Frequency ; rdfs:label "Annuelle" ] ;
        dct:license [ foaf:page <https://www.etalab.gouv.fr/licence-ouverte-open-licence> ] ;
        dct:temporal [ time:hasBeginning [ time:inXSDDate "2020-01-01" ] ;
            time:hasEnd [ time:inXSDDate "2020-12-31" ] ] ;
        dcat:contactPoint [ vcard:fn "SIG" ; vcard:hasEmail [ vcard:hasValue <mailto:sig@ville.example> ] ] ;
        dcat:distribution [ dct:title "Fichier" ; dcat:accessURL <https://v.example/export> ;
            dct:format [ a dct:IMT ; rdf:value "text/csv" ; rdfs:label "CSV" ] ] .""")
    assert (record.frequency, record.license) == ("annual", "lov2")
    assert (record.temporal_start, record.temporal_end) == (date(2020, 1, 1), date(2020, 12, 31))
    assert [contact.email for contact in record.contact_points] == ["sig@ville.example"]
    assert [file.format for file in record.resources] == ["csv"]


def test_a_frequency_of_the_portals_own_is_known_by_its_label() -> None:
    record = one("""<jeu/1> a dcat:Dataset ; dct:title "Arbres" ; dct:accrualPeriodicity <rythme/7> .
        <rythme/7> rdfs:label "mensuelle"@fr .""")
    assert record.frequency == "monthly"


@pytest.mark.parametrize(
    "said",
    [
        "<?page=1> a hydra:PartialCollectionView ; hydra:next <?page=2> .",
        '<?page=1> a hydra:PartialCollectionView ; hydra:next "/catalogue?page=2" .',
        '<?page=1> a hydra:PagedCollection ; hydra:nextPage "https://portail.example/catalogue?page=2" .',
        "<> a dcat:Catalog ; hydra:nextPage <?page=2> .",
        "<> a dcat:Catalog, hydra:Collection ; hydra:view [ hydra:next <?page=2> ] .",
    ],
)
def test_the_next_page_however_it_is_said(said: str) -> None:
    found = page(TURTLE + said + "<> hydra:totalItems 12 .")
    assert (found.following, found.total) == ("https://portail.example/catalogue?page=2", 12)


def test_catalogues_inside_a_catalogue_are_no_datasets_but_theirs_are() -> None:
    found = page(
        PREFIXES
        + """<> a dcat:Catalog, dcat:Dataset ; dct:title "Tout" ; dcat:catalog <voirie> ;
        dcat:dataset <jeu/1>, <voirie> . <voirie> a dcat:Catalog ; dct:title "Voirie" ; dcat:dataset <jeu/2> .
        <jeu/1> a dcat:Dataset ; dct:title "Un" . <jeu/2> a dcat:Dataset ; dct:title "Deux" ."""
    )
    assert [each.record.title for each in found.found if isinstance(each.record, Record)] == ["Un", "Deux"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (
            "https://schema.data.gouv.fr/schemas/etalab/schema-irve-statique/2.2.0/schema-statique.json",
            ("etalab/schema-irve-statique", "2.2.0", None),
        ),
        (
            "https://schema.data.gouv.fr/schemas/etalab/schema-irve-statique/1337.42.0/schema-statique.json",
            (None, None, "https://schema.data.gouv.fr/schemas/etalab/schema-irve-statique/1337.42.0/schema-statique.json"),
        ),
        ("http://www.opengis.net/def/crs/EPSG/0/2154", (None, None, None)),
    ],
)  # fmt: skip
def test_the_schema_of_a_file_is_told_from_other_standards(
    address: str, expected: tuple[str | None, str | None, str | None]
) -> None:
    record = one(f"""<jeu/1> a dcat:Dataset ; dct:title "IRVE" ; dcat:distribution [ dct:title "Bornes" ;
        dcat:accessURL <https://v.example/irve.csv> ; dct:conformsTo <{address}> ] .""")
    [file] = record.resources
    assert (file.schema_name, file.schema_version, file.schema_url) == expected
