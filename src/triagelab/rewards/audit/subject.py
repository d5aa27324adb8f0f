"""What an audit looks at: a reward as an outcome table, and as something that pays for texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from triagelab.rewards.audit.cases import AuditCase
from triagelab.rewards.audit.finding import Finding
from triagelab.rewards.score import score
from triagelab.rewards.spec import RewardSpec, ScaleRewards

Pay = Callable[[Sequence[AuditCase], Sequence[str]], "list[float | None]"]
"""Rewards of one completion a case. Missing: None is unscorable."""


@dataclass(frozen=True)
class Subject:
    """A reward under audit.

    Attributes:
        name: of the preset, file or callable.
        table: what each outcome pays, text left out but for bonuses that only right answers get: they make being right
            worth more, and count in full. Shapes: (5, 6), rows gold 1-5, columns answer 1-5 and none.
        triggered: rule name -> the table of a case that sets this rule off.
        text: the least and the most that the text alone can add to any outcome of the table.
        sampling: how many times a training case of each level is drawn.
        scale_rewards: what the reward asks GRPO to divide advantages by; None leaves it to the recipe.
        pay: what completions earn, text and all.
        spec: the preset, where the reward is one; None for a callable.
        extra: findings made while a callable was sampled.
        noise: standard deviation of one pay where the same text is not paid the same twice, else 0.
    """

    name: str
    table: np.ndarray
    text: tuple[float, float]
    sampling: tuple[float, ...]
    pay: Pay
    triggered: Mapping[str, np.ndarray] = field(default_factory=dict)
    scale_rewards: ScaleRewards | None = None
    spec: RewardSpec | None = None
    extra: tuple[Finding, ...] = ()
    noise: float = 0.0

    @property
    def slack(self) -> float:
        """Return the lead of one pay over another that chance alone hardly ever gives: five standard deviations."""
        return 5.0 * 2.0**0.5 * self.noise


def subject_of(spec: RewardSpec) -> Subject:
    """Return the preset as an audit looks at it."""

    def pay(cases: Sequence[AuditCase], completions: Sequence[str]) -> list[float | None]:
        return [
            score(spec, text, case.level, note=case.note, findings=case.findings).total
            for case, text in zip(cases, completions, strict=True)
        ]

    for_right = spec.right_bonus() * np.eye(5, 6)
    low, high = spec.text_range()
    return Subject(
        name=spec.name,
        table=np.array(spec.outcome_table()) + for_right,
        text=(low, high - spec.right_bonus()),
        sampling=spec.sampling_weights,
        pay=pay,
        triggered={rule.name: np.array(spec.outcome_table([rule.name])) + for_right for rule in spec.rules},
        scale_rewards=spec.scale_rewards,
        spec=spec,
    )
