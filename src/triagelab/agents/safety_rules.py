"""The table of red flags (data/red_flags.toml), checked, and what of a patient its rows may look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from triagelab.agents.rules import CHILD_WORDS, Assessment
from triagelab.cases.derivation import NUMBER_NAMES
from triagelab.cases.derivation import rules as derivations
from triagelab.cases.lexicon import lexicon
from triagelab.clinical.conditions import Condition, Conditions
from triagelab.clinical.facts import NUMBERS, vocabulary
from triagelab.clinical.knowledge import RuleInfo, esi_table, sources
from triagelab.clinical.predicates import Band
from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.files import packaged_table

FILE = "red_flags.toml"
AGE_NAMES = ("child", "infant", "adult", "older", "elder")
LIMITS: Mapping[str, tuple[str, str]] = {
    "danger_pulse": ("heart_rate_bpm", "danger_hr"),
    "danger_breathing": ("resp_rate_bpm", "danger_rr"),
}
"""Name -> (vital sign, band of the ESI tables) for signs above the limit of the age."""
SIGN_NAMES = (*LIMITS, "low_pressure", "danger_oxygen")
SHOCK_INDEX = "shock_index"


class Row(Conditions):
    """What flags and questions have in common.

    Attributes:
        id: `S.` for a flag, `Q.` for a question, then a name.
        text: one sentence for people.
        source: where the idea stands, keys of `[sources]` or of the ESI tables.
        verified: whether it was checked there, limits and all.
    """

    id: str = Field(pattern=r"^[SQ]\.[a-z0-9_]+$")
    text: str = Field(min_length=10)
    source: tuple[str, ...] = Field(min_length=1)
    verified: bool


class FlagRow(Row):
    """A finding that asks for `level`, 1 or 2."""

    level: int = Field(ge=1, le=2)


class AskRow(Row):
    """Facts and vital signs to ask for before committing, the most telling first."""

    ask: tuple[str, ...] = Field(min_length=1)


class RedFlagTable(BaseModel):
    """data/red_flags.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sources: dict[str, str]
    flag: tuple[FlagRow, ...]
    ask: tuple[AskRow, ...]

    def cite(self, row: Row) -> str:
        """Return the citations of a row in words."""
        known = {**sources(), **self.sources}
        return "; ".join(known[name] for name in row.source)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rows look at: names that hold of the patient now, numbers that are known, sex."""

    present: Set[str]
    numbers: Mapping[str, float]
    sex: str | None

    def meets(self, condition: Condition) -> bool:
        return condition.met(self.present, self.numbers, self.sex)


@cache
def red_flag_table() -> RedFlagTable:
    """Return the table. Raises: DataFormatError or UnknownNameError naming the row that is wrong."""
    table = packaged_table("triagelab.agents", FILE, RedFlagTable)
    rows = (*table.flag, *table.ask)
    ids = [row.id for row in rows]
    if len(set(ids)) < len(ids):
        raise DataFormatError(f"{FILE}: an id occurs twice")
    concepts, numbers = _names(), {*NUMBER_NAMES, SHOCK_INDEX}
    cited, asked = {**sources(), **table.sources}, {*vocabulary(), *NUMBERS}
    for row in rows:
        _check(f"{FILE}: {row.id}: name", row.names(), concepts)
        _check(f"{FILE}: {row.id}: number", row.numbers(), numbers)
        _check(f"{FILE}: {row.id}: source", row.source, cited)
        if not (row.all or row.any or row.also or row.numbers()):
            raise DataFormatError(f"{FILE}: {row.id}: no condition; expected at least one of all, any, also, a number")
    for row in table.ask:
        _check(f"{FILE}: {row.id}: ask", row.ask, asked)
    return table


def _check(field: str, names: Iterable[str], known: Iterable[str]) -> None:
    allowed = set(known)
    for name in names:
        if name not in allowed:
            raise UnknownNameError(field, name, allowed)


def _names() -> set[str]:
    """Return every name that can hold of a patient."""
    specs = lexicon().concepts
    found = {*vocabulary(), *specs, *AGE_NAMES, *SIGN_NAMES}
    found.update(parent for spec in specs.values() for parent in spec.parents)
    return found | {rule.fact for rule in derivations()}


@cache
def compiled_flags() -> tuple[tuple[FlagRow, Condition, str], ...]:
    """Return (row, condition, citation) in file order."""
    table = red_flag_table()
    return tuple((row, row.compiled(), table.cite(row)) for row in table.flag)


@cache
def compiled_asks() -> tuple[tuple[AskRow, Condition], ...]:
    """Return (row, condition) in file order."""
    return tuple((row, row.compiled()) for row in red_flag_table().ask)


@cache
def red_flag_infos() -> Mapping[str, RuleInfo]:
    """Return what each id of the table stands for, as `rule_info` does for the engine's rules."""
    table = red_flag_table()
    return {row.id: RuleInfo(row.id, row.text, table.cite(row), row.verified) for row in (*table.flag, *table.ask)}


def seen_of(assessment: Assessment) -> Seen:
    """Return what holds of an assessed patient, with age and limits by age as names.

    Missing: an assumed age counts for the limits of vital signs and for `adult`, where no word speaks of a child;
    `older` and `elder` need a stated age or a word for it.
    """
    facts = assessment.facts
    present = set(assessment.picture.present) | _age_names(assessment)
    numbers: dict[str, float] = {**assessment.picture.numbers, **facts.vitals.measured()}
    if assessment.assumed_age_years is None and facts.age_years is not None:
        numbers["age_years"] = facts.age_years
    else:
        numbers.pop("age_years", None)
    present |= _signs(numbers, facts.age_years)
    pulse, pressure = numbers.get("heart_rate_bpm"), numbers.get("sbp_mmhg")
    if pulse is not None and pressure:
        numbers[SHOCK_INDEX] = pulse / pressure
    return Seen(present, numbers, assessment.picture.sex)


def _age_names(assessment: Assessment) -> set[str]:
    age = assessment.facts.age_years
    if age is not None and assessment.assumed_age_years is None:
        return _names_at(age)
    group = assessment.reading.person.age_group
    words = {mention.concept for mention in assessment.reading.mentions}
    if group == "infant":
        return {"child", "infant"}
    if group in ("child", "teenager") or words & CHILD_WORDS:
        return {"child"}
    return {"adult", "older", "elder"} if group == "elderly" else {"adult"}


def _names_at(age_years: float) -> set[str]:
    steps = (("child", 0, 18), ("infant", 0, 1), ("adult", 18, 200), ("older", 50, 200), ("elder", 70, 200))
    return {name for name, low, high in steps if low <= age_years < high}


def _signs(numbers: Mapping[str, float], age_years: float | None) -> set[str]:
    """Return the vital signs outside the limits of the age; without an age only saturation has a limit."""
    found: set[str] = set()
    if numbers.get("spo2_pct", 100.0) < 92:
        found.add("danger_oxygen")
    if age_years is None:
        return found
    bands = esi_table(5).bands
    for name, (vital, band) in LIMITS.items():
        if vital in numbers and numbers[vital] > _limit(bands[band], age_years):
            found.add(name)
    if "sbp_mmhg" in numbers and numbers["sbp_mmhg"] < _limit(bands["hypotension"], age_years):
        found.add("low_pressure")
    return found


def _limit(bands: tuple[Band, ...], age_years: float) -> float:
    return next(band.limit for band in bands if band.low <= age_years < band.high)
