"""How well levels and their probabilities fit labels: agreement, cost, ranking and calibration."""

from __future__ import annotations

import numpy as np

from triagelab.clinical.costs import cost_matrix
from triagelab.training.tabular_cuts import quadratic_kappa


def measure(probabilities: np.ndarray, levels: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return how answers and probabilities fit the truth. Shapes: (n, 5), (n,) answered, (n,) true."""
    rows = np.arange(len(truth))
    confidence, right = probabilities[rows, levels - 1], levels == truth
    bins = np.minimum(9, (confidence * 10).astype(int))
    gap = sum((bins == b).mean() * abs(confidence[bins == b].mean() - right[bins == b].mean()) for b in np.unique(bins))
    return {
        "exact": float(right.mean()),
        "within_one": float((np.abs(levels - truth) <= 1).mean()),
        "kappa": quadratic_kappa(truth, levels),
        "cost": float(cost_matrix().table()[truth - 1, levels - 1].mean()),
        "sensitivity_1_2": float((levels[truth <= 2] <= 2).mean()) if (truth <= 2).any() else float("nan"),
        "auroc_1_2": auroc(probabilities[:, :2].sum(axis=1), truth <= 2),
        "log_loss": float(-np.log(np.maximum(probabilities[rows, truth - 1], 1e-6)).mean()),
        "calibration_error": float(gap),
    }


def auroc(scores: np.ndarray, positive: np.ndarray) -> float:
    """Return the area under the ROC curve, NaN where one class is empty."""
    from scipy.stats import rankdata

    n = int(positive.sum())
    if n == 0 or n == len(positive):
        return float("nan")
    return float((rankdata(scores)[positive].sum() - n * (n + 1) / 2) / (n * (len(positive) - n)))


def reliability(probabilities: np.ndarray, truth: np.ndarray) -> list[tuple[float, float, int]]:
    """Return, for each tenth of P(level 1 or 2), the mean forecast, the share seen and the visits."""
    urgent = probabilities[:, :2].sum(axis=1)
    bins = np.minimum(9, (urgent * 10).astype(int))
    return [
        (float(urgent[bins == b].mean()), float((truth[bins == b] <= 2).mean()), int((bins == b).sum()))
        for b in np.unique(bins)
    ]
