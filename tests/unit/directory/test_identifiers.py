"""SIREN, SIRET and INSEE codes as people type them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.identifiers import (
    InvalidIdentifier,
    clean,
    parse_code_insee,
    parse_siren,
    parse_siret,
)


@pytest.mark.parametrize(
    "typed",
    [
        "212102313",
        "212 102 313",
        "212\u00a0102\u202f313",
        "\u200e212102313\u200e ",
        "\ufeff212102313",
        "212.102.313",
        "212-102-313",
        "２１２１０２３１３",
        "212102313\n",
        "21210231300013",
    ],
)
def test_a_siren_is_read_however_it_is_typed(typed: str) -> None:
    assert parse_siren(typed) == "212102313"


@pytest.mark.parametrize(
    ("typed", "cause"),
    [
        ("212102314", "clé de contrôle"),
        ("21210231", "8 chiffres"),
        ("2121023130", "10 chiffres"),
        ("", "chiffres"),
        ("2121o2313", "que des chiffres"),
        ("FR12212102313", "que des chiffres"),
        ("٢١٢١٠٢٣١٣", "que des chiffres"),
        ("21210231300014", "clé de contrôle"),
    ],
)
def test_what_is_not_a_siren_is_refused_with_its_cause(typed: str, cause: str) -> None:
    with pytest.raises(InvalidIdentifier) as refused:
        parse_siren(typed)
    assert cause in refused.value.fr
    assert refused.value.en


def test_the_establishments_of_la_poste_have_their_own_key() -> None:
    head_office = "35600000000048"
    office_by_digit_sum = "35600000049837"
    assert parse_siret(head_office) == head_office
    assert sum(map(int, office_by_digit_sum)) % 5 == 0
    assert parse_siret(office_by_digit_sum) == office_by_digit_sum
    with pytest.raises(InvalidIdentifier):
        parse_siret("35600000049838")


@pytest.mark.parametrize(("typed", "code"), [("21 231", "21231"), ("2a004", "2A004"), ("97411", "97411")])
def test_an_insee_code_is_read_however_it_is_typed(typed: str, code: str) -> None:
    assert parse_code_insee(typed) == code


@pytest.mark.parametrize("typed", ["2123", "212310", "2C004", "A1231", "", "21'31"])
def test_what_is_not_an_insee_code_is_refused(typed: str) -> None:
    with pytest.raises(InvalidIdentifier):
        parse_code_insee(typed)


@given(st.text())
def test_cleaning_never_fails_and_leaves_nothing_invisible(text: str) -> None:
    assert not [char for char in clean(text) if char.isspace() or unicodedata.category(char) in ("Cf", "Cc")]


@given(st.text())
def test_any_text_that_is_no_siren_is_refused_shortly(text: str) -> None:
    with pytest.raises(InvalidIdentifier) as refused:
        parse_siren("x" + text)
    assert len(refused.value.fr) < 300
