"""Places: vintages of the official geographic code, and the fix for what people and spreadsheets get wrong."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.validation.engine import reference
from services.validation.engine.checks import CheckDefinitionError, RowCheck, ValueCheck, build_check
from services.validation.engine.schema import CustomCheck, Schema


def value_check(name: str, /, **params: object) -> ValueCheck:
    check = build_check(CustomCheck(name, {"column": "a", **params}), Schema())
    assert isinstance(check, ValueCheck)
    return check


def key_and_fix(check: ValueCheck, text: str) -> tuple[str | None, str | None]:
    """Judge one text, and check on the way that what is accepted at once is valid."""
    violation = check.judge(text)
    if check.accept is not None:
        certain = pl.DataFrame({"a": [text]}).select(check.accept(pl.col("a"))).item()
        assert not certain or violation is None
    return (violation.key, violation.fix) if violation else (None, None)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("code-commune-insee", "01001 75056 75101 13055 2A004 97411 69123 01059 97501 98818"),
        ("code-departement", "01 2A 2B 75 95 971 975 977 978 984 986 988 989"),
        ("numero-departement", "01 2A 989"),
        ("code-region", "53 01 06 11 94"),
        ("code-pays-iso2", "FR DE"),
        ("code-pays-iso3", "FRA DEU"),
        ("code-postal", "75001 01000 97110 75116"),
        ("code-fantoir", "ZB03A 0100A A123B"),
        ("code-epci", "200000172"),
        ("ancien-code-insee", "28097"),
        ("commune", "Paris Saint-Étienne Accolay"),
        ("canton", "Ambérieu-en-Bugey Paris"),
        ("departement", "Ain Haute-Vienne Guadeloupe Saint-Martin Nouvelle-Calédonie Côtes-d'Armor"),
        ("region", "Bretagne Guadeloupe Île-de-France"),
        ("pays", "France Allemagne Espagne États-Unis"),
    ],
)
def test_known_places(name: str, texts: str) -> None:
    check = value_check(name, cog="2024")
    for text in texts.split():
        assert key_and_fix(check, text) == (None, None), text


@pytest.mark.parametrize(
    ("name", "text", "key", "fix"),
    [
        ("code-commune-insee", "1001", "place-leading-zero", "01001"),
        ("code-commune-insee", "2a004", "code-commune-insee-spelling", "2A004"),
        ("code-commune-insee", " 01001", "code-commune-insee-spelling", "01001"),
        ("code-commune-insee", "28097", "commune-former", "28393"),
        ("code-commune-insee", "75012", "commune-postcode", None),
        ("code-commune-insee", "Paris", "commune-name", "75056"),
        ("code-commune-insee", "Saint-Denis", "code-commune-insee", None),
        ("code-commune-insee", "01999", "code-commune-insee", None),
        ("code-commune-insee", "99100", "code-commune-insee", None),
        ("code-departement", "1", "place-leading-zero", "01"),
        ("code-departement", "2a", "code-departement-spelling", "2A"),
        ("code-departement", "20", "code-departement", None),
        ("code-departement", "69D", "code-departement", None),
        ("code-region", "1", "place-leading-zero", "01"),
        ("code-region", "00", "code-region", None),
        ("code-pays-iso2", "fr", "code-pays-iso2-spelling", "FR"),
        ("code-pays-iso2", "UK", "code-pays-iso2", None),
        ("code-pays-iso3", "XXX", "code-pays-iso3", None),
        ("code-postal", "1000", "place-leading-zero", "01000"),
        ("code-postal", "75001 ", "code-postal-spelling", "75001"),
        ("code-postal", "75000", "code-postal", None),
        ("code-fantoir", "zb03a", "code-fantoir-spelling", "ZB03A"),
        ("code-fantoir", "1234", "code-fantoir", None),
        ("code-fantoir", "ABCDE", "code-fantoir", None),
        ("code-epci", "200 000 172", "code-epci-spelling", "200000172"),
        ("code-epci", "210100012", "code-epci", None),
        ("ancien-code-insee", "01001", "ancien-code-insee-current", None),
        ("ancien-code-insee", "zzz", "ancien-code-insee", None),
        ("commune", "PARIS", "commune-spelling", "Paris"),
        ("commune", "Saint Etienne", "commune-spelling", "Saint-Étienne"),
        ("commune", "Atlantide", "commune", None),
        ("departement", "haute vienne", "departement-spelling", "Haute-Vienne"),
        ("departement", "Métropole de Lyon", "departement", None),
        ("region", "bretagne", "region-spelling", "Bretagne"),
        ("region", "PACA", "region", None),
        ("pays", "ALLEMAGNE", "pays-spelling", "Allemagne"),
        ("canton", "ambérieu en bugey", "canton-spelling", "Ambérieu-en-Bugey"),
    ],
)
def test_unknown_places(name: str, text: str, key: str, fix: str | None) -> None:
    assert key_and_fix(value_check(name, cog="2024"), text) == (key, fix)


def test_a_commune_exists_in_its_vintages_only() -> None:
    """Culoz and Béon became Culoz-Béon in 2023."""
    assert value_check("commune", cog="2022").judge("Culoz-Béon") is not None
    assert value_check("commune", cog="2023").judge("Culoz-Béon") is None
    assert value_check("code-commune-insee", cog="2021").judge("01187") is None


@pytest.mark.parametrize("cog", ["latest", "2026", 2025, None])
def test_the_latest_vintage_is_the_default(cog: object) -> None:
    check = value_check("code-commune-insee", **({} if cog is None else {"cog": cog}))
    assert check.judge("01001") is None


@pytest.mark.parametrize(
    ("params", "key"),
    [
        ({"cog": "1999"}, "check-cog"),
        ({"cog": ["2024"]}, "check-cog"),
        ({"options": "ignore_case"}, "check-param-object"),
        ({"options": {"ignore_case": "parfois"}}, "check-param-boolean"),
        ({"extra_valid_values": "x"}, "check-param-list"),
    ],
)
def test_badly_declared_places(params: dict[str, object], key: str) -> None:
    with pytest.raises(CheckDefinitionError) as caught:
        value_check("commune", **params)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"ignore_case": True}, "SAINT-ÉTIENNE"),
        ({"ignore_accents": True}, "Saint-Etienne"),
        ({"replace_non_alphanumeric_with_space": True, "ignore_accents": True}, "Saint Etienne"),
        ({"ignore_extra_whitespace": True}, "  Saint-Étienne "),
        ({"extra_valid_values": ["Atlantide"]}, "Atlantide"),
        (
            dict.fromkeys(("ignore_case", "ignore_accents", "replace_non_alphanumeric_with_space"), True),
            "saint_etienne",
        ),
    ],
)
def test_folding_options(options: dict[str, object], text: str) -> None:
    assert value_check("commune").judge(text) is not None
    assert value_check("commune", options=options).judge(text) is None
    assert value_check("commune", **options).judge(text) is None
    assert value_check("frformat", format="commune", options=options).judge(text) is None


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(CheckDefinitionError) as caught:
        value_check("frformat", format="comune")
    assert caught.value.key == "check-unknown-close"
    assert caught.value.params == {"name": "comune", "close": "commune"}


@pytest.mark.parametrize(
    ("postcode", "commune", "key", "fix"),
    [
        ("01400", "01001", None, None),
        ("75001", "75056", None, None),
        ("75002", "75101", "postcode-commune-fix", "75001"),
        ("75001", "01001", "postcode-commune-fix", "01400"),
        ("01400", "13055", "postcode-commune", None),
        ("75001", "zz", None, None),
        (None, "01001", None, None),
        ("75001", None, None, None),
    ],
)
def test_postcode_of_commune(
    postcode: str | None, commune: str | None, key: str | None, fix: str | None
) -> None:
    params = {"column": "cp", "column2": "insee"}
    check = build_check(CustomCheck("code-postal-commune", params), Schema())
    assert isinstance(check, RowCheck)
    violation = check.judge({"cp": postcode, "insee": commune})
    frame = pl.DataFrame(
        {"cp": [postcode], "insee": [commune]}, schema=dict.fromkeys(("cp", "insee"), pl.String)
    )
    assert violation is None or frame.select(check.suspect).to_series().to_list() == [True]
    assert (violation.key if violation else None) == key
    assert (violation.fix if violation else None) == fix


def test_every_vintage_is_whole() -> None:
    for year in reference.YEARS:
        assert 36_900 < len(reference.commune_codes(int(year))) < 37_300
        assert 1_240 < len(reference.epci_names(int(year))) < 1_270
    assert len(reference.listed("code-postal", 2026)) > 6_300
    assert reference.current_code()["28097"] == "28393"
    assert not reference.current_code().keys() & reference.commune_codes(reference.LATEST_YEAR)


@settings(deadline=None)
@given(st.lists(st.none() | st.from_regex(r"[+0-9]?[0-9]{3,5}|[0-9AB]{5}|.{5}|[0-9]{6,21}", fullmatch=True)))
def test_what_is_accepted_at_once_is_in_the_list(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"a": pl.Series(texts, dtype=pl.String)})
    for check in (
        value_check("code-commune-insee", extra_valid_values=["00000", "99999", "00001"]),
        value_check("code-postal"),
        value_check("code-departement"),
    ):
        assert check.accept is not None
        accepted = frame.select(check.accept(pl.col("a"))).to_series().to_list()
        for text, certain in zip(texts, accepted, strict=True):
            assert not certain or (text is not None and check.judge(text) is None)


def test_every_numeric_code_is_accepted_at_once() -> None:
    for name, codes in (
        ("code-commune-insee", reference.commune_codes(2026)),
        ("code-postal", reference.listed("code-postal", 2026)),
    ):
        check = value_check(name)
        assert check.accept is not None
        digits = sorted(code for code in codes if code.isdigit())
        assert pl.DataFrame({"a": digits}).select(check.accept(pl.col("a"))).to_series().all()


PLACE_CELLS = st.none() | st.sampled_from(
    ["01001", "01400", "75056", "75001", "2A004", "20167", "+1001", "x", "0"]
)


@settings(deadline=None)
@given(st.lists(st.tuples(PLACE_CELLS, PLACE_CELLS), min_size=1))
def test_no_wrong_postcode_is_hidden(rows: list[tuple[str | None, str | None]]) -> None:
    params = {"column": "cp", "column2": "insee"}
    check = build_check(CustomCheck("code-postal-commune", params), Schema())
    assert isinstance(check, RowCheck)
    frame = pl.DataFrame(rows, schema={"cp": pl.String, "insee": pl.String}, orient="row")
    for row, suspected in zip(
        frame.to_dicts(), frame.select(check.suspect).to_series().to_list(), strict=True
    ):
        assert suspected is True or check.judge(row) is None
