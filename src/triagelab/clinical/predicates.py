"""A small predicate algebra over facts, read from TOML and compiled once to a scalar test and once to a polars expression.

Every predicate answers in two ways. The Kleene value is True, False or unknown (None, null): what can be concluded.
The reading is two-valued: what the engine acts on meanwhile. It takes an unknown danger as not established, an unknown
mitigating fact (one under `Not`) as absent, and an unknown age as the age band with the most sensitive limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

Values = Mapping[str, Any]
"""Flat facts: name -> True, False, number or None; an absent name is unknown."""

Test = Callable[[Values], bool | None]
Reading = Callable[[Values], bool]

_COMPARE: dict[str, Callable[[Any, float], Any]] = {
    "lt": lambda value, limit: value < limit,
    "le": lambda value, limit: value <= limit,
    "gt": lambda value, limit: value > limit,
    "ge": lambda value, limit: value >= limit,
}
COMPARISONS: tuple[str, ...] = tuple(_COMPARE)


@dataclass(frozen=True, slots=True)
class Flag:
    """A yes/no/unknown fact is yes."""

    name: str

    def test(self) -> Test:
        name = self.name
        return lambda values: values.get(name)

    def reading(self) -> Reading:
        name = self.name
        return lambda values: values.get(name) is True

    def expr(self) -> pl.Expr:
        import polars as pl

        return pl.col(self.name)

    def reading_expr(self) -> pl.Expr:
        return self.expr().fill_null(False)

    def children(self) -> tuple[Predicate, ...]:
        return ()

    def names(self) -> tuple[str, ...]:
        return (self.name,)


@dataclass(frozen=True, slots=True)
class Denied:
    """A yes/no/unknown fact is known to be no; unlike under `Not`, an unknown one is not read as absent."""

    name: str

    def test(self) -> Test:
        name = self.name

        def run(values: Values) -> bool | None:
            found = values.get(name)
            return None if found is None else not found

        return run

    def reading(self) -> Reading:
        name = self.name
        return lambda values: values.get(name) is False

    def expr(self) -> pl.Expr:
        import polars as pl

        return ~pl.col(self.name)

    def reading_expr(self) -> pl.Expr:
        return self.expr().fill_null(False)

    def children(self) -> tuple[Predicate, ...]:
        return ()

    def names(self) -> tuple[str, ...]:
        return (self.name,)


@dataclass(frozen=True, slots=True)
class Compare:
    """A number is beyond a limit; unknown where it was not measured."""

    name: str
    op: str
    limit: float

    def test(self) -> Test:
        name, compare, limit = self.name, _COMPARE[self.op], self.limit

        def run(values: Values) -> bool | None:
            value = values.get(name)
            return None if value is None else compare(value, limit)

        return run

    def reading(self) -> Reading:
        test = self.test()
        return lambda values: test(values) is True

    def expr(self) -> pl.Expr:
        import polars as pl

        return _COMPARE[self.op](pl.col(self.name), self.limit)

    def reading_expr(self) -> pl.Expr:
        return self.expr().fill_null(False)

    def children(self) -> tuple[Predicate, ...]:
        return ()

    def names(self) -> tuple[str, ...]:
        return (self.name,)


@dataclass(frozen=True, slots=True)
class Missing:
    """A number was not measured. Unknown while it is missing (a measurement would settle it), false afterwards."""

    name: str

    def test(self) -> Test:
        name = self.name
        return lambda values: None if values.get(name) is None else False

    def reading(self) -> Reading:
        name = self.name
        return lambda values: values.get(name) is None

    def expr(self) -> pl.Expr:
        import polars as pl

        return pl.when(pl.col(self.name).is_not_null()).then(pl.lit(False))

    def reading_expr(self) -> pl.Expr:
        import polars as pl

        return pl.col(self.name).is_null()

    def children(self) -> tuple[Predicate, ...]:
        return ()

    def names(self) -> tuple[str, ...]:
        return (self.name,)


@dataclass(frozen=True, slots=True)
class Band:
    """Ages from `low` up to but not including `high`, and the limit that holds there. Units: years."""

    low: float
    high: float
    limit: float


@dataclass(frozen=True, slots=True)
class Banded:
    """A number is beyond the limit of the patient's age band; the bands follow each other without gap from birth on.

    Missing: without the number, unknown. Without the age, true or false where every band agrees, else unknown.
    """

    name: str
    op: str
    bands: tuple[Band, ...]

    def _limits(self) -> tuple[float, float]:
        limits = [band.limit for band in self.bands]
        low, high = min(limits), max(limits)
        return (low, high) if self.op in ("gt", "ge") else (high, low)

    def test(self) -> Test:
        name, compare, bands = self.name, _COMPARE[self.op], self.bands
        easiest, hardest = self._limits()

        def run(values: Values) -> bool | None:
            value, age = values.get(name), values.get("age_years")
            if value is None:
                return None
            if age is not None:
                for band in bands:
                    if age < band.high:
                        return compare(value, band.limit)
            return True if compare(value, hardest) else None if compare(value, easiest) else False

        return run

    def reading(self) -> Reading:
        name, compare, test, easiest = self.name, _COMPARE[self.op], self.test(), self._limits()[0]

        def run(values: Values) -> bool:
            found = test(values)
            if found is None:
                value = values.get(name)
                return value is not None and compare(value, easiest)
            return found

        return run

    def _by_age(self, without_age: pl.Expr) -> pl.Expr:
        import polars as pl

        value, age, compare = pl.col(self.name), pl.col("age_years"), _COMPARE[self.op]
        limit = reduce(
            lambda rest, band: pl.when(age < band.high).then(pl.lit(band.limit)).otherwise(rest),
            reversed(self.bands[:-1]),
            pl.lit(self.bands[-1].limit),
        )
        return pl.when(age.is_null()).then(without_age).otherwise(compare(value, limit))

    def expr(self) -> pl.Expr:
        import polars as pl

        easiest, hardest = self._limits()
        value, compare = pl.col(self.name), _COMPARE[self.op]
        return self._by_age(pl.when(compare(value, hardest)).then(True).when(~compare(value, easiest)).then(False))

    def reading_expr(self) -> pl.Expr:
        import polars as pl

        return self._by_age(_COMPARE[self.op](pl.col(self.name), self._limits()[0])).fill_null(False)

    def children(self) -> tuple[Predicate, ...]:
        return ()

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

    def children(self) -> tuple[Predicate, ...]:
        return (self.of,)

    def names(self) -> tuple[str, ...]:
        return self.of.names()


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least `count` of the predicates are true."""

    count: int
    of: tuple[Predicate, ...]

    def test(self) -> Test:
        tests, count = tuple(item.test() for item in self.of), self.count

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
        readings, count = tuple(item.reading() for item in self.of), self.count
        return lambda values: sum(reading(values) for reading in readings) >= count

    def expr(self) -> pl.Expr:
        import polars as pl

        found = [item.expr() for item in self.of]
        yes = pl.sum_horizontal(part.fill_null(False).cast(pl.UInt8) for part in found)
        possible = pl.sum_horizontal(part.fill_null(True).cast(pl.UInt8) for part in found)
        return pl.when(yes >= self.count).then(True).when(possible < self.count).then(False)

    def reading_expr(self) -> pl.Expr:
        import polars as pl

        return pl.sum_horizontal(item.reading_expr().cast(pl.UInt8) for item in self.of) >= self.count

    def children(self) -> tuple[Predicate, ...]:
        return self.of

    def names(self) -> tuple[str, ...]:
        return _merged(self.of)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every predicate is true (Kleene: one false decides, else one unknown makes it unknown)."""

    of: tuple[Predicate, ...]

    def test(self) -> Test:
        tests = tuple(item.test() for item in self.of)

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
        readings = tuple(item.reading() for item in self.of)
        return lambda values: all(reading(values) for reading in readings)

    def expr(self) -> pl.Expr:
        return reduce(lambda left, right: left & right, (item.expr() for item in self.of))

    def reading_expr(self) -> pl.Expr:
        return reduce(lambda left, right: left & right, (item.reading_expr() for item in self.of))

    def children(self) -> tuple[Predicate, ...]:
        return self.of

    def names(self) -> tuple[str, ...]:
        return _merged(self.of)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One predicate or more is true (Kleene: one true decides, else one unknown makes it unknown)."""

    of: tuple[Predicate, ...]

    def test(self) -> Test:
        tests = tuple(item.test() for item in self.of)

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
        readings = tuple(item.reading() for item in self.of)
        return lambda values: any(reading(values) for reading in readings)

    def expr(self) -> pl.Expr:
        return reduce(lambda left, right: left | right, (item.expr() for item in self.of))

    def reading_expr(self) -> pl.Expr:
        return reduce(lambda left, right: left | right, (item.reading_expr() for item in self.of))

    def children(self) -> tuple[Predicate, ...]:
        return self.of

    def names(self) -> tuple[str, ...]:
        return _merged(self.of)


Predicate = Flag | Denied | Compare | Missing | Banded | Not | AllOf | AnyOf | AtLeast


def _merged(parts: tuple[Predicate, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in part.names()))


def walk(predicate: Predicate) -> Iterator[Predicate]:
    """Yield the predicate and everything under it."""
    yield predicate
    for child in predicate.children():
        yield from walk(child)


def hanging(predicate: Predicate) -> Callable[[Values], tuple[str, ...]]:
    """Return a function that names the unknown facts on which an unknown predicate hangs; none where it is settled.

    A fact counts if every step from the predicate down to it is unknown: then some completion of the other unknowns
    makes it decide.
    """
    test, names, children = predicate.test(), predicate.names(), predicate.children()
    below = tuple(hanging(child) for child in children)

    def run(values: Values) -> tuple[str, ...]:
        if test(values) is not None:
            return ()
        if not below:
            return tuple(name for name in names if values.get(name) is None)
        return tuple(dict.fromkeys(name for child in below for name in child(values)))

    return run
