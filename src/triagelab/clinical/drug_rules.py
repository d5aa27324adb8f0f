"""The rules of data/drugs.toml, compiled: clauses become predicates over a `Situation`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from triagelab.clinical.drug_amounts import DERIVED
from triagelab.clinical.drug_names import drug_table
from triagelab.clinical.drug_patient import DERIVED_FROM, GRADES, REACTIONS
from triagelab.clinical.drug_questions import Active, AllergyTo, Beside, Indication, Push, Question, Route, Sex
from triagelab.clinical.drug_situation import TOTAL, CompiledCondition
from triagelab.clinical.drug_units import ROUTES
from triagelab.clinical.drug_vocabulary import DrugFile, MatchRow, RuleRow, drug_vocabulary
from triagelab.clinical.leaves import COMPARISONS, Compare, Flag, Test, Values
from triagelab.clinical.predicates import AllOf, AnyOf, Not, Predicate, hanging
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError


@dataclass(frozen=True)
class Match:
    """One way to break a rule: the tags of the order that bring it up, and the test."""

    order: frozenset[str]
    unless: frozenset[str]
    test: Test
    hanging: Callable[[Values], tuple[str, ...]]


@dataclass(frozen=True)
class DrugRule:
    """One rule with everything that a violation reports."""

    id: str
    severity: str
    reason: str
    change: str
    override_condition: str
    source: str
    verified: bool
    options: Mapping[str, tuple[str, ...]]
    lifted: Test | None
    matches: tuple[Match, ...]

    @property
    def row(self) -> str:
        """The rule's number in the table, without the letter of its part."""
        return self.id[:3]


@dataclass(frozen=True)
class DrugRules:
    """Every rule, the questions and conditions that their clauses ask for, and an index by tag of the order."""

    rules: tuple[DrugRule, ...]
    questions: Mapping[str, Question]
    conditions: Mapping[str, CompiledCondition]
    by_tag: Mapping[str, tuple[tuple[DrugRule, Match], ...]]


@dataclass
class _Compiler:
    """Turns clauses into predicates; every question gets a name under which a situation answers it."""

    file: DrugFile
    questions: dict[str, Question] = field(default_factory=dict)

    def ask(self, question: Question) -> Predicate:
        name = repr(question)
        self.questions[name] = question
        return Flag(name)

    def tags(self, names: object, where: str, extra: tuple[str, ...] = ()) -> frozenset[str]:
        table = drug_table()
        return self.of(names, (*table.ingredient, *table.class_, *extra), where)

    def of(self, names: object, known: Any, where: str) -> frozenset[str]:
        if not isinstance(names, list | tuple) or not names:
            raise BadInputError(where, names, "a list with one name or more")
        for name in names:
            if name not in known:
                raise UnknownNameError(where, name, known)
        return frozenset(names)

    def clause(self, raw: object, where: str) -> Predicate:
        """Return the predicate of one clause; the head of data/drugs.toml lists the forms."""
        if isinstance(raw, str):
            if raw not in self.file.condition:
                raise UnknownNameError(where, raw, self.file.condition)
            return Flag(raw)
        if not isinstance(raw, Mapping) or not raw:
            raise BadInputError(where, raw, "a condition or a table with one of " + ", ".join(_FORMS))
        form = next((name for name in _FORMS if name in raw), None)
        if form is None:
            raise UnknownNameError(where, next(iter(raw)), _FORMS)
        for key in raw:
            if key != form and key not in _FORMS[form]:
                raise UnknownNameError(where, key, (form, *_FORMS[form]))
        return self._form(form, raw, where)

    def _form(self, form: str, raw: Mapping[str, Any], where: str) -> Predicate:
        value = raw[form]
        if form in ("all", "any"):
            if not isinstance(value, list) or not value:
                raise BadInputError(where, value, "a list with one clause or more")
            parts = tuple(self.clause(part, f"{where}.{form}[{i}]") for i, part in enumerate(value))
            return AllOf(parts) if form == "all" else AnyOf(parts)
        if form == "not":
            return Not(self.clause(value, f"{where}.not"))
        if form == "number":
            return self._number(raw, where)
        return self.ask(self._question(form, value, raw, where))

    def _question(self, form: str, value: Any, raw: Mapping[str, Any], where: str) -> Question:
        if form in ("route", "route_not"):
            return Route(self.of(value, ROUTES, where), form == "route_not")
        if form == "indication":
            return Indication(self.of(value, self.file.indication, where))
        if form == "active":
            return Active(self.tags(value, where))
        if form == "beside":
            return Beside(self.tags(value, where))
        if form == "push":
            return Push(bool(value))
        if form == "sex":
            return Sex(*self.of([value], ("female", "male"), where))
        grades = self.of(raw["grade"], GRADES, where) if "grade" in raw else frozenset()
        reactions = self.of(raw["reaction"], REACTIONS, where) if "reaction" in raw else frozenset()
        return AllergyTo(self.tags(value, where, ("same",)), grades, reactions)

    def _number(self, raw: Mapping[str, Any], where: str) -> Predicate:
        known = (*self.file.number, *VitalSigns.names(), *DERIVED, *DERIVED_FROM, TOTAL)
        if raw["number"] not in known:
            raise UnknownNameError(where, raw["number"], known)
        given = [key for key in COMPARISONS if key in raw]
        if len(given) != 1 or isinstance(raw[given[0]], bool) or not isinstance(raw[given[0]], int | float):
            raise BadInputError(where, dict(raw), "one of " + ", ".join(COMPARISONS) + " with a number")
        return Compare(raw["number"], given[0], float(raw[given[0]]))

    def match(self, row: MatchRow, where: str) -> Match:
        """Return the compiled test of one match row."""
        parts: list[Predicate] = []
        for routes, other in ((row.route, False), (row.route_not, True)):
            if routes:
                parts.append(self.ask(Route(self.of(routes, ROUTES, where), other)))
        if row.when is not None:
            parts.append(self.clause(row.when, f"{where}.when"))
        if row.with_:
            parts.append(self.ask(self._active(row, where)))
        predicate = AllOf(tuple(parts))
        unless = self.tags(row.unless, where) if row.unless else frozenset()
        return Match(self.tags(row.order, where, ("*",)), unless, predicate.test(), hanging(predicate))

    def _active(self, row: MatchRow, where: str) -> Active:
        return Active(
            self.tags(row.with_, where),
            self.tags(row.with_unless, where) if row.with_unless else frozenset(),
            row.within_h,
            row.washout_d,
            self.of(row.with_route, ROUTES, where) if row.with_route else frozenset(),
            self.of(row.with_route_not, ROUTES, where) if row.with_route_not else frozenset(),
            row.with_treatment,
        )

    def condition(self, name: str) -> CompiledCondition:
        row = self.file.condition[name]
        implied = None if row.implied is None else self.clause(row.implied, f"{name}: implied")
        possible = None if row.possible is None else self.clause(row.possible, f"{name}: possible")
        return CompiledCondition(
            row.measured, implied, implied and implied.test(), None if possible is None else possible.test()
        )

    def rule(self, row: RuleRow) -> DrugRule:
        for name in row.source:
            if name not in self.file.sources:
                raise UnknownNameError(f"{row.id}: source", name, self.file.sources)
        for name, values in row.options.items():
            if name not in self.file.option:
                raise UnknownNameError(f"{row.id}: option", name, self.file.option)
            self.of(values, self.file.option[name].values, f"{row.id}: {name}")
        lifted = None if row.lifted_when is None else self.clause(row.lifted_when, f"{row.id}: lifted_when").test()
        ways = [way for match in row.match for way in ((match, match.mirrored()) if match.mirror else (match,))]
        return DrugRule(
            id=row.id,
            severity=row.severity,
            reason=row.reason,
            change=row.change,
            override_condition=row.override,
            source="; ".join(self.file.sources[name].citation for name in row.source),
            verified=row.verified,
            options=MappingProxyType(row.options),
            lifted=lifted,
            matches=tuple(self.match(way, f"{row.id}: match") for way in ways),
        )


_FORMS: dict[str, tuple[str, ...]] = {
    "all": (),
    "any": (),
    "not": (),
    "number": COMPARISONS,
    "route": (),
    "route_not": (),
    "indication": (),
    "active": (),
    "beside": (),
    "push": (),
    "sex": (),
    "allergy": ("grade", "reaction"),
}
"""Form of a clause -> the other keys that it may have."""


def compile_rules(file: DrugFile) -> DrugRules:
    """Return the rules of a parsed file.

    Raises: UnknownNameError or BadInputError for a clause that is not right, with its place; DataFormatError for an id
        that occurs twice.
    """
    compiler = _Compiler(file)
    rules = tuple(compiler.rule(row) for row in file.rule)
    conditions = {name: compiler.condition(name) for name in file.condition}
    if len({rule.id for rule in rules}) != len(rules):
        raise DataFormatError("drugs.toml: a rule id occurs twice")
    index: dict[str, list[tuple[DrugRule, Match]]] = {}
    for rule in rules:
        for match in rule.matches:
            for tag in match.order:
                index.setdefault(tag, []).append((rule, match))
    frozen = MappingProxyType({tag: tuple(rows) for tag, rows in index.items()})
    return DrugRules(rules, MappingProxyType(compiler.questions), MappingProxyType(conditions), frozen)


@cache
def drug_rules() -> DrugRules:
    """Return the shipped rules."""
    return compile_rules(drug_vocabulary())
