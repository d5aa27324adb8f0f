"""Mass-casualty tags for a table: the same compiled scheme as for one casualty, looked up for whole columns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from triagelab.clinical.columns import checked_columns
from triagelab.clinical.mass_casualty_rows import AVPU, FLAGS, LIMITS
from triagelab.clinical.mass_casualty_table import UNKNOWN, Scheme, scheme_table
from triagelab.errors import UnknownNameError

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
    asked = checked_columns(frame, numbers=LIMITS, flags=FLAGS, letters={"avpu": AVPU}).select(
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
