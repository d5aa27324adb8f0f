"""Two agents on the same cases: paired differences, their intervals, and whether the cases are enough to tell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from triagelab.evaluation.alignment import Pairing, align
from triagelab.evaluation.intervals import LEVEL, Interval, bootstrap_interval, resample
from triagelab.evaluation.metrics import COSTS, METRICS, N_STATS, Metric, cluster_of, row_of
from triagelab.evaluation.records import Record, read_records
from triagelab.evaluation.summary import read_summary

PAIRED_RESAMPLES = 5000
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
    note: str | None = None


@dataclass(frozen=True)
class Comparison:
    """What two agents on the same cases have in common and what not.

    Attributes:
        n: paired answers; `cases`: cases behind them; `units`: independent units (patients, or cases).
        mcnemar: both right, only a, only b, neither, and the exact p on the level itself (first answer to each case).
        notes: what a reader must know (cases left out, repeats left out).
    """

    a: str
    b: str
    n: int
    cases: int
    units: int
    clustered: bool
    differences: Mapping[str, Difference]
    mcnemar: Mapping[str, float]
    notes: tuple[str, ...] = ()

    def power_lines(self) -> list[str]:
        """Return, in words, how many cases it would take to tell these two apart."""
        shown = (name for name in ("exact", "qwk", "cost_standard") if name in self.differences)
        return [power_line(self.differences[name], self.cases) for name in shown]

    def lines(self) -> list[str]:
        """Return the comparison for a terminal."""
        unit = "patients or cases" if self.clustered else "cases"
        head = (
            f"{self.b} (b) against {self.a} (a), n = {self.n} paired answers of {self.units} {unit}; difference = b - a"
        )
        table = [_difference_line(difference) for difference in self.differences.values()]
        found = self.mcnemar
        split = f"both right {found['both']:.0f}, only a {found['only_a']:.0f}, only b {found['only_b']:.0f}"
        exact = f"McNemar, level itself: {split}, neither {found['neither']:.0f}, exact p = {_p(found['p'])}"
        return [head, *table, exact, *self.power_lines(), *(f"note: {note}" for note in self.notes)]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, the text lines included."""
        raw = {key: value for key, value in asdict(self).items() if key not in ("differences", "notes", "mcnemar")}
        return {
            "kind": "comparison",
            **raw,
            "difference": "b - a",
            "differences": {name: asdict(difference) for name, difference in self.differences.items()},
            "mcnemar": dict(self.mcnemar),
            "power": self.power_lines(),
            "notes": list(self.notes),
            "lines": self.lines(),
        }


def compare(
    dir_a: Path | str,
    dir_b: Path | str,
    *,
    intersect: bool = False,
    resamples: int = PAIRED_RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Return the comparison of two evaluation folders on the same cases.

    Args:
        intersect: compare on the cases that both have, and say how many were left out, instead of refusing.

    Raises: BadInputError where the cases, their truth or their scale differ.
    """
    names = [str(read_summary(folder)["agent"]) for folder in (dir_a, dir_b)]
    if names[0] == names[1]:
        names = [f"{name} [{Path(folder).name}]" for name, folder in zip(names, (dir_a, dir_b), strict=True)]
    if names[0] == names[1]:
        names = [f"{name} ({which})" for name, which in zip(names, "ab", strict=True)]
    a, b = read_records(dir_a), read_records(dir_b)
    return compare_records(
        a, b, label_a=names[0], label_b=names[1], intersect=intersect, resamples=resamples, seed=seed
    )


def compare_records(
    records_a: Sequence[Record],
    records_b: Sequence[Record],
    *,
    label_a: str,
    label_b: str,
    intersect: bool = False,
    resamples: int = PAIRED_RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Return the comparison of two lists of records; see `compare`."""
    pairing = align(records_a, records_b, label_a=label_a, label_b=label_b, intersect=intersect)
    rows_a, rows_b = (np.stack([row_of(record) for record in side]) for side in (pairing.a, pairing.b))
    clusters = [cluster_of(record) for record in pairing.a]
    index = {name: row for row, name in enumerate(dict.fromkeys(clusters))}
    stats_C_2S = np.zeros((len(index), 2 * N_STATS))
    np.add.at(stats_C_2S, [index[name] for name in clusters], np.concatenate([rows_a, rows_b], axis=1))
    clustered = len(index) < len(clusters)
    draws_R_2S = resample(stats_C_2S, resamples, seed, "paired")
    cases = len({record.case_id for record in pairing.a})
    has_sets = any(record.acceptable is not None for record in pairing.a)
    found = {}
    for name, metric in {**METRICS, **COSTS}.items():
        if name != "acceptable" or has_sets:
            one = _difference(metric, rows_a, rows_b, stats_C_2S, draws_R_2S, clustered, cases)
            if one is not None:
                found[name] = one
    return Comparison(
        a=label_a,
        b=label_b,
        n=len(pairing.a),
        cases=cases,
        units=len(index),
        clustered=clustered,
        differences=_holm(found),
        mcnemar=_mcnemar_table(pairing),
        notes=pairing.notes,
    )


def _difference(
    metric: Metric,
    rows_a: np.ndarray,
    rows_b: np.ndarray,
    stats_C_2S: np.ndarray,
    draws_R_2S: np.ndarray,
    clustered: bool,
    cases: int,
) -> Difference | None:
    """Return the difference in one metric, or None where it is not defined for both agents."""
    total = stats_C_2S.sum(0)
    a, b = float(metric.compute(total[:N_STATS])), float(metric.compute(total[N_STATS:]))
    if math.isnan(a) or math.isnan(b):
        return None
    draws = metric.compute(draws_R_2S[:, N_STATS:]) - metric.compute(draws_R_2S[:, :N_STATS])
    shares = metric.share(rows_a), metric.share(rows_b)
    among = shares[0][1] > 0 if shares[0] is not None else np.ones(len(rows_a), bool)
    units = len(stats_C_2S) if among.all() or clustered else int(among.sum())
    method = "cluster bootstrap" if clustered else "bootstrap"
    found = bootstrap_interval(b - a, draws, clusters=units, n=int(among.sum()), method=method)
    p, test, note = _p_value(shares, draws, clustered, found)
    needed, detectable = power(draws, b - a, cases)
    if test == "McNemar exact" and shares[0] is not None and shares[1] is not None:
        needed = _mcnemar_cases(shares[0][0][among], shares[1][0][among], cases) or needed
    return Difference(
        metric.name,
        a,
        b,
        b - a,
        found.low,
        found.high,
        p,
        test,
        None,
        _direction(metric, b - a),
        needed,
        detectable,
        note,
    )


def _p_value(
    shares: tuple[tuple[np.ndarray, np.ndarray] | None, tuple[np.ndarray, np.ndarray] | None],
    draws: np.ndarray,
    clustered: bool,
    found: Interval,
) -> tuple[float | None, str, str | None]:
    """Return (p, the test behind it, a note): exact for shares of independent cases, else from the bootstrap."""
    if shares[0] is not None and shares[1] is not None and not clustered:
        only_a = int((shares[0][0] > shares[1][0]).sum())
        only_b = int((shares[0][0] < shares[1][0]).sum())
        few = "few cases differ: go by p, not by the interval" if 0 < only_a + only_b < MIN_DISCORDANT else None
        note = "no case differs" if only_a + only_b == 0 else few
        return mcnemar_exact(only_a, only_b), "McNemar exact", note
    if found.low is None:
        same = np.nanmax(np.abs(draws)) < 1e-12
        return (1.0, "bootstrap", "no difference in any resample") if same else (None, "bootstrap", found.note)
    defined = draws[~np.isnan(draws)]
    below, above = (1 + (defined <= 0).sum()) / (1 + len(defined)), (1 + (defined >= 0).sum()) / (1 + len(defined))
    return float(min(1.0, 2 * min(below, above))), "bootstrap", None


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


def _mcnemar_cases(right_a: np.ndarray, right_b: np.ndarray, cases: int) -> int | None:
    """Return the same in cases of the whole mix, where the metric is over a part of it only. Shapes: (part,) twice."""
    needed = mcnemar_cases(float((right_a > right_b).mean()), float((right_a < right_b).mean()))
    return None if needed is None else math.ceil(needed * cases / len(right_a))


def _direction(metric: Metric, value: float) -> str:
    return "b better" if (value > 0) == metric.higher_is_better else "b worse"


def _holm(found: Mapping[str, Difference]) -> dict[str, Difference]:
    """Return the differences with Holm's correction over all of them, and the verdict that it allows."""
    ordered = sorted((item for item in found.items() if item[1].p is not None), key=lambda item: item[1].p or 0.0)
    corrected: dict[str, float] = {}
    highest = 0.0
    for rank, (name, difference) in enumerate(ordered):
        highest = max(highest, min(1.0, (len(ordered) - rank) * (difference.p or 0.0)))
        corrected[name] = highest
    return {
        name: replace(
            difference,
            p_holm=corrected.get(name),
            verdict=difference.verdict if corrected.get(name, 1.0) < ALPHA else "not told apart",
        )
        for name, difference in found.items()
    }


def _mcnemar_table(pairing: Pairing) -> dict[str, float]:
    """Return the fourfold table of right levels over the first answer to each case."""
    table = {"both": 0, "only_a": 0, "only_b": 0, "neither": 0}
    seen: set[str] = set()
    for a, b in zip(pairing.a, pairing.b, strict=True):
        if a.case_id not in seen:
            seen.add(a.case_id)
            right = a.predicted == a.level, b.predicted == b.level
            table[{(True, True): "both", (True, False): "only_a", (False, True): "only_b"}.get(right, "neither")] += 1
    return {**table, "p": mcnemar_exact(table["only_a"], table["only_b"])}


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _difference_line(item: Difference) -> str:
    span = "no interval" if item.low is None else f"{item.low:+.3f} to {item.high:+.3f}"
    head = f"  {item.metric:<20} a {item.a:.3f}  b {item.b:.3f}  {item.value:+.3f} ({span})"
    note = f"; {item.note}" if item.note else ""
    return f"{head}  p {_p(item.p)} ({item.test}), Holm {_p(item.p_holm)}: {item.verdict}{note}"


def power_line(item: Difference, cases: int) -> str:
    """Return, in words, how many cases it would take to tell two agents apart on one metric."""
    name = item.metric.replace("cost_", "cost, ")
    reach = "" if item.detectable is None else f"; these {cases} show a difference of {item.detectable:.3f} or more"
    if item.cases_needed is None:
        return f"power, {name}: no difference was seen, so no number of cases can be named{reach}"
    if item.cases_needed <= cases:
        what = f"about {item.cases_needed} cases are enough to tell these two apart (80 % power); there are {cases}"
        return f"power, {name}: if the difference is {item.value:+.3f} as seen, {what}"
    what = f"it takes about {item.cases_needed} cases to tell these two apart (80 % power); there are {cases}"
    return f"power, {name}: if the difference is {item.value:+.3f} as seen, {what}{reach}"
