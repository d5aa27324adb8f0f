"""Mass-casualty tags for a table: the same compiled scheme as for one casualty, looked up for whole columns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from triagelab.clinical.mass_casualty_rows import AVPU, FLAGS, LIMITS, NAMES
from triagelab.clinical.mass_casualty_table import UNKNOWN, Scheme, scheme_table
from triagelab.errors import BadInputError, UnknownNameError

SCHEMES: tuple[str, ...] = ("start", "jumpstart", "salt")


def tag_frame(frame: pl.DataFrame, *, scheme: str = "start", perfusion: str = "crt") -> pl.DataFrame:
    """Return the tags of a table, one row a casualty, in the order of the rows.

    Shapes: columns tag, possible, because, unknown and interventions (String; more than one name separated by a space,
    possible tags most urgent first; empty for none).

    Missing: null and NaN are unknown, and so is every fact whose column is not there.

    Raises: UnknownNameError for another scheme or a column that is no fact of a casualty (select those first),
        BadInputError for a column of the wrong type or a value out of range.
    """
    if scheme not in SCHEMES:
        raise UnknownNameError("scheme", scheme, SCHEMES)
    table = scheme_table(scheme, perfusion)
    asked = _known(frame).select(
        _code(table), *(when.reading_expr().alias(f"need {i}") for i, (_, when) in enumerate(table.interventions))
    )
    code = asked["code"].to_numpy()
    needs = sum((asked[f"need {i}"].cast(pl.UInt16).to_numpy() << i for i in range(len(table.interventions))), start=0)
    lines, matters = table.lines[code], table.matters[code]
    return pl.DataFrame(
        {
            "tag": _texts(lines, lambda mask: table.possible(mask)[:1]),
            "possible": _texts(lines, table.possible),
            "because": _texts(lines, table.because),
            "unknown": _texts(matters, table.unknown),
            "interventions": _texts(np.broadcast_to(needs, code.shape), table.needed),
        }
    )


def _code(table: Scheme) -> pl.Expr:
    """Return the place of each row in the tables of the scheme."""
    code = pl.lit(0, pl.UInt32)
    for leaf in table.leaves:
        code = code * 3 + leaf.expr().cast(pl.UInt32).fill_null(UNKNOWN)
    return code.alias("code")


def _texts(masks: np.ndarray, names: Callable[[int], tuple[str, ...]]) -> pl.Series:
    """Return the joined names of each mask, made once for each distinct mask."""
    size = int(masks.max(initial=0)) + 1
    there = np.flatnonzero(np.bincount(masks, minlength=size))
    place = np.zeros(size, np.uint32)
    place[there] = np.arange(len(there), dtype=np.uint32)
    texts = pl.Series([" ".join(names(int(mask))) for mask in there], dtype=pl.String)
    return texts.gather(pl.Series(place[masks]))


def _known(frame: pl.DataFrame) -> pl.DataFrame:
    """Return every fact of a casualty as a column of its type, null where unknown, values checked."""
    for name in frame.columns:
        if name not in NAMES:
            raise UnknownNameError("column", name, NAMES)
    columns: list[pl.Expr] = []
    for name in NAMES:
        kind = frame.schema.get(name, pl.Null)
        source = pl.col(name) if name in frame.columns else pl.lit(None)
        if name in FLAGS:
            allowed, right, cast = "booleans, null for unknown", kind == pl.Boolean, pl.Boolean
        elif name in LIMITS:
            allowed, right, cast = "numbers, null where not measured", kind.is_numeric(), pl.Float64
        else:
            allowed, right, cast = "text (A, V, P, U), null for unknown", kind in (pl.String, pl.Categorical), pl.String
        if kind != pl.Null and not right:
            raise BadInputError(name, str(kind), f"a column of {allowed}")
        column = source.cast(cast).alias(name)
        columns.append(column.fill_nan(None) if name in LIMITS else column)
    known = frame.lazy().with_columns(columns).select(NAMES).collect()
    _check(known)
    return known


def _check(known: pl.DataFrame) -> None:
    for name, (low, high) in LIMITS.items():
        bad = known[name].filter((known[name] < low) | (known[name] > high))
        if len(bad):
            raise BadInputError(name, bad[0], f"{low:g} to {high:g}", "use null if not measured")
    bad = known["avpu"].filter(~known["avpu"].is_in(AVPU))
    if len(bad):
        raise BadInputError("avpu", bad[0], ", ".join(AVPU), "use null if unknown")
