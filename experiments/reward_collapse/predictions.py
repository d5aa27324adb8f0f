"""What the audit said beforehand of each reward, at the confusion of the policy that training starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from held_out import MIX

from triagelab.rewards.audit.audit import audit
from triagelab.rewards.audit.dynamics import simulate
from triagelab.rewards.audit.dynamics_fit import fit_rate, rank_correlation, real_curve, start_skill
from triagelab.rewards.audit.incentives import answers
from triagelab.rewards.audit.optimum import outcome_of, reward_optimum
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.audit.subject import Subject, subject_of
from triagelab.rewards.presets import load_preset
from triagelab.training.config import RewardSettings
from triagelab.training.gate import advantage_scale
from triagelab.training.logs import read_completions

SEEDS = 8
COMPARED = ("exact", "within_one", "cost", "answer_1", "answer_2", "answer_3", "answer_4", "no_answer")


def subject(preset: str) -> Subject:
    """Return the reward with the advantage scaling that the runs use."""
    return replace(subject_of(load_preset(preset)), scale_rewards=advantage_scale(RewardSettings(preset=preset)))


def measured(confusion: Sequence[Sequence[float]], sampling: Sequence[float]) -> SignalModel:
    """Return the signal model whose signal is what the start policy answers (silence left out)."""
    rows = tuple(tuple(float(count) for count in row[:5]) for row in confusion)
    shares = np.array(rows) / np.maximum(np.array(rows).sum(axis=1, keepdims=True), 1)
    skill = float((np.asarray(MIX) * np.diag(shares)).sum())
    return SignalModel(MIX, skill, tuple(sampling), rows)


def said(preset: str, confusion: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Return verdict and optimum by the audit (skill 0.65, formula) and the optimum at the start's own confusion."""
    looked = subject(preset)
    found = audit(looked, prior=MIX)
    own = measured(confusion, looked.sampling)
    best = outcome_of(reward_optimum(looked.table, own), own)
    at = next(outcome for outcome in found.optimum if outcome.skill == found.signal.skill)
    return {
        "verdict": found.verdict,
        "severe": [finding.id for finding in found.severe],
        "optimum": answers(at.answers),
        "own_optimum": answers(best.answers),
        "own_exact": best.exact,
        "own_cost": best.cost,
        "dynamics": found.path.verdict,
    }


def path(
    preset: str, confusion: Sequence[Sequence[float]], steps: int, *, own: bool, rate: float
) -> dict[str, np.ndarray]:
    """Return figure -> its simulated course, the mean over seeds. Shapes: (steps + 1,)."""
    looked = subject(preset)
    signal = measured(confusion, looked.sampling)
    if not own:
        signal = SignalModel(MIX, start_skill(signal.skill, MIX, greedy=True), looked.sampling)
    paths = [simulate(looked, signal, steps=steps, seed=seed, rate=rate) for seed in range(SEEDS)]
    course = {name: np.mean([getattr(one, name) for one in paths], axis=0) for name in ("exact", "within_one", "cost")}
    course["no_answer"] = np.mean([one.no_answer for one in paths], axis=0)
    mix = np.mean([one.mix for one in paths], axis=0)
    return course | {f"answer_{level}": mix[:, level - 1] for level in range(1, 6)}


def fitted_rate(preset: str, confusion: Sequence[Sequence[float]], run: Path) -> dict[str, float]:
    """Return the simulation's one free number as this run alone would set it, and how far off the shares then are."""
    looked = subject(preset)
    rows = [row for row in read_completions(run) if row["phase"] == "train"]
    real = real_curve([row["step"] for row in rows], [row["level"] for row in rows], [row["predicted"] for row in rows])
    skill = start_skill(measured(confusion, looked.sampling).skill, MIX, greedy=True)
    rate, error = fit_rate(looked, SignalModel(MIX, skill, looked.sampling), real)
    return {"rate": rate, "mean_absolute_error": error, "start_skill": skill}


def correlations(
    predicted: Mapping[str, Mapping[str, np.ndarray]], seen: Mapping[str, Sequence[Mapping[str, float]]]
) -> dict[str, dict[str, float | int | None]]:
    """Return figure -> rank correlation of predicted and seen changes since the first window, over preset x window."""
    found = {}
    for name in COMPARED:
        pairs = []
        for preset, rows in seen.items():
            middle = [int(row["step"]) + 12 for row in rows]
            course = predicted[preset][name]
            pairs += [
                (course[min(at, len(course) - 1)] - course[middle[0]], row[name] - rows[0][name])
                for at, row in zip(middle[1:], rows[1:], strict=True)
            ]
        guess, real = np.array(pairs).T
        found[name] = {"rho": rank_correlation(guess, real), "n": len(pairs)}
    return found
