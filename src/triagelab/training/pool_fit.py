"""Weights, calibration and cut points of a pool, from dev cases that no member has learnt from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from triagelab.agents.decisions import expected_level
from triagelab.agents.pooling import Pool
from triagelab.training.tabular_cuts import tune_cuts

PRIOR = 2.0
"""Pull of each weight towards an equal share, in dev cases: a tiny dev split leaves the plain mean of opinions."""
UNUSED = (1.5, 2.5, 3.5, 4.5)


def fit_pool(opinions: Mapping[str, np.ndarray], levels: np.ndarray, floors: np.ndarray | None, seed: int) -> Pool:
    """Return the pool with the highest likelihood, weights kept at zero or above, cut points for quadratic kappa.

    Shapes: member -> (n, 4) log-odds, levels (n,) of 1-5, floors (n,) of 1-5 or None.
    """
    names = list(opinions)
    stacked = np.stack([opinions[name] for name in names])
    hit = (levels[:, None] <= np.arange(1, 5)).astype(float)
    share = 1.0 / len(names)

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        weights, intercepts = values[: len(names)], values[len(names) :]
        logits = np.clip(np.tensordot(weights, stacked, 1) + intercepts, -30.0, 30.0)
        chance = expit(logits)
        likelihood = np.logaddexp(0.0, logits) - hit * logits
        slope = chance - hit
        pull = weights - share
        by_weight = np.tensordot(stacked, slope, 2) + PRIOR * pull
        total = float(likelihood.sum() + PRIOR / 2 * (pull @ pull) + PRIOR / 2 * (intercepts @ intercepts))
        return total, np.concatenate([by_weight, slope.sum(axis=0) + PRIOR * intercepts])

    start = np.concatenate([np.full(len(names), share), np.zeros(4)])
    bounds = [(0.0, 5.0)] * len(names) + [(-20.0, 20.0)] * 4
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    one, two, three, four = found[len(names) :].tolist()
    weights = {name: float(weight) for name, weight in zip(names, found, strict=False)}
    pool = Pool(weights=weights, intercepts=(one, two, three, four), cuts=UNUSED, n_dev=len(levels))
    free = levels < 99 if floors is None else floors > 4
    # Cut points matter only where no floor decides.
    scores = expected_level(pool.probabilities(opinions))[free]
    cuts = tune_cuts(scores, levels[free], seed) if len(scores) > 4 else UNUSED
    return pool.model_copy(update={"cuts": cuts})
