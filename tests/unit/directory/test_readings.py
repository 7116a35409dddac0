"""A query may say, beside a name, which kind of body is meant and where it is."""

import pytest

from services.directory.domain.folding import words
from services.directory.domain.readings import readings


@pytest.mark.parametrize(
    ("query", "name", "type_", "place"),
    [
        ("mairie de Dijon", ["dijon"], "COM", None),
        ("Ville du Mans", ["mans"], "COM", None),
        ("commune Dijon", ["dijon"], "COM", None),
        ("Hôtel de ville de Lyon", ["lyon"], "COM", None),
        ("CD 21", ["21"], "DEP", None),
        ("cd2A", ["2a"], "DEP", None),
        ("conseil départemental de l'Ain", ["l", "ain"], "DEP", None),
        ("agglo de Pau", ["pau"], "CA", None),
        ("Pays de Gex agglo", ["pays", "de", "gex"], "CC", None),
        ("Grand Lyon", ["lyon"], "MET69", None),
        ("Saint-Denis (93)", ["saint", "denis"], None, ("departement", "93")),
        ("93 Saint-Denis", ["saint", "denis"], None, ("departement", "93")),
        ("Saint-Denis de La Réunion", ["saint", "denis"], None, ("departement", "974")),
        ("Saint-Sauveur, Provence-Alpes-Côte d'Azur", ["saint", "sauveur"], None, ("region", "93")),
        ("21000 Dijon", ["dijon"], None, ("postcode", "21000")),
        ("Dijon Cedex 9", ["dijon"], None, None),
        ("mairie de Saint-Denis 93", ["saint", "denis"], "COM", ("departement", "93")),
    ],
)
def test_a_kind_or_a_place_is_put_aside(
    query: str, name: list[str], type_: str | None, place: tuple[str, str] | None
) -> None:
    assert any(
        (list(found.name), found.place) == (name, place)
        and (type_ in found.types if type_ else not found.types)
        for found in readings(words(query))
    ), readings(words(query))


@pytest.mark.parametrize("query", ["", "ville", "mairie", "Dijon", "Côte-d'Or", "21", "cedex", "la Réunion"])
def test_a_name_alone_has_no_other_reading(query: str) -> None:
    assert readings(words(query)) == []
