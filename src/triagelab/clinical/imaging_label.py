"""Which rule of an imaging procedure holds, and the label that it gives after the safety rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from triagelab.clinical.imaging_table import (
    Appropriateness,
    Condition,
    Procedure,
    Rule,
    Safety,
    condition,
    procedures,
    safety_rules,
)
from triagelab.clinical.leaves import Compare, Test, Values
from triagelab.clinical.predicates import walk

ORDER = (Appropriateness.USUALLY, Appropriateness.MAY, Appropriateness.NOT)
"""Labels from the most appropriate on; a safety rule moves to the right."""
FERTILE = (12.0, 55.0)
"""Ages outside which nobody is taken to be pregnant. Units: years."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The tests of one condition."""

    criteria: Mapping[str, Test]
    rules: Mapping[str, tuple[tuple[Rule, Test | None], ...]]


@lru_cache(maxsize=256)
def _compiled(name: str) -> _Compiled:
    one = condition(name)
    rules = {
        procedure: tuple((rule, rule.when.test() if rule.when is not None else None) for rule in rows)
        for procedure, rows in one.rules.items()
    }
    return _Compiled({key: row.when.test() for key, row in one.criteria.items()}, rules)


def label_of(condition_id: str, procedure_id: str, facts: Values) -> tuple[Appropriateness, bool]:
    """Return the label and whether the facts leave one rule only; facts are taken as checked, no trace is made."""
    found = settle(condition(condition_id), procedure_id, facts)
    return lowered(found.rule, procedures()[procedure_id], facts)[0], len(found.possible) == 1


@dataclass(frozen=True, slots=True)
class Settled:
    """The rule that holds, and every rule that could hold. `rule`: where unknown is read as absent."""

    rule: Rule
    possible: tuple[Rule, ...]


def criteria_held(one: Condition, values: Values) -> dict[str, bool | None]:
    """Return criterion -> whether it holds; None is unknown."""
    told = _with_implied(values)
    return {name: test(told) for name, test in _compiled(one.id).criteria.items()}


def _with_implied(values: Values) -> Values:
    """Return the facts with what sex and age imply: who is male, too young or too old is not pregnant."""
    age = values.get("age_years")
    barren = values.get("female") is False or (age is not None and not FERTILE[0] <= age <= FERTILE[1])
    return {**values, "pregnant": False} if barren and "pregnant" not in values else values


def settle(one: Condition, procedure_id: str, values: Values) -> Settled:
    """Return the rule that holds where unknown is read as absent, and every rule that could hold."""
    compiled = _compiled(one.id)
    held = criteria_held(one, values)
    chosen: Rule | None = None
    possible: list[Rule] = []
    for rule, test in compiled.rules[procedure_id]:
        answer = True if test is None else test(held)
        if answer is False:
            continue
        possible.append(rule)
        if answer is True:
            chosen = rule
            break
    assert chosen is not None  # the last rule of every procedure always holds; the loader has checked it
    for rule in possible[:-1]:
        assert rule.when is not None
        if rule.when.reading()(held):
            chosen = rule
            break
    return Settled(chosen, tuple(possible))


def lowered(rule: Rule, procedure: Procedure, values: Values) -> tuple[Appropriateness, tuple[Safety, ...]]:
    """Return the label after the safety rules, and those that lowered it."""
    label, said = rule.label, []
    for safety in _safety_for(procedure.id):
        if (rule.urgent and not safety.always) or label is Appropriateness.NOT or not safety.when.reading()(values):
            continue
        label = Appropriateness.NOT if safety.down == "not" else ORDER[ORDER.index(label) + 1]
        said.append(safety)
    return label, tuple(said)


@lru_cache(maxsize=512)
def _safety_for(procedure_id: str) -> tuple[Safety, ...]:
    tags = procedures()[procedure_id].tags
    return tuple(safety for safety in safety_rules() if safety.tags <= tags)


@lru_cache(maxsize=256)
def limits_of(condition_id: str) -> Mapping[str, tuple[float, ...]]:
    """Return number -> the limits that criteria and safety rules compare it with."""
    one = condition(condition_id)
    found: dict[str, set[float]] = {}
    for predicate in (*(row.when for row in one.criteria.values()), *(row.when for row in safety_rules())):
        for leaf in walk(predicate):
            if isinstance(leaf, Compare):
                found.setdefault(leaf.name, set()).add(leaf.limit)
    return {name: tuple(sorted(limits)) for name, limits in found.items()}


__all__ = ["FERTILE", "ORDER", "Settled", "criteria_held", "label_of", "limits_of", "lowered", "settle"]
