"""NEWS2, qSOFA, shock index and SIPA for a table: the same cells as for one patient, as polars expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from triagelab.clinical.scores import spo2_item
from triagelab.clinical.scores_shock import CLASSES
from triagelab.clinical.scores_table import Item, ScoreTable, score_file, score_table
from triagelab.clinical.vitals import RANGES
from triagelab.errors import BadInputError, UnknownNameError

Way = Mapping[str, tuple[pl.Expr, pl.Expr]]
"""Item -> the least and the most points of each row."""


def news2_frame(frame: pl.DataFrame, *, spo2_scale: int = 1) -> pl.DataFrame:
    """Return NEWS2 for a table, one row a patient, in the order of the rows.

    Columns read: the five vital signs, on_oxygen, consciousness (A, C, V, P, U), and where they are there age_years,
    pregnant and spo2_scale (1 or 2 for each patient; null takes the argument).

    Shapes: columns total, low, high, band, band_low, band_high, missing (names separated by a space), not_for (`child`
    or `pregnant`: the score is not made for this row, its numbers are null), and points_ITEM for each item.

    Missing: as for one patient; an absent column is unknown for every row.

    Raises: UnknownNameError for another column (select those first), BadInputError for a wrong type or value.
    """
    if spo2_scale not in (1, 2) or isinstance(spo2_scale, bool):
        raise BadInputError("spo2_scale", spo2_scale, "1, or 2 where a clinician set a target of 88-92 %")
    table = score_table("news2")
    names = ("resp_rate_bpm", "spo2_pct", "on_oxygen", "sbp_mmhg", "heart_rate_bpm", "consciousness", "temp_c")
    letters = table.choices["consciousness"]
    known = _known(
        frame,
        numbers={name: (RANGES[name].low, RANGES[name].high) for name in names if name in RANGES}
        | {"age_years": (0.0, 125.0), "spo2_scale": (1.0, 2.0)},
        flags=("on_oxygen", "pregnant"),
        letters={"consciousness": tuple(letters)},
    )
    halves = known["spo2_scale"].filter(~known["spo2_scale"].is_in([1.0, 2.0]))
    if len(halves):
        raise BadInputError("spo2_scale", halves[0], "1 or 2")
    second = pl.col("spo2_scale").fill_null(spo2_scale) == 2
    oxygen = pl.col("on_oxygen")
    ways, fits = [], []
    for given in (False, True):
        one, two = (_span(table.items[spo2_item(scale, given)], "spo2_pct") for scale in (1, 2))
        points = pl.lit(table.choices["on_oxygen"]["yes" if given else "no"], pl.Int8)
        way = {name: _span(table.items[name], name) for name in names if name in table.items}
        way["spo2_pct"] = (
            pl.when(second).then(two[0]).otherwise(one[0]),
            pl.when(second).then(two[1]).otherwise(one[1]),
        )
        way["on_oxygen"] = (points, points)
        letter = pl.col("consciousness").replace_strict(dict(letters), return_dtype=pl.Int8)
        way["consciousness"] = letter.fill_null(min(letters.values())), letter.fill_null(max(letters.values()))
        ways.append({name: way[name] for name in names})
        fits.append(oxygen.is_null() | (oxygen == given))
    found = _totals(table, known, ways, fits, names)
    return _only_adults(found, known, table)


def _only_adults(found: pl.DataFrame, known: pl.DataFrame, table: ScoreTable) -> pl.DataFrame:
    limits = table.limits
    if limits is None:
        return found
    child = (known["age_years"] < limits.from_years).fill_null(False)
    pregnant = known["pregnant"].fill_null(False)
    not_for = pl.select(pl.when(child).then(pl.lit("child")).when(pregnant).then(pl.lit("pregnant"))).to_series()
    kept = [pl.when(not_for.is_null()).then(pl.col(name)).alias(name) for name in found.columns]
    place = found.columns.index("missing") + 1
    return found.select(kept).insert_column(place, not_for.alias("not_for"))


def qsofa_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return qSOFA for a table, one row a patient: columns as `news2_frame`, without not_for.

    Columns read: resp_rate_bpm, sbp_mmhg, gcs.

    Raises: UnknownNameError for another column, BadInputError for a wrong type or value.
    """
    table = score_table("qsofa")
    known = _known(frame, numbers={name: (RANGES[name].low, RANGES[name].high) for name in table.items})
    way = {name: _span(item, name) for name, item in table.items.items()}
    return _totals(table, known, [way], [pl.lit(True)], tuple(table.items))


def shock_index_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the shock index for a table: columns value, band, worrying, usual, missing.

    Columns read: heart_rate_bpm, sbp_mmhg. A pressure of 0 counts as missing.

    Raises: UnknownNameError for another column, BadInputError for a wrong type or value.
    """
    items = score_table("shock_index").items
    value = pl.col("value")
    return _ratios(frame, ()).select(
        value,
        items["class"].expr(value).replace_strict(dict(enumerate(CLASSES, 1)), return_dtype=pl.String).alias("band"),
        (items["worrying"].expr(value) == 1).alias("worrying"),
        (items["range"].expr(value) == 0).alias("usual"),
        _named({name: pl.col(name).is_null() for name in ("heart_rate_bpm", "sbp_mmhg")}).alias("missing"),
    )


def sipa_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return SIPA for a table: columns value, limit, elevated, missing, not_for.

    Columns read: heart_rate_bpm, sbp_mmhg, age_years. `not_for` is `age` where SIPA has no limit for a known age;
    limit and elevated are then null.

    Raises: UnknownNameError for another column, BadInputError for a wrong type or value.
    """
    rows, age, value = score_file().sipa, pl.col("age_years"), pl.col("value")
    other = (age < rows[0].from_years) | (age >= rows[-1].under_years)
    limit = pl.lit(None, pl.Float64)
    for row in reversed(rows):
        limit = pl.when(age < row.under_years).then(row.above).otherwise(limit)
    limit = pl.when(~other).then(limit)
    most, least = max(row.above for row in rows), min(row.above for row in rows)
    ageless = pl.when(value > most).then(True).when(value <= least).then(False)
    elevated = pl.when(age.is_null()).then(ageless).otherwise(value > limit)
    gaps = {name: pl.col(name).is_null() for name in ("heart_rate_bpm", "sbp_mmhg")}
    return _ratios(frame, ("age_years",)).select(
        value,
        limit.alias("limit"),
        elevated.alias("elevated"),
        _named({**gaps, "age_years": age.is_null() & elevated.is_null()}).alias("missing"),
        pl.when(other).then(pl.lit("age")).alias("not_for"),
    )


def _ratios(frame: pl.DataFrame, more: tuple[str, ...]) -> pl.DataFrame:
    numbers = {name: (RANGES[name].low, RANGES[name].high) for name in ("heart_rate_bpm", "sbp_mmhg")}
    known = _known(frame, numbers={**numbers, **dict.fromkeys(more, (0.0, 125.0))})
    known = known.with_columns(sbp_mmhg=pl.when(pl.col("sbp_mmhg") != 0).then(pl.col("sbp_mmhg")))
    return known.with_columns(value=pl.col("heart_rate_bpm") / pl.col("sbp_mmhg"))


def _span(item: Item, name: str) -> tuple[pl.Expr, pl.Expr]:
    points, (least, most) = item.expr(pl.col(name)), item.span(None)
    return points.fill_null(least), points.fill_null(most)


def _totals(
    table: ScoreTable, known: pl.DataFrame, ways: Sequence[Way], fits: Sequence[pl.Expr], names: Sequence[str]
) -> pl.DataFrame:
    """Return total, bounds, bands, missing and points; `fits` says in which rows each way is possible."""
    totals: list[list[pl.Expr]] = [[], []]
    bands: list[list[pl.Expr]] = [[], []]
    points: dict[str, list[pl.Expr]] = {name: [] for name in names}
    for way, fit in zip(ways, fits, strict=True):
        for end in (0, 1):
            ends = [way[name][end] for name in names]
            total = pl.sum_horizontal(expr.cast(pl.Int16) for expr in ends)
            totals[end].append(pl.when(fit).then(total))
            bands[end].append(pl.when(fit).then(_band(table, total, pl.max_horizontal(ends))))
        for name in names:
            points[name] += [pl.when(fit).then(expr) for expr in way[name]]
    low, high = pl.min_horizontal(totals[0]), pl.max_horizontal(totals[1])
    mildest, gravest = pl.min_horizontal(bands[0]), pl.max_horizontal(bands[1])
    named = {i: band.name for i, band in enumerate(table.bands)}
    return known.select(
        pl.when(low == high).then(low).alias("total"),
        low.alias("low"),
        high.alias("high"),
        pl.when(mildest == gravest).then(mildest.replace_strict(named, return_dtype=pl.String)).alias("band"),
        mildest.replace_strict(named, return_dtype=pl.String).alias("band_low"),
        gravest.replace_strict(named, return_dtype=pl.String).alias("band_high"),
        _named({name: pl.col(name).is_null() for name in names}).alias("missing"),
        *(
            pl.when(pl.min_horizontal(seen) == pl.max_horizontal(seen))
            .then(pl.min_horizontal(seen))
            .alias(f"points_{name}")
            for name, seen in points.items()
        ),
    )


def _band(table: ScoreTable, total: pl.Expr, worst: pl.Expr) -> pl.Expr:
    found = pl.lit(0, pl.Int8)
    for i, band in enumerate(table.bands):
        reached = pl.lit(False)
        if band.from_ is not None:
            reached = reached | (total >= band.from_)
        if band.single is not None:
            reached = reached | (worst >= band.single)
        found = pl.when(reached).then(pl.lit(i, pl.Int8)).otherwise(found)
    return found


def _named(gaps: Mapping[str, pl.Expr]) -> pl.Expr:
    """Return the names of what is so, separated by a space."""
    return pl.concat_str(
        [pl.when(gap).then(pl.lit(name)) for name, gap in gaps.items()], separator=" ", ignore_nulls=True
    )


def _known(
    frame: pl.DataFrame,
    *,
    numbers: Mapping[str, tuple[float, float]],
    flags: tuple[str, ...] = (),
    letters: Mapping[str, tuple[str, ...]] | None = None,
) -> pl.DataFrame:
    """Return the asked columns, each of its type, null where unknown, values checked."""
    letters = letters or {}
    names = (*numbers, *flags, *letters)
    columns: list[pl.Expr] = []
    for name in frame.columns:
        if name not in names:
            raise UnknownNameError("column", name, names)
    for name in names:
        kind = frame.schema.get(name, pl.Null)
        source = pl.col(name) if name in frame.columns else pl.lit(None)
        if name in numbers:
            allowed, right, cast = "numbers, null where not measured", kind.is_numeric(), pl.Float64
        elif name in flags:
            allowed, right, cast = "booleans, null for unknown", kind == pl.Boolean, pl.Boolean
        else:
            allowed, right, cast = "text, null for unknown", kind in (pl.String, pl.Categorical), pl.String
        if kind != pl.Null and not right:
            raise BadInputError(name, str(kind), f"a column of {allowed}")
        column = source.cast(cast).alias(name)
        columns.append(column.fill_nan(None) if name in numbers else column)
    known = frame.lazy().with_columns(columns).select(names).collect()
    for name, (low, high) in numbers.items():
        bad = known[name].filter((known[name] < low) | (known[name] > high))
        if len(bad):
            raise BadInputError(name, bad[0], f"{low:g} to {high:g}", "use null if not measured")
    for name, allowed in letters.items():
        bad = known[name].filter(~known[name].is_in(allowed))
        if len(bad):
            raise BadInputError(name, bad[0], ", ".join(allowed), "use null if unknown")
    return known
