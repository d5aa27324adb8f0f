"""The tables of imaging appropriateness, read and checked: conditions, criteria, rules, procedures, safety rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

from triagelab.clinical.clauses import Names, parse_age, parse_clause
from triagelab.clinical.imaging_rows import (
    COMMON,
    COMMON_NUMBERS,
    ConditionFile,
    ProcedureRow,
    SafetyRow,
    check_source,
    check_tags,
    checked_row,
    folder,
)
from triagelab.clinical.predicates import Predicate
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.files import read_toml


class Appropriateness(StrEnum):
    """How appropriate a procedure is, in the field's three words."""

    USUALLY = "usually appropriate"
    MAY = "may be appropriate"
    NOT = "usually not appropriate"


LABELS: Mapping[str, Appropriateness] = MappingProxyType(
    {"usually": Appropriateness.USUALLY, "may": Appropriateness.MAY, "not": Appropriateness.NOT}
)
"""How the tables write a label."""


@dataclass(frozen=True)
class Procedure:
    """One imaging procedure."""

    id: str
    names: tuple[str, ...]
    tags: frozenset[str]

    @property
    def title(self) -> str:
        return self.names[0]


@dataclass(frozen=True)
class Criterion:
    """One criterion, compiled."""

    id: str
    when: Predicate
    yes: str
    no: str
    source: str
    verified: bool


@dataclass(frozen=True)
class Rule:
    """One rule, compiled; `when` is over criteria, None always holds."""

    id: str
    when: Predicate | None
    label: Appropriateness
    text: str
    source: str
    verified: bool
    urgent: bool


@dataclass(frozen=True)
class Safety:
    """One safety rule, compiled; see `SafetyRow`."""

    id: str
    when: Predicate
    tags: frozenset[str]
    down: str
    always: bool
    text: str
    source: str
    verified: bool


@dataclass(frozen=True)
class Condition:
    """One condition.

    Attributes:
        ages: youngest and oldest it is meant for, half-open. Units: years.
        features, numbers: what can be said of a patient -> in words, the common ones included.
        rules: procedure -> its rules in order.
    """

    id: str
    title: str
    area: str
    topic: str
    held_out: bool
    ages: tuple[float, float]
    sex: str
    features: Mapping[str, str]
    numbers: Mapping[str, str]
    criteria: Mapping[str, Criterion]
    rules: Mapping[str, tuple[Rule, ...]]

    @property
    def procedures(self) -> tuple[str, ...]:
        return tuple(self.rules)

    @property
    def verified(self) -> bool:
        """Return whether every criterion and rule stands in a source that was read."""
        rules = [rule for rows in self.rules.values() for rule in rows]
        return all(one.verified for one in (*self.criteria.values(), *rules))


@cache
def procedures() -> Mapping[str, Procedure]:
    """Return procedure id -> procedure."""
    found: dict[str, Procedure] = {}
    for number, raw in enumerate(read_toml(str(folder() / "procedures.toml")).get("procedure", ())):
        row = checked_row(ProcedureRow, raw, f"procedures.toml: procedure {number}")
        check_tags(row.tags, f"procedures.toml: {row.id}")
        if row.id in found:
            raise DataFormatError(f"procedures.toml: {row.id}: stands twice")
        found[row.id] = Procedure(row.id, row.names, frozenset(row.tags))
    return MappingProxyType(found)


@cache
def safety_rules() -> tuple[Safety, ...]:
    """Return the rules on radiation, contrast and magnets that hold for every condition."""
    names = Names(facts=frozenset(COMMON), numbers=frozenset(COMMON_NUMBERS))
    found = []
    for number, raw in enumerate(read_toml(str(folder() / "safety.toml")).get("safety", ())):
        row = checked_row(SafetyRow, raw, f"safety.toml: safety {number}")
        where = f"safety.toml: {row.id}"
        check_source(row.source, row.verified, where)
        check_tags(row.tags, where)
        when = parse_clause(row.when, names, where)
        tags = frozenset(row.tags)
        found.append(Safety(row.id, when, tags, row.down, row.always, row.text, row.source, row.verified))
    return tuple(found)


@cache
def conditions() -> Mapping[str, Condition]:
    """Return condition id -> condition, in the order of the ids."""
    found: dict[str, Condition] = {}
    files = sorted(entry.name for entry in (folder() / "conditions").iterdir() if entry.name.endswith(".toml"))
    for name in files:
        one = read_condition(read_toml(str(folder() / "conditions" / name)), name)
        if f"{one.id}.toml" != name:
            raise DataFormatError(f"{name}: id: got {one.id!r}; a file is named after its condition")
        found[one.id] = one
    return MappingProxyType(found)


def condition(name: str) -> Condition:
    """Return one condition. Raises: UnknownNameError."""
    if name not in conditions():
        raise UnknownNameError("condition", name, conditions())
    return conditions()[name]


def read_condition(raw: Mapping[str, Any], where: str) -> Condition:
    """Return the condition that a TOML table describes.

    Raises: DataFormatError, UnknownNameError or BadInputError naming the place.
    """
    file = checked_row(ConditionFile, raw, where)
    clash = next((name for name in (*file.feature, *file.number) if name in COMMON or name in COMMON_NUMBERS), None)
    if clash is not None:
        raise DataFormatError(f"{where}: {clash}: every condition has it already")
    features, numbers = {**COMMON, **file.feature}, {**COMMON_NUMBERS, **file.number}
    about = Names(facts=frozenset(features), numbers=frozenset(numbers))
    criteria: dict[str, Criterion] = {}
    for row in file.criterion:
        place = f"{where}: criterion {row.id}"
        if row.id in criteria:
            raise DataFormatError(f"{place}: stands twice")
        check_source(row.source, row.verified, place)
        when = parse_clause(row.when, about, place)
        criteria[row.id] = Criterion(row.id, when, row.yes, row.no, row.source, row.verified)
    return Condition(
        id=file.id,
        title=file.title,
        area=file.area,
        topic=file.topic,
        held_out=file.held_out,
        ages=(parse_age(file.ages.get("from", "0 y"), where), parse_age(file.ages.get("to", "120 y"), where)),
        sex=file.sex,
        features=MappingProxyType(features),
        numbers=MappingProxyType(numbers),
        criteria=MappingProxyType(criteria),
        rules=MappingProxyType(_rules(file, frozenset(criteria), where)),
    )


def _rules(file: ConditionFile, criteria: frozenset[str], where: str) -> dict[str, tuple[Rule, ...]]:
    over = Names(facts=criteria, numbers=frozenset())
    found: dict[str, list[Rule]] = {}
    seen: set[str] = set()
    for row in file.rule:
        place = f"{where}: rule {row.id}"
        if row.id in seen:
            raise DataFormatError(f"{place}: stands twice")
        seen.add(row.id)
        check_source(row.source, row.verified, place)
        when = None if row.when is None else parse_clause(row.when, over, place)
        rule = Rule(row.id, when, LABELS[row.label], row.text, row.source, row.verified, row.urgent)
        for name in row.procedures:
            if name not in procedures():
                raise UnknownNameError(f"{place}: procedure", name, procedures())
            before = found.setdefault(name, [])
            if before and before[-1].when is None:
                raise DataFormatError(f"{place}: {name}: stands after a rule that always holds")
            before.append(rule)
    for name, rows in found.items():
        if rows[-1].when is not None:
            raise BadInputError(f"{where}: {name}", rows[-1].id, "a last rule without `when`, so that a label is given")
    return {name: tuple(rows) for name, rows in found.items()}


__all__ = [
    "COMMON",
    "COMMON_NUMBERS",
    "LABELS",
    "Appropriateness",
    "Condition",
    "Criterion",
    "Procedure",
    "Rule",
    "Safety",
    "condition",
    "conditions",
    "procedures",
    "read_condition",
    "safety_rules",
]
