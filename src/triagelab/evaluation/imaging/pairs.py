"""The difference of two designs in one metric: over variants, and over variants and training seeds.

Questions about one variant share its note, so they are not independent: the variant is the unit of every interval and
test. An interval over variants speaks of the models at hand. What it says of the design that made them needs seeds, so
where both sides have two or more runs the two-level figures decide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triagelab.evaluation.difference import ALPHA, POWER, bootstrap_p, mcnemar_exact
from triagelab.evaluation.imaging.metrics import ImagingMetric, confusion
from triagelab.evaluation.imaging.summary import METHOD, metric_interval
from triagelab.evaluation.intervals import Interval, bootstrap_interval
from triagelab.seeding import stream

FLIPS = 20_000
PRIMARY = "McNemar over variants"


@dataclass(frozen=True)
class Level:
    """A value with an interval over variants and seeds. Missing: None with one seed a side, and a note."""

    low: float | None
    high: float | None
    p: float | None
    se: float | None
    note: str | None = None


@dataclass(frozen=True)
class Spread:
    """What makes a figure uncertain: variance over variants, and over training seeds with its number of seeds."""

    value: float
    variants: float
    clusters: int
    seeds: tuple[tuple[float, int], ...]
    """(variance between seeds, number of seeds), one a side."""

    @property
    def over_seeds(self) -> float:
        return sum(variance / count for variance, count in self.seeds)

    def two_level(self) -> Level:
        """Return the t interval with variance over variants plus over seeds, degrees of freedom by Satterthwaite.

        Source: Satterthwaite 1946.
        """
        if any(count < 2 for _, count in self.seeds):
            return Level(None, None, None, None, "one training seed: what another would give is not known")
        parts = [(self.variants, self.clusters - 1)]
        parts += [(variance / count, count - 1) for variance, count in self.seeds]
        total = sum(part for part, _ in parts)
        if total < 1e-18 or self.clusters < 2:
            return Level(None, None, None, None, "no spread between variants or seeds")
        from scipy.special import stdtr, stdtrit  # deferred: scipy costs a tenth of a second to import

        freedom = total**2 / sum(part**2 / degrees for part, degrees in parts)
        se = math.sqrt(total)
        half = float(stdtrit(freedom, 1 - ALPHA / 2)) * se
        return Level(self.value - half, self.value + half, float(2 * stdtr(freedom, -abs(self.value) / se)), se)

    def needs(self) -> tuple[int | None, int | None, float]:
        """Return (variants needed with these seeds, seeds a side needed with these variants, difference shown now).

        For 80 % power, if the difference is what was seen. Missing: None where no number of them would do, or no
        difference was seen.
        """
        from statistics import NormalDist

        z = NormalDist().inv_cdf(1 - ALPHA / 2) + NormalDist().inv_cdf(POWER)
        counted = self.over_seeds if all(count > 1 for _, count in self.seeds) else 0.0
        reach = z * math.sqrt(self.variants + counted)
        allowed = (self.value / z) ** 2
        enough = allowed > counted and abs(self.value) > 1e-9
        variants = math.ceil(self.clusters * self.variants / (allowed - counted)) if enough else None
        several = counted > 0 and allowed > self.variants and abs(self.value) > 1e-9
        between = sum(variance for variance, _ in self.seeds)
        seeds = max(2, math.ceil(between / (allowed - self.variants))) if several else None
        return variants, seeds, reach


def spread_of(seeds: Sequence[np.ndarray], draws: np.ndarray, clusters: int) -> Spread:
    """Return the spread of one side, or of b minus a for two. Shapes: one array of per-seed values a side; (draws,)."""
    value = float(seeds[-1].mean()) - (float(seeds[0].mean()) if len(seeds) == 2 else 0.0)
    between = tuple((float(side.var(ddof=1)) if len(side) > 1 else 0.0, len(side)) for side in seeds)
    return Spread(value, float(np.nanvar(draws)), clusters, between)


@dataclass(frozen=True)
class Figure:
    """One metric of one group. `value`: mean over seeds; `interval`: over variants; `level`: over both."""

    values: tuple[float, ...]
    interval: Interval
    level: Level


def figure_of(metric: ImagingMetric, stats_K_C_S: np.ndarray, draws_K_R_S: np.ndarray, n: int) -> Figure | None:
    """Return one metric of one group, or None where a run does not have it."""
    values = metric.compute(stats_K_C_S.sum(1))
    if np.isnan(values).any():
        return None
    clusters = stats_K_C_S.shape[1]
    draws = metric.compute(draws_K_R_S).mean(0)
    if len(values) == 1:
        interval = metric_interval(metric, stats_K_C_S[0], draws_K_R_S[0], n)
    else:
        interval = bootstrap_interval(float(values.mean()), draws, clusters=clusters, n=n, method=METHOD)
    level = spread_of([values], draws, clusters).two_level()
    low = None if level.low is None else max(0.0, level.low)
    high = None if level.high is None else min(metric.most, level.high)
    return Figure(tuple(map(float, values)), interval, Level(low, high, None, level.se, level.note))


@dataclass(frozen=True)
class Pair:
    """b minus a in one metric.

    Missing: a figure that does not exist is None, and `note` says why.

    Attributes:
        low, high, p: over variants, for these models; `test` names the test.
        level: over variants and seeds, for the designs.
        decides: `variants` or `seeds and variants`: whose p is corrected by Holm and gives the verdict.
        variants_needed, seeds_needed, detectable: for 80 % power; see `Spread.needs`.
    """

    metric: str
    a: str
    b: str
    value: float
    low: float | None
    high: float | None
    p: float | None
    test: str
    level: Level
    decides: str
    p_holm: float | None = None
    told_apart: bool = False
    variants_needed: int | None = None
    seeds_needed: int | None = None
    detectable: float | None = None
    note: str | None = None

    @property
    def deciding_p(self) -> float | None:
        return self.level.p if self.decides != "variants" else self.p


def pair_of(
    metric: ImagingMetric, names: tuple[str, str], stats: Sequence[np.ndarray], draws: Sequence[np.ndarray], seed: int
) -> Pair | None:
    """Return the pair, or None where a run of either side does not have the metric.

    Shapes: stats and draws: one (seeds, variants, S) and one (seeds, resamples, S) a side.
    """
    sides = [metric.compute(side.sum(1)) for side in stats]
    if any(np.isnan(side).any() for side in sides):
        return None
    clusters = stats[0].shape[1]
    drawn = [metric.compute(side).mean(0) for side in draws]
    difference = drawn[1] - drawn[0]
    spread = spread_of(sides, difference, clusters)
    found = bootstrap_interval(spread.value, difference, clusters=clusters, n=clusters, method=METHOD)
    exactly = metric.name == "exact"
    p = flip_p(_right(stats[1]) - _right(stats[0]), seed) if exactly else bootstrap_p(difference, found)
    level = spread.two_level()
    variants, seeds, reach = spread.needs()
    return Pair(
        metric=metric.name,
        a=names[0],
        b=names[1],
        value=spread.value,
        low=found.low,
        high=found.high,
        p=p,
        test=PRIMARY if exactly else METHOD,
        level=level,
        decides="variants" if level.p is None else "seeds and variants",
        variants_needed=variants,
        seeds_needed=seeds,
        detectable=reach if spread.variants > 1e-18 else None,
        note=found.note,
    )


def _right(stats_K_C_S: np.ndarray) -> np.ndarray:
    """Return right answers of each variant, mean over seeds. Shapes: (K, C, S) -> (C,)."""
    table = confusion(stats_K_C_S)
    return np.trace(table[..., :-1], axis1=-2, axis2=-1).mean(0)


def flip_p(gains_C: np.ndarray, seed: int, flips: int = FLIPS) -> float:
    """Return the two-sided p of McNemar's test with variants as units.

    Where the two sides are alike, each variant's gain is as likely to be of the other sign: signs are flipped at
    random. With one question a variant this is McNemar's exact test; with several it stays valid, where the exact test
    would count them as independent. Shapes: (variants,) right answers of b minus those of a.
    """
    gains = gains_C[np.abs(gains_C) > 1e-12]
    if not len(gains):
        return 1.0
    signs = stream("evaluation/imaging/flips", seed).integers(0, 2, size=(flips, len(gains))) * 2.0 - 1.0
    beyond = np.abs(np.einsum("fc,c->f", signs, gains)) >= abs(gains.sum()) - 1e-9
    return float((1 + beyond.sum()) / (1 + flips))


def mcnemar_first(first_a: np.ndarray, first_b: np.ndarray) -> dict[str, float]:
    """Return McNemar's exact test on the first question of each variant, by procedure id: independent, but fewer.

    Of several seeds the majority counts; a tie is wrong. Shapes: (seeds, variants) twice.
    """
    a, b = first_a.mean(0) > 0.5, first_b.mean(0) > 0.5
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    counts = {"both": int((a & b).sum()), "only_a": only_a, "only_b": only_b, "neither": int((~a & ~b).sum())}
    return {**counts, "p": mcnemar_exact(only_a, only_b)}


def holm_of(values: Sequence[float | None]) -> list[float | None]:
    """Return p values corrected by Holm over all that are there, in order."""
    ranked = sorted((value, place) for place, value in enumerate(values) if value is not None)
    found: list[float | None] = [None] * len(values)
    highest = 0.0
    for rank, (value, place) in enumerate(ranked):
        highest = max(highest, min(1.0, (len(ranked) - rank) * value))
        found[place] = highest
    return found


__all__ = [
    "PRIMARY",
    "Figure",
    "Level",
    "Pair",
    "Spread",
    "figure_of",
    "flip_p",
    "holm_of",
    "mcnemar_first",
    "pair_of",
    "spread_of",
]
