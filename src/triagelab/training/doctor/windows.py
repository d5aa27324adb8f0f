"""A run cut into windows: the start, then up to nine more, each with what was measured in it and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from triagelab.clinical.costs import cost_matrix
from triagelab.rewards.audit.signal import PRIORS
from triagelab.training.doctor.checks import ENOUGH, FEW_LOGS, LOGS, SURE
from triagelab.training.doctor.groups import Groups, groups_of
from triagelab.training.doctor.read import Record, Rollouts
from triagelab.training.doctor.stats import Change, Estimate, at_mix, change, clustered, of_steps
from triagelab.training.doctor.values import Curve

WINDOWS, LONGEST_START = 10, 512
FROM_A_GROUP = 4
"""Completions of one group that count towards a full window: the rest tells little more about the one patient."""
LEVELS = (1, 2, 3, 4, 5)
SHOWN = (
    *("reward", "exact", "within_one", "no_answer", "dead", "clipped", "entropy", "kl", "length"),
    *("loss", "accuracy", "eval_loss", "grad_norm"),
)
LOGGED = {
    "reward": "reward",
    "reward_std": "reward_std",
    "no_answer": "parse/no_answer",
    "exact": "exact",
    "dead": "frac_reward_zero_std",
    "clipped": "completions/clipped_ratio",
    "entropy": "entropy",
    "kl": "kl",
    "length": "completions/mean_length",
    "grad_norm": "grad_norm",
    "loss": "loss",
    "accuracy": "mean_token_accuracy",
    "eval_loss": "eval_loss",
    **{f"answers/{k}": f"answers/{k}" for k in LEVELS},
}
"""Figure of a window -> metric that a trainer logs a step."""


@dataclass
class Window:
    """One stretch of a run.

    Attributes:
        start, end: first and last optimiser step.
        values: figure -> estimate. `exact`, `within_one`, `no_answer`, `answers/k` are of the completions as sampled;
            `real/...` are the same, with the cost, as they would be at the level mix of a real department, `shown/...`
            at the mix of the whole run; both leave out what the draw of the patients does to a window.
        groups: what the groups in it earned, where there are completions.
        mixes: `real/` and `shown/` -> level -> the share they weigh to, the same in every window; "" -> the shares
            among the completions of this window. Empty where levels are unknown.
    """

    start: int
    end: int
    completions: int = 0
    values: dict[str, Estimate] = field(default_factory=dict)
    groups: Groups | None = None
    mixes: dict[str, Mapping[int, float]] = field(default_factory=dict)

    def due(self, k: int, mix: str) -> float:
        """Return the share of level k among the patients of a mix; 0 if unknown."""
        shares = self.mixes.get(mix, {})
        return shares.get(k, 0.0) / sum(shares.values()) if shares else 0.0

    @property
    def name(self) -> str:
        return f"{self.start}-{self.end}"

    def mean(self, name: str) -> float | None:
        found = self.values.get(name)
        return None if found is None or not math.isfinite(found.mean) else found.mean

    def row(self) -> dict[str, Any]:
        """Return plain JSON values; None is unknown."""
        row: dict[str, Any] = {"steps": [self.start, self.end], "completions": self.completions}
        row |= {name: _short(self.mean(name)) for name in SHOWN}
        row["answers"] = _by_level(self, "answers")
        real = {name: _short(self.mean(f"real/{name}")) for name in ("exact", "within_one", "cost")}
        row["real_mix"] = {**real, "answers": _by_level(self, "real/answers")} if self.mean("real/exact") else None
        row["groups"] = None if self.groups is None else self.groups.row()
        return row


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _by_level(window: Window, name: str) -> dict[str, float | None] | None:
    shares = {str(k): _short(window.mean(f"{name}/{k}")) for k in LEVELS}
    return shares if any(share is not None for share in shares.values()) else None


MIXES = ("real/", "shown/", "")


def moved(first: Window, later: Window, name: str) -> Change | None:
    """Return how a figure changed between two windows; None if unknown.

    It is the change at the real level mix. Where that lies within noise, the change at the mix that training showed is
    surer, and counts if it points the same way: where the two differ, oversampling pays for what harms the patients.
    """
    found = [change(first.values[k], later.values[k]) for m in MIXES if _in_both(first, later, k := m + name)]
    if not found:
        return None
    agree = (each for each in found if abs(each.z) >= SURE and each.by * found[0].by >= 0)
    return next(agree, found[0])


def for_patients(first: Window, later: Window, name: str) -> Change | None:
    """Return how a figure changed for the patients who come: at the real level mix, or the first that is known."""
    keys = (m + name for m in MIXES if _in_both(first, later, m + name))
    return next((change(first.values[key], later.values[key]) for key in keys), None)


def _in_both(first: Window, later: Window, key: str) -> bool:
    return key in first.values and key in later.values


def windows_of(record: Record) -> list[Window]:
    """Return the windows of a run, the start first; each but the last of a short run has ENOUGH completions."""
    edges = _edges(record)
    found = [Window(start, end) for start, end in edges]
    mixes = {"real/": _shared_mix(record.rollouts, edges), "shown/": _run_mix(record.rollouts, edges)}
    for window in found:
        _from_curves(window, [c for c in record.curves if window.start <= c["step"] <= window.end])
        if record.rollouts is not None:
            _from_rollouts(window, record.rollouts, mixes)
    return found


def _edges(record: Record) -> list[tuple[int, int]]:
    """Return first and last step of each window: a short start, the rest in even parts."""
    weights = _weights(record)
    if record.rollouts is not None:
        enough, start = ENOUGH, min(LONGEST_START, max(ENOUGH, sum(weights.values()) / 30))
    else:
        enough = start = LOGS if record.phase == "grpo" else max(FEW_LOGS, len(weights) / 20)
    if not weights:
        return []
    last = max([*weights, *(int(c["step"]) for c in record.curves if record.rollouts is not None)])
    steps_in_order, sums = sorted(weights), np.cumsum([weights[s] for s in sorted(weights)])
    first = int(np.searchsorted(sums, start))
    rest = float(sums[-1] - sums[min(first, len(sums) - 1)])
    parts = int(min(WINDOWS - 1, rest // enough))
    if parts == 0:
        return [(min(1, steps_in_order[0]), last)]
    cuts = [float(sums[first]) + rest * part / parts for part in range(parts)]
    ends = [steps_in_order[min(len(sums) - 1, int(np.searchsorted(sums, cut - 1e-9)))] for cut in cuts] + [last]
    begins = [min(1, steps_in_order[0]), *(end + 1 for end in ends[:-1])]
    return [(begin, end) for begin, end in zip(begins, ends, strict=True) if begin <= end]


def _weights(record: Record) -> dict[int, float]:
    """Return how much each step counts towards a full window: completions, at most FROM_A_GROUP of each group."""
    if record.rollouts is None:
        return {int(curve["step"]): 1.0 for curve in record.curves}
    found: dict[int, float] = {}
    _, first, sizes = np.unique(record.rollouts.group, return_index=True, return_counts=True)
    for step, size in zip(record.rollouts.step[first].tolist(), sizes.tolist(), strict=True):
        found[step] = found.get(step, 0.0) + min(size, FROM_A_GROUP)
    return found


def _levels_in_all(rollouts: Rollouts, edges: list[tuple[int, int]], least: int) -> list[int]:
    """Return the levels that every window has at least so many groups of."""
    usable = set(LEVELS)
    for start, end in edges:
        here = (rollouts.step >= start) & (rollouts.step <= end)
        usable &= {k for k in usable if len(np.unique(rollouts.group[here & (rollouts.level == k)])) >= least}
    return sorted(usable)


def _shared_mix(rollouts: Rollouts | None, edges: list[tuple[int, int]]) -> Mapping[int, float]:
    """Return the real level mix over the levels that every window holds; empty if unknown or too little of it."""
    if rollouts is None or not np.isfinite(rollouts.level).all():
        return {}
    mix = {k: PRIORS["real"][k - 1] for k in _levels_in_all(rollouts, edges, 3)}
    return mix if sum(mix.values()) >= 0.8 else {}


def _run_mix(rollouts: Rollouts | None, edges: list[tuple[int, int]]) -> Mapping[int, float]:
    """Return the shares of the levels in the whole run, of those that every window holds; empty if unknown."""
    if rollouts is None or not np.isfinite(rollouts.level).all():
        return {}
    return {k: float((rollouts.level == k).mean()) for k in _levels_in_all(rollouts, edges, 2)}


def _from_curves(window: Window, curves: list[Curve]) -> None:
    for name, metric in LOGGED.items():
        found = of_steps([curve[metric] for curve in curves if metric in curve])
        if found is not None:
            window.values[name] = found


def _from_rollouts(window: Window, rollouts: Rollouts, mixes: Mapping[str, Mapping[int, float]]) -> None:
    here = (rollouts.step >= window.start) & (rollouts.step <= window.end)
    window.completions = int(here.sum())
    if not window.completions:
        return
    group, level, predicted = rollouts.group[here], rollouts.level[here], rollouts.predicted[here]
    if np.isfinite(level).all():
        window.mixes = {**mixes, "": {k: float((level == k).mean()) for k in LEVELS}}
    figures = _figures(level, predicted)
    figures |= {"reward": rollouts.reward[here], "characters": rollouts.length[here]}
    figures["clipped"] = rollouts.truncated[here]
    for name, values in figures.items():
        found = clustered(values, group)
        if found is not None and name != "cost":
            window.values[name] = found
        answered = name.split("/")[0] in ("exact", "within_one", "answers", "cost", "no_answer")
        for prefix, mix in mixes.items() if answered else ():
            if mix and (weighed := at_mix(values, group, level, mix)) is not None:
                window.values[prefix + name] = weighed
    window.groups = groups_of(rollouts, here)
    if window.groups is not None:
        dead = window.groups.dead
        window.values["dead"] = Estimate(dead, math.sqrt(dead * (1 - dead) / window.groups.n), window.groups.n)


def _figures(level: np.ndarray, predicted: np.ndarray) -> dict[str, np.ndarray]:
    """Return what each answer is worth by several measures. Missing: NaN where level or answer is unknown."""
    known = np.isfinite(predicted)
    both = known & np.isfinite(level)
    distance = np.where(predicted > 0, np.abs(predicted - level), np.inf)
    costs = cost_matrix("standard").table()
    row = np.where(both, level, 1).astype(int) - 1
    column = np.where(both & (predicted > 0), predicted, 6).astype(int) - 1
    figures = {
        "exact": np.where(both, distance == 0, np.nan),
        "within_one": np.where(both, distance <= 1, np.nan),
        "no_answer": np.where(known, predicted == 0, np.nan),
        "cost": np.where(both, costs[row, column], np.nan),
    }
    return figures | {f"answers/{k}": np.where(known, predicted == k, np.nan) for k in LEVELS}
