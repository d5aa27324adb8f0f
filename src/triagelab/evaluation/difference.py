"""The difference of two agents in one metric: its interval, its p, and how many cases would show it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from triagelab.evaluation.intervals import LEVEL, Interval, Pseudo, bootstrap_interval, resample
from triagelab.evaluation.metrics import N_COUNTS, N_STATS, Metric

POWER = 0.8
ALPHA = 1 - LEVEL
MIN_DISCORDANT = 10
"""Below this many cases on which two agents differ, the bootstrap interval of a share is too narrow."""


@dataclass(frozen=True)
class Difference:
    """One metric of two agents on the same cases.

    Missing: `low`, `high` and `p` None come with a note; `cases_needed` None means that no difference was seen.

    Attributes:
        value: b minus a.
        p: two-sided; McNemar exact for shares of independent cases, bootstrap for the rest.
        p_holm: the same, corrected for all metrics of the comparison.
        verdict: `b better`, `b worse` or `not told apart`, by `p_holm`.
        cases_needed: cases that would tell these two apart with 80 % power, if the difference is what was seen.
        detectable: smallest difference that the cases at hand show with 80 % power.
        method: of the interval; Bonett-Price for shares on which fewer than ten independent cases differ.
    """

    metric: str
    a: float
    b: float
    value: float
    low: float | None
    high: float | None
    p: float | None
    test: str
    p_holm: float | None = None
    verdict: str = "not told apart"
    cases_needed: int | None = None
    detectable: float | None = None
    method: str = ""
    note: str | None = None


@dataclass(frozen=True)
class Pool:
    """Both agents' answers: one row an answer, one row a cluster, one row a resample.

    Shapes: rows (answers, 31), stats (clusters, 62), draws (resamples, 62).
    """

    rows_a: np.ndarray
    rows_b: np.ndarray
    stats_C_2S: np.ndarray
    draws_R_2S: np.ndarray
    clustered: bool
    cases: int

    @classmethod
    def of(
        cls,
        rows_a: np.ndarray,
        rows_b: np.ndarray,
        clusters: np.ndarray,
        resamples: int,
        seed: int,
        cases: int | None = None,
    ) -> Pool:
        """Return the pool of answers; their clusters are numbered from 0; `cases` None means one an answer."""
        stats_C_2S = np.zeros((int(clusters.max()) + 1, 2 * N_STATS))
        np.add.at(stats_C_2S, clusters, np.concatenate([rows_a, rows_b], axis=1))
        pseudo = _unrelated_answers(stats_C_2S, len(clusters))
        draws_R_2S = resample(stats_C_2S, resamples, seed, "paired", pseudo=pseudo)
        clustered = len(stats_C_2S) < len(clusters)
        return cls(rows_a, rows_b, stats_C_2S, draws_R_2S, clustered, len(clusters) if cases is None else cases)


def _unrelated_answers(stats_C_2S: np.ndarray, n: int) -> Pseudo:
    """Return pseudo-cases in which truth and both answers have nothing to do with each other; see `intervals`."""
    total = stats_C_2S.sum(0) / n
    table_a, table_b = (total[start : start + N_COUNTS].reshape(5, 6) for start in (0, N_STATS))
    truth, answer_a, answer_b = (part.reshape(-1) for part in np.indices((5, 6, 6)))
    rows_K_2S = np.zeros((len(truth), 2 * N_STATS))
    for start, answer in ((0, answer_a), (N_STATS, answer_b)):
        rows_K_2S[np.arange(len(truth)), start + truth * 6 + answer] = 1
        rows_K_2S[:, start + N_COUNTS] = truth == answer
    probability_K = table_a.sum(1)[truth] * table_a.sum(0)[answer_a] * table_b.sum(0)[answer_b]
    return Pseudo(rows_K_2S * n / len(stats_C_2S), probability_K)


def difference_in(metric: Metric, pool: Pool) -> Difference | None:
    """Return the difference in one metric, or None where it is not defined for both agents."""
    total, draws_R_2S, cases = pool.stats_C_2S.sum(0), pool.draws_R_2S, pool.cases
    a, b = float(metric.compute(total[:N_STATS])), float(metric.compute(total[N_STATS:]))
    if math.isnan(a) or math.isnan(b):
        return None
    draws = metric.compute(draws_R_2S[:, N_STATS:]) - metric.compute(draws_R_2S[:, :N_STATS])
    split = None if pool.clustered else _split(metric, pool.rows_a, pool.rows_b)
    units = len(pool.stats_C_2S) if split is None else split.n
    method = "cluster bootstrap" if pool.clustered else "bootstrap"
    found = bootstrap_interval(b - a, draws, clusters=units, n=units, method=method)
    needed, detectable = power(draws, b - a, cases)
    if split is None:
        p, test = bootstrap_p(draws, found), method
    else:
        p, test = mcnemar_exact(split.only_a, split.only_b), "McNemar exact"
        found = found if split.discordant >= MIN_DISCORDANT else split.interval()
        per_case = mcnemar_cases(split.only_a / split.n, split.only_b / split.n)
        needed = None if per_case is None else math.ceil(per_case * cases / split.n)
    return Difference(
        metric=metric.name,
        a=a,
        b=b,
        value=b - a,
        low=found.low,
        high=found.high,
        p=p,
        test=test,
        verdict=_direction(metric, b - a),
        cases_needed=needed,
        detectable=detectable,
        method=found.method,
        note=found.note,
    )


@dataclass(frozen=True)
class _Split:
    """On how many of `n` independent cases only one of the two succeeds."""

    n: int
    only_a: int
    only_b: int

    @property
    def discordant(self) -> int:
        return self.only_a + self.only_b

    def interval(self) -> Interval:
        """Return the Bonett-Price interval of the difference: right also where hardly any case differs.

        Source: Bonett and Price 2012, J Educ Behav Stat 37:479.
        """
        p_a, p_b = (self.only_a + 1) / (self.n + 2), (self.only_b + 1) / (self.n + 2)
        half = _z_sum()[0] * math.sqrt((p_a + p_b - (p_b - p_a) ** 2) / (self.n + 2))
        value = (self.only_b - self.only_a) / self.n
        low, high = max(-1.0, min(value, p_b - p_a - half)), min(1.0, max(value, p_b - p_a + half))
        differ = "no case differs" if self.discordant == 0 else f"only {self.discordant} cases differ"
        return Interval(value, low, high, self.n, "Bonett-Price", differ)


def _split(metric: Metric, rows_a: np.ndarray, rows_b: np.ndarray) -> _Split | None:
    """Return the discordant counts of a share, or None where the metric is none. Shapes: (answers, 31) twice."""
    share_a, share_b = metric.share(rows_a), metric.share(rows_b)
    if share_a is None or share_b is None:
        return None
    n = int(share_a[1].sum())
    return _Split(n, int((share_a[0] > share_b[0]).sum()), int((share_a[0] < share_b[0]).sum()))


def bootstrap_p(draws: np.ndarray, found: Interval) -> float | None:
    """Return the two-sided p at which the bootstrap interval would just touch zero; None without an interval."""
    if found.low is None:
        return None
    defined = draws[~np.isnan(draws)]
    below, above = (1 + (defined <= 0).sum()) / (1 + len(defined)), (1 + (defined >= 0).sum()) / (1 + len(defined))
    return float(min(1.0, 2 * min(below, above)))


def mcnemar_exact(only_a: int, only_b: int) -> float:
    """Return the two-sided exact p of McNemar's test from the two discordant counts.

    Source: McNemar 1947; binomial form.
    """
    from scipy.special import bdtr  # deferred: scipy costs a tenth of a second to import

    total = only_a + only_b
    return 1.0 if total == 0 else float(min(1.0, 2 * bdtr(min(only_a, only_b), total, 0.5)))


def _z_sum() -> tuple[float, float]:
    normal = NormalDist()
    return normal.inv_cdf(1 - ALPHA / 2), normal.inv_cdf(POWER)


def power(draws: np.ndarray, difference: float, cases: int) -> tuple[int | None, float | None]:
    """Return (cases needed to show `difference` with 80 % power, smallest difference that `cases` can show).

    Missing: (None, None) where the resamples do not vary; the first is None where no difference was seen.
    """
    spread = float(np.nanstd(draws))
    if spread < 1e-12:
        return None, None
    reach = sum(_z_sum()) * spread
    needed = None if abs(difference) < 1e-9 else math.ceil(cases * (reach / difference) ** 2)
    return needed, reach


def mcnemar_cases(share_only_a: float, share_only_b: float) -> int | None:
    """Return the number of pairs at which McNemar's test finds this difference with 80 % power; None for no difference.

    Source: Connor 1987, Biometrics 43:207.
    """
    discordant, difference = share_only_a + share_only_b, abs(share_only_b - share_only_a)
    if difference < 1e-12:
        return None
    z_alpha, z_beta = _z_sum()
    root = z_alpha * math.sqrt(discordant) + z_beta * math.sqrt(discordant - difference**2)
    return math.ceil((root / difference) ** 2)


def _direction(metric: Metric, value: float) -> str:
    return "b better" if (value > 0) == metric.higher_is_better else "b worse"
