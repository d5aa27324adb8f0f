"""What to ask next: the unknown facts and vital signs whose answer could save most, given the complaint.

The value of a question is how often the answer would make the patient more urgent, times what it costs to have missed
that. How often a fact is there beside a complaint is counted in generated patients (data/ask.toml), how often a vital
sign that nobody took asks for more is a rounded guess, and resource types come from the forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from pydantic import BaseModel, ConfigDict

from triagelab.clinical.costs import CostMatrix, cost_matrix
from triagelab.clinical.esi import EsiDecision, EsiOptions
from triagelab.clinical.esi_engine import engine
from triagelab.clinical.facts import RESOURCE_TYPES
from triagelab.clinical.resources import Forecast
from triagelab.files import packaged_table

MOST = 5
"""Questions in one answer."""

LEAST = 0.01
"""A question worth less, in levels of over-triage a patient, is not asked."""


class Limit(BaseModel):
    """Facts that are asked of some patients only; who is left out must be known to be outside."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    facts: tuple[str, ...]
    sex: str | None = None
    from_years: float = 0.0
    below_years: float = 200.0

    def excludes(self, sex: str | None, age_years: float | None) -> bool:
        """Return whether this patient is surely not among those asked."""
        if self.sex is not None and sex is not None and sex != self.sex:
            return True
        return age_years is not None and not self.from_years <= age_years < self.below_years


class AskTable(BaseModel):
    """data/ask.toml.

    Attributes:
        silent: how often a fact that is there goes unsaid in a note.
        plain: facts that everybody sees, so that nobody has to ask for them.
        limit: facts that only some patients can have.
        number: number -> how often it makes a patient whose other findings say 3 more urgent.
        context: forecast row -> number -> the same where that row fits.
        any: fact -> how often it is there, whatever the complaint.
        row: forecast row -> fact -> how often it is there where that row fits.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    verified: bool
    n: int
    silent: float
    plain: tuple[str, ...]
    limit: tuple[Limit, ...]
    context: dict[str, dict[str, float]]
    number: dict[str, float]
    any: dict[str, float]
    row: dict[str, dict[str, float]]


@cache
def ask_table() -> AskTable:
    """Return the table. Raises: DataFormatError naming the entry that is wrong."""
    return packaged_table("triagelab.agents", "ask.toml", AskTable)


def ask(
    decision: EsiDecision,
    expected: Forecast,
    options: EsiOptions,
    matrix: CostMatrix | None = None,
    *,
    sex: str | None = None,
    age_years: float | None = None,
    assumed: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """Return up to five unknown facts or vital signs, the one worth most first.

    Args:
        options: the engine's, as they were for `decision`.
        matrix: what a level that is not urgent enough costs; None is the standard one.
        sex, age_years: of the patient, where known: nobody is asked for what they cannot have.
        assumed: numbers that were assumed, so that they are as good as unknown.

    Missing: only what the engine names in `unknown`, or was assumed, is asked for; nothing is asked where no answer
    changes anything.
    """
    if not decision.unknown:
        return ()
    name, level = (matrix.name if matrix else "standard"), decision.level
    unknown = {*decision.unknown, *assumed} - barred(sex, age_years)
    value: dict[str, float] = {}
    for worth, fact in _worth(decision.version, options, level, name):
        if fact in unknown:
            value[fact] = worth
            if len(value) == MOST:
                break
    for row in expected.rows:
        for worth, fact in _worth_beside(decision.version, options, level, name, row):
            if fact in unknown:
                value[fact] = max(value.get(fact, 0.0), worth)
    if decision.point in "CD":
        _resources(value, expected, unknown, level)
    best = sorted((fact for fact in value if value[fact] >= LEAST), key=lambda fact: (-value[fact], fact))
    return tuple(best[:MOST])


def barred(sex: str | None, age_years: float | None) -> frozenset[str]:
    """Return the facts that this patient cannot have, and those that everybody sees."""
    table = ask_table()
    return frozenset(table.plain).union(*(limit.facts for limit in table.limit if limit.excludes(sex, age_years)))


def _resources(value: dict[str, float], expected: Forecast, open_facts: set[str], level: int) -> None:
    """Add the resource types: worth most where the forecast is undecided and the count sits at a border."""
    none, one, many = expected.probabilities
    border = {3: min(many, none + one), 4: min(one, none + many), 5: min(none, one + many)}.get(level, 0.0)
    for name in RESOURCE_TYPES:
        if name in open_facts:
            share = expected.shares.get(name, 0.5)
            value[name] = 4.0 * share * (1.0 - share) * border


@lru_cache(maxsize=256)
def _worth(version: int, options: EsiOptions, level: int, matrix: str) -> tuple[tuple[float, str], ...]:
    """Return what each fact and number is worth whatever the complaint, the one worth most first."""
    return _valued(version, options, level, matrix, ask_table().any, ask_table().number)


@lru_cache(maxsize=4096)
def _worth_beside(
    version: int, options: EsiOptions, level: int, matrix: str, row: str
) -> tuple[tuple[float, str], ...]:
    """Return what facts and numbers are worth where a row of the forecast fits."""
    table = ask_table()
    return _valued(version, options, level, matrix, table.row.get(row, {}), table.context.get(row, {}))


def _valued(
    version: int,
    options: EsiOptions,
    level: int,
    matrix: str,
    facts: Mapping[str, float],
    numbers: Mapping[str, float],
) -> tuple[tuple[float, str], ...]:
    forced, missed, silent = forced_levels(version, options), missed_costs(matrix), ask_table().silent
    found = [
        (silent * share * missed[forced[fact] - 1][level - 1], fact) for fact, share in facts.items() if fact in forced
    ]
    one_up = max(1, min(2, level - 1))
    found += [(share * missed[one_up - 1][level - 1], fact) for fact, share in numbers.items()]
    return tuple(sorted(found, key=lambda item: (-item[0], item[1])))


@lru_cache(maxsize=32)
def forced_levels(version: int, options: EsiOptions) -> Mapping[str, int]:
    """Return the level that each fact gives when it is known to hold, for facts that are a rule by themselves."""
    found: dict[str, int] = {}
    for name, rules in engine(version, options).by_flag.items():
        levels = [1 if rule.point == "A" else rule.level for rule in rules if rule.point == "A" or rule.level]
        if levels:
            found[name] = min(level for level in levels if level is not None)
    return found


@lru_cache(maxsize=8)
def missed_costs(name: str) -> tuple[tuple[float, ...], ...]:
    """Return the cost of answering (column) for the truth (row), nothing where the truth is less urgent."""
    matrix = cost_matrix(name)
    return tuple(
        tuple(matrix.cost(truth, answer) if answer > truth else 0.0 for answer in range(1, 6)) for truth in range(1, 6)
    )
