"""Harm done to whole columns is noticed and said as such, and sound files are left in peace."""

import pytest

from services.validation.engine import Options, Report, validate

SCHEMA = {
    "fields": [
        {"name": "nom", "type": "string"},
        {"name": "longitude", "type": "number"},
        {"name": "latitude", "type": "number"},
    ]
}


def _checked(*rows: str, header: str = "nom,longitude,latitude") -> Report:
    return validate("\n".join([header, *rows]).encode(), SCHEMA, Options())


def _warned(report: Report) -> dict[str, str]:
    return {entry.code: entry.wording("fr").text for entry in report.warnings}


def test_garbled_accents_are_counted_and_shown_repaired() -> None:
    report = _checked("Café,2.3,48.8", "BesanÃ§on,6.0,47.2", "PrÃ©fecture,6.0,47.2", "BesanÃ§on,6.0,47.2")
    [warning] = [entry for entry in report.warnings if entry.code == "mojibake"]
    assert (warning.row, warning.cell, warning.params["count"]) == (3, "BesanÃ§on", 3)
    assert "`Besançon`" in _warned(report)["mojibake"]
    assert report.valid


def test_garbled_accents_far_from_the_start_are_found() -> None:
    rows = [f"Commune numéro {number},2.3,48.8" for number in range(60_000)]
    rows[59_000] = "DÃ©libÃ©ration,2.3,48.8"
    [warning] = _checked(*rows).warnings
    assert (warning.code, warning.row) == ("mojibake", 59_002)


@pytest.mark.parametrize("name", ["São Paulo", "Ålesund", "Âge", "pâté", "Ã", "日本語", ""])
def test_sound_texts_are_not_doubted(name: str) -> None:
    assert _warned(_checked(f"{name or 'x'},2.3,48.8")) == {}


def test_swapped_coordinates_are_said_as_such() -> None:
    report = _checked("a,48.85,2.35", "b,47.24,6.02", "c,,")
    assert "Échangez" in report.warnings[0].wording("fr").fix
    assert list(_warned(report)) == ["swapped-coordinates"]


@pytest.mark.parametrize("point", ["2.35,48.85", "-61.0,14.6", "139.7,35.7", "abc,def", ","])
def test_points_in_place_or_elsewhere_are_not_doubted(point: str) -> None:
    assert "swapped-coordinates" not in _warned(_checked(f"a,{point}"))
