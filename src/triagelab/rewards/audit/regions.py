"""Beliefs at which a reward and the clinical costs choose different answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from triagelab.clinical.costs import Costs, cost_matrix
from triagelab.rewards.audit.optimum import best_columns

STEPS = 20
"""Each side of a triangle of beliefs is cut into so many steps."""


@dataclass(frozen=True)
class Region:
    """Beliefs that share out all probability over three neighbouring levels.

    Attributes:
        levels: the three levels.
        beliefs: points of the triangle. Shapes: (n, 5).
        paid, cheapest: column 0-5 that the reward pays most, and that costs the patients least. Shapes: (n,).
    """

    levels: tuple[int, int, int]
    beliefs: np.ndarray
    paid: np.ndarray
    cheapest: np.ndarray

    @property
    def differ(self) -> float:
        """Return the share of the beliefs at which the two differ."""
        return float((self.paid != self.cheapest).mean())

    def row(self) -> dict[str, object]:
        """Return plain JSON values, the points left out."""
        return {"levels": list(self.levels), "differ": round(self.differ, 4), "n": len(self.paid)}


def regions(table: np.ndarray, sampling: tuple[float, ...], costs: Costs | None = None) -> tuple[Region, ...]:
    """Return the triangles of levels 1-3, 2-4 and 3-5; a belief about patients is what training shows times sampling.

    Shapes: table (5, 6).
    """
    prices = (costs or cost_matrix()).table()
    found = []
    for first in (0, 1, 2):
        beliefs = _triangle(first)
        shown = beliefs * np.asarray(sampling)
        shown /= shown.sum(axis=1, keepdims=True)
        found.append(
            Region(
                (first + 1, first + 2, first + 3), beliefs, best_columns(table, shown), best_columns(-prices, beliefs)
            )
        )
    return tuple(found)


def _triangle(first: int) -> np.ndarray:
    """Return evenly spaced beliefs over three levels, row by row. Shapes: (n, 5)."""
    points = [(i / STEPS, j / STEPS, (STEPS - i - j) / STEPS) for i in range(STEPS + 1) for j in range(STEPS + 1 - i)]
    beliefs = np.zeros((len(points), 5))
    beliefs[:, first : first + 3] = points
    return beliefs
