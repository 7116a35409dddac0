"""Coordinates, telephone numbers, opening hours and registers, each with what people write by mistake."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.validation.engine.checks import ValueCheck, build_check, check_names
from services.validation.engine.checks.gps import BOXES
from services.validation.engine.schema import CustomCheck, Schema


def value_check(name: str) -> ValueCheck:
    check = build_check(CustomCheck(name, {"column": "a"}), Schema())
    assert isinstance(check, ValueCheck)
    return check


def key_and_fix(name: str, text: str) -> tuple[str | None, str | None]:
    violation = value_check(name).judge(text)
    return (violation.key, violation.fix) if violation else (None, None)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "0123456789",
            "01 23 45 67 89",
            "01.23.45.67.89",
            "01-23-45-67-89",
            "(01) 23 45 67 89",
            "0612345678",
        ),
        *("+33123456789", "+33 1 23 45 67 89", "0033123456789", "+33(0)123456789", "tel:+33123456789"),
        *("3615", "36 15", "15", "112", "118000", "3949", "119", "17", "3639", "1007", "0800123456"),
        *(
            "+1 202 555 0123",
            "+44 20 7946 0958",
            "+262262123456",
            "0262123456",
            "0590 12 34 56",
            "0999999999",
        ),
    ],
)
def test_telephone_numbers(text: str) -> None:
    assert key_and_fix("phone-number-value", text) == (None, None)


@pytest.mark.parametrize(
    ("text", "key", "fix"),
    [
        ("123", "phone", None),
        ("abc", "phone", None),
        ("9999", "phone", None),
        ("01 23 45 67", "phone", None),
        ("0" * 10_000, "phone", None),
        ("01 23 45 67 89 poste 12", "phone-extra-text", "01 23 45 67 89"),
        ("01 23 45 67 89 / 06 12 34 56 78", "phone-several", None),
    ],
)
def test_wrong_telephone_numbers(text: str, key: str, fix: str | None) -> None:
    assert key_and_fix("phone-number-value", text) == (key, fix)


@pytest.mark.parametrize(
    "text",
    [
        *("Mo-Fr 09:00-17:00", "24/7", "PH off", "Mo-Su", "sunrise-sunset", '"sur rdv"', "off", "Mo-Fr"),
        *("Mo-Fr 08:00-12:00,13:00-17:30; Sa 09:00-12:00", "easter -1 day off", "Jan-Mar 10:00-18:00"),
    ],
)
def test_opening_hours(text: str) -> None:
    assert key_and_fix("opening-hours-value", text) == (None, None)


@pytest.mark.parametrize(
    ("text", "key", "fix"),
    [
        ("true", "opening-hours", None),
        ("Mo 25:00-26:00", "opening-hours", None),
        ("(" * 5_000, "opening-hours", None),
        ("(" * 1_900, "opening-hours", None),
        ("Lu-Ve 09:00-17:00", "opening-hours-french", "Mo-Fr 09:00-17:00"),
        ("Mo-Fr 9h-17h", "opening-hours-french", "Mo-Fr 09:00-17:00"),
        ("Lun-Ven 8h30-12h; Sam 9h-12h", "opening-hours-french", "Mo-Fr 08:30-12:00; Sa 09:00-12:00"),
        (
            "du mardi au jeudi de 9h à 12h et de 14h à 17h30",
            "opening-hours-french",
            "Tu-Th 09:00-12:00,14:00-17:30",
        ),
        ("mercredi et dimanche 10 h 15 - 12 h", "opening-hours-french", "We,Su 10:15 - 12:00"),
    ],
)
def test_wrong_opening_hours(text: str, key: str, fix: str | None) -> None:
    assert key_and_fix("opening-hours-value", text) == (key, fix)


@pytest.mark.parametrize(
    "name", ["french-gps-coordinates", "french_gps_coordinates", "coordonnees-gps-francaises"]
)
@pytest.mark.parametrize(
    ("text", "key", "fix"),
    [
        ("2.35,48.85", None, None),
        ("2.35, 48.85", None, None),
        ("[2.35, 48.85]", None, None),
        ('{"lon": 2.35, "lat": 48.85}', None, None),
        ("-61.5,16.2", None, None),
        ("-56.2,46.8", None, None),
        ("166.4,-22.3", None, None),
        ("-149.5,-17.5", None, None),
        ("55.5,-21.1", None, None),
        ("48.85,2.35", "gps-reversed", "2.35,48.85"),
        ("47.2,6.0", "gps-reversed", "6.0,47.2"),
        ("16.2,-61.5", "gps-reversed", "-61.5,16.2"),
        ("[48.8, 2.3]", "gps-reversed", "[2.3,48.8]"),
        ('{"lon":48.8,"lat":2.3}', "gps-reversed", '{"lon":2.3,"lat":48.8}'),
        ("0,0", "gps-abroad", None),
        ("nan,nan", "gps-abroad", None),
        ("2,35,48,85", "gps-format", None),
        ("[1]", "gps-format", None),
        ("[[], {}]", "gps-format", None),
        ("{}", "gps-format", None),
        ("x", "gps-format", None),
    ],
)
def test_coordinates(name: str, text: str, key: str | None, fix: str | None) -> None:
    assert key_and_fix(name, text) == (key, fix)


@pytest.mark.parametrize("place", BOXES)
def test_the_middle_of_each_territory_is_in_france(place: str) -> None:
    box = BOXES[place]
    assert box.west < box.east
    assert box.south < box.north
    middle = f"{(box.west + box.east) / 2},{(box.south + box.north) / 2}"
    assert key_and_fix("french-gps-coordinates", middle) == (None, None)


@pytest.mark.parametrize(
    ("name", "text", "key", "fix"),
    [
        ("code-rna", "W751234567", None, None),
        ("code-rna", "W2A1000123", None, None),
        ("code-rna", "w751234567 ", "code-rna-spelling", "W751234567"),
        ("code-rna", "W75123456", "code-rna", None),
        ("code-uai", "0750655E", None, None),
        ("code-uai", "0750655F", "code-uai", None),
        ("code-uai", "0750655e", "code-uai-spelling", "0750655E"),
        ("code-finess", "750712184", None, None),
        ("code-finess", "130783293", None, None),
        ("code-finess", "750712185", "code-finess", None),
        ("code-finess", "2A0000012", None, None),
        ("code-naf", "84.11Z", None, None),
        ("code-naf", "8411Z", None, None),
        ("code-naf", "84.11z", "code-naf-spelling", "84.11Z"),
        ("code-naf", "04.11Z", "code-naf", None),
        ("id-rnb", "ABCD12345678", None, None),
        ("id-rnb", "OBCD12345678", "id-rnb", None),
        ("iban", "FR7630006000011234567890189", None, None),
        ("iban", "FR76 3000 6000 0112 3456 7890 189", None, None),
        ("iban", "FR7630006000011234567890188", "iban", None),
        ("numero-tva", "FR40303265045", None, None),
        ("numero-tva", "FR12345678901", "numero-tva", None),
        ("longitude-l93", "652000.5", None, None),
        ("longitude-l93", "6862000", "longitude-l93-swapped", None),
        ("longitude-l93", "-999999", "longitude-l93", None),
        ("latitude-l93", "6862000", None, None),
        ("latitude-l93", "652000", "latitude-l93-swapped", None),
        ("latitude-l93", "48.85", "l93-degrees", None),
        ("latitude-l93", "6 862 000", "l93-number", None),
    ],
)
def test_registers(name: str, text: str, key: str | None, fix: str | None) -> None:
    assert key_and_fix(name, text) == (key, fix)


ANY_PARAMS: dict[str, object] = {
    **dict.fromkeys(("column", "column1", "column2"), "a"),
    **{"op": ">", "columns": ["a"], "othercolumns": ["a"], "format": "commune"},
}
EVERY_CHECK = [build_check(CustomCheck(name, ANY_PARAMS), Schema()) for name in check_names()]
VALUE_CHECKS = [check for check in EVERY_CHECK if isinstance(check, ValueCheck)]
HOSTILE = st.text(max_size=40) | st.text('0123456789+-.,:;/[]{}" eE\x00\u00a0', max_size=30)


@settings(deadline=None)
@given(st.lists(HOSTILE, max_size=5))
def test_no_text_makes_a_check_fail(texts: list[str]) -> None:
    frame = pl.DataFrame({"a": pl.Series(texts, dtype=pl.String)})
    for check in VALUE_CHECKS:
        verdicts = [check.judge(text) for text in texts]
        if check.accept is None:
            continue
        accepted = frame.select(check.accept(pl.col("a"))).to_series().to_list()
        for certain, verdict in zip(accepted, verdicts, strict=True):
            assert not certain or verdict is None, check.kind


@settings(deadline=None)
@given(st.floats(-180, 180), st.floats(-90, 90))
def test_accepted_coordinates_are_in_france(longitude: float, latitude: float) -> None:
    check = value_check("french-gps-coordinates")
    assert check.accept is not None
    text = f"{longitude:.6f},{latitude:.6f}"
    certain = pl.DataFrame({"a": [text]}).select(check.accept(pl.col("a"))).item()
    assert certain == (check.judge(text) is None)
