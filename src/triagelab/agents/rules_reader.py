"""How likely each level is, given what the engine and the forecast say: how nurses read such patients.

Two nurses give one patient the same level in about two thirds of visits, so that an engine's level is no certainty. The
urgency of a patient is a sum of steps, one for each rule that fired, each row of the forecast and each adjustment
(data/reader.toml, fitted on NHAMCS); four cut points turn it into probabilities of the five levels. What the engine is
sure of at decision point A stays level 1.
"""

from __future__ import annotations

import math
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.clinical.esi import EsiDecision
from triagelab.clinical.resources import Forecast
from triagelab.errors import DataFormatError
from triagelab.files import read_toml

Probabilities = tuple[float, float, float, float, float]

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
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    verified: bool
    n: int
    cuts: tuple[float, float, float, float]
    firm_a: float = Field(ge=0.5, lt=1.0)
    cell: dict[str, float]
    step: dict[str, float]


@cache
def reader() -> Reader:
    """Return the reader. Raises: DataFormatError naming the entry that is wrong."""
    source = resources.files("triagelab.agents") / "data" / "reader.toml"
    try:
        found = Reader.model_validate(read_toml(str(source)))
    except ValidationError as error:
        problem = error.errors()[0]
        raise DataFormatError(f"reader.toml: {problem['loc']}: {problem['msg']}") from error
    if set(found.cell) != set(CELLS):
        raise DataFormatError(f"reader.toml: cell: got {', '.join(found.cell)}; expected {', '.join(CELLS)}")
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


def probabilities(decision: EsiDecision, expected: Forecast) -> Probabilities:
    """Return the probabilities of levels 1 to 5; they sum to one."""
    told = reader()
    cells, ids = evidence(decision, expected)
    urgency = sum(told.cell[name] * value for name, value in zip(CELLS, cells, strict=True))
    urgency += sum(told.step.get(name, 0.0) for name in ids)
    upto = [1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, cut + urgency)))) for cut in told.cuts]
    found = [high - low for low, high in zip((0.0, *upto), (*upto, 1.0), strict=True)]
    if decision.point == "A" and is_hard(decision) and found[0] < told.firm_a:
        scale = (1.0 - told.firm_a) / (1.0 - found[0])
        found = [told.firm_a, *(value * scale for value in found[1:])]
    return (found[0], found[1], found[2], found[3], found[4])


def _log_odds(p: float) -> float:
    p = min(0.98, max(0.02, p))
    return math.log(p / (1.0 - p))
