"""What to ask next: the unknown facts and vital signs whose answer could save most, given the complaint.

The value of a question is how often the answer would make the patient more urgent, times what it costs to have missed
that. How often a fact is there beside a complaint is counted in generated patients (data/ask.toml), how often a vital
sign is in the danger zone is a rounded guess, and resource types come from the forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources

from pydantic import BaseModel, ConfigDict, ValidationError

from triagelab.clinical.costs import CostMatrix, cost_matrix
from triagelab.clinical.esi import EsiDecision, EsiOptions
from triagelab.clinical.esi_engine import engine
from triagelab.clinical.facts import RESOURCE_TYPES
from triagelab.clinical.resources import Forecast
from triagelab.errors import DataFormatError
from triagelab.files import read_toml

MOST = 5
"""Questions in one answer."""


class AskTable(BaseModel):
    """data/ask.toml.

    Attributes:
        number: number -> how often it makes a patient whose other findings say 3 more urgent.
        any: fact -> how often it is there, whatever the complaint.
        row: forecast row -> fact -> how often it is there where that row fits.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    verified: bool
    n: int
    number: dict[str, float]
    any: dict[str, float]
    row: dict[str, dict[str, float]]


@cache
def ask_table() -> AskTable:
    """Return the table. Raises: DataFormatError naming the entry that is wrong."""
    source = resources.files("triagelab.agents") / "data" / "ask.toml"
    try:
        return AskTable.model_validate(read_toml(str(source)))
    except ValidationError as error:
        problem = error.errors()[0]
        raise DataFormatError(f"ask.toml: {problem['loc']}: {problem['msg']}") from error


def ask(
    decision: EsiDecision, expected: Forecast, options: EsiOptions, matrix: CostMatrix | None = None
) -> tuple[str, ...]:
    """Return up to five unknown facts or vital signs, the one worth most first.

    Missing: only what the engine names in `unknown` is asked for; nothing is asked where no answer changes anything.
    """
    if not decision.unknown:
        return ()
    name, level, unknown = (matrix.name if matrix else "standard"), decision.level, set(decision.unknown)
    value: dict[str, float] = {}
    for worth, fact in _worth(decision.version, options, level, name):
        if fact in unknown:
            value[fact] = worth
            if len(value) == MOST:
                break
    forced, costs, table = _forced(decision.version, options), _costs(name), ask_table().row
    for row in expected.rows:
        for fact, share in table.get(row, {}).items():
            if fact in unknown and fact in forced:
                value[fact] = max(value.get(fact, 0.0), share * costs[forced[fact] - 1][level - 1])
    if decision.point in "CD":
        _resources(value, expected, unknown, level)
    best = sorted((fact for fact in value if value[fact] > 0.0), key=lambda fact: (-value[fact], fact))
    return tuple(best[:MOST])


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
    table, costs = ask_table(), _costs(matrix)
    found = [
        (table.any.get(name, 0.0) * costs[forced - 1][level - 1], name)
        for name, forced in _forced(version, options).items()
    ]
    found += [(share * costs[max(1, min(2, level - 1)) - 1][level - 1], name) for name, share in table.number.items()]
    return tuple(sorted(found, key=lambda item: (-item[0], item[1])))


@lru_cache(maxsize=32)
def _forced(version: int, options: EsiOptions) -> Mapping[str, int]:
    """Return the level that each fact gives when it is known to hold, for facts that are a rule by themselves."""
    found: dict[str, int] = {}
    for name, rules in engine(version, options).by_flag.items():
        levels = [1 if rule.point == "A" else rule.level for rule in rules if rule.point == "A" or rule.level]
        if levels:
            found[name] = min(level for level in levels if level is not None)
    return found


@lru_cache(maxsize=8)
def _costs(name: str) -> tuple[tuple[float, ...], ...]:
    """Return the cost of answering (column) for the truth (row), nothing where the truth is less urgent."""
    matrix = cost_matrix(name)
    return tuple(
        tuple(matrix.cost(truth, answer) if answer > truth else 0.0 for answer in range(1, 6)) for truth in range(1, 6)
    )
