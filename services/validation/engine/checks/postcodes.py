"""A postcode and a commune code of one row, which must belong together."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from services.validation.engine import reference
from services.validation.engine.checks import params
from services.validation.engine.checks.contract import RowCheck, Violation
from services.validation.engine.checks.lookup import is_among, number, shaped, sorted_pairs

if TYPE_CHECKING:
    from services.validation.engine.schema import CustomCheck, Schema


def build_postcode_of_commune(kind: str, custom: "CustomCheck", schema: "Schema") -> RowCheck:
    """Build `code-postal-commune` (params `column`, a postcode, and `column2`, an INSEE code).

    Skipped when a cell is empty or the commune unknown, which is another check's business.
    """
    postcode, commune = params.text(custom, "column"), params.text(custom, "column2")
    known = reference.postcodes_of_code()
    pairs = sorted_pairs((code, served) for code, postcodes in known.items() for served in postcodes)

    columns = pl.col(commune), pl.col(postcode)
    plain = pl.all_horizontal(shaped(column, 5) for column in columns)
    codes, postcodes = (number(column, 5, 10**5) for column in columns)
    served = (codes * 100_000 + postcodes).map_batches(
        lambda both: pl.Series(is_among(both.to_numpy(), pairs)),
        return_dtype=pl.Boolean,
        is_elementwise=True,
    )
    filled = pl.all_horizontal(column.is_not_null() for column in columns)
    suspect = filled & ~(plain.fill_null(False) & served)

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
