"""Pooling of opinions: weighted log-odds, calibrated apart for each kind of presentation, with cut points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from triagelab.agents.decisions import decide_levels, expected_level
from triagelab.agents.ordinal import probabilities_of
from triagelab.cases.presentation import Presentation
from triagelab.datasets.notes import is_record

Kind = Literal["coded", "complaint", "note"]
KINDS: tuple[Kind, ...] = ("coded", "complaint", "note")
CODE_FIELD = "rfv1"


def kind_of(presentation: Presentation) -> Kind:
    """Return how the patient is described: survey codes, a complaint beside measurements, or a free note.

    An opinion is worth more on one kind than on another: a rule that reads words has little to read in a code's label.
    """
    if CODE_FIELD in presentation.structured:
        return "coded"
    return "complaint" if is_record(presentation) else "note"


class Pool(BaseModel):
    """One pool: log-odds of level <= k are `intercepts[k]` plus the weighted log-odds of the members.

    With one member the weight is the inverse of a temperature.

    Attributes:
        weights: member -> weight, not negative.
        intercepts: for k = 1..4.
        cuts: expected levels that part 1|2, 2|3, 3|4, 4|5, tuned for quadratic kappa on the dev split.
        n_dev: dev cases it was fitted on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    weights: dict[str, float]
    intercepts: tuple[float, float, float, float]
    cuts: tuple[float, float, float, float]
    n_dev: int = 0

    def probabilities(self, log_odds: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return pooled probabilities. Shapes: member -> (n, 4); (n, 5)."""
        total = sum(weight * log_odds[name] for name, weight in self.weights.items())
        return probabilities_of(np.asarray(self.intercepts) + total)


def pool_for(pools: Mapping[Kind, Pool], kind: Kind) -> Pool:
    """Return the pool of that kind, or of the kind most like it among those that were fitted."""
    order = {"coded": KINDS, "complaint": ("complaint", "coded", "note"), "note": KINDS[::-1]}[kind]
    return next(pools[each] for each in order if each in pools)


def pooled(
    pools: Mapping[Kind, Pool],
    presentations: Sequence[Presentation],
    log_odds: Mapping[str, np.ndarray],
    decision: str,
    cost: str,
    floors: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities and levels; no level is less urgent than the patient's floor.

    Shapes: n presentations, member -> (n, 4), floors (n,) of 1-5 -> (n, 5), (n,).
    """
    table = np.zeros((len(presentations), 5))
    levels = np.zeros(len(presentations), dtype=int)
    kinds = np.asarray([kind_of(presentation) for presentation in presentations])
    for kind in KINDS:
        rows = np.flatnonzero(kinds == kind)
        if not len(rows):
            continue
        pool = pool_for(pools, kind)
        found = pool.probabilities({name: values[rows] for name, values in log_odds.items()})
        found = found if floors is None else at_least_as_urgent(found, floors[rows])
        table[rows] = found
        levels[rows] = decide_levels(found, expected_level(found), pool.cuts, decision, cost)
    return table, levels if floors is None else np.minimum(levels, floors)


def at_least_as_urgent(table: np.ndarray, floors: np.ndarray) -> np.ndarray:
    """Return probabilities with what lay below the floor moved onto it. Shapes: (n, 5), (n,) -> (n, 5)."""
    beyond = np.arange(1, 6) > floors[:, None]
    moved = np.where(beyond, 0.0, table)
    moved[np.arange(len(table)), floors - 1] += np.where(beyond, table, 0.0).sum(axis=1)
    return np.minimum(moved, 1.0)  # a sum of shares can be one and a rounding error
