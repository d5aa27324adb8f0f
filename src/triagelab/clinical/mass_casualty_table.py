"""One mass-casualty scheme as a truth table over what its steps ask: exact for every mix of known and unknown facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache, reduce
from typing import Any

import numpy as np

from triagelab.clinical.mass_casualty_rows import File, Step, interventions_of, steps_of, tables
from triagelab.clinical.predicates import Denied, Flag, Group, Not, Predicate, parts, walk
from triagelab.errors import DataFormatError, UnknownNameError

NO, YES, UNKNOWN = 0, 1, 2
"""Digits of a pattern: what is known about one leaf of a scheme."""


@dataclass(frozen=True)
class Outcome:
    """What a pattern of facts leads to.

    Attributes:
        possible: outcomes that some completion of the unknown facts gives, the most urgent first.
        because: ids of the steps walked, up to the last one that can give the first of `possible`.
        unknown: unknown facts whose answer can still change the outcome.
        interventions: ids of what is to be done on the way.
    """

    possible: tuple[str, ...]
    because: tuple[str, ...]
    unknown: tuple[str, ...]
    interventions: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Scheme:
    """An ordered list of steps, compiled.

    The outcome of every complete pattern is found once; a pattern with unknowns gathers what its completions give.
    So possible outcomes and deciding facts are exact, and one look-up serves a casualty or a column.

    Shapes: `lines` and `matters` have 3 ** len(leaves) entries, indexed by the digits of the leaves, first leaf first.
    """

    name: str
    order: tuple[str, ...]
    steps: tuple[Step, ...]
    interventions: tuple[tuple[str, Predicate], ...] = field(repr=False)

    @cached_property
    def leaves(self) -> tuple[Predicate, ...]:
        """What the steps ask, each once, in the order in which they ask it."""
        found: dict[Predicate, None] = {}
        for step in self.steps:
            for node in walk(step.when) if step.when is not None else ():
                if not parts(node):
                    found[Flag(node.name) if isinstance(node, Denied) else node] = None
        return tuple(found)

    @cached_property
    def tests(self) -> tuple[Callable[[Mapping[str, Any]], bool | None], ...]:
        return tuple(leaf.test() for leaf in self.leaves)

    @cached_property
    def readings(self) -> tuple[Callable[[Mapping[str, Any]], bool], ...]:
        return tuple(when.reading() for _, when in self.interventions)

    @cached_property
    def _first(self) -> np.ndarray:
        """The bit of the first step that holds, for each complete pattern. Shapes: (2,) * leaves."""
        first = np.zeros((2,) * len(self.leaves), np.uint16)
        still = np.ones(first.shape, bool)
        for i, step in enumerate(self.steps):
            holds = still if step.when is None else still & self._grid(step.when)
            first[holds] = 1 << i
            still = still & ~holds
        return first

    def _grid(self, predicate: Predicate) -> np.ndarray:
        if isinstance(predicate, Not):
            return ~self._grid(predicate.of)
        if isinstance(predicate, Group):
            return predicate.combine([self._grid(part) for part in predicate.of])
        if isinstance(predicate, Denied):
            return ~self._grid(Flag(predicate.name))
        shape = [1] * len(self.leaves)
        shape[self.leaves.index(predicate)] = 2
        return np.array([False, True]).reshape(shape)

    @cached_property
    def lines(self) -> np.ndarray:
        """Bit i: step i is the first that holds in some completion."""
        return _extended(self._first).ravel()

    @cached_property
    def matters(self) -> np.ndarray:
        """Bit k: leaf k is unknown, and its answer changes the outcome in some completion."""
        rank = np.zeros(1 << len(self.steps), np.uint8)
        for i, step in enumerate(self.steps):
            rank[1 << i] = self.order.index(step.outcome)
        outcome, count = rank[self._first], len(self.leaves)
        found = np.zeros((3,) * count, np.uint16)
        for k in range(count):
            changes = np.take(outcome, 0, axis=k) != np.take(outcome, 1, axis=k)
            where = tuple(UNKNOWN if axis == k else slice(None) for axis in range(count))
            found[where] |= _extended(changes).astype(np.uint16) << k
        return found.ravel()

    def decide(self, values: Mapping[str, Any]) -> Outcome:
        """Return the outcome for the facts of one casualty."""
        code = reduce(lambda code, test: code * 3 + _digit(test(values)), self.tests, 0)
        needs = sum(reading(values) << i for i, reading in enumerate(self.readings))
        return _outcome(self, int(self.lines[code]), int(self.matters[code]), needs)

    def possible(self, lines: int) -> tuple[str, ...]:
        found = {step.outcome for i, step in enumerate(self.steps) if lines >> i & 1}
        return tuple(name for name in self.order if name in found)

    def because(self, lines: int) -> tuple[str, ...]:
        first = self.possible(lines)[0]
        ends = max(i for i, step in enumerate(self.steps) if lines >> i & 1 and step.outcome == first)
        return tuple(step.id for step in self.steps[: ends + 1])

    def unknown(self, matters: int) -> tuple[str, ...]:
        names = (leaf.names()[0] for k, leaf in enumerate(self.leaves) if matters >> k & 1)
        return tuple(dict.fromkeys(names))

    def needed(self, needs: int) -> tuple[str, ...]:
        return tuple(name for i, (name, _) in enumerate(self.interventions) if needs >> i & 1)


def _digit(answer: bool | None) -> int:
    return UNKNOWN if answer is None else int(answer)


def _extended(table: np.ndarray) -> np.ndarray:
    """Return a table over no and yes with a third entry on every axis: what no and yes give together."""
    for axis in range(table.ndim):
        both = np.bitwise_or.reduce(table, axis=axis, keepdims=True)
        table = np.concatenate([table, both], axis=axis)
    return table


@lru_cache(maxsize=1 << 14)
def _outcome(scheme: Scheme, lines: int, matters: int, needs: int) -> Outcome:
    return Outcome(scheme.possible(lines), scheme.because(lines), scheme.unknown(matters), scheme.needed(needs))


def build_scheme(file: File, name: str, perfusion: str = "crt") -> Scheme:
    """Return a compiled scheme.

    Raises: UnknownNameError for a scheme or a sign of perfusion in no table, DataFormatError where no last step holds
        always.
    """
    if name not in file.order:
        raise UnknownNameError("scheme", name, file.order)
    if perfusion not in file.perfusion:
        raise UnknownNameError("perfusion", perfusion, file.perfusion)
    steps = steps_of(file, name, perfusion)
    if not steps or steps[-1].when is not None or any(step.when is None for step in steps[:-1]):
        raise DataFormatError(f"mass_casualty.toml: {name}: the last step, and no other, has no `when`")
    return Scheme(name, file.order[name], steps, tuple(interventions_of(file, name, perfusion)))


@cache
def scheme_table(name: str, perfusion: str = "crt") -> Scheme:
    """Return a compiled scheme of the shipped tables."""
    return build_scheme(tables(), name, perfusion)
