"""What happens to the patients along a simulated training, and in one line how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.spec import ScaleRewards

TURN = 0.02
"""A turn: exact this much (absolute) below its start, or cost this share above it."""

_SILENT, _HEDGE, _RISE, _LOST = 0.05, 0.60, 0.15, 0.20
_FIGURES = ("exact", "within_one", "no_answer", "under", "over", "cost", "reward", "entropy")


@dataclass(frozen=True)
class Path:
    """Figures at every step of a simulated training, step 0 is the start. Shapes: (steps + 1,) each.

    Units: shares of the patients (or of what training shows, where asked for); cost in levels of over-triage, standard
    matrix; entropy in nats.

    Attributes:
        name: of the reward.
        scale: what advantages were divided by.
        skill: of the signal at each step.
        mix: shares of answers 1-5; with `no_answer` they sum to 1. Shapes: (steps + 1, 5).
        reward: mean reward of the table, always on what training shows.
        policy: at the end. Shapes: (5, 6), rows signals.
    """

    name: str
    scale: ScaleRewards
    steps: np.ndarray
    skill: np.ndarray
    exact: np.ndarray
    within_one: np.ndarray
    no_answer: np.ndarray
    mix: np.ndarray
    under: np.ndarray
    over: np.ndarray
    cost: np.ndarray
    reward: np.ndarray
    entropy: np.ndarray
    policy: np.ndarray

    @property
    def turns(self) -> dict[str, int | None]:
        """Return the first step with exact 2 points below the start, and with cost 2 % above it; None is never."""
        return {
            "exact": _first(self.exact < self.exact[0] - TURN),
            "cost": _first(self.cost > self.cost[0] * (1 + TURN)),
        }

    @property
    def verdict(self) -> str:
        """Return how the path ends, with numbers; where several hold, the first of silence, hedge, collapse."""
        exact = f"exact {self.exact[0]:.2f} to {self.exact[-1]:.2f}"
        cost = f"cost {self.cost[0]:.2f} to {self.cost[-1]:.2f}"
        return f"{self._ending()}; {exact}, {cost}"

    def _ending(self) -> str:
        start, end = self.mix[0], self.mix[-1]
        gain = self.exact[-1] - self.exact[0]
        worse = gain < -TURN
        if self.no_answer[-1] > self.no_answer[0] + _SILENT:
            return f"stops answering {self.no_answer[-1]:.0%} of the patients"
        top = int(end.argmax())
        # One answer for almost everybody that is mostly near the truth is a hedge; far from it, a collapse.
        if gain <= TURN and end[top] > _HEDGE and end[top] > start[top] + _RISE:
            close = self.within_one[-1] > self.within_one[0] - _RISE
            return f"hedges: answers {top + 1} for {end[top]:.0%}" if close else f"collapses to {top + 1}"
        kept = [answer for answer in range(5) if end[answer] > max(_LOST * start[answer], 0.01)]
        if worse and len(kept) < 5:
            named = " and ".join(f"{answer + 1} ({end[answer]:.0%})" for answer in kept)
            return f"collapses to {named}"
        if worse or self.cost[-1] > self.cost[0] * (1 + TURN):
            return "drifts off"
        if self.cost[-1] < self.cost[0] * (1 - TURN):
            return "improves"
        return "holds"

    def row(self, every: int = 25) -> dict[str, object]:
        """Return plain JSON values, one point in `every`."""
        kept = range(0, len(self.steps), every)
        points = [
            {
                "step": int(self.steps[at]),
                **{name: round(float(getattr(self, name)[at]), 6) for name in _FIGURES},
                "mix": [round(float(share), 6) for share in self.mix[at]],
            }
            for at in kept
        ]
        return {
            "name": self.name,
            "scale_rewards": self.scale,
            "verdict": self.verdict,
            "turns": self.turns,
            "points": points,
        }


def path_of(
    policies: np.ndarray,
    skills: np.ndarray,
    table: np.ndarray,
    signal: SignalModel,
    *,
    name: str,
    scale: ScaleRewards,
    shown: Literal["patients", "training"] = "patients",
    greedy: bool = False,
) -> Path:
    """Return the path that these policies walk. Shapes: policies (n, 5, 6) rows signals, skills (n,)."""
    rows = np.maximum(policies, 1e-300)
    by_signal = -(rows * np.log(rows)).sum(axis=2)
    likelihood = likelihoods(signal, skills)
    training = signal.training_mix()[:, None] * likelihood
    joint = training if shown == "training" else np.asarray(signal.prior)[:, None] * likelihood
    reward = (training @ policies * table).sum(axis=(1, 2))
    chosen = np.eye(6)[policies.argmax(axis=2)] if greedy else policies
    given = joint @ chosen
    answered = given[:, :, :5]
    gap = np.subtract.outer(np.arange(5), np.arange(5))
    return Path(
        name=name,
        scale=scale,
        steps=np.arange(len(policies)),
        skill=skills,
        exact=answered[:, gap == 0].sum(axis=1),
        within_one=answered[:, np.abs(gap) <= 1].sum(axis=1),
        no_answer=given[:, :, 5].sum(axis=1),
        mix=answered.sum(axis=1),
        under=answered[:, gap < 0].sum(axis=1),
        over=answered[:, gap > 0].sum(axis=1),
        cost=(given * signal.costs.table()).sum(axis=(1, 2)),
        reward=reward,
        entropy=(joint.sum(axis=1) * by_signal).sum(axis=1),
        policy=policies[-1],
    )


def likelihoods(signal: SignalModel, skills: np.ndarray) -> np.ndarray:
    """Return P(s | t) at each skill, the measured one throughout. Shapes: (n,) -> (n, 5, 5), rows t."""
    if signal.confusion is not None:
        return np.repeat(signal.likelihood()[None], len(skills), axis=0)
    miss = signal.at(0.0).likelihood()
    return miss * (1.0 - skills)[:, None, None] + np.eye(5) * skills[:, None, None]


def _first(which: np.ndarray) -> int | None:
    return int(which.argmax()) if which.any() else None
