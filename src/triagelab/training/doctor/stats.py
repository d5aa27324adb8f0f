"""Means with an honest standard error for completions that come in groups, and what changed between two of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Estimate:
    """A mean, its standard error, and over how many independent units (groups, or logged steps) it was taken."""

    mean: float
    error: float
    units: int


@dataclass(frozen=True)
class Change:
    """How a mean moved from one window to a later one; `z` is the difference over its standard error."""

    before: float
    after: float
    z: float

    @property
    def by(self) -> float:
        return self.after - self.before

    def rose(self, least: float, z: float) -> bool:
        """Return whether it went up by at least `least`, beyond noise."""
        return self.by >= least and self.z >= z

    def fell(self, least: float, z: float) -> bool:
        """Return whether it went down by at least `least`, beyond noise."""
        return -self.by >= least and self.z <= -z


def change(before: Estimate, after: Estimate) -> Change:
    """Return the difference of two estimates of independent windows."""
    error = math.hypot(before.error, after.error)
    by = after.mean - before.mean
    if error > 0 and math.isfinite(error):
        return Change(before.mean, after.mean, by / error)
    certain = error == 0 and by != 0
    return Change(before.mean, after.mean, math.copysign(math.inf, by) if certain else 0.0)


def clustered(values: np.ndarray, clusters: np.ndarray) -> Estimate | None:
    """Return the mean of `values` with a standard error that counts clusters, not values.

    The completions of one group answer one patient, so they are not independent of each other.

    Shapes: (n,), (n,). Missing: NaN is left out; None where nothing is left.
    """
    known = np.isfinite(values)
    if not known.any():
        return None
    values, clusters = values[known], clusters[known]
    _, place = np.unique(clusters, return_inverse=True)
    sizes = np.bincount(place)
    mean = float(values.mean())
    units = len(sizes)
    residual = np.bincount(place, weights=values) - mean * sizes
    spread = units / max(1, units - 1) * float((residual**2).sum()) / len(values) ** 2
    # A few clusters that happen to agree are no proof of certainty: add what one more pair of units could change.
    span = float(values.max() - values.min()) if np.ptp(values) > 0 else _unit_span(values)
    return Estimate(mean, math.sqrt(spread + (span / (2 * (units + 2))) ** 2), units)


def _unit_span(values: np.ndarray) -> float:
    """Return 1 for shares that are all 0 or all 1 (the other value was possible), else 0."""
    return 1.0 if values[0] in (0.0, 1.0) else 0.0


def at_mix(values: np.ndarray, clusters: np.ndarray, strata: np.ndarray, mix: Mapping[int, float]) -> Estimate | None:
    """Return the mean that `values` would have if the strata came with the shares in `mix`.

    Shapes: (n,) each. Missing: None where a stratum of the mix is not among the values.
    """
    total = sum(mix.values())
    mean = variance = 0.0
    units = 0
    for stratum, share in mix.items():
        here = strata == stratum
        part = clustered(values[here], clusters[here])
        if part is None:
            return None
        weight = share / total
        mean += weight * part.mean
        variance += (weight * part.error) ** 2
        units += part.units
    return Estimate(mean, math.sqrt(variance), units) if units else None


def of_steps(values: Sequence[float]) -> Estimate | None:
    """Return the mean of a figure that was logged once a step, with the error that its scatter implies.

    Missing: what is not a number is left out; None where nothing is left.
    """
    known = np.array([v for v in values if math.isfinite(v)])
    if not len(known):
        return None
    n = len(known)
    # The scatter of a few values is itself uncertain: widened to the deviation of Student's t.
    error = float(known.std(ddof=1)) / math.sqrt(n) * math.sqrt((n - 1) / (n - 3)) if n > 3 else math.inf
    return Estimate(float(known.mean()), error, n)
