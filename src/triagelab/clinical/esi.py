"""The Emergency Severity Index: facts to level, acceptable set and trace, for handbook versions 4 and 5.

Thresholds and findings are data (data/esi_*.toml); how decision points combine is `esi_settle.py`, which this module runs
for one patient and `esi_frame.py` for a table.

For research and education: not a medical device, and not an official implementation of any handbook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from triagelab.clinical.esi_options import VERSIONS, EsiOptions, check_version
from triagelab.clinical.esi_settle import Count, Open, active, count, gate, kind, settle, shown, still_open, tally
from triagelab.clinical.facts import NUMBERS, Facts, vocabulary
from triagelab.clinical.knowledge import ResourceType, Rule, RuleInfo, esi_table
from triagelab.clinical.predicates import Flag, Reading, Test, Values, hanging
from triagelab.errors import BadInputError, UnknownNameError

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "Engine",
    "EsiDecision",
    "EsiOptions",
    "decide",
    "decide_frame",
    "engine",
    "fact_order",
    "retriage",
    "rule_info",
]


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


def decide(facts: Facts | Mapping[str, Any], *, version: int = 5, options: EsiOptions | None = None) -> EsiDecision:
    """Return the decision for one patient.

    Args:
        facts: `Facts`, or one flat mapping such as `{"age_years": 67, "acs_suspected": True}`.
        version: handbook version, 4 or 5.
        options: how the judgement points are settled; None takes the documented defaults.

    Missing: an unknown fact never fires a rule and never excuses one; it is named in `unknown` where it matters.

    Raises: UnknownNameError for a fact in no vocabulary, BadInputError for an impossible value or version.
    """
    known = facts if isinstance(facts, Facts) else Facts.from_mapping(facts)
    values: dict[str, Any] = {**known.flags, **known.vitals.measured()}
    values["age_years"], values["pregnancy_weeks"] = known.age_years, known.pregnancy_weeks
    return engine(version, options or EsiOptions()).decide(values)


def decide_frame(frame: pl.DataFrame, *, version: int = 5, options: EsiOptions | None = None) -> pl.DataFrame:
    """Return the decisions for a table, one row a patient: level, acceptable, point, because, unknown.

    See `esi_frame.decide_frame`, which this calls.
    """
    from triagelab.clinical.esi_frame import decide_frame as run

    return run(frame, version=version, options=options or EsiOptions())


def rule_info(rule_id: str, version: int | None = None) -> RuleInfo:
    """Return wording, source and verification of a rule id, of one version or of the newest that has it.

    Raises: UnknownNameError for an id in no table.
    """
    tables = [esi_table(check_version(version))] if version is not None else [esi_table(v) for v in reversed(VERSIONS)]
    for table in tables:
        if rule_id in table.info:
            return table.info[rule_id]
    raise UnknownNameError("rule", rule_id, {name for table in tables for name in table.info})


def retriage(before: int, now: int, *, seen_by_provider: bool = False) -> int:
    """Return the level after a second look: until a provider sees the patient it may only become more urgent.

    Source: ESI v5; after the provider has seen the patient the level is never altered.

    Raises: BadInputError for a level outside 1 to 5.
    """
    for name, level in (("before", before), ("now", now)):
        if isinstance(level, bool) or level not in (1, 2, 3, 4, 5):
            raise BadInputError(name, level, "a level from 1 to 5")
    return before if seen_by_provider else min(before, now)


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
        idle: test and reading when none of its facts is known.
    """

    item: Any
    test: Test
    reading: Reading
    hanging: Callable[[Values], tuple[str, ...]]
    names: frozenset[str]
    idle: tuple[bool | None, bool]


def _compile(item: Rule | ResourceType) -> _Compiled:
    test, reading = item.when.test(), item.when.reading()
    return _Compiled(item, test, reading, hanging(item.when), frozenset(item.when.names()), (test({}), reading({})))


class Engine:
    """One handbook version under one set of options, compiled for single patients."""

    def __init__(self, version: int, options: EsiOptions) -> None:
        table, chosen = esi_table(version), options.to_dict()
        self.version, self.options, self.counts = version, options, table.counts
        self.rules = tuple(rule for rule in table.rules if active(chosen, rule))
        self.resources = tuple(resource for resource in table.resources if active(chosen, resource))
        self.by_flag: dict[str, list[Rule]] = {}
        self.by_kind: dict[Any, tuple[Rule, list[str]]] = {}
        for rule in self.rules:
            if isinstance(rule.when, Flag):
                self.by_flag.setdefault(rule.when.name, []).append(rule)
                self.by_kind.setdefault(kind(rule), (rule, []))[1].append(rule.when.name)
        self.compiled = tuple(_compile(rule) for rule in self.rules if not isinstance(rule.when, Flag))
        self.compiled_resources = tuple(_compile(resource) for resource in self.resources)
        self.rank = {name: i for i, name in enumerate(table.info)}
        self.order = {name: i for i, name in enumerate(fact_order())}

    def decide(self, values: Values) -> EsiDecision:
        """Return the decision from flat facts that are already validated."""

        def yes(name: str) -> int:
            return -1 if values.get(name) is True else 0

        def maybe(name: str) -> int:
            return 0 if values.get(name) is False else -1

        fired, sure, unsettled = self._run(values)
        loose = self._loose(values)
        needed = [(item, item.test(values)) for item in self.compiled_resources]
        counted = self._count(needed)
        done = settle(tally(((rule, -1) for rule in fired), yes, yes, 0), counted)
        possible = [*sure, *(item.item for item in unsettled), *(rule for rule, _ in loose)]
        gates = still_open(
            tally(((rule, -1) for rule in sure), maybe, yes, 0),
            tally(((rule, -1) for rule in possible), yes, maybe, 0),
            counted,
        )
        because = [rule.id for rule in fired if shown(rule, done)]
        if done.rest:
            because += [item.item.id for item, found in needed if found]
            because.append(self.counts[2 if done.many else 1 if done.one else 0].id)
        unknown = {name for rule, names in loose if gate(rule, gates, yes) for name in names}
        for item in unsettled:
            if gate(item.item, gates, yes):
                unknown.update(item.hanging(values))
        unknown.update(self._conditions(values, possible, gates))
        if gates.resources:
            unknown.update(name for item, found in needed if found is None for name in item.hanging(values))
        return EsiDecision(
            level=done.level.index(-1) + 1,
            acceptable=frozenset(i + 1 for i, plane in enumerate(done.acceptable) if plane),
            point="ABCD"[done.points.index(-1)],
            because=tuple(sorted(because, key=self.rank.__getitem__)),
            unknown=tuple(sorted(unknown, key=self.order.__getitem__)),
            version=self.version,
        )

    def _run(self, values: Values) -> tuple[list[Rule], list[Rule], list[_Compiled]]:
        """Return the rules that fire, those that fire for sure, and the compiled ones that are unknown."""
        sure = [rule for name, value in values.items() if value is True for rule in self.by_flag.get(name, ())]
        fired, unsettled = list(sure), []
        known = {name for name, value in values.items() if value is not None}
        for item in self.compiled:
            if item.names.isdisjoint(known):
                found, read = item.idle
            else:
                found = item.test(values)
                read = item.reading(values) if found is None else found
            if read:
                fired.append(item.item)
            if found:
                sure.append(item.item)
            elif found is None:
                unsettled.append(item)
        return fired, sure, unsettled

    def _loose(self, values: Values) -> list[tuple[Rule, list[str]]]:
        """Return the unknown facts that are a rule by themselves, with one rule to stand for each kind."""
        rows = ((rule, [n for n in names if values.get(n) is None]) for rule, names in self.by_kind.values())
        return [(rule, names) for rule, names in rows if names]

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

    def _conditions(self, values: Values, possible: list[Rule], gates: Open) -> set[str]:
        """Return the unknown facts that would only change what else is defensible."""
        return {
            rule.also_when
            for rule in possible
            if rule.also_when is not None
            and values.get(rule.also_when) is None
            and (gates.a if rule.point == "A" else gates.up)
        }


@lru_cache(maxsize=32)
def engine(version: int, options: EsiOptions) -> Engine:
    """Return the compiled engine, built once for each version and set of options."""
    return Engine(check_version(version), options)
