"""What spreadsheets and wrong encodings do to data, undone; sound data left alone."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.validation.engine.checks import recognise

FRENCH = "aàâbcçdeéèêëfghiîïjklmnoôœpqrstuùûüvwxyzÀÉÈÊÎÔÙÇ°«»€’–… -'0123456789"


@pytest.mark.parametrize(
    ("garbled", "repaired"),
    [
        ("DÃ©libÃ©ration", "Délibération"),
        ("nÂ° 12", "n° 12"),
        ("lâ€™Ã©tÃ©", "l’été"),
        ("cÅ“ur", "cœur"),
        ("10 â‚¬", "10 €"),
        ("accÃ¨s Ã\u00a0 la mairie", "accès à la mairie"),
        ("accÃ¨s Ã la mairie", "accès à la mairie"),
        ("DÃƒÂ©libÃƒÂ©ration", "Délibération"),
        ("déjà DÃ©", "déjà Dé"),
    ],
)
def test_mojibake(garbled: str, repaired: str) -> None:
    assert recognise.repair_mojibake(garbled) == repaired


@pytest.mark.parametrize(
    "text", ["Délibération", "SÃO PAULO", "n° 12", "Ça", "", "Âge", "naïve", "BÂTIMENT À"]
)
def test_sound_texts_are_left_alone(text: str) -> None:
    assert recognise.repair_mojibake(text) is None


@settings(deadline=None)
@given(st.text(FRENCH, max_size=30))
def test_any_french_text_survives_a_wrong_encoding(text: str) -> None:
    garbled = text.encode("utf-8").decode("latin-1")
    assert recognise.repair_mojibake(garbled) == (text if garbled != text else None)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_no_text_makes_a_recogniser_fail(text: str) -> None:
    recognise.repair_mojibake(text)
    recognise.swap_coordinates(text)
    recognise.iso_date(text)
    recognise.date_of_serial(text)
    recognise.plain_number(text)
    recognise.restore_leading_zeros(text, "siret")


@pytest.mark.parametrize(
    ("text", "kind", "repaired"),
    [
        ("1001", "code-commune-insee", "01001"),
        ("1000", "code-postal", "01000"),
        ("1", "code-departement", "01"),
        ("5550173", "siren", "005550173"),
        ("5650017600013", "siret", "05650017600013"),
        ("1999", "code-commune-insee", None),
        ("101", "code-commune-insee", None),
        ("01001", "code-commune-insee", None),
        ("x", "code-postal", None),
        ("1234567890123", "siret", None),
    ],
)
def test_leading_zeros(text: str, kind: str, repaired: str | None) -> None:
    assert recognise.restore_leading_zeros(text, kind) == repaired


@pytest.mark.parametrize(
    ("text", "repaired"), [("47.2,6.0", "6.0,47.2"), ("6.0,47.2", None), ("0,0", None), ("x", None)]
)
def test_swapped_coordinates(text: str, repaired: str | None) -> None:
    assert recognise.swap_coordinates(text) == repaired


def test_swapped_columns() -> None:
    longitudes, latitudes = pl.Series(["2.35", "6.0", None, "x"]), pl.Series(["48.85", "47.2", "1", "2"])
    assert recognise.columns_swapped(latitudes, longitudes)
    assert not recognise.columns_swapped(longitudes, latitudes)
    assert not recognise.columns_swapped(pl.Series(["x"]), pl.Series(["y"]))
    assert not recognise.columns_swapped(pl.Series(["48.85", "10"]), pl.Series(["2.35", "10"]))


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("12/03/2024", "2024-03-12"),
        ("1er mars 2024", "2024-03-01"),
        ("2024-03-12", None),
        ("31/02/2024", None),
    ],
)
def test_dates(text: str, repaired: str | None) -> None:
    assert recognise.iso_date(text) == repaired


@pytest.mark.parametrize(
    ("text", "repaired"),
    [("45363", "2024-03-12"), ("45363.0", "2024-03-12"), ("99999", None), ("2024", None)],
)
def test_serial_dates(text: str, repaired: str | None) -> None:
    assert recognise.date_of_serial(text) == repaired


@pytest.mark.parametrize(
    ("text", "repaired"), [("1 234,50 €", "1234.50"), ("3,5", "3.5"), ("3.5", None), ("x", None)]
)
def test_numbers(text: str, repaired: str | None) -> None:
    assert recognise.plain_number(text) == repaired
