"""How far a judge agrees with itself when it marks the same items several times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from triagelab.rewards.imaging.judge import Grades

PARTS: Mapping[str, Callable[[Grades], float]] = {
    "concepts": lambda grades: grades.concepts,
    "logic": lambda grades: grades.logic,
    "evidence": lambda grades: grades.evidence,
    "total": lambda grades: grades.total,
}


@dataclass(frozen=True)
class PartAgreement:
    """Agreement of repeated calls in one mark.

    Missing: `alpha` None where fewer than two calls were readable, or all marks are one number.

    Attributes:
        exact: share of items on which all readable calls agree to the digit.
        alpha: Krippendorff's alpha for interval data. Source: Krippendorff 2004, Content Analysis.
        spread: mean range of the marks of one item.
    """

    exact: float | None
    alpha: float | None
    spread: float | None


@dataclass(frozen=True)
class Agreement:
    """Agreement over repeated calls. `unparsable`: share of calls that gave no marks."""

    judge: str
    items: int
    calls: int
    unparsable: float
    parts: Mapping[str, PartAgreement]


def agreement_of(name: str, calls: Sequence[Sequence[Grades | None]]) -> Agreement:
    """Return the agreement of repeated calls. Shapes: calls x items."""
    total = sum(len(call) for call in calls)
    lost = sum(grades is None for call in calls for grades in call)
    parts = {}
    for part, read in PARTS.items():
        marks = [[read(one) for one in item if one is not None] for item in zip(*calls, strict=True)]
        several = [row for row in marks if len(row) > 1]
        ranges = [max(row) - min(row) for row in several]
        exact = sum(width < 1e-9 for width in ranges) / len(ranges) if ranges else None
        parts[part] = PartAgreement(exact, krippendorff(several), float(np.mean(ranges)) if ranges else None)
    items = len(calls[0]) if calls else 0
    return Agreement(name, items, len(calls), lost / total if total else 0.0, parts)


def krippendorff(rows: Sequence[Sequence[float]]) -> float | None:
    """Return Krippendorff's alpha for interval data from the marks of each item; items with one mark say nothing.

    Missing: None without two marks on any item, or where all marks of all items are one number.
    """
    rows = [row for row in rows if len(row) > 1]
    every = np.array([mark for row in rows for mark in row], dtype=float)
    if len(every) < 2:
        return None
    expected = 2 * every.var() * len(every) / (len(every) - 1)
    if expected < 1e-12:
        return None
    # Mean squared difference over ordered pairs within an item is 2 n var / (n - 1); an item weighs as its n marks.
    observed = sum(2 * len(row) * float(np.var(row)) * len(row) / (len(row) - 1) for row in rows) / len(every)
    return float(1 - observed / expected)


__all__ = ["Agreement", "PartAgreement", "agreement_of", "krippendorff"]
