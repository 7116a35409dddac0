"""Which body a row of a foreign file is about."""

import pytest

from services.directory.domain.collectivites import Collectivite
from services.directory.domain.rapprochement import MATCHED, Matcher, Outcome


@pytest.fixture(scope="module")
def matcher(collectivites: list[Collectivite]) -> Matcher:
    return Matcher(collectivites)


@pytest.mark.parametrize(
    ("written", "name", "kind", "departement", "outcome", "siren"),
    [
        ("212102313", "DIJON", "COM", "21", Outcome.SIREN, "212102313"),
        ("212102313 ", "DIJON", "COM", "21", Outcome.CLEANED, "212102313"),
        ("\u200e212102313", "DIJON", "COM", "21", Outcome.CLEANED, "212102313"),
        # Chéméré and Saint-Germain-en-Laye: merged communes, by the INSEE code that their SIREN holds.
        ("214400400", "CHEMERE", "COM", "44", Outcome.FORMER, "200058121"),
        ("217805514", "SAINT GERMAIN EN LAYE", "COM", "78", Outcome.FORMER, "200086924"),
        # A private company's SIREN on a commune.
        ("852356583", "BROU SUR CHANTEREINE", "COM", "77", Outcome.NAME, "217700558"),
        ("245300330", "CA DE LAVAL", "CA", "53", Outcome.NAME, "200083392"),
        ("226700011", "BAS RHIN", "DEP", "67", Outcome.NAME, "200094332"),
        ("852356583", "NULLE PART", "COM", "77", Outcome.OUTSIDE, "852356583"),
        ("254002272 ", "ADACL Landes", "AGCT", "40", Outcome.OUTSIDE, "254002272"),
        ("212102314", "INCONNUE", "COM", "21", Outcome.REFUSED, None),
        ("", "INCONNUE", "COM", "21", Outcome.REFUSED, None),
        # A wrong key, and a name that tells whose it is.
        ("212102314", "DIJON", "COM", "21", Outcome.NAME, "212102313"),
    ],
)
def test_a_row_is_matched_or_said_why_not(
    matcher: Matcher,
    written: str,
    name: str,
    kind: str,
    departement: str,
    outcome: Outcome,
    siren: str | None,
) -> None:
    match = matcher.match(written, name, kind, departement)
    assert (match.outcome, match.siren) == (outcome, siren)
    assert match.fr != match.en


def test_a_name_that_two_bodies_have_is_no_match(matcher: Matcher) -> None:
    match = matcher.match("852356583", "SAINTE COLOMBE", "COM", "")
    assert match.outcome is Outcome.OUTSIDE
    assert match.outcome not in MATCHED
