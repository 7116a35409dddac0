"""Which schema a header fits best, and why: for files that do not say, and for those checked with another's schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from services.validation.engine import bundle
from services.validation.engine.labels import plain

LIKELY = 0.4
POSSIBLE = 0.2
# Two spellings at least this close (0 to 100) are one name written otherwise.
_RENAMED = 80
# A renamed column says less than one that is spelt as the schema wants it.
_RENAMED_WEIGHT = 0.5
# Names compared letter by letter: enough for any real header, few enough for a hostile one.
_COLUMNS_LOOKED_AT = 100
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class CandidateField:
    """A field, as far as a header can tell."""

    name: str
    title: str
    required: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A schema that a header is compared with."""

    schema: str
    fields: tuple[CandidateField, ...]
    names: frozenset[str]

    @classmethod
    def of(cls, schema: str, descriptor: Mapping[str, object]) -> Candidate:
        """Read what is needed of a descriptor."""
        listed = descriptor.get("fields")
        items = listed if isinstance(listed, list) else []
        fields = tuple(_field(item) for item in items if isinstance(item, Mapping))
        return cls(schema, fields, frozenset(plain(item.name) for item in fields))


@dataclass(frozen=True, slots=True)
class Renamed:
    """A column taken for a field of another spelling; `similarity` from 0 to 1."""

    column: str
    field: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Explained:
    """A fit and its reasons: columns found, taken for others, absent (required or not), and unknown."""

    schema: str
    score: float
    found: tuple[str, ...]
    renamed: tuple[Renamed, ...]
    missing_required: tuple[str, ...]
    missing_optional: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def fields(self) -> int:
        return sum(map(len, (self.found, self.renamed, self.missing_required, self.missing_optional)))

    def to_dict(self) -> dict[str, object]:
        """The fit as the JSON report has it."""
        return {
            "schema": self.schema,
            "score": round(self.score, 3),
            "matched": len(self.found),
            "fields": self.fields,
            "missing": list(self.missing_required),
            "renamed": [{"column": pair.column, "field": pair.field} for pair in self.renamed],
        }


def best_fits(header: Sequence[str], least: float, most: int = 3) -> tuple[Explained, ...]:
    """The bundled schemas (latest versions) that a header is like, the best first; none that scores under `least`."""
    return tuple(fit for fit in explain_fits(header, _bundled(), most) if fit.score >= least)


def bundled_names() -> Iterator[str]:
    """The names of all the fields of the bundled schemas."""
    return (field.name for candidate in _bundled() for field in candidate.fields)


def explain_fits(
    header: Sequence[str], candidates: Iterable[Candidate], most: int = 5
) -> tuple[Explained, ...]:
    """The candidates that share anything with the header, the best first, each with its reasons.

    The score is the harmonic mean of the share of labels recognised and the share of fields present, a renamed
    column counting for half.
    """
    columns = _columns(header)
    labels = frozenset(columns)
    shared = [(candidate, _shared(labels, candidate.names)) for candidate in candidates]
    likely = sorted((pair for pair in shared if pair[1] > 0), key=lambda pair: (-pair[1], pair[0].schema))
    # Names only count more once spelling is looked at: no candidate far behind comes first by it.
    explained = [_explain(columns, candidate) for candidate, _ in likely[: most * 3]]
    return tuple(sorted(explained, key=lambda fit: (-fit.score, fit.schema))[:most])


def _explain(columns: Mapping[str, str], candidate: Candidate) -> Explained:
    fields = {plain(item.name): item for item in candidate.fields}
    same = columns.keys() & fields.keys()
    left = {key: label for key, label in columns.items() if key not in same}
    absent = [item for key, item in fields.items() if key not in same]
    renamed = _renamed(left, absent)
    taken = {pair.field for pair in renamed}
    used = {pair.column for pair in renamed}
    missing = [item for item in absent if item.name not in taken]
    counted = len(same) + _RENAMED_WEIGHT * len(renamed)
    return Explained(
        candidate.schema,
        2 * counted / (len(columns) + len(fields)),
        found=tuple(item.name for key, item in fields.items() if key in same),
        renamed=renamed,
        missing_required=tuple(item.name for item in missing if item.required),
        missing_optional=tuple(item.name for item in missing if not item.required),
        extra=tuple(label for label in left.values() if label not in used),
    )


def _renamed(left: Mapping[str, str], absent: Sequence[CandidateField]) -> tuple[Renamed, ...]:
    """Pair the columns left over with the absent fields, the closest spellings first, each once."""
    from rapidfuzz import fuzz

    pairs: list[tuple[float, str, str]] = []
    for key, label in list(left.items())[:_COLUMNS_LOOKED_AT]:
        for item in absent:
            close = max(
                fuzz.ratio(key[:_LONGEST_NAME], plain(spelling), score_cutoff=_RENAMED)
                for spelling in (item.name, item.title)
            )
            if close:
                pairs.append((close, label, item.name))
    renamed: dict[str, Renamed] = {}
    fields: set[str] = set()
    for score, label, name in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if label not in renamed and name not in fields:
            renamed[label] = Renamed(label, name, round(score / 100, 3))
            fields.add(name)
    return tuple(renamed.values())


def _columns(header: Iterable[str]) -> dict[str, str]:
    """Plain name -> label, in the order of the header; the first of two that share a name."""
    columns: dict[str, str] = {}
    for label in header:
        columns.setdefault(plain(label), label)
    columns.pop("", None)
    return columns


def _shared(labels: frozenset[str], names: frozenset[str]) -> float:
    return 2 * len(labels & names) / (len(labels) + len(names)) if labels else 0.0


def _field(item: Mapping[str, object]) -> CandidateField:
    constraints = item.get("constraints")
    required = isinstance(constraints, Mapping) and constraints.get("required") is True
    title = item.get("title")
    return CandidateField(str(item.get("name")), title if isinstance(title, str) else "", required)


@cache
def _bundled() -> tuple[Candidate, ...]:
    return tuple(Candidate.of(name, bundle.load(name)) for name in bundle.names())
