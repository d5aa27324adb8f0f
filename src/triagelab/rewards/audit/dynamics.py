"""Where training goes from an SFT policy: policy gradient with shared parameters, simulated in well under a second.

Model. The policy knows a signal s and nothing else: logits[s, a] = bias[a] + W[s, a] over answers 1-5 and none. A step
draws `groups` patients from training's mix, a signal for each, and `group` answers from the policy; TRL's advantages
give the gradient on W, the sum of it over signals the gradient on the bias. `shared` is the bias's rate over W's: what
moves one prompt moves all. `sampled=False` takes the exact expectation of that gradient.

Start. A policy that answers at random as it believes, as SFT by likelihood leaves one sampled at temperature 1; another
can be given.

Step size. Adam's step does not depend on the scale of the reward, so the gradient is divided by the root of its own
running mean square (decay 0.99, one number for all of W). `rate` is thus the length of a typical step of W in logits.

Left out, and where that errs:
- Text terms (format, length), the rules' cases, and answers that are cut off: a policy that learns to stop early, or
  never to finish, is not seen. `noise` is the one trace of them: random text reward, which widens a group's deviation.
- Prompts are five signals. Real prompts differ within a signal and can be told apart further by training: real exact
  can rise where this one holds (`growth` raises the skill if asked), and real memory makes it fall later.
- No KL term: with one, a real run moves less far from its start.
- No clipping, one update per batch: a real run with several updates per batch moves further, up to the clip.
- Adam's momentum and its scaling of each weight apart: real small gradients (rare answers) grow faster than here.
- A bias can hold a signal for thousands of steps at an answer nearly as good as its best; real weights may free it.
- The five signals are equally easy to tell apart and the bias moves all alike: a real run can move neighbours more.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from triagelab.errors import BadInputError
from triagelab.rewards.audit.dynamics_path import Path, likelihoods, path_of
from triagelab.rewards.audit.groups_advantage import (
    EPSILON,
    LARGEST_EXACT,
    advantages,
    batch_spread,
    belief_policy,
    chances,
    compositions,
    group_advantages,
    training_signal,
)
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.audit.subject import Subject
from triagelab.rewards.spec import ScaleRewards
from triagelab.seeding import stream

RATE = 0.03
"""Logits that a typical step moves W by (Euclidean length over all 30).

Fitted on one real run (v46 on NHAMCS, AdamW at 2e-4, 8 groups of 8), so that a step here is a step there; the fit is
flat from 0.014 to 0.06. It goes with the learning rate.
"""

SHARED = 1.0
CEILING = 0.95
_DECAY = 0.99
_LEAST = 1e-8


def simulate(
    subject: Subject,
    signal: SignalModel,
    *,
    steps: int = 400,
    group: int = 8,
    groups: int = 8,
    scale: ScaleRewards | None = None,
    rate: float = RATE,
    shared: float = SHARED,
    seed: int = 0,
    sampled: bool = True,
    noise: float = 0.0,
    start: np.ndarray | None = None,
    growth: float = 0.0,
    ceiling: float = CEILING,
    shown: Literal["patients", "training"] = "patients",
    greedy: bool = False,
) -> Path:
    """Return the path of a training under this reward.

    Training draws levels as the reward's own sampling says, whatever `signal.sampling` is.

    Args:
        scale: of advantages; None is what the reward asks for, else group.
        sampled: draw every batch; False follows the expected update (no noise, groups of 16 at most).
        noise: deviation of a random text reward on every completion.
        start: policy to start from, by default what SFT leaves, `belief_policy`. Shapes: (5, 6), rows signals.
        growth: share of the way to `ceiling` that the skill goes each step; 0 keeps it.
        shown: whose figures the path gives.
        greedy: figures of the most probable answer, as an evaluation gives them, not of sampled ones.

    Raises: BadInputError for a number out of range.
    """
    _check(steps=steps, group=group, groups=groups, rate=rate, shared=shared, noise=noise, growth=growth)
    scale = scale or subject.scale_rewards or "group"
    signal = training_signal(signal, subject.sampling)
    skills = signal.skill + max(ceiling - signal.skill, 0.0) * (1.0 - (1.0 - growth) ** np.arange(steps + 1.0))
    first = belief_policy(signal) if start is None else np.asarray(start, dtype=float)
    if sampled:
        gradients = _Sampled(subject.table, signal, skills, scale, group, groups, noise, seed)
    else:
        gradients = _Expected(subject.table, signal, skills, scale, group, groups, noise)
    policies = _walk(first, gradients, steps, rate, shared)
    return path_of(policies, skills, subject.table, signal, name=subject.name, scale=scale, shown=shown, greedy=greedy)


def _walk(first: np.ndarray, gradients: _Sampled | _Expected, steps: int, rate: float, shared: float) -> np.ndarray:
    """Return the policy before every step and after the last. Shapes: (steps + 1, 5, 6)."""
    policies = np.empty((steps + 1, 5, 6))
    policies[0] = first
    logits = np.log(np.maximum(first, 1e-9))
    square = 0.0
    for step in range(steps):
        gradient, length = gradients(step, policies[step])
        square = _DECAY * square + (1.0 - _DECAY) * length
        size = np.sqrt(square / (1.0 - _DECAY ** (step + 1))) + _LEAST
        logits = logits + rate / size * (gradient + shared * gradient.sum(axis=0))
        logits -= logits.max(axis=1, keepdims=True)
        policy = np.exp(logits)
        policies[step + 1] = policy / policy.sum(axis=1, keepdims=True)
    return policies


class _Sampled:
    """Gradients of drawn batches. All that does not depend on the policy is drawn at once."""

    def __init__(
        self,
        table: np.ndarray,
        signal: SignalModel,
        skills: np.ndarray,
        scale: ScaleRewards,
        group: int,
        groups: int,
        noise: float,
        seed: int,
    ) -> None:
        steps = len(skills) - 1
        # One row of draws a step, so that a longer training starts as a shorter one did.
        draws = stream("audit.dynamics", seed).random((steps, groups * (group + 2)))
        patients, self.uniform = draws[:, : 2 * groups], draws[:, 2 * groups :].reshape(steps, groups, group)
        self.table = table
        self.scale: ScaleRewards = scale
        self.truths = _pick(signal.training_mix(), patients[:, :groups])
        chance = likelihoods(signal, skills[:-1])[np.arange(steps)[:, None], self.truths]
        self.signals = _pick(chance, patients[:, groups:])
        text = stream("audit.dynamics.text", seed)
        self.text = noise * text.standard_normal((steps, groups, group)) if noise else None

    def __call__(self, step: int, policy: np.ndarray) -> tuple[np.ndarray, float]:
        """Return the gradient on W and its squared length. Shapes: policy (5, 6) -> (5, 6).

        A group's advantages sum to 0, so the part of the gradient that lowers every answer alike is 0.
        """
        signals = self.signals[step][:, None]
        answers = _pick(policy[signals], self.uniform[step])
        rewards = self.table[self.truths[step][:, None], answers]
        if self.text is not None:
            rewards = rewards + self.text[step]
        weights = advantages(rewards, self.scale).ravel() / answers.size
        gradient = np.bincount((signals * 6 + answers).ravel(), weights, minlength=30).reshape(5, 6)
        return gradient, float((gradient**2).sum())


class _Expected:
    """The exact expectation of the drawn gradient, and of its squared length."""

    def __init__(
        self,
        table: np.ndarray,
        signal: SignalModel,
        skills: np.ndarray,
        scale: ScaleRewards,
        group: int,
        groups: int,
        noise: float,
    ) -> None:
        if group > LARGEST_EXACT:
            raise BadInputError("group", group, f"2 to {LARGEST_EXACT} where sampled is False")
        self.table, self.scale, self.group, self.groups, self.noise = table, scale, group, groups, noise
        self.joint = signal.training_mix()[:, None] * likelihoods(signal, skills)
        counts = compositions(group)[0]
        inside = group_advantages(table, counts, "group" if scale == "group" else "none", noise=noise)
        moved = inside * counts / group
        self._moved = moved.transpose(1, 0, 2).reshape(-1, 30)
        self._square = (moved**2).sum(axis=2).T

    def __call__(self, step: int, policy: np.ndarray) -> tuple[np.ndarray, float]:
        """Return the mean gradient on W and the mean squared length of a batch's. Shapes: policy (5, 6) -> (5, 6)."""
        chance, joint = chances(policy, self.group), self.joint[step]
        mean = np.einsum("ts,sta->sa", joint, (chance @ self._moved).reshape(5, 5, 6))
        one = float((joint.T * (chance @ self._square)).sum())
        if self.scale == "batch":
            spread = batch_spread(self.table, policy, joint, noise=self.noise) + EPSILON
            mean, one = mean / spread, one / spread**2
        whole = float((mean**2).sum())
        return mean, whole + (one - whole) / self.groups


def _pick(shares: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Return the columns that uniform draws pick. Shapes: shares (..., k), uniform (...) -> (...)."""
    edges = shares.cumsum(axis=-1)[..., :-1]
    return (uniform[..., None] > edges).sum(axis=-1)


def _check(*, steps: int, group: int, groups: int, **numbers: float) -> None:
    for name, value, low, high in (("steps", steps, 1, 20_000), ("group", group, 2, 1024), ("groups", groups, 1, 4096)):
        if not low <= value <= high:
            raise BadInputError(name, value, f"{low} to {high}")
    for name, value in numbers.items():
        if not 0 <= value < float("inf") or (name == "growth" and value > 1):
            raise BadInputError(name, value, "0 or more" + (", at most 1" if name == "growth" else ""))
