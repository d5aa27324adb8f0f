"""The tables of imaging appropriateness, read and checked: conditions, criteria, rules, procedures, safety rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.clinical.clauses import Names, parse_age, parse_clause
from triagelab.clinical.predicates import Predicate
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.files import read_toml

PLACE = "triagelab.clinical"
COMMON: Mapping[str, str] = MappingProxyType(
    {
        "female": "female sex",
        "pregnant": "pregnancy",
        "contrast_reaction": "an earlier severe reaction to contrast medium",
        "unsafe_implant": "an implant that is not safe in the magnet",
        "dialysis": "dialysis",
    }
)
"""Flags that every condition knows: the safety rules ask for them. What is not said of them counts as absent."""
COMMON_NUMBERS: Mapping[str, str] = MappingProxyType(
    {"age_years": "age in years", "egfr": "eGFR in mL/min per 1.73 m2"}
)
TAGS = ("ionising", "trunk", "high-dose", "iodinated", "gadolinium", "mri", "ultrasound", "nuclear")
"""What safety rules ask of a procedure. `trunk`: the beam passes abdomen or pelvis; `high-dose`: CT or nuclear."""


class Appropriateness(StrEnum):
    """How appropriate a procedure is, in the field's three words."""

    USUALLY = "usually appropriate"
    MAY = "may be appropriate"
    NOT = "usually not appropriate"


LABELS: Mapping[str, Appropriateness] = MappingProxyType(
    {"usually": Appropriateness.USUALLY, "may": Appropriateness.MAY, "not": Appropriateness.NOT}
)
"""How the tables write a label."""
Word = Literal["usually", "may", "not"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProcedureRow(_Row):
    """One imaging procedure. `names`: how it is asked for; the first is its title."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    names: tuple[str, ...] = Field(min_length=1)
    tags: tuple[str, ...] = ()


class CriterionRow(_Row):
    """One criterion: when it holds, and what is then so and otherwise, each a sentence that stands alone."""

    id: str
    when: Any
    yes: str
    no: str
    source: str
    verified: bool


class RuleRow(_Row):
    """One rule: the first rule of a procedure whose `when` holds gives the label; the last one has no `when`.

    Attributes:
        text: why, as a sentence that stands alone and does not name the label.
        urgent: danger to life or limb: pregnancy, kidney function and contrast reactions do not lower the label.
    """

    id: str
    procedures: tuple[str, ...] = Field(min_length=1)
    when: Any = None
    label: Word
    text: str
    source: str
    verified: bool
    urgent: bool = False


class SafetyRow(_Row):
    """One safety rule over all conditions: where it holds for a procedure with all `tags`, the label goes down.

    Attributes:
        down: `one` step, or `not` for usually not appropriate at once.
        always: holds for urgent rules, too.
    """

    id: str
    when: Any
    tags: tuple[str, ...]
    down: Literal["one", "not"]
    always: bool = False
    text: str
    source: str
    verified: bool


class SourceRow(_Row):
    """Where a rule comes from. `at_hand`: it stands in a source that was read; else it is recalled."""

    citation: str
    at_hand: bool = False


class ConditionFile(_Row):
    """One condition as its file writes it."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    area: Literal["head", "spine", "chest", "abdomen", "pelvis", "limb"]
    topic: str = ""
    held_out: bool = False
    ages: dict[str, str] = Field(default_factory=dict)
    sex: Literal["any", "female", "male"] = "any"
    feature: dict[str, str] = Field(default_factory=dict)
    number: dict[str, str] = Field(default_factory=dict)
    criterion: tuple[CriterionRow, ...] = Field(min_length=1)
    rule: tuple[RuleRow, ...] = Field(min_length=1)


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


def _folder() -> Any:
    return resources.files(PLACE) / "data" / "imaging"


@cache
def sources() -> Mapping[str, SourceRow]:
    """Return source id -> citation."""
    raw = read_toml(str(_folder() / "sources.toml"))
    return MappingProxyType({name: _checked(SourceRow, row, f"sources.toml: {name}") for name, row in raw.items()})


@cache
def procedures() -> Mapping[str, Procedure]:
    """Return procedure id -> procedure."""
    found: dict[str, Procedure] = {}
    for number, raw in enumerate(read_toml(str(_folder() / "procedures.toml")).get("procedure", ())):
        row = _checked(ProcedureRow, raw, f"procedures.toml: procedure {number}")
        for tag in row.tags:
            if tag not in TAGS:
                raise UnknownNameError(f"procedures.toml: {row.id}: tag", tag, TAGS)
        if row.id in found:
            raise DataFormatError(f"procedures.toml: {row.id}: stands twice")
        found[row.id] = Procedure(row.id, row.names, frozenset(row.tags))
    return MappingProxyType(found)


@cache
def safety_rules() -> tuple[Safety, ...]:
    """Return the rules on radiation, contrast and magnets that hold for every condition."""
    names = Names(facts=frozenset(COMMON), numbers=frozenset(COMMON_NUMBERS))
    found = []
    for number, raw in enumerate(read_toml(str(_folder() / "safety.toml")).get("safety", ())):
        row = _checked(SafetyRow, raw, f"safety.toml: safety {number}")
        where = f"safety.toml: {row.id}"
        _check_source(row.source, row.verified, where)
        for tag in row.tags:
            if tag not in TAGS:
                raise UnknownNameError(f"{where}: tag", tag, TAGS)
        when = parse_clause(row.when, names, where)
        tags = frozenset(row.tags)
        found.append(Safety(row.id, when, tags, row.down, row.always, row.text, row.source, row.verified))
    return tuple(found)


@cache
def conditions() -> Mapping[str, Condition]:
    """Return condition id -> condition, in the order of the ids."""
    found: dict[str, Condition] = {}
    files = sorted(entry.name for entry in (_folder() / "conditions").iterdir() if entry.name.endswith(".toml"))
    for name in files:
        one = read_condition(read_toml(str(_folder() / "conditions" / name)), name)
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
    file = _checked(ConditionFile, raw, where)
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
        _check_source(row.source, row.verified, place)
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
        _check_source(row.source, row.verified, place)
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


def _check_source(name: str, verified: bool, where: str) -> None:
    if name not in sources():
        raise UnknownNameError(f"{where}: source", name, sources())
    if verified and not sources()[name].at_hand:
        raise BadInputError(f"{where}: verified", True, "false", f"the source {name} is recalled, not at hand")


def _checked(kind: type[Any], raw: object, where: str) -> Any:
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        raise DataFormatError(f"{where}: {place}: {problem['msg']}") from error


__all__ = [
    "COMMON",
    "COMMON_NUMBERS",
    "LABELS",
    "TAGS",
    "Appropriateness",
    "Condition",
    "Criterion",
    "Procedure",
    "Rule",
    "Safety",
    "SourceRow",
    "condition",
    "conditions",
    "procedures",
    "read_condition",
    "safety_rules",
    "sources",
]
