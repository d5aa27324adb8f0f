"""What a run answered while it trained, window by window, weighed back to the patients' mix, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from held_out import MIX

from triagelab.clinical.costs import cost_matrix
from triagelab.seeding import stream
from triagelab.training.logs import read_completions

WINDOW = 25
RESAMPLES = 1000
FIGURES = ("exact", "within_one", "under", "over", "no_answer", "cost", *(f"answer_{level}" for level in range(1, 6)))


def windows(run: Path, until: int) -> dict[int, np.ndarray]:
    """Return first step of each window -> counts of truth x answer by group. Shapes: (groups, 5, 6)."""
    found: dict[int, dict[tuple[int, int], np.ndarray]] = {}
    for row in read_completions(run):
        if row["phase"] != "train" or row["step"] >= until:
            continue
        groups = found.setdefault(row["step"] // WINDOW * WINDOW, {})
        counts = groups.setdefault((row["step"], row["group"]), np.zeros((5, 6)))
        answer = row["predicted"]
        counts[row["level"] - 1, 5 if answer is None else answer - 1] += 1
    return {step: np.array(list(groups.values())) for step, groups in sorted(found.items())}


def figures(confusion: np.ndarray) -> np.ndarray:
    """Return every figure of a confusion table, levels weighed to the patients' mix.

    Shapes: (..., 5, 6) -> (..., len(FIGURES)). A level that the window does not hold is left out of the mix.
    """
    shown = confusion.sum(-1, keepdims=True)
    rows = np.divide(confusion, shown, out=np.zeros_like(confusion, dtype=float), where=shown > 0)
    weight = np.asarray(MIX)[:, None] * (shown > 0)
    joint = rows * weight / weight.sum(axis=(-2, -1), keepdims=True)
    truth, answer = np.arange(5)[:, None], np.arange(6)[None, :]
    spoken = answer < 5
    masks = [
        truth == answer,
        (abs(truth - answer) <= 1) & spoken,
        (answer > truth) & spoken,
        answer < truth,
        (answer == 5) & (truth >= 0),
    ]
    found = [(joint * mask).sum(axis=(-2, -1)) for mask in masks]
    found.append((joint * cost_matrix().table()).sum(axis=(-2, -1)))
    found += [joint[..., level].sum(axis=-1) for level in range(5)]
    return np.stack(found, axis=-1)


def curve(runs: Sequence[Path], until: int) -> list[dict[str, float]]:
    """Return one row a window: the mean over the runs (seeds), with a 95 % interval over groups within each run."""
    by_run = [windows(run, until) for run in runs]
    rows = []
    for step in sorted(set.intersection(*(set(found) for found in by_run))):
        points = np.mean([figures(found[step].sum(axis=0)) for found in by_run], axis=0)
        draws = np.zeros((RESAMPLES, len(FIGURES)))
        for number, found in enumerate(by_run):
            groups = found[step]
            rng = stream("reward_collapse.curve", 0, step, number)
            picked = rng.multinomial(len(groups), np.full(len(groups), 1 / len(groups)), size=RESAMPLES)
            draws += figures(np.tensordot(picked, groups, axes=(1, 0))) / len(by_run)
        low, high = np.percentile(draws, (2.5, 97.5), axis=0)
        row: dict[str, float] = {"step": step, "groups": sum(len(found[step]) for found in by_run)}
        for at, name in enumerate(FIGURES):
            row |= {name: points[at], f"{name}_low": low[at], f"{name}_high": high[at]}
        rows.append(row)
    return rows
