"""A postcode and a commune code of one row, which must belong together."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from services.validation.engine import reference
from services.validation.engine.checks import params
from services.validation.engine.checks.contract import RowCheck, Violation

if TYPE_CHECKING:
    from services.validation.engine.schema import CustomCheck, Schema


def build_postcode_of_commune(kind: str, custom: "CustomCheck", schema: "Schema") -> RowCheck:
    """Build `code-postal-commune` (params `column`, a postcode, and `column2`, an INSEE code).

    Skipped when a cell is empty or the commune unknown, which is another check's business.
    """
    postcode, commune = params.text(custom, "column"), params.text(custom, "column2")
    known = reference.postcodes_of_code()
    pairs = pl.Series([f"{code} {pc}" for code, pcs in sorted(known.items()) for pc in sorted(pcs)]).implode()

    def suspect(frame: pl.DataFrame) -> pl.Series:
        pair = pl.concat_str(pl.col(commune), pl.col(postcode), separator=" ")
        return frame.select(pair.is_not_null() & ~pair.is_in(pl.lit(pairs)).fill_null(False)).to_series()

    def judge(row: Mapping[str, str | None]) -> Violation | None:
        code, found = row.get(commune), row.get(postcode)
        if code is None or found is None or code not in known or found in known[code]:
            return None
        expected = sorted(known[code])
        name = reference.names_of_code(reference.LATEST_YEAR).get(code, code)
        shown = {"value": found, "code": code, "name": name, "expected": ", ".join(expected[:20])}
        if len(expected) == 1:
            return Violation("postcode-commune-fix", {**shown, "fix": expected[0]})
        return Violation("postcode-commune", shown)

    return RowCheck(kind, (postcode, commune), suspect, judge)
