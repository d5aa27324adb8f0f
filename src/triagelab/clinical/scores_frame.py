"""NEWS2, qSOFA, shock index and SIPA for a table: the same cells as for one patient, as polars expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from triagelab.clinical.columns import checked_columns
from triagelab.clinical.scores import spo2_item
from triagelab.clinical.scores_shock import CLASSES
from triagelab.clinical.scores_table import Item, ScoreTable, score_file, score_table
from triagelab.clinical.vitals import RANGES
from triagelab.errors import BadInputError

Way = Mapping[str, tuple[pl.Expr, int, int]]
"""Item -> its points in each row, null where unknown, and the least and the most that they can be."""


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
    known = checked_columns(
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
        # Both scales give from 0 to 3.
        way["spo2_pct"] = (pl.when(second).then(two[0]).otherwise(one[0]), min(one[1], two[1]), max(one[2], two[2]))
        way["on_oxygen"] = (points, 0, 0)
        letter = pl.col("consciousness").replace_strict(dict(letters), return_dtype=pl.Int8)
        way["consciousness"] = (letter, min(letters.values()), max(letters.values()))
        ways.append({name: way[name] for name in names})
        fits.append(oxygen.is_null() | (oxygen == given))
    found = _totals(table, known, ways, fits, names)
    return _only_adults(found, known, table)


def _only_adults(found: pl.DataFrame, known: pl.DataFrame, table: ScoreTable) -> pl.DataFrame:
    limits = table.limits
    if limits is None:
        return found
    child = (known["age_years"] < limits.from_years).fill_null(False)
    pregnant = known["pregnant"].fill_null(False) & (not limits.pregnant)
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
    known = checked_columns(frame, numbers={name: (RANGES[name].low, RANGES[name].high) for name in table.items})
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
    known = checked_columns(frame, numbers={**numbers, **dict.fromkeys(more, (0.0, 125.0))})
    known = known.with_columns(sbp_mmhg=pl.when(pl.col("sbp_mmhg") != 0).then(pl.col("sbp_mmhg")))
    return known.with_columns(value=pl.col("heart_rate_bpm") / pl.col("sbp_mmhg"))


def _span(item: Item, name: str) -> tuple[pl.Expr, int, int]:
    return item.expr(pl.col(name)), *item.span(None)


def _totals(
    table: ScoreTable, known: pl.DataFrame, ways: Sequence[Way], fits: Sequence[pl.Expr], names: Sequence[str]
) -> pl.DataFrame:
    """Return total, bounds, bands, missing and points; `fits` says in which rows each way is possible.

    Step by step, so that no column is worked out twice.
    """
    given = known.select(
        _named({name: pl.col(name).is_null() for name in names}).alias("missing"),
        *(pl.when(fits[w]).then(way[name][0]).alias(f"{w} {name}") for w, way in enumerate(ways) for name in names),
        *(fit.alias(f"fit {w}") for w, fit in enumerate(fits)),
    )
    sums: list[pl.Expr] = []
    for w, way in enumerate(ways):
        for end in (1, 2):
            points = [pl.col(f"{w} {name}").fill_null(way[name][end]) for name in names]
            fit = pl.when(pl.col(f"fit {w}"))
            sums.append(fit.then(pl.sum_horizontal(expr.cast(pl.Int16) for expr in points)).alias(f"{w} total {end}"))
            sums.append(fit.then(pl.max_horizontal(points)).alias(f"{w} worst {end}"))
    given = given.with_columns(sums)
    pairs = [(w, end) for w in range(len(ways)) for end in (1, 2)]
    given = given.with_columns(
        _band(table, pl.col(f"{w} total {end}"), pl.col(f"{w} worst {end}")).alias(f"{w} band {end}")
        for w, end in pairs
    )
    return _summed(table, given, len(ways), names)


def _summed(table: ScoreTable, given: pl.DataFrame, count: int, names: Sequence[str]) -> pl.DataFrame:
    """Return the answer from what each way gives."""
    low, high, mildest, gravest = (
        fold([pl.col(f"{w} {what} {end}") for w in range(count)])
        for what in ("total", "band")
        for end, fold in ((1, pl.min_horizontal), (2, pl.max_horizontal))
    )
    given = given.with_columns(low=low, high=high, mildest=mildest, gravest=gravest)
    low, high, mildest, gravest = (pl.col(name) for name in ("low", "high", "mildest", "gravest"))
    band = {i: row.name for i, row in enumerate(table.bands)}
    mild, grave = (column.replace_strict(band, return_dtype=pl.String) for column in (mildest, gravest))
    points = {name: [pl.col(f"{w} {name}") for w in range(count)] for name in names}
    return given.select(
        pl.when(low == high).then(low).alias("total"),
        low,
        high,
        pl.when(mildest == gravest).then(mild).alias("band"),
        mild.alias("band_low"),
        grave.alias("band_high"),
        "missing",
        *(_agreed(seen).alias(f"points_{name}") for name, seen in points.items()),
    )


def _agreed(seen: Sequence[pl.Expr]) -> pl.Expr:
    """Return the points of an item where every possible way gives the same."""
    return pl.when(pl.min_horizontal(seen) == pl.max_horizontal(seen)).then(pl.min_horizontal(seen))


def _band(table: ScoreTable, total: pl.Expr, worst: pl.Expr) -> pl.Expr:
    found = pl.lit(0, pl.Int8)
    for i, band in enumerate(table.bands):
        reached = pl.lit(False)
        if band.from_ is not None:
            reached = reached | (total >= band.from_)
        if band.single is not None:
            reached = reached | (worst >= band.single)
        found = pl.when(reached).then(pl.lit(i, pl.Int8)).otherwise(found)
    return pl.when(total.is_not_null()).then(found)


def _named(gaps: Mapping[str, pl.Expr]) -> pl.Expr:
    """Return the names of what is so, separated by a space: looked up among the texts of all subsets."""
    texts, mask = [""], pl.lit(0, pl.UInt32)
    for i, (name, gap) in enumerate(gaps.items()):
        texts += [f"{text} {name}".lstrip() for text in texts]
        mask = mask + gap.cast(pl.UInt32) * (1 << i)
    return pl.lit(pl.Series(texts, dtype=pl.String)).gather(mask)
