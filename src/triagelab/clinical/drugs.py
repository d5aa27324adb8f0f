"""Is this order safe for this patient: every rule that it breaks, the verdict, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Literal

from triagelab.clinical.drug_names import ingredient, ingredients, tags
from triagelab.clinical.drug_order import DrugOrder
from triagelab.clinical.drug_patient import ActiveDrug, Allergy, DrugPatient
from triagelab.clinical.drug_questions import goes_by
from triagelab.clinical.drug_rules import DrugRule, Match, drug_rules
from triagelab.clinical.drug_situation import Situation
from triagelab.clinical.drug_text import parse_order
from triagelab.clinical.drug_vocabulary import drug_vocabulary
from triagelab.errors import BadInputError, UnknownNameError

__all__ = [
    "ActiveDrug",
    "Allergy",
    "DrugOptions",
    "DrugOrder",
    "DrugPatient",
    "Need",
    "Review",
    "Violation",
    "check",
    "drug_rule",
    "ingredient",
    "ingredients",
    "parse_order",
]

Verdict = Literal["approve", "modify", "reject"]


@dataclass(frozen=True)
class DrugOptions:
    """How rules are read where sources disagree; `[option]` in data/drugs.toml says what each value means."""

    metformin: str = "acr"
    dka_potassium: str = "ada-2009"
    succinylcholine: str = "24h"
    vancomycin: str = "10-mg-min"

    def __post_init__(self) -> None:
        known = drug_vocabulary().option
        for item in fields(self):
            value = getattr(self, item.name)
            if value not in known[item.name].values:
                raise UnknownNameError(f"option {item.name}", value, known[item.name].values)


@dataclass(frozen=True)
class Violation:
    """One broken rule: what is wrong, what to do instead, and under which condition it may be overridden."""

    rule_id: str
    severity: str
    reason: str
    change: str
    override_condition: str
    source: str
    verified: bool


@dataclass(frozen=True)
class Need:
    """One unknown fact, and the rules that it would decide. `severity` is that of the gravest of them."""

    fact: str
    rule_ids: tuple[str, ...]
    severity: str


@dataclass(frozen=True)
class Review:
    """What the rules say about one order.

    Attributes:
        verdict: reject if a blocking rule is broken, modify if only others are, else approve. With
            `when_unknown="hold"` an approval that hangs on an unknown fact of a blocking rule becomes modify.
        violations: every broken rule, in the order of the table.
        needs: the unknown facts that could add a violation, those of blocking rules first.
        double_check: high-alert groups that ask for an independent second check.
    """

    verdict: Verdict
    violations: tuple[Violation, ...]
    needs: tuple[Need, ...]
    double_check: tuple[str, ...]

    @property
    def rule_ids(self) -> tuple[str, ...]:
        return tuple(found.rule_id for found in self.violations)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The facts to find out, most useful first."""
        return tuple(need.fact for need in self.needs)

    @property
    def provisional(self) -> bool:
        """Whether an unknown fact could make the verdict stricter: an approval is then conditional."""
        worse = ("block",) if self.verdict == "modify" else ("block", "modify")
        return self.verdict != "reject" and any(need.severity in worse for need in self.needs)


def drug_rule(rule_id: str) -> DrugRule:
    """Return one rule by id. Raises: UnknownNameError with the nearest id."""
    found = {rule.id: rule for rule in drug_rules().rules}
    if rule_id not in found:
        raise UnknownNameError("drug rule", rule_id, found)
    return found[rule_id]


@lru_cache(4096)
def _candidates(name: str) -> tuple[tuple[DrugRule, Match], ...]:
    """Return the rules that an ingredient brings up, in the order of the table."""
    index, own = drug_rules().by_tag, tags(name)
    found = {(rule.id, id(match)): (rule, match) for tag in (*own, "*") for rule, match in index.get(tag, ())}
    kept = [(rule, match) for rule, match in found.values() if not match.unless & own]
    return tuple(sorted(kept, key=lambda pair: pair[0].id))


def _violation(rule: DrugRule) -> Violation:
    return Violation(
        rule.id, rule.severity, rule.reason, rule.change, rule.override_condition, rule.source, rule.verified
    )


def _taken(order: DrugOrder, weight_kg: float | None) -> ActiveDrug:
    """Return another order of the same round as a drug that the patient takes from now on."""
    first, *more = order.resolved.ingredients
    daily = None if more else order.amounts(first, weight_kg)[0].get("daily_mg")
    return ActiveDrug(order.drug, last_dose_h=0.0, route=order.route, daily_mg=daily)


def _order(order: DrugOrder | Mapping[str, Any] | str) -> DrugOrder:
    if isinstance(order, str):
        return parse_order(order)
    if isinstance(order, DrugOrder):
        return order
    if not isinstance(order, Mapping):
        raise BadInputError("order", order, 'a written order such as "Toradol 30 mg IV", or a mapping')
    return DrugOrder.from_mapping(order)


def _judge(
    situation: Situation, options: DrugOptions, broken: dict[str, DrugRule], open_: dict[str, dict[str, DrugRule]]
) -> None:
    """Add the rules that one ingredient breaks, and the unknown facts with the rules that hang on them."""
    for rule, match in _candidates(situation.ingredient):
        if any(getattr(options, name) not in values for name, values in rule.options.items()):
            continue
        found = match.test(situation)
        if found is False or (rule.lifted is not None and rule.lifted(situation) is True):
            continue
        if found:
            broken[rule.id] = rule
            continue
        for fact in situation.waits(match.hanging(situation)):
            open_.setdefault(fact, {})[rule.id] = rule


def _needs(open_: Mapping[str, Mapping[str, DrugRule]], broken: Mapping[str, DrugRule]) -> tuple[Need, ...]:
    found: list[Need] = []
    for fact, rules in open_.items():
        left = [rule for rule in rules.values() if rule.id not in broken]
        if left:
            grave = "block" if any(rule.severity == "block" for rule in left) else "modify"
            found.append(Need(fact, tuple(sorted(rule.id for rule in left)), grave))
    return tuple(sorted(found, key=lambda need: (need.severity != "block", -len(need.rule_ids))))


def _double_check(order: DrugOrder) -> tuple[str, ...]:
    """Return the high-alert groups of an order; a route that is not written counts as the one that asks for a check."""
    own = frozenset().union(*(tags(name) for name in order.resolved.ingredients))
    return tuple(
        name
        for name, row in drug_vocabulary().high_alert.items()
        if own.intersection(row.order) and (not row.route or order.route is None or goes_by(order.route, row.route))
    )


def check(
    order: DrugOrder | Mapping[str, Any] | str,
    patient: DrugPatient | Mapping[str, Any],
    *,
    options: DrugOptions | None = None,
    when_unknown: Literal["list", "hold"] = "list",
    alongside: Iterable[DrugOrder | Mapping[str, Any] | str] = (),
) -> Review:
    """Return every rule that an order breaks for a patient, the verdict, and what is not known.

    Args:
        order: `DrugOrder`, a written order such as "Toradol 30 mg IV q6h", or a mapping such as
            `{"drug": "Toradol", "dose": 30, "unit": "mg", "route": "iv"}`.
        patient: `DrugPatient`, or one flat mapping such as `{"age_years": 70, "egfr": 25, "active": ["warfarin"]}`.
        options: how rules are read where sources disagree.
        when_unknown: "list" names the unknown facts in `needs` and marks the review `provisional`; "hold" also turns an
            approval that hangs on an unknown fact of a blocking rule into modify.
        alongside: other orders of the same round, which the patient is going to take too.

    Missing: an unknown fact neither breaks a rule nor clears it. An unknown excuse does not lift a rule.

    Raises: UnknownNameError for a name in no list, BadInputError for an impossible value or an ambiguous short form.
    """
    if when_unknown not in ("list", "hold"):
        raise BadInputError("when_unknown", when_unknown, "list or hold")
    if options is not None and not isinstance(options, DrugOptions):
        raise BadInputError("options", options, 'DrugOptions, such as DrugOptions(metformin="fda")')
    if isinstance(alongside, str | Mapping) or not isinstance(alongside, Iterable):
        raise BadInputError("alongside", alongside, "a list of orders")
    order = _order(order)
    patient = patient if isinstance(patient, DrugPatient) else DrugPatient.from_mapping(patient)
    rules, chosen = drug_rules(), options or DrugOptions()
    broken: dict[str, DrugRule] = {}
    open_: dict[str, dict[str, DrugRule]] = {}
    taken = tuple(_taken(_order(other), patient.known.get("weight_kg")) for other in alongside)
    for name in order.resolved.ingredients:
        _judge(Situation(order, patient, name, rules.questions, rules.conditions, taken), chosen, broken, open_)
    needs = _needs(open_, broken)
    grades = {rule.severity for rule in broken.values()}
    verdict: Verdict = "reject" if "block" in grades else "modify" if grades else "approve"
    if when_unknown == "hold" and verdict == "approve" and any(need.severity == "block" for need in needs):
        verdict = "modify"
    found = tuple(_violation(broken[name]) for name in sorted(broken))
    return Review(verdict, found, needs, _double_check(order))
