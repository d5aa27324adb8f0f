"""The leaves of a predicate: what asks for one column. `predicates` explains the two answers that each one gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

Values = Mapping[str, Any]
"""Flat facts: name -> True, False, number or None; an absent name is unknown."""

Test = Callable[[Values], bool | None]
Reading = Callable[[Values], bool]

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "lt": lambda value, limit: value < limit,
    "le": lambda value, limit: value <= limit,
    "gt": lambda value, limit: value > limit,
    "ge": lambda value, limit: value >= limit,
}
COMPARISONS: tuple[str, ...] = tuple(COMPARE)


def column(name: str) -> pl.Expr:
    """Return the polars column; polars is imported only when a table is asked about."""
    import polars as pl

    return pl.col(name)


class SingleColumn:
    """What asks for one column: unknown is read as not so, unless the leaf says otherwise."""

    __slots__ = ()
    name: str

    def expr(self) -> pl.Expr:
        raise NotImplementedError

    def reading_expr(self) -> pl.Expr:
        return self.expr().fill_null(False)

    def names(self) -> tuple[str, ...]:
        return (self.name,)


@dataclass(frozen=True, slots=True)
class Flag(SingleColumn):
    """A yes/no/unknown fact is yes."""

    name: str

    def test(self) -> Test:
        name = self.name
        return lambda values: values.get(name)

    def reading(self) -> Reading:
        name = self.name
        return lambda values: values.get(name) is True

    def expr(self) -> pl.Expr:
        return column(self.name)


@dataclass(frozen=True, slots=True)
class Denied(SingleColumn):
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
        return ~column(self.name)


@dataclass(frozen=True, slots=True)
class Compare(SingleColumn):
    """A number is beyond a limit; unknown where it was not measured."""

    name: str
    op: str
    limit: float

    def test(self) -> Test:
        name, compare, limit = self.name, COMPARE[self.op], self.limit

        def run(values: Values) -> bool | None:
            value = values.get(name)
            return None if value is None else compare(value, limit)

        return run

    def reading(self) -> Reading:
        test = self.test()
        return lambda values: test(values) is True

    def expr(self) -> pl.Expr:
        return COMPARE[self.op](column(self.name), self.limit)


@dataclass(frozen=True, slots=True)
class Missing(SingleColumn):
    """A number was not measured: unknown while it is missing, as a measurement would settle it, then false."""

    name: str

    def test(self) -> Test:
        name = self.name
        return lambda values: None if values.get(name) is None else False

    def reading(self) -> Reading:
        name = self.name
        return lambda values: values.get(name) is None

    def expr(self) -> pl.Expr:
        import polars as pl

        return pl.when(column(self.name).is_not_null()).then(pl.lit(False))

    def reading_expr(self) -> pl.Expr:
        return column(self.name).is_null()
