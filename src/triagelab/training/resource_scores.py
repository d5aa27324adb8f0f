"""How well forecasts of the number of resources fit what visits were given."""

from __future__ import annotations

import numpy as np


def scores(probabilities: np.ndarray, counts: np.ndarray) -> dict[str, float]:
    """Return log-loss, Brier score (three classes), and the expected calibration error of two or more resources."""
    hits = np.eye(3)[counts]
    many, truth = probabilities[:, 2], hits[:, 2]
    bins = np.minimum(9, (many * 10).astype(int))
    gaps = [abs(many[bins == b].mean() - truth[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return {
        "log_loss": float(-np.log(np.clip(probabilities[np.arange(len(counts)), counts], 1e-6, 1.0)).mean()),
        "brier": float(((probabilities - hits) ** 2).sum(axis=1).mean()),
        "calibration_error": float(np.sum(gaps)),
        "exact": float((probabilities.argmax(axis=1) == counts).mean()),
    }


def reliability(probabilities: np.ndarray, counts: np.ndarray) -> list[tuple[float, float, int]]:
    """Return, for each tenth of P(two or more), the mean forecast, the share seen and the visits."""
    many = probabilities[:, 2]
    bins = np.minimum(9, (many * 10).astype(int))
    return [
        (float(many[bins == b].mean()), float((counts[bins == b] == 2).mean()), int((bins == b).sum()))
        for b in np.unique(bins)
    ]
