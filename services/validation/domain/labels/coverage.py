"""What a label's criteria count in a file that was validated: runs in a limited process."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.validation.domain.labels.facts import FieldCoverage

# A column is told to vary once it has held so many values: no more of them are kept.
DISTINCT_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in a file: its rows, how many differ, and for each field the filled cells and distinct values.

    `distinct` counts up to `DISTINCT_KEPT`.
    """

    rows: int
    distinct_rows: int
    coverage: tuple[FieldCoverage, ...]
    distinct: Mapping[str, int]


def count_file(
    path: str, filename: str, stored: bytes, descriptor: bytes, options: Mapping[str, Any]
) -> Counted | None:
    """Count in the file at `path`, read as its report (`stored`) says it was; None when it is no table any more."""
    from services.validation.domain.reports import sections
    from services.validation.engine import Options, Unreadable, schema_from_json
    from services.validation.engine.render.xlsx import rows_of

    schema = schema_from_json(descriptor).schema
    if schema is None:
        return None
    wanted = [(field.name, field.required, frozenset(field.missing_values)) for field in schema.fields]
    report = sections(stored, "")[0].report
    try:
        return count_rows(rows_of(Path(path), schema, report, Options(label=filename, **options)), wanted)
    except Unreadable:
        return None


def count_rows(
    records: Iterable[Sequence[str]], wanted: Sequence[tuple[str, bool, frozenset[str]]]
) -> Counted:
    """Count in records, the header first; `wanted` are the fields: name, whether it is required, what means nothing."""
    rows = iter(records)
    header = list(next(rows, ()))
    places = {name: header.index(name) for name, _, _ in wanted if name in header}
    filled = dict.fromkeys(places, 0)
    values: dict[str, set[str]] = {name: set() for name in places}
    missing = {name: nothing for name, _, nothing in wanted}
    seen: set[int] = set()
    total = 0
    for row in rows:
        total += 1
        seen.add(hash(tuple(row)))
        for name, place in places.items():
            cell = row[place] if place < len(row) else ""
            if cell.strip() and cell not in missing[name]:
                filled[name] += 1
                if len(values[name]) < DISTINCT_KEPT:
                    values[name].add(cell)
    return Counted(
        rows=total,
        distinct_rows=len(seen),
        coverage=tuple(FieldCoverage(name, required, filled.get(name, 0)) for name, required, _ in wanted),
        distinct={name: len(held) for name, held in values.items()},
    )
