"""From scores to levels: cut points that maximise quadratic kappa, and probabilities by ordinal calibration."""

from __future__ import annotations

import numpy as np

from triagelab.seeding import stream

Four = tuple[float, float, float, float]
ROUNDING = (1.5, 2.5, 3.5, 4.5)
RESAMPLES = 25
STEPS = (0.3, 0.1, 0.05, 0.02)
_SQUARED = (np.arange(5)[:, None] - np.arange(5)[None, :]) ** 2.0


def quadratic_kappa(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return quadratic weighted kappa of two arrays of levels 1-5; 0 where chance leaves nothing to disagree on."""
    table = np.zeros((5, 5))
    np.add.at(table, (np.asarray(truth) - 1, np.asarray(predicted) - 1), 1.0)
    return _kappa(table)


def _kappa(table: np.ndarray) -> float:
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / max(table.sum(), 1.0)
    chance = float((_SQUARED * expected).sum())
    return 1.0 - float((_SQUARED * table).sum()) / chance if chance > 0 else 0.0


class _SortedScores:
    """Counts of every level below any score, so that one set of cut points costs a handful of look-ups."""

    def __init__(self, scores: np.ndarray, truth: np.ndarray) -> None:
        order = np.argsort(scores, kind="stable")
        self.scores = scores[order]
        ones = np.zeros((len(truth) + 1, 5))
        ones[np.arange(1, len(truth) + 1), truth[order] - 1] = 1.0
        self.below = ones.cumsum(axis=0)

    def kappa(self, cuts: np.ndarray) -> float:
        edges = np.concatenate([[0], np.searchsorted(self.scores, cuts, side="left"), [len(self.scores)]])
        return _kappa(np.diff(self.below[edges], axis=0).T)


def tune_cuts(scores: np.ndarray, truth: np.ndarray, seed: int = 0) -> Four:
    """Return the four cut points with the best kappa, as the mean over bootstrap samples.

    One sample's best cuts chase its noise, above all at the rare ends; the mean of many is steadier.
    Shapes: (n,), (n,) -> 4 increasing numbers.
    """
    rng = stream("tabular.cuts", seed)
    tuned = []
    for _ in range(RESAMPLES):
        chosen = rng.integers(0, len(scores), len(scores))
        tuned.append(_climb(_SortedScores(scores[chosen], truth[chosen])))
    first, second, third, fourth = np.mean(tuned, axis=0).tolist()
    return first, second, third, fourth


def _climb(table: _SortedScores) -> np.ndarray:
    """Return cut points that no single move by one of the steps improves, starting from rounding."""
    cuts, best = np.asarray(ROUNDING), table.kappa(np.asarray(ROUNDING))
    for step in STEPS:
        improved = True
        while improved:
            improved = False
            for place in range(4):
                for move in (-step, step):
                    tried = cuts.copy()
                    tried[place] += move
                    if np.all(np.diff(tried) > 0) and (kappa := table.kappa(tried)) > best + 1e-9:
                        cuts, best, improved = tried, kappa, True
    return cuts


def calibrate(scores: np.ndarray, truth: np.ndarray) -> tuple[Four, Four]:
    """Return slopes and intercepts of P(level <= k | score), k = 1..4, by penalised logistic regression (Newton)."""
    one, two, three, four = (_logistic(scores, (truth <= level).astype(np.float64)) for level in (1, 2, 3, 4))
    return (one[0], two[0], three[0], four[0]), (one[1], two[1], three[1], four[1])


def _logistic(scores: np.ndarray, hit: np.ndarray) -> tuple[float, float]:
    """Return (slope, intercept) of logistic(intercept - slope * score); a weak prior keeps a rare level finite."""
    centre = float(scores.mean())
    design = np.stack([-(scores - centre), np.ones_like(scores)], axis=1)
    start = float(np.log((hit.sum() + 0.5) / (len(hit) - hit.sum() + 0.5)))
    weights = np.asarray([1.0, start])
    prior = np.asarray([1.0, start])
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (chance - hit) + (weights - prior)
        curvature = design.T @ (design * (chance * (1 - chance))[:, None]) + np.eye(2)
        move = np.linalg.solve(curvature, gradient)
        weights = weights - np.clip(move, -2.0, 2.0)
        if np.abs(move).max() < 1e-8:
            break
    slope = max(float(weights[0]), 0.0)
    return slope, float(weights[1]) + slope * centre
