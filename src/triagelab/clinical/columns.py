"""The columns that a table may bring: each of its type, null where unknown, values checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from triagelab.errors import BadInputError, UnknownNameError


def checked_columns(
    frame: pl.DataFrame,
    *,
    numbers: Mapping[str, tuple[float, float]],
    flags: Sequence[str] = (),
    letters: Mapping[str, Sequence[str]] | None = None,
) -> pl.DataFrame:
    """Return all of these columns: numbers as 64-bit floats, then flags as booleans, then letters as text.

    Args:
        numbers: name -> lowest and highest value allowed. letters: name -> values allowed.

    Missing: null, NaN and an absent column are unknown: null.

    Raises: UnknownNameError for a column in none of them, BadInputError for a wrong type or value.
    """
    letters = letters or {}
    names = (*numbers, *flags, *letters)
    for name in frame.columns:
        if name not in names:
            raise UnknownNameError("column", name, names)
    columns: list[pl.Expr] = []
    for name in names:
        kind = frame.schema.get(name, pl.Null)
        if name in numbers:
            allowed, right, cast = "numbers, null where not measured", kind.is_numeric(), pl.Float64
        elif name in letters:
            allowed, right, cast = "text, null for unknown", kind in (pl.String, pl.Categorical), pl.String
        else:
            allowed, right, cast = "booleans, null for unknown", kind == pl.Boolean, pl.Boolean
        if kind != pl.Null and not right:
            raise BadInputError(name, str(kind), f"a column of {allowed}")
        column = (pl.col(name) if name in frame.columns else pl.lit(None)).cast(cast).alias(name)
        columns.append(column.fill_nan(None) if name in numbers else column)
    known = frame.lazy().with_columns(columns).select(names).collect()
    _check_values(known, numbers, letters)
    return known


def _check_values(
    known: pl.DataFrame, numbers: Mapping[str, tuple[float, float]], letters: Mapping[str, Sequence[str]]
) -> None:
    for name, (low, high) in numbers.items():
        bad = known[name].filter((known[name] < low) | (known[name] > high))
        if len(bad):
            raise BadInputError(name, bad[0], f"{low:g} to {high:g}", "use null if not measured")
    for name, allowed in letters.items():
        bad = known[name].filter(~known[name].is_in(list(allowed)))
        if len(bad):
            raise BadInputError(name, bad[0], ", ".join(allowed), "use null if unknown")
