"""Two agents on the same cases: paired differences, their intervals, and whether the cases are enough to tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.evaluation.alignment import Pairing, align
from triagelab.evaluation.beliefs import AUROC, auroc_difference
from triagelab.evaluation.difference import Difference, Pool, difference_in, mcnemar_exact
from triagelab.evaluation.intervals import LEVEL
from triagelab.evaluation.metrics import COSTS, METRICS, cluster_of, row_of
from triagelab.evaluation.records import Record, read_records
from triagelab.evaluation.summary import read_summary

PAIRED_RESAMPLES = 5000
POWER_METRICS = {"exact": "exact", "qwk": "kappa", "cost_standard": "clinical cost"}


@dataclass(frozen=True)
class Comparison:
    """What two agents on the same cases have in common and what not.

    Attributes:
        n: paired answers; `cases`: cases behind them; `units`: independent units (patients, hospitals, or cases).
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
        shown = [(name, words) for name, words in POWER_METRICS.items() if name in self.differences]
        return [power_line(words, self.differences[name], self.cases) for name, words in shown]

    def lines(self) -> list[str]:
        """Return the comparison for a terminal."""
        unit = "clusters (patients, hospitals or repeated cases)" if self.clustered else "cases"
        head = (
            f"{self.b} (b) against {self.a} (a), n = {self.n} paired answers of {self.units} {unit}; difference = b - a"
        )
        table = [difference_line(difference) for difference in self.differences.values()]
        found = self.mcnemar
        split = f"both right {found['both']:.0f}, only a {found['only_a']:.0f}, only b {found['only_b']:.0f}"
        exact = f"McNemar, level itself: {split}, neither {found['neither']:.0f}, exact p {_p(found['p'])}"
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
    names = [cluster_of(record) for record in pairing.a]
    cases = len({record.case_id for record in pairing.a})
    pool = Pool.of(rows_a, rows_b, np.unique(names, return_inverse=True)[1], resamples, seed, cases)
    has_sets = any(record.acceptable is not None for record in pairing.a)
    wanted = [metric for name, metric in {**METRICS, **COSTS}.items() if name != "acceptable" or has_sets]
    found = {metric.name: one for metric in wanted if (one := difference_in(metric, pool)) is not None}
    ranking = auroc_difference(pairing.a, pairing.b, resamples=resamples, seed=seed)
    if ranking is not None:
        found[AUROC] = ranking
    return Comparison(
        a=label_a,
        b=label_b,
        n=len(pairing.a),
        cases=cases,
        units=len(pool.stats_C_2S),
        clustered=pool.clustered,
        differences=holm(found),
        mcnemar=_mcnemar_table(pairing),
        notes=pairing.notes,
    )


def holm(found: Mapping[str, Difference]) -> dict[str, Difference]:
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
            verdict=difference.verdict if corrected.get(name, 1.0) < 1 - LEVEL else "not told apart",
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


def difference_line(item: Difference) -> str:
    span = "no interval" if item.low is None else f"{item.low:+.3f} to {item.high:+.3f}"
    head = f"  {item.metric:<20} a {item.a:.3f}  b {item.b:.3f}  {item.value:+.3f} ({span})"
    note = f"; {item.note}" if item.note else ""
    return f"{head}  p {_p(item.p)} ({item.test}), Holm {_p(item.p_holm)}: {item.verdict}{note}"


def power_line(name: str, item: Difference, cases: int) -> str:
    """Return, in words, how many cases it would take to tell two agents apart on one metric."""
    reach = "" if item.detectable is None else f"; these {cases} show a difference of {item.detectable:.3f} or more"
    if item.cases_needed is None:
        return f"power, {name}: no difference was seen, so no number of cases can be named{reach}"
    if item.cases_needed <= cases:
        what = f"about {item.cases_needed} cases are enough to tell these two apart (80 % power); there are {cases}"
        return f"power, {name}: if the difference is {item.value:+.3f} as seen, {what}"
    what = f"it takes about {item.cases_needed} cases to tell these two apart (80 % power); there are {cases}"
    return f"power, {name}: if the difference is {item.value:+.3f} as seen, {what}{reach}"
