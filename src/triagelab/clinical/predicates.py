"""A small predicate algebra over facts, compiled once to a scalar test and once to a polars expression.

Every predicate answers in two ways. Its Kleene value is true, false or unknown (None, null): what can be concluded.
Its reading is two-valued: what the engine acts on meanwhile. The reading takes an unknown danger as not established, an
unknown excuse (a fact under `Not`) as absent, and an unknown age as the age band with the most sensitive limit.

Composite predicates combine the answers of their parts with `&`, `|` and `~` only (`combine`), so that the same line of
code serves polars expressions, polars series and packed bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from triagelab.clinical.leaves import (
    COMPARE,
    COMPARISONS,
    Compare,
    Denied,
    Flag,
    Missing,
    Reading,
    SingleColumn,
    Test,
    Values,
    column,
)

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "COMPARISONS",
    "AllOf",
    "AnyOf",
    "AtLeast",
    "Band",
    "Banded",
    "Compare",
    "Denied",
    "Flag",
    "Group",
    "Leaf",
    "Missing",
    "Not",
    "Predicate",
    "Reading",
    "Test",
    "Values",
    "hanging",
    "parts",
    "walk",
]


@dataclass(frozen=True, slots=True)
class Band:
    """Ages from `low` up to but not including `high`, and the limit that holds there. Units: years."""

    low: float
    high: float
    limit: float


@dataclass(frozen=True, slots=True)
class Banded(SingleColumn):
    """A number is beyond the limit of the patient's age band; the bands follow each other without gap from birth on.

    Missing: without the number, unknown. Without the age, true or false where every band agrees, else unknown; it is
    then read by the most sensitive limit.
    """

    name: str
    op: str
    bands: tuple[Band, ...]

    def _limits(self) -> tuple[float, float]:
        """Return the most and the least sensitive limit."""
        limits = sorted(band.limit for band in self.bands)
        return (limits[0], limits[-1]) if self.op in ("gt", "ge") else (limits[-1], limits[0])

    def test(self) -> Test:
        name, compare, bands = self.name, COMPARE[self.op], self.bands
        easy, hard = self._limits()

        def run(values: Values) -> bool | None:
            value, age = values.get(name), values.get("age_years")
            if value is None:
                return None
            if age is not None:
                return compare(value, next(band.limit for band in bands if age < band.high))
            return True if compare(value, hard) else None if compare(value, easy) else False

        return run

    def reading(self) -> Reading:
        name, compare, test, easy = self.name, COMPARE[self.op], self.test(), self._limits()[0]

        def run(values: Values) -> bool:
            found = test(values)
            return compare(values[name], easy) if found is None and values.get(name) is not None else found is True

        return run

    def spelled_out(self) -> Predicate:
        """Return the same in plain comparisons; the last part of each choice holds where the age does not matter."""
        merged = [self.bands[-1]]
        for band in reversed(self.bands[:-1]):
            if band.limit != merged[0].limit:
                merged.insert(0, band)
        found: Predicate = Compare(self.name, self.op, merged[-1].limit)
        for band in reversed(merged[:-1]):
            young, here = Compare("age_years", "lt", band.high), Compare(self.name, self.op, band.limit)
            found = AnyOf((AllOf((young, here)), AllOf((Not(young), found)), AllOf((here, found))))
        return found

    def most_sensitive(self) -> Compare:
        """Return the comparison with the limit of the most sensitive age band."""
        return Compare(self.name, self.op, self._limits()[0])

    def expr(self) -> pl.Expr:
        return self.spelled_out().expr()

    def reading_expr(self) -> pl.Expr:
        return self.expr().fill_null(column("age_years").is_null() & self.most_sensitive().expr()).fill_null(False)

    def names(self) -> tuple[str, ...]:
        return (self.name, "age_years")


@dataclass(frozen=True, slots=True)
class Not:
    """The predicate under it is false; an unknown one is read as false, so this is read as true."""

    of: Predicate

    def test(self) -> Test:
        inner = self.of.test()

        def run(values: Values) -> bool | None:
            found = inner(values)
            return None if found is None else not found

        return run

    def reading(self) -> Reading:
        inner = self.of.reading()
        return lambda values: not inner(values)

    def expr(self) -> pl.Expr:
        return ~self.of.expr()

    def reading_expr(self) -> pl.Expr:
        return ~self.of.reading_expr()

    def names(self) -> tuple[str, ...]:
        return self.of.names()


class _Group:
    """What combines other predicates."""

    __slots__ = ()
    of: tuple[Predicate, ...]

    def combine(self, parts: Sequence[Any]) -> Any:
        raise NotImplementedError

    def expr(self) -> pl.Expr:
        return self.combine([part.expr() for part in self.of])

    def reading_expr(self) -> pl.Expr:
        return self.combine([part.reading_expr() for part in self.of])

    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for part in self.of for name in part.names()))


@dataclass(frozen=True, slots=True)
class AllOf(_Group):
    """Every part is true; one false part decides, else one unknown part makes it unknown."""

    of: tuple[Predicate, ...]

    def combine(self, parts: Sequence[Any]) -> Any:
        return reduce(lambda left, right: left & right, parts)

    def test(self) -> Test:
        tests = tuple(part.test() for part in self.of)

        def run(values: Values) -> bool | None:
            result: bool | None = True
            for test in tests:
                found = test(values)
                if found is None:
                    result = None
                elif not found:
                    return False
            return result

        return run

    def reading(self) -> Reading:
        readings = tuple(part.reading() for part in self.of)
        return lambda values: all(reading(values) for reading in readings)


@dataclass(frozen=True, slots=True)
class AnyOf(_Group):
    """One part or more is true; one true part decides, else one unknown part makes it unknown."""

    of: tuple[Predicate, ...]

    def combine(self, parts: Sequence[Any]) -> Any:
        return reduce(lambda left, right: left | right, parts)

    def test(self) -> Test:
        tests = tuple(part.test() for part in self.of)

        def run(values: Values) -> bool | None:
            result: bool | None = False
            for test in tests:
                found = test(values)
                if found is None:
                    result = None
                elif found:
                    return True
            return result

        return run

    def reading(self) -> Reading:
        readings = tuple(part.reading() for part in self.of)
        return lambda values: any(reading(values) for reading in readings)


@dataclass(frozen=True, slots=True)
class AtLeast(_Group):
    """At least `count` of the parts are true."""

    count: int
    of: tuple[Predicate, ...]

    def combine(self, parts: Sequence[Any]) -> Any:
        """Return whether `count` parts hold, by running totals: `reached[k]` is "k + 1 parts so far"."""
        reached: list[Any] = []
        for part in parts:
            carried = [part, *(before & part for before in reached)]
            reached = [old | new for old, new in zip(reached, carried, strict=False)] + carried[len(reached) :]
            reached = reached[: self.count]
        return reached[self.count - 1]

    def test(self) -> Test:
        tests, count = tuple(part.test() for part in self.of), self.count

        def run(values: Values) -> bool | None:
            yes = unknown = 0
            for test in tests:
                found = test(values)
                if found is None:
                    unknown += 1
                elif found:
                    yes += 1
            return True if yes >= count else None if yes + unknown >= count else False

        return run

    def reading(self) -> Reading:
        readings, count = tuple(part.reading() for part in self.of), self.count
        return lambda values: sum(reading(values) for reading in readings) >= count


Leaf = Flag | Denied | Compare | Missing | Banded
Group = AllOf | AnyOf | AtLeast
Predicate = Leaf | Not | Group


def parts(predicate: Predicate) -> tuple[Predicate, ...]:
    """Return what a predicate is made of; nothing for a leaf."""
    if isinstance(predicate, Not):
        return (predicate.of,)
    return predicate.of if isinstance(predicate, Group) else ()


def walk(predicate: Predicate) -> Iterator[Predicate]:
    """Yield the predicate and everything under it."""
    yield predicate
    for part in parts(predicate):
        yield from walk(part)


def hanging(predicate: Predicate) -> Callable[[Values], tuple[str, ...]]:
    """Return a function that names the unknown facts on which an unknown predicate hangs; none where it is settled.

    A fact counts if every step from the predicate down to it is unknown: then some completion of the other unknowns
    makes it decide.
    """
    test, names = predicate.test(), predicate.names()
    below = tuple(hanging(part) for part in parts(predicate))

    def run(values: Values) -> tuple[str, ...]:
        if test(values) is not None:
            return ()
        if not below:
            return tuple(name for name in names if values.get(name) is None)
        return tuple(dict.fromkeys(name for part in below for name in part(values)))

    return run
