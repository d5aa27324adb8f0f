"""Conditions of a table row over names that hold and numbers that are known; what is unknown never holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import ge, gt, le, lt

from pydantic import BaseModel, ConfigDict, Field


class Conditions(BaseModel):
    """What a row asks for; every stated part must be met.

    Attributes:
        all, any, none: names that must hold: every one, at least one, not one.
        also: a second list of which at least one must hold.
        above, from_, below, upto: limits on numbers (>, >=, <, <=); an unknown number meets no limit.
        sex: female or male.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    above: dict[str, float] = Field(default_factory=dict)
    from_: dict[str, float] = Field(default_factory=dict, alias="from")
    below: dict[str, float] = Field(default_factory=dict)
    upto: dict[str, float] = Field(default_factory=dict)
    sex: str | None = None

    def names(self) -> set[str]:
        """Return every name that the row mentions."""
        return {*self.all, *self.any, *self.also, *self.none}

    def numbers(self) -> set[str]:
        """Return every number that the row limits."""
        return {*self.above, *self.from_, *self.below, *self.upto}

    def compiled(self) -> Condition:
        """Return the same conditions, ready to be tested many times."""
        limits = [
            (name, test, limit)
            for test, table in ((gt, self.above), (ge, self.from_), (lt, self.below), (le, self.upto))
            for name, limit in table.items()
        ]
        sets = (frozenset(self.all), frozenset(self.any), frozenset(self.also), frozenset(self.none))
        return Condition(*sets, tuple(limits), self.sex)


@dataclass(frozen=True, slots=True)
class Condition:
    """Conditions as sets and comparisons."""

    all: frozenset[str]
    any: frozenset[str]
    also: frozenset[str]
    none: frozenset[str]
    limits: tuple[tuple[str, Callable[[float, float], bool], float], ...]
    sex: str | None

    def met(self, holds: AbstractSet[str], numbers: Mapping[str, float], sex: str | None = None) -> bool:
        """Return whether every part is met.

        Missing: a name that is not in `holds` and a number that is not in `numbers` meet nothing.
        """
        if self.any and self.any.isdisjoint(holds):
            return False
        if not self.all <= holds or (self.also and self.also.isdisjoint(holds)) or not self.none.isdisjoint(holds):
            return False
        if self.sex is not None and sex != self.sex:
            return False
        for name, test, limit in self.limits:
            value = numbers.get(name)
            if value is None or not test(value, limit):
                return False
        return True
