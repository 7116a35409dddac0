"""SIREN and SIRET: verdicts as the reference gives them, and fixes for what spreadsheets do to them."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.fr import siren as reference_siren
from stdnum.fr import siret as reference_siret

from services.validation.engine.checks import ValueCheck, build_check
from services.validation.engine.schema import CustomCheck, Schema

DIGITS = st.text("0123456789", min_size=7, max_size=15)
LA_POSTE = st.integers(0, 99_999).map(lambda nic: f"356000000{nic:05d}")


def value_check(name: str) -> ValueCheck:
    check = build_check(CustomCheck(name, {"column": "n"}), Schema())
    assert isinstance(check, ValueCheck)
    return check


def accepted(check: ValueCheck, texts: list[str | None]) -> list[bool]:
    assert check.accept is not None
    frame = pl.DataFrame({"n": pl.Series(texts, dtype=pl.String)})
    return frame.select(check.accept(pl.col("n")).fill_null(False)).to_series().to_list()


@pytest.mark.parametrize(
    "text",
    [
        *("73282932000074", "21860194600013", "732 829 320 00074", " 73282932000074 ", "732.829.320.00074"),
        *("35600000000048", "35600000049837", "35600000000001", "12345678200010", "00000000000000"),
    ],
)
def test_valid_siret(text: str) -> None:
    assert value_check("french-siret-value").judge(text) is None


@pytest.mark.parametrize(
    ("text", "key", "fix"),
    [
        ("73282932000075", "siret-checksum", None),
        ("35600000000005", "siret-checksum", None),
        ("732829320", "siret-is-siren", None),
        ("73282932100007", "siret-checksum", None),
        ("1234567890123", "siret-length", None),
        ("21860194600000", "siret-no-nic", None),
        ("2,18602E+13", "siret-scientific", None),
        ("732-829-320-00074x", "siret-characters", None),
        ("٧3282932000074", "siret-characters", None),
        ("", "siret-characters", None),
        ("5650017600013", "siret-leading-zero", "05650017600013"),
    ],
)
def test_invalid_siret(text: str, key: str, fix: str | None) -> None:
    violation = value_check("siret").judge(text)
    assert violation is not None
    assert (violation.key, violation.fix) == (key, fix)


@pytest.mark.parametrize("text", ["732829320", "356000000", "000000000", "732 829 320", "732.829.320"])
def test_valid_siren(text: str) -> None:
    assert value_check("french-siren-value").judge(text) is None


@pytest.mark.parametrize(
    ("text", "key", "fix"),
    [
        ("732829321", "siren-checksum", None),
        ("12345678", "siren-length", None),
        ("73282932000074", "siren-is-siret", "732829320"),
        ("abcdefghi", "siren-characters", None),
        ("732-829-320x", "siren-characters", None),
        ("5550173", "siren-leading-zero", "005550173"),
    ],
)
def test_invalid_siren(text: str, key: str, fix: str | None) -> None:
    violation = value_check("siren").judge(text)
    assert violation is not None
    assert (violation.key, violation.fix) == (key, fix)


@settings(deadline=None)
@given(st.lists(DIGITS | LA_POSTE | st.text(max_size=15)))
def test_the_judge_agrees_with_stdnum(texts: list[str]) -> None:
    siren, siret = value_check("siren"), value_check("siret")
    for text in texts:
        assert (siren.judge(text) is None) == reference_siren.is_valid(text)
        assert (siret.judge(text) is None) == reference_siret.is_valid(text)


@settings(deadline=None)
@given(
    st.lists(st.none() | DIGITS | LA_POSTE | st.text("+-_ 0123456789", max_size=15)), st.integers(0, 99_999)
)
def test_what_is_accepted_at_once_is_valid(texts: list[str | None], nic: int) -> None:
    valid = [
        f"732829320{n:05d}" for n in range(nic, nic + 20) if reference_siret.is_valid(f"732829320{n:05d}")
    ]
    for name, module in (("siren", reference_siren), ("siret", reference_siret)):
        check = value_check(name)
        for text, certain in zip(texts, accepted(check, texts), strict=True):
            assert not certain or (text is not None and module.is_valid(text))
        if name == "siret":
            assert all(accepted(check, [*valid]))


def test_every_siren_of_a_range_is_accepted_or_refused_rightly() -> None:
    texts = [f"{number:09d}" for number in range(732_000_000, 732_002_000)]
    assert accepted(value_check("siren"), [*texts]) == [reference_siren.is_valid(text) for text in texts]
