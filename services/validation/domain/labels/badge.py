"""The badge of a label: an SVG image that says its state, with a text for those who do not see it."""

import unicodedata
from html import escape

from services.validation.domain.labels.baking import bake
from services.validation.domain.labels.credential import LABEL_NAME
from services.validation.domain.labels.facts import GrantedLabel, LabelState

HEIGHT = 24
_PADDING = 10
# Widths of Verdana's characters, in thousandths of its size; those that are not told are as wide as a digit.
# `textLength` makes other fonts take the same room.
_SIZE = 12
_WIDTHS = {
    character: width
    for width, characters in (
        (274, "il"), (344, "j"), (352, " f"), (364, ".,·"), (394, "t"), (421, "I"), (427, "r"), (454, "/:;-"),
        (521, "cs"), (525, "z"), (557, "L"), (575, "F"), (592, "kvxy"), (596, "e"), (601, "a"), (603, "P"),
        (607, "o"), (616, "T"), (623, "bdgpq"), (632, "E"), (633, "hnu"), (684, "ASV"), (686, "B"), (695, "R"),
        (698, "C"), (732, "U"), (748, "N"), (751, "H"), (771, "D"), (775, "G"), (787, "OQ"), (818, "w"),
        (843, "M"), (973, "m"), (989, "W"),
    )
    for character in characters
}  # fmt: skip
_DIGIT = 636
# Each with a contrast of at least 5 to 1 under white (WCAG 2.2, 1.4.3).
COLOURS = {
    LabelState.VALIDE: "#14662f",
    LabelState.A_RENOUVELER: "#8a4b00",
    LabelState.SUSPENDU: "#5a4a00",
    LabelState.REVOQUE: "#a3132b",
    LabelState.EXPIRE: "#565663",
}
# The same for shields.io, which names its own.
SHIELD_COLOURS = {
    LabelState.VALIDE: "brightgreen",
    LabelState.A_RENOUVELER: "yellow",
    LabelState.SUSPENDU: "orange",
    LabelState.REVOQUE: "red",
    LabelState.EXPIRE: "lightgrey",
}
_GROUND = "#1b1b3a"


def message(label: GrantedLabel, language: str) -> str:
    """Return the state of a label in a few words; `label.state` is that of the moment."""
    state, assurance = label.state, label.facts.assurance
    words = (state.fr, assurance.fr) if language == "fr" else (state.en, assurance.en)
    return " · ".join(words) if state.in_force else words[0]


def description(label: GrantedLabel, language: str) -> str:
    """Return the sentence that stands for the badge where it cannot be seen."""
    facts = label.facts
    what = f"{facts.progiciel_name} {facts.progiciel_version}"
    schema = f"{facts.schema_name} {facts.schema_version}"
    until = f"{facts.valid_until:%d/%m/%Y}" if language == "fr" else facts.valid_until.isoformat()
    if language == "fr":
        ends = f", valable jusqu'au {until} inclus" if label.state.in_force else ""
        return f"Label {LABEL_NAME} de {what} pour {schema} : {message(label, 'fr')}{ends}."
    ends = f", valid through {until}" if label.state.in_force else ""
    return f"Label {LABEL_NAME} of {what} for {schema}: {message(label, 'en')}{ends}."


def draw(label: GrantedLabel, language: str) -> str:
    """Return the badge as it is at the moment."""
    return _svg(message(label, language), COLOURS[label.state], description(label, language), language)


def draw_baked(label: GrantedLabel) -> str:
    """Return a badge to keep, with the credential in it. A copy cannot follow the state: it shows none."""
    facts = label.facts
    words = f"délivré le {facts.issued_at:%d/%m/%Y}"
    told = (
        f"Badge du label {LABEL_NAME} de {facts.progiciel_name} {facts.progiciel_version} pour {facts.schema_name} "
        f"{facts.schema_version}, {words}. Il contient l'attestation signée : vérifiez-la avant de vous y fier."
    )
    return bake(_svg(words, _GROUND, told, "fr"), label.credential.jwt)


def _svg(words: str, colour: str, told: str, language: str) -> str:
    left, right = _width(LABEL_NAME), _width(words)
    whole = left + right + 4 * _PADDING
    split = left + 2 * _PADDING
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{HEIGHT}" viewBox="0 0 {whole} {HEIGHT}" '
        f'role="img" aria-labelledby="socle-badge-title" xml:lang="{language}" lang="{language}">'
        f'<title id="socle-badge-title">{escape(told)}</title>'
        f'<rect width="{whole}" height="{HEIGHT}" rx="4" fill="{_GROUND}"/>'
        f'<path d="M{split} 0h{whole - split - 4}a4 4 0 0 1 4 4v{HEIGHT - 8}a4 4 0 0 1-4 4h-{whole - split - 4}z" '
        f'fill="{colour}"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="{_SIZE}">'
        f"{_text(LABEL_NAME, _PADDING, left)}{_text(words, split + _PADDING, right)}</g></svg>\n"
    )


def _text(words: str, at: int, width: int) -> str:
    return (
        f'<text x="{at}" y="16.5" textLength="{width}" lengthAdjust="spacingAndGlyphs">{escape(words)}</text>'
    )


def _width(words: str) -> int:
    bare = (unicodedata.normalize("NFD", character)[0] for character in words)
    return round(sum(_WIDTHS.get(character, _DIGIT) for character in bare) * _SIZE / 1000)
