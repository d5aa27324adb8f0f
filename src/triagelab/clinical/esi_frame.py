"""ESI for a table: the same rules and the same decision function as for one patient, over whole columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, reduce
from typing import Any

import numpy as np
import polars as pl

from triagelab.clinical.esi import Engine, engine, fact_order
from triagelab.clinical.esi_options import EsiOptions
from triagelab.clinical.esi_settle import Count, Open, Settled, Tally, count, gate, settle, shown, still_open, tally
from triagelab.clinical.facts import NUMBERS, vocabulary
from triagelab.clinical.knowledge import Rule
from triagelab.clinical.predicates import Banded, Flag, Predicate
from triagelab.clinical.vitals import RANGES
from triagelab.errors import BadInputError, UnknownNameError

_LIMITS = {"age_years": (0.0, 125.0), "pregnancy_weeks": (0.0, 45.0), **{k: (r.low, r.high) for k, r in RANGES.items()}}


def decide_frame(frame: pl.DataFrame, *, version: int = 5, options: EsiOptions | None = None) -> pl.DataFrame:
    """Return the decisions for a table, one row a patient, in the order of the rows.

    Shapes: columns level (UInt8), acceptable (list of UInt8, ascending), point (String), because and unknown (String:
    ids in table order, separated by a space; empty for none).

    Missing: null and NaN are unknown, and so is every fact whose column is not there.

    Raises: UnknownNameError for a column that is no fact (select the columns of facts first), BadInputError for a
        column of the wrong type or a number out of range.
    """
    run = engine(version, options or EsiOptions())
    known = _known(frame)
    if known.height == 0:
        known = known.head(0)
    return _Frame(run, known).decide()


def _known(frame: pl.DataFrame) -> pl.DataFrame:
    """Return every fact as a column: booleans and 64-bit floats, unknown as null."""
    words = vocabulary()
    columns: list[pl.Expr] = []
    for name in frame.columns:
        kind = frame.schema[name]
        if name in words:
            if kind not in (pl.Boolean, pl.Null):
                raise BadInputError(name, str(kind), "a column of booleans, null for unknown")
            columns.append(pl.col(name).cast(pl.Boolean))
        elif name in NUMBERS:
            if not (kind.is_numeric() or kind == pl.Null):
                raise BadInputError(name, str(kind), "a column of numbers, null where not measured")
            columns.append(pl.col(name).cast(pl.Float64).fill_nan(None))
        else:
            raise UnknownNameError("column", name, {*words, *NUMBERS})
    kept = frame.select(columns)
    _check_ranges(kept)
    absent = [pl.lit(None, dtype=pl.Boolean).alias(name) for name in words if name not in kept.columns]
    absent += [pl.lit(None, dtype=pl.Float64).alias(name) for name in NUMBERS if name not in kept.columns]
    if not kept.columns:
        kept = pl.DataFrame({"_": pl.Series([False] * frame.height)})
        return kept.with_columns(absent).drop("_")
    return kept.with_columns(absent)


def _check_ranges(frame: pl.DataFrame) -> None:
    present = [name for name in NUMBERS if name in frame.columns]
    if not present or frame.height == 0:
        return
    ends = frame.select(
        *(pl.col(name).min().alias(f"{name} min") for name in present),
        *(pl.col(name).max().alias(f"{name} max") for name in present),
    ).row(0, named=True)
    for name in present:
        low, high = _LIMITS[name]
        for end in ("min", "max"):
            value = ends[f"{name} {end}"]
            if value is not None and not low <= value <= high:
                raise BadInputError(name, value, f"{low:g} to {high:g}", "use null if not measured")


def _chains(predicate: Predicate, above: tuple[Predicate, ...] = ()) -> Iterator[tuple[str, tuple[Predicate, ...]]]:
    """Yield each fact of a predicate with the predicates from the top down to it."""
    path = (*above, predicate)
    if not predicate.children():
        for name in predicate.names():
            yield name, path
    for child in predicate.children():
        yield from _chains(child, path)


class _Frame:
    """One table under one engine."""

    def __init__(self, run: Engine, known: pl.DataFrame) -> None:
        self.run, self.known, self.height = run, known, known.height
        self.zero = pl.repeat(False, known.height, dtype=pl.Boolean, eager=True)
        self.compiled = [*run.compiled, *run.compiled_resources]
        self.planes = known.select(self._expressions())

    def _expressions(self) -> list[pl.Expr]:
        out = []
        for name in vocabulary():
            out.append(pl.col(name).fill_null(False).alias(f"yes {name}"))
            out.append(pl.col(name).fill_null(True).alias(f"maybe {name}"))
        for item in self.compiled:
            test = item.item.when.expr()
            out.append(test.fill_null(False).alias(f"yes {item.item.id}"))
            out.append(test.fill_null(True).alias(f"maybe {item.item.id}"))
            out.append(item.item.when.reading_expr().alias(f"read {item.item.id}"))
            for name, paths in _by_name(item.item.when).items():
                live = [reduce(lambda a, b: a & b, [node.expr().is_null() for node in path]) for path in paths]
                out.append((reduce(lambda a, b: a | b, live) & pl.col(name).is_null()).alias(f"{item.item.id} {name}"))
        return out

    def yes(self, name: str) -> pl.Series:
        return self.planes[f"yes {name}"]

    def maybe(self, name: str) -> pl.Series:
        return self.planes[f"maybe {name}"]

    def _of(self, rule: Rule, how: str) -> pl.Series:
        if isinstance(rule.when, Flag):
            return self.planes[f"{'maybe' if how == 'maybe' else 'yes'} {rule.when.name}"]
        return self.planes[f"{how} {rule.id}"]

    def decide(self) -> pl.DataFrame:
        run, zero = self.run, self.zero
        fired = [(rule, self._of(rule, "read")) for rule in run.rules]
        sure = [(rule, self._of(rule, "yes")) for rule in run.rules]
        possible = [(rule, self._of(rule, "maybe")) for rule in run.rules]
        counted = self._count()
        done = settle(tally(fired, self.yes, self.yes, zero), counted)
        gates = still_open(
            tally(sure, self.maybe, self.yes, zero), tally(possible, self.yes, self.maybe, zero), counted
        )
        return pl.DataFrame(
            {
                "level": _digit(done.level),
                "acceptable": _sets(done.acceptable),
                "point": _letters(done.points),
                "because": self._because(done, fired, counted),
                "unknown": self._unknown(possible, gates),
            }
        )

    def _count(self) -> Count:
        kinds = [(r, self.yes(r.id), self.maybe(r.id)) for r in self.run.resources]
        counted = count(kinds, self.zero)
        how = self.run.options.unknown_resources
        if how == "known":
            counted.one, counted.two = counted.low_one, counted.low_two
        elif how == "expected":
            total = sum(
                r.weight * (sure.cast(pl.Float64) + (maybe & ~sure).cast(pl.Float64) * r.expected)
                for r, sure, maybe in kinds
            )
            counted.one, counted.two = total >= 0.5, total >= 1.5
        return counted

    def _because(self, done: Settled, fired: list[tuple[Rule, pl.Series]], counted: Count) -> pl.Series:
        planes = {rule.id: plane & shown(rule, done) for rule, plane in fired}
        for resource in self.run.resources:
            planes[resource.id] = self.yes(resource.id) & done.rest
        none, one, many = (info.id for info in self.run.counts)
        planes[none], planes[one], planes[many] = (
            done.rest & ~done.one,
            done.rest & done.one & ~done.many,
            done.rest & done.many,
        )
        return _joined({name: planes[name] for name in self.run.rank if name in planes})

    def _unknown(self, possible: list[tuple[Rule, pl.Series]], gates: Open) -> pl.Series:
        planes = dict.fromkeys(fact_order(), self.zero)
        for rule, plane in possible:
            where = gate(rule, gates, self.yes)
            if isinstance(rule.when, Flag):
                name = rule.when.name
                planes[name] = planes[name] | (where & self.maybe(name) & ~self.yes(name))
            else:
                for name in rule.when.names():
                    planes[name] = planes[name] | (where & self.planes[f"{rule.id} {name}"])
            if rule.also_when is not None:
                name = rule.also_when
                other = gates.a if rule.point == "A" else gates.up
                planes[name] = planes[name] | (other & plane & self.maybe(name) & ~self.yes(name))
        for resource in self.run.resources:
            for name in resource.when.names():
                planes[name] = planes[name] | (gates.resources & self.planes[f"{resource.id} {name}"])
        return _joined(planes)


def _by_name(predicate: Predicate) -> dict[str, list[tuple[Predicate, ...]]]:
    out: dict[str, list[tuple[Predicate, ...]]] = {}
    for name, path in _chains(predicate):
        out.setdefault(name, []).append(path)
    return out


def _digit(planes: Sequence[pl.Series]) -> pl.Series:
    total = planes[0].cast(pl.UInt8)
    for i, plane in enumerate(planes[1:], start=2):
        total = total + plane.cast(pl.UInt8) * i
    return total.cast(pl.UInt8)


def _bits(planes: Sequence[pl.Series]) -> pl.Series:
    total = planes[0].cast(pl.UInt8)
    for i, plane in enumerate(planes[1:], start=1):
        total = total + plane.cast(pl.UInt8) * (1 << i)
    return total.cast(pl.UInt8)


@lru_cache(maxsize=1)
def _subsets() -> pl.Series:
    return pl.Series([[i + 1 for i in range(5) if mask >> i & 1] for mask in range(32)], dtype=pl.List(pl.UInt8))


def _sets(planes: Sequence[pl.Series]) -> pl.Series:
    return _subsets().gather(_bits(planes))


def _letters(planes: Sequence[pl.Series]) -> pl.Series:
    return pl.Series(["", "A", "B", "C", "D"]).gather(_digit(planes))


def _joined(planes: dict[str, pl.Series]) -> pl.Series:
    """Return the names whose plane is true, joined by a space, built once for each distinct pattern."""
    hit = [(name, plane) for name, plane in planes.items() if plane.any()]
    height = len(next(iter(planes.values())))
    if not hit:
        return pl.repeat("", height, dtype=pl.String, eager=True)
    frame = pl.DataFrame({str(i): _bits([plane for _, plane in hit[i : i + 8]]) for i in range(0, len(hit), 8)})
    keys = frame.unique(maintain_order=True).with_row_index("row")
    rows = frame.join(keys, on=frame.columns, how="left", maintain_order="left")["row"]
    names = [name for name, _ in hit]
    texts = [
        " ".join(names[8 * w + b] for w, byte in enumerate(row[1:]) for b in range(8) if byte >> b & 1)
        for row in keys.iter_rows()
    ]
    return pl.Series(texts, dtype=pl.String).gather(rows)
