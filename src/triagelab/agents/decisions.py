"""From what an agent believes to the level that it answers: one vocabulary for every agent with probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from triagelab.clinical.costs import cost_matrix
from triagelab.errors import BadInputError

DECISIONS = ("preferred", "likeliest", "rounding", "cost")
"""`preferred`: the expected level, cut where quadratic kappa was best on the dev split; `likeliest`: the highest
probability; `rounding`: the expected level, rounded; `cost`: the least expected clinical cost."""
ROUNDING = (1.5, 2.5, 3.5, 4.5)


def check_decision(decision: str, cost: str) -> None:
    """Raise BadInputError or UnknownNameError unless both names are known."""
    if decision not in DECISIONS:
        raise BadInputError("decision", decision, ", ".join(DECISIONS))
    cost_matrix(cost)


def decide_levels(
    table: np.ndarray, scores: np.ndarray, cuts: Sequence[float], decision: str, cost: str = "standard"
) -> np.ndarray:
    """Return the level answered for each patient. Shapes: table (n, 5), scores (n,), cuts (4,) -> (n,)."""
    if decision == "likeliest":
        return 1 + table.argmax(axis=1)
    if decision == "cost":
        return cost_matrix(cost).cheapest(table)
    return levels_from_scores(scores, cuts if decision == "preferred" else ROUNDING)


def levels_from_scores(scores: np.ndarray, cuts: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return levels 1-5; a score on a cut belongs to the less urgent side. Shapes: (n,), (4,) -> (n,)."""
    return 1 + np.searchsorted(np.asarray(cuts), scores, side="right")


def expected_level(table: np.ndarray) -> np.ndarray:
    """Return the mean level. Shapes: (n, 5) -> (n,)."""
    return np.asarray(table) @ np.arange(1.0, 6.0)
