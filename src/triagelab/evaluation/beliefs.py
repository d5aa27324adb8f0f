"""How good an agent's probabilities are: ranking of urgent patients, Brier score, calibration, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triagelab.evaluation.difference import Difference, bootstrap_p, power
from triagelab.evaluation.intervals import Interval, bootstrap_interval
from triagelab.evaluation.metrics import cluster_of
from triagelab.evaluation.records import Record
from triagelab.seeding import stream

AUROC = "auroc_1_2"
BELIEFS = (AUROC, "brier", "ece_1_2")
TEXTS = {
    AUROC: "area under the ROC curve of P(1) + P(2) for truth 1 or 2",
    "brier": "squared distance of the probabilities from the truth, over all levels (0 best, 2 worst)",
    "ece_1_2": "mean gap between P(1) + P(2) and how often it was so, over ten equal-width bins",
}
BINS = 10


@dataclass(frozen=True)
class Beliefs:
    """The probabilities of the answers that have them.

    Shapes: table (n, 5), levels (n,), clusters (n,) numbered from 0.
    """

    table: np.ndarray
    levels: np.ndarray
    clusters: np.ndarray

    @classmethod
    def of(cls, records: Sequence[Record]) -> Beliefs | None:
        """Return the beliefs of the records, None where no record has any."""
        having = [record for record in records if record.probabilities is not None]
        if not having:
            return None
        _, clusters = np.unique([cluster_of(record) for record in having], return_inverse=True)
        table = np.asarray([record.probabilities for record in having], dtype=float)
        return cls(table, np.asarray([record.level for record in having]), clusters)

    @property
    def units(self) -> int:
        return int(self.clusters.max()) + 1

    @property
    def urgent(self) -> np.ndarray:
        """Return P(1) + P(2). Shapes: (n,)."""
        return self.table[:, :2].sum(axis=1)

    def draws(self, resamples: int, seed: int) -> np.ndarray:
        """Return how often each cluster is drawn. Shapes: (resamples, units)."""
        share = np.full(self.units, 1.0 / self.units)
        return stream("evaluation/beliefs", seed).multinomial(self.units, share, size=resamples)


def auroc(scores: np.ndarray, positive: np.ndarray, clusters: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve, ties counted half; NaN without both kinds.

    Shapes: scores (n,), positive (n,) of bool, clusters (n,), drawn (R, units) times each is counted -> (R,).
    """
    _, group = np.unique(scores, return_inverse=True)
    count = int(group.max()) + 1
    found = np.empty(len(drawn))
    for row, times in enumerate(drawn):
        weight = times[clusters]
        hits = np.bincount(group, weight * positive, minlength=count)
        others = np.bincount(group, weight * ~positive, minlength=count)
        below = np.cumsum(others) - others
        pairs = hits.sum() * others.sum()
        found[row] = (hits @ (below + others / 2)) / pairs if pairs > 0 else math.nan
    return found


def belief_figures(records: Sequence[Record], *, resamples: int, seed: int) -> dict[str, Any] | None:
    """Return every figure of BELIEFS with its interval and the reliability table; None without probabilities."""
    beliefs = Beliefs.of(records)
    if beliefs is None:
        return None
    drawn = beliefs.draws(resamples, seed)
    once = np.ones((1, beliefs.units), dtype=int)
    figures = {}
    for name, compute in {AUROC: _auroc, "brier": _brier, "ece_1_2": _ece}.items():
        value, draws = float(compute(beliefs, once)[0]), compute(beliefs, drawn)
        figures[name] = _interval(beliefs, value, draws).to_dict()
    return {"n": len(beliefs.levels), **figures, "reliability": _reliability(beliefs)}


def auroc_difference(a: Sequence[Record], b: Sequence[Record], *, resamples: int, seed: int) -> Difference | None:
    """Return the paired difference b - a in AUROC, None where an answer has no probabilities.

    Shapes: `a` and `b` are answers to the same cases in the same order.
    """
    left, right = Beliefs.of(a), Beliefs.of(b)
    if left is None or right is None or not len(left.levels) == len(right.levels) == len(a):
        return None
    drawn, once = left.draws(resamples, seed), np.ones((1, left.units), dtype=int)
    values = [float(_auroc(side, once)[0]) for side in (left, right)]
    if any(map(math.isnan, values)):
        return None
    draws = _auroc(right, drawn) - _auroc(left, drawn)
    value = values[1] - values[0]
    found = _interval(left, value, draws)
    needed, detectable = power(draws, value, len({record.case_id for record in a}))
    return Difference(
        metric=AUROC,
        a=values[0],
        b=values[1],
        value=value,
        low=found.low,
        high=found.high,
        p=bootstrap_p(draws, found),
        test=found.method,
        verdict="b better" if value > 0 else "b worse",
        cases_needed=needed,
        detectable=detectable,
        method=found.method,
        note=found.note,
    )


def _interval(beliefs: Beliefs, value: float, draws: np.ndarray) -> Interval:
    method = "cluster bootstrap" if beliefs.units < len(beliefs.levels) else "bootstrap"
    return bootstrap_interval(value, draws, clusters=beliefs.units, n=len(beliefs.levels), method=method)


def _auroc(beliefs: Beliefs, drawn: np.ndarray) -> np.ndarray:
    return auroc(beliefs.urgent, beliefs.levels <= 2, beliefs.clusters, drawn)


def _brier(beliefs: Beliefs, drawn: np.ndarray) -> np.ndarray:
    wrong = ((beliefs.table - np.eye(5)[beliefs.levels - 1]) ** 2).sum(axis=1)
    sums = np.bincount(beliefs.clusters, wrong)
    return (drawn @ sums) / (drawn @ np.bincount(beliefs.clusters))


def _bins(beliefs: Beliefs) -> np.ndarray:
    """Return per cluster and bin: patients, sum of P(1) + P(2), urgent patients. Shapes: (units, BINS, 3)."""
    place = np.minimum((beliefs.urgent * BINS).astype(int), BINS - 1)
    sums = np.zeros((beliefs.units, BINS, 3))
    rows = np.stack([np.ones(len(place)), beliefs.urgent, beliefs.levels <= 2], axis=1)
    np.add.at(sums, (beliefs.clusters, place), rows)
    return sums


def _ece(beliefs: Beliefs, drawn: np.ndarray) -> np.ndarray:
    sums = _bins(beliefs)
    total = (drawn @ sums.reshape(len(sums), -1)).reshape(len(drawn), BINS, 3)
    return np.abs(total[..., 1] - total[..., 2]).sum(axis=1) / total[..., 0].sum(axis=1)


def _reliability(beliefs: Beliefs) -> list[dict[str, Any]]:
    """Return one row a bin that holds patients: its n, mean P(1) + P(2), share of truth 1 or 2."""
    return [
        {"n": int(count), "predicted": round(said / count, 4), "observed": round(urgent / count, 4)}
        for count, said, urgent in _bins(beliefs).sum(axis=0)
        if count
    ]
