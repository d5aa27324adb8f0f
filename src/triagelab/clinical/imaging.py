"""Whether an imaging procedure is appropriate for a patient, with the criteria that held, failed, or would change it.

The labels follow from published decision rules and explicit criteria in our own words (`data/imaging/`), never from the
ratings of the American College of Radiology, which are not shipped. Research and education only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from triagelab.clinical.imaging_label import FERTILE, ORDER, criteria_held, label_of, limits_of, lowered, settle
from triagelab.clinical.imaging_table import (
    Appropriateness,
    Condition,
    Criterion,
    Rule,
    Safety,
    condition,
    conditions,
    procedures,
)
from triagelab.clinical.leaves import Values
from triagelab.clinical.predicates import AllOf, AnyOf, AtLeast, Flag, Not, Predicate, walk
from triagelab.errors import BadInputError, UnknownNameError

_JUST = 1.0
"""How far beyond a limit a number is put to see what it would change."""


@dataclass(frozen=True, slots=True)
class Step:
    """One criterion in a trace. `held`: None is unknown."""

    criterion: str
    held: bool | None
    text: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that, being otherwise, would change the label. `to`: the value that it would have to have."""

    feature: str
    to: bool | float
    label: Appropriateness

    def __str__(self) -> str:
        return f"{self.feature} = {self.to}: {self.label.value}"


@dataclass(frozen=True, slots=True)
class ImagingDecision:
    """How appropriate a procedure is, and why.

    Attributes:
        rule: id of the rule that gave the label, `condition.rule`.
        text: why, in one sentence.
        decided_by: criteria that made this rule hold and the rules before it fail, the fewest that suffice.
        criteria: every criterion of the condition, held, failed or unknown.
        safety: safety rules that lowered the label.
        possible: labels that the unknown criteria leave open; one label where they do not matter. Safety rules act
            on what is said only and open nothing.
        unknown: features nobody stated that could change the rule.
        changes: single features that, being otherwise, would give another label.
        verified: criteria and rule stand in a source that was read.
    """

    condition: str
    procedure: str
    label: Appropriateness
    rule: str
    text: str
    decided_by: tuple[Step, ...]
    criteria: tuple[Step, ...]
    safety: tuple[Safety, ...]
    possible: frozenset[Appropriateness]
    unknown: tuple[str, ...]
    changes: tuple[Change, ...]
    source: str
    verified: bool

    @property
    def held(self) -> tuple[str, ...]:
        return tuple(step.criterion for step in self.criteria if step.held is True)

    @property
    def failed(self) -> tuple[str, ...]:
        return tuple(step.criterion for step in self.criteria if step.held is False)


def decide_imaging(condition_id: str, procedure_id: str, facts: Values) -> ImagingDecision:
    """Return the decision for a procedure in a condition.

    Args:
        facts: feature -> True or False, number -> value; see `features_of`.

    Missing: an absent feature is unknown. The label is then the one that holds if what is unknown is absent, and
    `possible` and `unknown` say what else it could be.

    Raises: UnknownNameError for a condition, procedure or feature; BadInputError for a value of the wrong kind.
    """
    one = condition(condition_id)
    if procedure_id not in one.rules:
        raise UnknownNameError(f"procedure of {condition_id}", procedure_id, one.rules)
    values = checked_facts(one, facts)
    found = settle(one, procedure_id, values)
    held = criteria_held(one, values)
    rows = one.rules[procedure_id]
    steps = {step.criterion: step for step in (_step(one.criteria[name], held[name]) for name in one.criteria)}
    place = rows.index(found.rule)
    decided = _support(rows[:place], found.rule, held)
    label, safety = lowered(found.rule, procedures()[procedure_id], values)
    return ImagingDecision(
        condition=one.id,
        procedure=procedure_id,
        label=label,
        rule=f"{one.id}.{found.rule.id}",
        text=found.rule.text,
        decided_by=tuple(steps[name] for name in decided),
        criteria=tuple(steps.values()),
        safety=safety,
        possible=frozenset(lowered(rule, procedures()[procedure_id], values)[0] for rule in found.possible),
        unknown=_unknown(one, found.possible, held, values),
        changes=tuple(_changes(one, procedure_id, values, label)),
        source=found.rule.source,
        verified=found.rule.verified and all(steps[name].verified for name in decided),
    )


def features_of(condition_id: str) -> Mapping[str, str]:
    """Return every feature and number of a condition -> in words."""
    one = condition(condition_id)
    return {**one.features, **one.numbers}


def checked_facts(one: Condition, facts: Values) -> dict[str, Any]:
    """Return the facts without what is None. Raises: UnknownNameError, BadInputError."""
    values: dict[str, Any] = {}
    for name, value in facts.items():
        if name not in one.features and name not in one.numbers:
            raise UnknownNameError(f"feature of {one.id}", name, (*one.features, *one.numbers))
        if value is None or value != value:
            continue
        if name in one.features and not isinstance(value, bool):
            raise BadInputError(name, value, "true, false, or nothing where it is unknown")
        if name in one.numbers and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise BadInputError(name, value, "a number, or nothing where it is unknown")
        values[name] = value
    age = values.get("age_years")
    if age is not None and not one.ages[0] <= age < one.ages[1]:
        raise BadInputError("age_years", age, f"{one.ages[0]:g} to below {one.ages[1]:g} years for {one.id}")
    return values


def _step(criterion: Criterion, held: bool | None) -> Step:
    text = criterion.yes if held is True else criterion.no if held is False else f"Not known: {criterion.yes}"
    return Step(criterion.id, held, text, criterion.source, criterion.verified)


def _support(before: tuple[Rule, ...], rule: Rule, held: Mapping[str, bool | None]) -> tuple[str, ...]:
    """Return criteria that suffice for this rule to hold and the rules before it to fail, this rule's own first."""
    named: dict[str, None] = {}
    if rule.when is not None:
        named.update(dict.fromkeys(_because(rule.when, held, True)))
    for earlier in reversed(before):
        if earlier.when is not None:
            named.update(dict.fromkeys(_because(earlier.when, held, False)))
    return tuple(named)


def _because(predicate: Predicate, held: Mapping[str, bool | None], wanted: bool) -> Iterator[str]:
    """Yield criteria that make the predicate read as `wanted`; unknown ones are read as absent."""
    if isinstance(predicate, Not):
        yield from _because(predicate.of, held, not wanted)
    elif isinstance(predicate, AllOf | AnyOf):
        every = isinstance(predicate, AllOf) == wanted
        hits = [part for part in predicate.of if part.reading()(held) == wanted]
        for part in hits if every else hits[:1]:
            yield from _because(part, held, wanted)
    elif isinstance(predicate, AtLeast):
        hits = [part for part in predicate.of if part.reading()(held) == wanted]
        enough = predicate.count if wanted else len(predicate.of) - predicate.count + 1
        for part in hits[:enough]:
            yield from _because(part, held, wanted)
    else:
        yield from predicate.names()


def _unknown(
    one: Condition, possible: tuple[Rule, ...], held: Mapping[str, bool | None], values: Values
) -> tuple[str, ...]:
    """Return unstated features on which an open rule hangs."""
    found: dict[str, None] = {}
    for rule in possible:
        for leaf in walk(rule.when) if rule.when is not None else ():
            names = leaf.names() if isinstance(leaf, Flag) else ()
            for name in names:
                if held[name] is None:
                    missing = (n for n in one.criteria[name].when.names() if values.get(n) is None)
                    found.update(dict.fromkeys(missing))
    return tuple(found)


def _changes(one: Condition, procedure_id: str, values: Values, label: Appropriateness) -> Iterator[Change]:
    """Yield single features that, being otherwise, would give another label; the smallest change of a number."""
    for name in one.features:
        if name in values:
            other = not values[name]
            found, _ = label_of(one.id, procedure_id, {**values, name: other})
            if found is not label:
                yield Change(name, other, found)
    for name, limits in limits_of(one.id).items():
        if name not in values:
            continue
        for value in sorted(_beyond(limits), key=lambda value: abs(value - values[name])):
            if name == "age_years" and not one.ages[0] <= value < one.ages[1]:
                continue
            found, _ = label_of(one.id, procedure_id, {**values, name: value})
            if found is not label:
                yield Change(name, value, found)
                break


def _beyond(limits: tuple[float, ...]) -> set[float]:
    return {value for limit in limits for value in (limit - _JUST, limit, limit + _JUST) if value >= 0}


__all__ = [
    "FERTILE",
    "ORDER",
    "Appropriateness",
    "Change",
    "ImagingDecision",
    "Step",
    "checked_facts",
    "condition",
    "conditions",
    "decide_imaging",
    "features_of",
    "label_of",
    "limits_of",
    "procedures",
]
