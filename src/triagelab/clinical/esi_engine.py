"""ESI for one patient: rules compiled from the tables, run through the one decision function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from triagelab.clinical.esi_open import Open, gate, kind, still_open
from triagelab.clinical.esi_options import EsiOptions, check_version
from triagelab.clinical.esi_settle import Count, active, count, settle, shown, tally
from triagelab.clinical.facts import NUMBERS, vocabulary
from triagelab.clinical.knowledge import ResourceType, Rule, esi_table
from triagelab.clinical.predicates import Flag, Reading, Test, Values, hanging


@dataclass(frozen=True, slots=True)
class EsiDecision:
    """What ESI says about one patient.

    Attributes:
        level: the preferred level, 1 (most urgent) to 5.
        acceptable: every level that a careful clinician could defend; holds `level`.
        point: the decision point that settled it, A to D. Level 3 is settled at D only where a danger-zone vital sign
            or a child's temperature had to be weighed, else at C.
        because: ids of the rules that fired there; `rule_info` says what they mean.
        unknown: facts and numbers that are unknown and could change the level or the acceptable set.
        version: handbook version.
    """

    level: int
    acceptable: frozenset[int]
    point: str
    because: tuple[str, ...]
    unknown: tuple[str, ...]
    version: int


@lru_cache(maxsize=1)
def fact_order() -> tuple[str, ...]:
    """Return the order in which `unknown` names facts: numbers, resources, then the rest of the vocabulary."""
    words = vocabulary()
    first = [name for name, spec in words.items() if spec.group in ("resources", "resource_detail")]
    return (*NUMBERS, *first, *(name for name in words if name not in first))


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A rule or resource ready to run.

    Attributes:
        hanging: names the unknown facts on which an unknown answer hangs.
        mask: its facts, one bit each in `fact_order`.
        idle: test, reading and the facts it hangs on when none of its facts is known.
    """

    item: Any
    test: Test
    reading: Reading
    hanging: Callable[[Values], tuple[str, ...]]
    mask: int
    idle: tuple[bool | None, bool, int]


def _compile(item: Rule | ResourceType) -> _Compiled:
    test, reading, names = item.when.test(), item.when.reading(), hanging(item.when)
    idle = (test({}), reading({}), _mask(names({})))
    return _Compiled(item, test, reading, names, _mask(item.when.names()), idle)


@lru_cache(maxsize=1)
def _bits() -> Mapping[str, int]:
    return {name: 1 << i for i, name in enumerate(fact_order())}


def _mask(names: Iterable[str]) -> int:
    return reduce(or_, (_bits()[name] for name in names), 0)


@lru_cache(maxsize=4096)
def _names(mask: int) -> tuple[str, ...]:
    return tuple(name for name, bit in _bits().items() if mask & bit)


def _yes(values: Values) -> Callable[[str], int]:
    return lambda name: -1 if values.get(name) is True else 0


def _maybe(values: Values) -> Callable[[str], int]:
    return lambda name: 0 if values.get(name) is False else -1


class _Kind:
    """Rules that differ only in what fires them: those that are one fact, and those that look at more."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rule = rules[0]
        self.flags = _mask(rule.when.name for rule in rules if isinstance(rule.when, Flag))
        self.compiled = tuple(_compile(rule) for rule in rules if not isinstance(rule.when, Flag))


class Engine:
    """One handbook version under one set of options, compiled for single patients."""

    def __init__(self, version: int, options: EsiOptions) -> None:
        table, chosen = esi_table(version), options.to_dict()
        self.version, self.options, self.table = version, options, table
        self.rules = tuple(rule for rule in table.rules if active(chosen, rule))
        self.resources = tuple(resource for resource in table.resources if active(chosen, resource))
        self.rank = {name: i for i, name in enumerate(table.info)}
        self.by_flag: dict[str, list[Rule]] = {}
        kinds: dict[Any, list[Rule]] = {}
        for rule in self.rules:
            kinds.setdefault(kind(rule), []).append(rule)
            if isinstance(rule.when, Flag):
                self.by_flag.setdefault(rule.when.name, []).append(rule)
        self._kinds = tuple(_Kind(rules) for rules in kinds.values())
        self._resources = tuple(_compile(resource) for resource in self.resources)

    def decide(self, values: Values) -> EsiDecision:
        """Return the decision from flat facts that are already validated."""

        yes, maybe = _yes(values), _maybe(values)
        known, sure = self._known(values)
        fired, waiting = self._run(values, known, sure)
        needed = [(item, item.test(values)) for item in self._resources]
        counted = self._count(needed)
        done = settle(tally(((rule, -1) for rule in fired), yes, yes, 0), counted)
        possible = [*sure, *(group.rule for group, _, _ in waiting)]
        gates = still_open(
            tally(((rule, -1) for rule in sure), maybe, yes, 0),
            tally(((rule, -1) for rule in possible), yes, maybe, 0),
            counted,
        )
        because = [rule.id for rule in fired if shown(rule, done)]
        if done.rest:
            because += [item.item.id for item, found in needed if found]
            because.append(self.table.counts[2 if done.many else 1 if done.one else 0].id)
            because += [self.table.assumed.id] if done.assumed else []
        unknown = self._unknown(values, known, waiting, possible, gates)
        if gates.resources:
            unknown |= _mask(name for item, found in needed if found is None for name in item.hanging(values))
        return EsiDecision(
            level=done.level.index(-1) + 1,
            acceptable=_LEVELS[sum(1 << i for i, plane in enumerate(done.acceptable) if plane)],
            point="ABCD"[done.points.index(-1)],
            because=tuple(sorted(because, key=self.rank.__getitem__)),
            unknown=_names(unknown),
            version=self.version,
        )

    def _known(self, values: Values) -> tuple[int, list[Rule]]:
        """Return what is known, as a mask, and the rules that one fact fires."""
        bits, by_flag, known, sure = _bits(), self.by_flag, 0, []
        for name, value in values.items():
            if value is not None:
                known |= bits[name]
                if value is True and name in by_flag:
                    sure += by_flag[name]
        return known, sure

    def _run(
        self, values: Values, known: int, sure: list[Rule]
    ) -> tuple[list[Rule], list[tuple[_Kind, int, list[_Compiled]]]]:
        """Return the rules that fire, and by kind what is unknown; rules that fire for sure are added to `sure`.

        What is unknown of a kind is a mask of facts that each would settle a rule, and the rules that know some of
        their facts and still hang on others.
        """
        fired, waiting = list(sure), []
        for group in self._kinds:
            idle, pending = group.flags & ~known, []
            for item in group.compiled:
                if not item.mask & known:
                    found, read, mask = item.idle
                    idle |= mask
                else:
                    found = item.test(values)
                    read = item.reading(values) if found is None else found
                    if found is None:
                        pending.append(item)
                if read:
                    fired.append(item.item)
                if found:
                    sure.append(item.item)
            if idle or pending:
                waiting.append((group, idle, pending))
        return fired, waiting

    def _unknown(
        self,
        values: Values,
        known: int,
        waiting: list[tuple[_Kind, int, list[_Compiled]]],
        possible: list[Rule],
        gates: Open,
    ) -> int:
        """Return the unknown facts that could change the decision, as a mask."""

        yes, maybe = _yes(values), _maybe(values)
        unknown = 0
        for group, idle, pending in waiting:
            if gate(group.rule, gates, yes, maybe):
                unknown |= idle
                for item in pending:
                    unknown |= _mask(item.hanging(values))
        for rule in possible:
            if rule.also_when is not None and (gates.a if rule.point == "A" else gates.up):
                unknown |= _bits()[rule.also_when] & ~known
        return unknown

    def _count(self, needed: Sequence[tuple[_Compiled, bool | None]]) -> Count:
        counted = count([(c.item, -1 if found else 0, 0 if found is False else -1) for c, found in needed], 0)
        if self.options.unknown_resources == "known":
            counted.one, counted.two = counted.low_one, counted.low_two
        elif self.options.unknown_resources == "expected":
            total = sum(
                c.item.weight * (1.0 if found else c.item.expected) for c, found in needed if found is not False
            )
            counted.one, counted.two = -(total >= 0.5), -(total >= 1.5)
        return counted


_LEVELS = tuple(frozenset(i + 1 for i in range(5) if mask >> i & 1) for mask in range(32))


@lru_cache(maxsize=32)
def engine(version: int, options: EsiOptions) -> Engine:
    """Return the compiled engine, built once for each version and set of options."""
    return Engine(check_version(version), options)
