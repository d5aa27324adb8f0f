"""How likely each level is, given what the engine and the forecast say: as nurses read, as the handbook reads, or both.

`nurses`: the urgency of a patient is a sum of steps, one for each rule that fired, each row of the forecast and each
adjustment, fitted on NHAMCS; four cut points turn it into probabilities. Two nurses give one patient the same level in
about two thirds of visits, so that an engine's level is no certainty. `handbook`: how often the engine is right about
the note when the label is the engine's own on all the facts, counted in generated patients. `both` mixes the two. What
decision point A settles beyond judgement stays level 1. All numbers are in data/reader.toml.
"""

from __future__ import annotations

import math
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from triagelab.clinical.esi import EsiDecision
from triagelab.clinical.resources import Forecast
from triagelab.errors import DataFormatError
from triagelab.files import packaged_table

Probabilities = tuple[float, float, float, float, float]

AUTO = "auto"
"""Lets the kind of presentation choose the reader; the agent's default."""
READERS = ("both", "nurses", "handbook")
"""Whose labels the probabilities speak of, the default first."""

POINTS = ("A", "A_soft", "B", "B_soft", "D2", "D3", "C3", "C4", "C5")
"""Where the engine settled the level; `soft` where a less urgent level is defensible."""

CELLS = ("A", "B", "B_soft", "D2", "D3", "many", "none")
"""Steps that every patient can have: the decision point, and the log-odds of two or more and of no resources."""


class Reader(BaseModel):
    """data/reader.toml.

    Attributes:
        n: visits it was fitted on.
        cuts: four cut points; P(level <= l) = logistic(cuts[l - 1] + urgency).
        cell: step of each name of CELLS.
        step: rule, row or adjustment -> step; those seen in fewer than 30 visits have none.
        firm_a: probability that is kept for level 1 where decision point A settles it beyond judgement.
        handbook_n: generated patients counted for `handbook`.
        handbook_weight: part of the handbook in `both`.
        handbook: each of POINTS -> probabilities of the levels 1 to 5.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    verified: bool
    n: int
    cuts: tuple[float, float, float, float]
    firm_a: float = Field(ge=0.5, lt=1.0)
    handbook_n: int
    handbook_weight: float = Field(ge=0.0, le=1.0)
    cell: dict[str, float]
    step: dict[str, float]
    handbook: dict[str, Probabilities]


@cache
def reader() -> Reader:
    """Return the reader. Raises: DataFormatError naming the entry that is wrong."""
    found = packaged_table("triagelab.agents", "reader.toml", Reader)
    if set(found.cell) != set(CELLS):
        raise DataFormatError(f"reader.toml: cell: got {', '.join(found.cell)}; expected {', '.join(CELLS)}")
    if set(found.handbook) != set(POINTS):
        raise DataFormatError(f"reader.toml: handbook: got {', '.join(found.handbook)}; expected {', '.join(POINTS)}")
    return found


def is_hard(decision: EsiDecision) -> bool:
    """Return whether A or B settled the level and nothing less urgent is defensible."""
    return decision.point in "AB" and max(decision.acceptable) == decision.level


def evidence(decision: EsiDecision, expected: Forecast) -> tuple[list[float], list[str]]:
    """Return the values of CELLS, and the ids whose steps count."""
    point, hard = decision.point, is_hard(decision)
    none, _, many = expected.probabilities
    cells = [
        float(point == "A"),
        float(point == "B" and hard),
        float(point == "B" and not hard),
        float(point == "D" and decision.level == 2),
        float(point == "D" and decision.level == 3),
        _log_odds(many),
        _log_odds(none),
    ]
    rules = [] if point == "C" else [rule for rule in decision.because if rule[0] in "ABD"]
    return cells, [*rules, *expected.rows, *expected.adjusted]


def point_of(decision: EsiDecision) -> str:
    """Return which of POINTS the decision belongs to."""
    if decision.point in "AB":
        return decision.point + ("" if is_hard(decision) else "_soft")
    return f"D{decision.level}" if decision.point == "D" and decision.level <= 3 else f"C{decision.level}"


def probabilities(decision: EsiDecision, expected: Forecast, whose: str = "both") -> Probabilities:
    """Return the probabilities of levels 1 to 5; they sum to one.

    Args:
        whose: one of READERS.
    """
    told = reader()
    weight = {"both": told.handbook_weight, "nurses": 0.0, "handbook": 1.0}[whose]
    book = told.handbook[point_of(decision)]
    found = [(1.0 - weight) * a + weight * b for a, b in zip(_by_nurses(decision, expected, told), book, strict=True)]
    if decision.point == "A" and is_hard(decision) and found[0] < told.firm_a:
        scale = (1.0 - told.firm_a) / (1.0 - found[0])
        found = [told.firm_a, *(value * scale for value in found[1:])]
    total = sum(found)
    return (found[0] / total, found[1] / total, found[2] / total, found[3] / total, found[4] / total)


def _by_nurses(decision: EsiDecision, expected: Forecast, told: Reader) -> list[float]:
    cells, ids = evidence(decision, expected)
    urgency = sum(told.cell[name] * value for name, value in zip(CELLS, cells, strict=True))
    urgency += sum(told.step.get(name, 0.0) for name in ids)
    upto = [1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, cut + urgency)))) for cut in told.cuts]
    return [high - low for low, high in zip((0.0, *upto), (*upto, 1.0), strict=True)]


def _log_odds(p: float) -> float:
    p = min(0.98, max(0.02, p))
    return math.log(p / (1.0 - p))
