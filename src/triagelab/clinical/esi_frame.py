"""ESI for a table: the same rules and the same decision function as for one patient, over whole columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from triagelab.clinical.bits import Bits, codes, packed, words_for
from triagelab.clinical.esi_engine import Engine, engine, fact_order
from triagelab.clinical.esi_open import Open, gate, still_open
from triagelab.clinical.esi_options import EsiOptions
from triagelab.clinical.esi_settle import Count, Settled, count, settle, shown, tally
from triagelab.clinical.facts import NUMBERS, vocabulary
from triagelab.clinical.knowledge import Rule
from triagelab.clinical.predicates import (
    Banded,
    Compare,
    Denied,
    Flag,
    Group,
    Leaf,
    Missing,
    Not,
    Predicate,
    parts,
    walk,
)
from triagelab.clinical.traces import joined
from triagelab.clinical.vitals import RANGES
from triagelab.errors import BadInputError, UnknownNameError

_LIMITS = {"age_years": (0.0, 125.0), "pregnancy_weeks": (0.0, 45.0), **{k: (r.low, r.high) for k, r in RANGES.items()}}


_BLOCK = 1 << 19
"""Rows decided at a time: bounds the memory of the several hundred planes and keeps them in cache."""


def decide_frame(frame: pl.DataFrame, *, version: int = 5, options: EsiOptions | None = None) -> pl.DataFrame:
    """Return the decisions for a table, one row a patient, in the order of the rows.

    Shapes: columns level (UInt8), acceptable (list of UInt8, ascending), point (String), because and unknown (String:
    ids in table order, separated by a space; empty for none).

    Missing: null and NaN are unknown, and so is every fact whose column is not there.

    Raises: UnknownNameError for a column that is no fact (select the columns of facts first), BadInputError for a
        column of the wrong type or a number out of range.
    """
    run, known = engine(version, options or EsiOptions()), _known(frame)
    blocks = [_Frame(run, known[start : start + _BLOCK]).decide() for start in range(0, max(known.height, 1), _BLOCK)]
    return pl.concat(blocks, rechunk=True)


def _known(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the facts that have a column: booleans and 64-bit floats, unknown as null, numbers checked."""
    words = vocabulary()
    columns: list[pl.Expr] = []
    for name, kind in frame.schema.items():
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
    known = frame.select(columns)
    _check_ranges(known)
    return known


def _check_ranges(known: pl.DataFrame) -> None:
    present = [name for name in NUMBERS if name in known.columns]
    ends = known.select(pl.col(present).min().name.suffix(" min"), pl.col(present).max().name.suffix(" max"))
    for key, value in (ends.row(0, named=True) if present else {}).items():
        name = key.split()[0]
        low, high = _LIMITS[name]
        if value is not None and not low <= value <= high:
            raise BadInputError(name, value, f"{low:g} to {high:g}", "use null if not measured")


class _Plan:
    """What an engine asks of the columns: one expression for each comparison of a number in its rules, built once."""

    def __init__(self, run: Engine) -> None:
        self.by_age: dict[int, Predicate] = {}
        leaves: dict[Leaf, None] = {}
        for item in (*run.rules, *run.resources):
            for node in walk(item.when):
                if isinstance(node, Banded):
                    plain = self.by_age[id(node)] = node.spelled_out()
                    leaves.update(dict.fromkeys(leaf for leaf in walk(plain) if isinstance(leaf, Compare)))
                    leaves.update(dict.fromkeys((node.most_sensitive(), Missing(node.name), Missing("age_years"))))
                elif isinstance(node, Compare | Missing):
                    leaves[node] = None
        self.tests = {leaf: str(i) for i, leaf in enumerate(leaves)}
        self.exprs = [leaf.expr().alias(name) for leaf, name in self.tests.items()]


@lru_cache(maxsize=32)
def _plan(run: Engine) -> _Plan:
    return _Plan(run)


class _Frame:
    """One table under one engine. A plane is packed bits, one bit a row."""

    def __init__(self, run: Engine, known: pl.DataFrame) -> None:
        self.run, self.height, self.known, self.plan = run, known.height, known, _plan(run)
        self.zero: Bits = np.zeros(words_for(known.height), np.uint64)
        absent = {name: pl.lit(None, dtype=pl.Float64) for name in NUMBERS if name not in known.columns}
        self.leaves = known.lazy().with_columns(**absent).select(self.plan.exprs).collect()
        self.pairs: dict[Any, tuple[Bits, Bits]] = {}
        self.readings: dict[int, Bits] = {}

    def pair(self, predicate: Predicate) -> tuple[Bits, Bits]:
        """Return where the predicate is true for sure, and where it is true or unknown."""
        key = predicate if isinstance(predicate, Leaf) else id(predicate)
        found = self.pairs.get(key)
        if found is None:
            found = self.pairs[key] = self._pair(predicate)
        return found

    def _pair(self, predicate: Predicate) -> tuple[Bits, Bits]:
        if isinstance(predicate, Flag):
            return self._column(self.known, predicate.name)
        if isinstance(predicate, Not | Denied):
            yes, maybe = self.pair(predicate.of if isinstance(predicate, Not) else Flag(predicate.name))
            return ~maybe, ~yes
        if isinstance(predicate, Group):
            below = [self.pair(part) for part in predicate.of]
            return predicate.combine([yes for yes, _ in below]), predicate.combine([maybe for _, maybe in below])
        if isinstance(predicate, Banded):
            return self.pair(self.plan.by_age[id(predicate)])
        return self._column(self.leaves, self.plan.tests[predicate])

    def _column(self, table: pl.DataFrame, name: str) -> tuple[Bits, Bits]:
        if name not in table.columns:
            return self.zero, ~self.zero
        yes, unknown = packed(table[name])
        return yes, yes if unknown is None else yes | unknown

    def reading(self, predicate: Predicate) -> Bits:
        """Return where the predicate is acted on."""
        found = self.readings.get(id(predicate))
        if found is None:
            found = self.readings[id(predicate)] = self._reading(predicate)
        return found

    def _reading(self, predicate: Predicate) -> Bits:
        if isinstance(predicate, Not):
            return ~self.reading(predicate.of)
        if isinstance(predicate, Group):
            return predicate.combine([self.reading(part) for part in predicate.of])
        if isinstance(predicate, Missing):
            return self.pair(predicate)[1]
        if isinstance(predicate, Banded):
            ageless = self.pair(Missing("age_years"))[1]
            return self.pair(predicate)[0] | (ageless & self.pair(predicate.most_sensitive())[0])
        return self.pair(predicate)[0]

    def yes(self, fact: str) -> Bits:
        return self.pair(Flag(fact))[0]

    def maybe(self, fact: str) -> Bits:
        return self.pair(Flag(fact))[1]

    def decide(self) -> pl.DataFrame:
        rules = self.run.rules
        fired = [(rule, self.reading(rule.when)) for rule in rules]
        sure = [(rule, self.pair(rule.when)[0]) for rule in rules]
        possible = [(rule, self.pair(rule.when)[1]) for rule in rules]
        counted = self._count()
        done = settle(tally(fired, self.yes, self.yes, self.zero), counted)
        gates = still_open(
            tally(sure, self.maybe, self.yes, self.zero), tally(possible, self.yes, self.maybe, self.zero), counted
        )
        level, acceptable, point = (codes(planes, self.height) for planes in (done.level, done.acceptable, done.points))
        return pl.DataFrame(
            {
                "level": _FIRST_BIT[level],
                "acceptable": _subsets().gather(pl.Series(acceptable)),
                "point": _letters().gather(pl.Series(_FIRST_BIT[point])),
                "because": joined(self._because(done, fired), self.height),
                "unknown": joined(self._unknown(possible, gates), self.height),
            }
        )

    def _count(self) -> Count:
        needed = [(resource, *self.pair(resource.when)) for resource in self.run.resources]
        counted = count(needed, self.zero)
        how = self.run.options.unknown_resources
        if how == "known":
            counted.one, counted.two = counted.low_one, counted.low_two
        elif how == "expected":
            total = np.zeros(len(self.zero) * 64)
            for resource, sure, maybe in needed:
                total += resource.weight * (_ones(sure) + resource.expected * _ones(maybe & ~sure))
            counted.one, counted.two = _pack(total >= 0.5), _pack(total >= 1.5)
        return counted

    def _because(self, done: Settled, fired: Sequence[tuple[Rule, Bits]]) -> dict[str, Bits]:
        """Return where each id belongs to the reasons, in the order in which a trace names them."""
        planes = {rule.id: plane & shown(rule, done) for rule, plane in fired}
        planes.update({item.id: self.pair(item.when)[0] & done.rest for item in self.run.resources})
        none, one, many = (info.id for info in self.run.table.counts)
        planes[none], planes[many] = done.rest & ~done.one, done.rest & done.many
        planes[one] = done.rest & done.one & ~done.many
        planes[self.run.table.assumed.id] = done.assumed
        return dict(sorted(planes.items(), key=lambda item: self.run.rank[item[0]]))

    def _unknown(self, possible: Sequence[tuple[Rule, Bits]], gates: Open) -> dict[str, Bits]:
        """Return where each fact is unknown and could change the decision, in the order of `fact_order`."""
        planes = dict.fromkeys(fact_order(), self.zero)
        for rule, plane in possible:
            self._hanging(rule.when, gate(rule, gates, self.yes, self.maybe), planes)
            if rule.also_when is not None:
                self._hanging(Flag(rule.also_when), plane & (gates.a if rule.point == "A" else gates.up), planes)
        for resource in self.run.resources:
            self._hanging(resource.when, gates.resources, planes)
        return planes

    def _hanging(self, predicate: Predicate, where: Bits, planes: dict[str, Bits]) -> None:
        """Add the unknown facts on which the predicate hangs, where it matters; see `predicates.hanging`."""
        yes, maybe = self.pair(predicate)
        where = where & maybe & ~yes
        if not where.any():
            return
        for part in parts(predicate):
            self._hanging(part, where, planes)
        if isinstance(predicate, Banded):
            for name in predicate.names():
                planes[name] = planes[name] | (where & self.pair(Missing(name))[1])
        elif not parts(predicate):
            planes[predicate.names()[0]] = planes[predicate.names()[0]] | where


_FIRST_BIT = np.array([0] + [(mask & -mask).bit_length() for mask in range(1, 256)], np.uint8)
"""Byte -> position of its lowest bit, counted from 1."""


def _ones(plane: Bits) -> np.ndarray:
    return np.unpackbits(plane.view(np.uint8), bitorder="little")


def _pack(rows: np.ndarray) -> Bits:
    return np.packbits(rows, bitorder="little").view(np.uint64)


@lru_cache(maxsize=1)
def _subsets() -> pl.Series:
    return pl.Series([[i + 1 for i in range(5) if mask >> i & 1] for mask in range(32)], dtype=pl.List(pl.UInt8))


@lru_cache(maxsize=1)
def _letters() -> pl.Series:
    return pl.Series(["", "A", "B", "C", "D"])
