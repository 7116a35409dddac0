"""Intervals of years and ACTES matters: verdicts as the reference gives them, with the fix."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.validation.engine.checks import ValueCheck, build_check
from services.validation.engine.schema import CustomCheck, Schema


def value_check(name: str, /, **params: object) -> ValueCheck:
    check = build_check(CustomCheck(name, {"column": "a", **params}), Schema())
    assert isinstance(check, ValueCheck)
    return check


def key_and_fix(check: ValueCheck, text: str) -> tuple[str | None, str | None]:
    violation = check.judge(text)
    return (violation.key, violation.fix) if violation else (None, None)


@pytest.mark.parametrize("flag", ["yes", "true", True])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020", (None, None)),
        ("2020/2021", (None, None)),
        ("0000/0001", (None, None)),
        ("2021/2020", ("year-interval-reversed", "2020/2021")),
        ("2020/2020", ("year-interval-same-fix", "2020")),
        ("2020-2021", ("year-or-interval-format-fix", "2020/2021")),
        (" 2020 / 2021 ", ("year-or-interval-format-fix", "2020/2021")),
        ("2020 ", ("year-or-interval-format-fix", "2020")),
        ("20/21", ("year-or-interval-format", None)),
        ("٢٠٢٠/٢٠٢١", ("year-or-interval-format", None)),
        ("2020/2021/2022", ("year-or-interval-format", None)),
        ("2020/", ("year-or-interval-format", None)),
        ("20200", ("year-or-interval-format", None)),
        ("2020/2021\n", ("year-or-interval-format-fix", "2020/2021")),
    ],
)
def test_year_or_interval(flag: object, text: str, expected: tuple[str | None, str | None]) -> None:
    assert key_and_fix(value_check("year-interval-value", **{"allow-year-only": flag}), text) == expected


@pytest.mark.parametrize("params", [{}, {"allow-year-only": "no"}, {"allow-year-only": False}])
def test_interval_only(params: dict[str, object]) -> None:
    check = value_check("year-interval-value", **params)
    assert check.judge("2020/2021") is None
    assert key_and_fix(check, "2020") == ("year-interval-format", None)
    assert key_and_fix(check, "2020/2020") == ("year-interval-same", None)


@settings(deadline=None)
@given(st.lists(st.from_regex(r"[0-9]{3,5}[/\n ]?[0-9]{0,5}\n?") | st.text(max_size=10)), st.booleans())
def test_an_accepted_interval_is_valid(texts: list[str], year_allowed: bool) -> None:
    check = value_check("year-interval-value", **{"allow-year-only": year_allowed})
    assert check.accept is not None
    accepted = pl.DataFrame({"a": pl.Series(texts, dtype=pl.String)}).select(check.accept(pl.col("a")))
    for text, certain in zip(texts, accepted.to_series().to_list(), strict=True):
        assert not certain or check.judge(text) is None


@pytest.mark.parametrize("name", ["nomenclature-acte", "nomenclature-acte-value", "nomenclature-actes-value"])
@pytest.mark.parametrize(
    "text",
    [
        *("Urbanisme/a", "urbanisme/a", "URBANISME/a", "Urbanisme/", "Urbanisme/a/b", "Urbanisme/a /b"),
        *("Libertes publiques et pouvoirs de police/x", "libertés publiques et pouvoirs de police/x"),
        *("Domaines de compétences par themes/x", "Liberte\u0301s publiques et pouvoirs de police/x"),
    ],
)
def test_known_matters(name: str, text: str) -> None:
    assert value_check(name).judge(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Urbanisme /a", ("acte-space", "Urbanisme/a")),
        ("Urbanisme / a", ("acte-space", "Urbanisme/a")),
        ("Urbanisme/a/ b", ("acte-space", "Urbanisme/a/b")),
        (" Urbanisme/a", ("acte-space", "Urbanisme/a")),
        ("Urbanisme\u00a0/x", ("acte-space", "Urbanisme/x")),
        ("Urbanisme", ("acte-slash", None)),
        ("Urbanismes", ("acte-slash", None)),
        ("5.2", ("acte-code", None)),
        ("/a", ("acte-matter", None)),
        ("Voirie/a", ("acte-matter", None)),
        ("Finance locale/Subventions", ("acte-matter-close", "Finances locales/Subventions")),
        (
            "'domaines de compétences par thèmes/aménagement du territoire",
            ("acte-matter-close", "Domaines de compétences par thèmes/aménagement du territoire"),
        ),
    ],
)
def test_unknown_matters(text: str, expected: tuple[str | None, str | None]) -> None:
    assert key_and_fix(value_check("nomenclature-actes-value"), text) == expected
