"""The shipped reference is whole, sound and small."""

import hashlib
import json
from collections import Counter, defaultdict
from gzip import decompress

from services.directory.domain.collectivites import (
    POPULATION_CLASSES,
    TYPES,
    Collectivite,
    population_class,
)
from services.directory.domain.identifiers import parse_siren
from services.directory.domain.territoires import DEPARTEMENTS, REGIONS
from services.directory.operations.reference_files import FOLDER, shipped_reference


def test_it_is_small_and_says_where_it_comes_from() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.csv.gz")) < 1_000_000
    reference = shipped_reference()
    assert reference.edition.year == reference.population_year == 2026
    assert reference.population_base == "municipale"
    assert reference.licence.startswith("Licence Ouverte 2.0")
    assert {source.split(",")[0] for source in reference.sources} == {"INSEE", "DGCL", "La Poste"}


def test_its_files_are_those_that_the_metadata_describe() -> None:
    described = json.loads((FOLDER / "reference.json").read_bytes())
    for name, digest in described["sha256"].items():
        text = decompress((FOLDER / name).read_bytes())
        assert hashlib.sha256(text).hexdigest() == digest
        assert text.count(b"\n") == described["rows"][name] + 1


def test_it_holds_every_body_once(collectivites: list[Collectivite]) -> None:
    assert len(collectivites) == len({body.siren for body in collectivites}) == 36_253
    counts = Counter(body.type for body in collectivites)
    assert counts["COM"] == 34_875
    assert sum(counts[kind] for kind in ("CC", "CA", "CU", "MET", "MET69")) == 1_255
    assert (counts["EPT"], counts["DEP"], counts["CEA"], counts["REG"], counts["CTU"]) == (11, 94, 1, 14, 3)


def test_every_code_is_sound(collectivites: list[Collectivite]) -> None:
    sirens = {body.siren for body in collectivites}
    insee = [body.code_insee for body in collectivites if body.code_insee]
    assert len(insee) == len(set(insee)) == 34_875
    for body in collectivites:
        assert parse_siren(body.siren) == body.siren
        assert body.type in TYPES
        assert body.code_departement in DEPARTEMENTS or not body.code_departement
        assert body.code_region in REGIONS
        assert body.siren_epci in sirens or not body.siren_epci


def test_the_population_of_a_grouping_is_that_of_its_members(collectivites: list[Collectivite]) -> None:
    members: dict[str, int] = defaultdict(int)
    for body in collectivites:
        members[body.siren_epci] += body.population
    groupings = [body for body in collectivites if body.type in ("CC", "CA", "CU", "MET", "MET69")]
    assert all(body.population == members[body.siren] for body in groupings)


def test_former_communes_have_codes_and_names(collectivites: list[Collectivite]) -> None:
    former = {alias.code: (alias, body) for body in collectivites for alias in body.aliases}
    alias, body = former["14572"] if "14572" in former else former["01126"]
    assert alias.nom
    assert body.type == "COM"
    nameless = [alias for alias, _ in former.values() if not alias.nom]
    assert len(nameless) < 10


def test_population_classes_cover_every_number_once() -> None:
    assert population_class(0).code == "0-499"
    assert population_class(3_499).code == "2000-3499"
    assert population_class(3_500).code == "3500-9999"
    assert population_class(2_103_778).code == "100000-"
    assert [found.least for found in POPULATION_CLASSES] == sorted({c.least for c in POPULATION_CLASSES})


def test_homonyms_are_told_apart_by_their_labels(collectivites: list[Collectivite]) -> None:
    labels = Counter(body.label for body in collectivites)
    assert [label for label, count in labels.items() if count > 1] == []
    by_siren = {body.siren: body for body in collectivites}
    assert by_siren["212102313"].label == "Dijon · Commune · Côte-d'Or (21) · 21231"
