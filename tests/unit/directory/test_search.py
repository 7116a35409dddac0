"""The search must find what people type, best first, and count what it found."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.directory.domain.collectivites import Alias, Collectivite
from services.directory.domain.search import Position, SearchIndex

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("query", "siren"),
    [
        ("st etienne", "214202186"),
        ("saint-étienne", "214202186"),
        ("SAINT ETIENNE", "214202186"),
        ("l'hay les roses", "219400389"),
        ("L’Haÿ‑les‑Roses", "219400389"),
        ("lhay", "219400389"),
        ("hay les roses", "219400389"),
        ("CA PAYS BASQUE", "200067106"),
        ("communauté d'agglomération du pays basque", "200067106"),
        ("besancon", "212500565"),
        ("Besançon", "212500565"),
        ("besançn", "212500565"),
        ("hay les rozes", "219400389"),
        ("21 231", "212102313"),
        ("21231", "212102313"),
        ("2a004", "212000046"),
        ("212 102 313", "212102313"),
        ("\u200e212102313", "212102313"),
        ("212 102 313 00013", "212102313"),
        ("mairie de Dijon", "212102313"),
        ("département de l'Ain", "220100010"),
        ("conseil départemental de l'Ain", "220100010"),
        ("région Bretagne", "233500016"),
        ("Métropole de Lyon", "200046977"),
        ("metropole grand paris", "200054781"),
        ("01126", "200083863"),
        ("Arbignieu", "200053668"),
        ("bellegarde sur valserine", "200083863"),
        ("Bas-Rhin", "200094332"),
        ("Paris 1er", "217500016"),
        ("75", "217500016"),
        ("ville de Paris", "217500016"),
        ("75015", "217500016"),
        ("Saint-Denis (93)", "929939411"),
        ("saint denis 974", "219740115"),
        ("st denis réunion", "219740115"),
        ("saint sauveur côte d'or", "212105712"),
        ("21000 Dijon Cedex", "212102313"),
        ("CD 21", "222100018"),
        ("cd01", "220100010"),
        ("département 21", "222100018"),
        ("CR Bretagne", "233500016"),
        ("PACA", "231300021"),
        ("IDF", "237500079"),
        ("MEL", "200093201"),
        ("CAPB", "200067106"),
        ("agglo pau", "200067254"),
        ("pays de gex agglo", "240100750"),
        ("grand lyon", "200046977"),
        ("grand dijon", "242100410"),
        ("sant denis 93", "929939411"),
        ("ville de Fontaine", "213801699"),
        ("Saint-Denis · Commune · La Réunion (974) · 97411", "219740115"),
        (
            "CA Pau Béarn Pyrénées · Communauté d'agglomération · Pyrénées-Atlantiques (64) · 200067254",
            "200067254",
        ),
    ],
)
def test_the_body_that_is_meant_comes_first(index: SearchIndex, query: str, siren: str) -> None:
    items = index.search(query).items
    assert items, f"nothing found for {query!r}"
    assert items[0].siren == siren, [body.label for body in items]


def test_an_exact_name_of_the_kind_meant_precedes_a_former_one(index: SearchIndex) -> None:
    names = [body.nom for body in index.search("commune de Saint-Denis", limit=4).items]
    assert names == ["Saint-Denis"] * 4


def test_a_name_that_begins_like_a_kind_is_still_typed(index: SearchIndex) -> None:
    assert "Ville-Saint-Jacques" in [body.nom for body in index.search("ville saint", limit=2).items]


def test_what_tells_most_is_found_when_nothing_has_every_word(index: SearchIndex) -> None:
    assert "Dijon" in [body.nom for body in index.search("ccas dijon").items]
    assert index.search("dunkerque grand littoral").items[0].nom == "CU de Dunkerque"
    assert index.search("xylophone quartz dijon zeppelin").total == 0


def mistyped(name: str, chance: random.Random) -> str:
    """Return the name with one typing error, anywhere: insertion, deletion, substitution or transposition."""
    place = chance.randrange(len(name))
    before, char, after = name[:place], name[place], name[place + 1 :]
    return chance.choice(
        [
            before + chance.choice(LETTERS) + char + after,
            before + after,
            before + chance.choice(LETTERS) + after,
            before + after[:1] + char + after[1:],
        ]
    )


def test_a_typing_error_is_forgiven(index: SearchIndex, collectivites: list[Collectivite]) -> None:
    chance = random.Random(2026)
    sample = chance.sample(collectivites, 1_000)
    found = sum(
        body.siren in {item.siren for item in index.search(mistyped(body.nom, chance), limit=10).items}
        for body in sample
    )
    assert found >= 950


def test_a_name_still_being_typed_may_hold_an_error(index: SearchIndex) -> None:
    assert index.search("saint etiene du rouvr").items[0].nom == "Saint-Étienne-du-Rouvray"


def test_homonyms_are_all_found_the_largest_first(
    index: SearchIndex, collectivites: list[Collectivite]
) -> None:
    same = sorted((b for b in collectivites if b.nom == "Saint-Sauveur"), key=lambda b: -b.population)
    assert len(same) > 5
    found = index.search("saint sauveur", limit=200).items
    assert [body.siren for body in found[: len(same)]] == [body.siren for body in same]


def test_an_exact_name_precedes_longer_ones(index: SearchIndex) -> None:
    names = [body.nom for body in index.search("Aix", limit=3).items]
    assert names[0] == "Aix"
    assert "Aix-en-Provence" in names


def test_filters_and_facets(index: SearchIndex, collectivites: list[Collectivite]) -> None:
    wanted = [body for body in collectivites if body.type == "COM" and body.code_departement == "21"]
    found = index.search(filters={"type": ["COM"], "departement": ["21"]}, limit=200)
    assert found.total == len(wanted)
    assert all(body.code_departement == "21" and body.type == "COM" for body in found.items)
    facets = {name: {v.value: v.count for v in values} for name, values in found.facets.items()}
    # A facet is counted without its own filter: what another choice would give.
    assert facets["type"]["CC"] == sum(b.type == "CC" and b.code_departement == "21" for b in collectivites)
    assert facets["departement"]["25"] == sum(
        b.type == "COM" and b.code_departement == "25" for b in collectivites
    )
    assert sum(facets["region"].values()) == len(wanted)
    assert sum(facets["population"].values()) == len(wanted)


def test_several_values_of_a_filter_are_alternatives(index: SearchIndex) -> None:
    both = index.search("saint", filters={"type": ["COM", "CC"], "departement": ["21", "25"]}).total
    apart = [
        index.search("saint", filters={"type": [kind], "departement": [code]}).total
        for kind in ("COM", "CC")
        for code in ("21", "25")
    ]
    assert both == sum(apart)


def test_members_of_a_grouping_and_population_classes(
    index: SearchIndex, collectivites: list[Collectivite]
) -> None:
    members = {body.siren for body in collectivites if body.siren_epci == "242100410"}
    found = index.search(filters={"epci": ["242100410"]}, limit=200)
    assert {body.siren for body in found.items} == members
    small = index.search(filters={"epci": ["242100410"], "population": ["0-499"]}, limit=200)
    assert {b.siren for b in small.items} == {b.siren for b in found.items if b.population < 500}


@pytest.mark.parametrize(
    ("code", "siren"), [("21231", "212102313"), ("01126", "200083863"), ("75101", "217500016")]
)
def test_a_code_finds_the_commune_that_has_it_or_took_it_over(
    index: SearchIndex, code: str, siren: str
) -> None:
    assert [body.siren for body in index.search(code_insee=code).items] == [siren]


def test_an_unknown_filter_value_keeps_nothing(index: SearchIndex) -> None:
    assert index.search(filters={"departement": ["20"]}).total == 0


@pytest.mark.parametrize(
    ("query", "filters"),
    [("saint", {"departement": ["42"]}), ("", {"departement": ["90"]}), ("besançn", {}), ("21", {})],
)
def test_pages_follow_one_another_without_gap_or_repetition(
    index: SearchIndex, query: str, filters: dict[str, list[str]]
) -> None:
    whole = index.search(query, filters=filters, limit=1_000)
    after: Position | None = None
    seen: list[str] = []
    while True:
        page = index.search(query, filters=filters, limit=7, after=after)
        assert page.total == whole.total
        seen += [body.siren for body in page.items]
        after = page.last
        if after is None:
            break
    assert seen == [body.siren for body in whole.items]
    assert len(seen) == whole.total


def test_a_place_in_the_list_survives_a_new_edition() -> None:
    bodies = [Collectivite(f"{n:09d}", "COM", f"Saint-{n}", 1_000 - n, "municipale", 2026) for n in range(10)]
    before = SearchIndex("1", bodies)
    first = before.search("saint", limit=4)
    assert first.last is not None
    after = SearchIndex("2", [body for body in bodies if body.siren not in ("000000000", "000000003")])
    rest = after.search("saint", limit=10, after=first.last)
    assert [body.siren for body in rest.items] == [f"{n:09d}" for n in range(4, 10)]


def test_a_former_name_is_found_after_the_present_one() -> None:
    bodies = [
        Collectivite(
            "000000001",
            "COM",
            "Valmont",
            9_000,
            "municipale",
            2026,
            aliases=(Alias("01002", "Rosay", "ancienne commune"),),
        ),
        Collectivite("000000002", "COM", "Rosay", 100, "municipale", 2026),
    ]
    assert [b.nom for b in SearchIndex("1", bodies).search("rosay").items] == ["Rosay", "Valmont"]


@pytest.mark.parametrize(
    "query", ["%", "_", "'; DROP TABLE collectivite; --", "\\", "*", "\x00", "\ud800", "🙂"]
)
def test_characters_of_query_languages_are_plain_text(index: SearchIndex, query: str) -> None:
    assert index.search(query).total == 0


def test_an_empty_index_finds_nothing() -> None:
    assert SearchIndex("0", []).search("dijon").items == []
    assert SearchIndex("0", []).search("").total == 0


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_searched(index: SearchIndex, query: str) -> None:
    found = index.search(query)
    assert len(found.items) <= 10
    assert found.total >= len(found.items)
