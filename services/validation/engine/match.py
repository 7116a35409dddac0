"""Which bundled schema a header fits best, for files that match nothing of the schema they are checked with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from services.validation.engine import bundle
from services.validation.engine.text.layout import plain

_LEAST = 0.4


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a header fits a schema: `score` from 0 to 1, `matched` labels out of `fields`."""

    schema: str
    score: float
    matched: int
    fields: int

    def to_dict(self) -> dict[str, object]:
        """The fit as the JSON report has it."""
        return {
            "schema": self.schema,
            "score": round(self.score, 3),
            "matched": self.matched,
            "fields": self.fields,
        }


def best_fits(header: Sequence[str], most: int = 3) -> tuple[Fit, ...]:
    """The bundled schemas that share most names with the header, the best first; none if all share little.

    The score is the harmonic mean of the share of labels recognised and the share of fields present.
    """
    labels = {plain(label) for label in header} - {""}
    fits = []
    for name, names in _field_names().items():
        matched = len(labels & names)
        score = 2 * matched / (len(labels) + len(names)) if labels else 0.0
        if score >= _LEAST:
            fits.append(Fit(name, score, matched, len(names)))
    return tuple(sorted(fits, key=lambda fit: (-fit.score, fit.schema))[:most])


@cache
def _field_names() -> dict[str, frozenset[str]]:
    """Schema -> plain names of the fields of its latest version."""
    found = {}
    for name in bundle.names():
        fields = bundle.load(name).get("fields")
        assert isinstance(fields, list)
        found[name] = frozenset(plain(str(field["name"])) for field in fields)
    return found
