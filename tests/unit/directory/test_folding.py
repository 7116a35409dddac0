"""French names reduced to what people type."""

import pytest

from services.directory.domain.folding import shortened, significant, words


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("L'Haÿ-les-Roses", ["l", "hay", "les", "roses"]),
        ("L’Haÿ\u2011les\u2013Roses", ["l", "hay", "les", "roses"]),
        ("ST ETIENNE", ["saint", "etienne"]),
        ("Ste-Foy", ["sainte", "foy"]),
        ("Sts-Geosmes", ["saints", "geosmes"]),
        ("Œuilly", ["oeuilly"]),
        ("Lœuilly", ["loeuilly"]),
        ("Besançon", ["besancon"]),
        ("Besanc\u0327on", ["besancon"]),
        ("CA de Dembeni / Mamoudzou", ["ca", "de", "dembeni", "mamoudzou"]),
        ("21\u200e 231", ["21", "231"]),
        ("%_'\"\\;--", []),
        ("", []),
    ],
)
def test_words(name: str, folded: list[str]) -> None:
    assert words(name) == folded


def test_the_words_that_carry_meaning_are_kept() -> None:
    assert significant(words("CA du Pays Basque")) == ["ca", "pays", "basque"]
    assert significant(words("L'Haÿ-les-Roses")) == ["hay", "roses"]
    assert significant(words("Les")) == ["les"]


def test_kinds_written_out_become_the_official_abbreviations() -> None:
    assert shortened(words("Communauté d'agglomération du Pays Basque")) == ["ca", "du", "pays", "basque"]
    assert shortened(words("communauté de communes X")) == ["cc", "x"]
    assert shortened(words("conseil départemental de l'Ain")) == ["departement", "de", "l", "ain"]
