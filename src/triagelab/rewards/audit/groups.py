"""What GRPO does to a reward: what is left of it once a group's advantages are centred and scaled.

How advantages are computed is in `groups_advantage`, where they lead in `groups_climb`, what is left of each class in
`groups_effects`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.rewards.audit.groups_advantage import (
    LARGEST_EXACT,
    advantages,
    batch_spread,
    belief_policy,
    effective_table,
    training_signal,
)
from triagelab.rewards.audit.groups_climb import climb, stable_answers
from triagelab.rewards.audit.groups_effects import (
    DeadGroups,
    GroupEffect,
    class_effects,
    constant_terms,
    dead_groups,
)
from triagelab.rewards.audit.incentives import answers
from triagelab.rewards.audit.optimum import Outcome, outcome_of, reward_optimum, sound
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.audit.subject import Subject
from triagelab.rewards.spec import ScaleRewards

__all__ = [
    "DeadGroups",
    "GroupEffect",
    "GroupReport",
    "advantages",
    "constant_terms",
    "dead_groups",
    "effective_table",
    "group_report",
    "scaling_findings",
]

DEAD_SHARE = 0.50
WEIGHT_LOST = 1.5
"""A factor between two classes from which on class weights count as cancelled."""


@dataclass(frozen=True)
class GroupReport:
    """What one scaling makes of a reward, under training's own sampling.

    Attributes:
        scale, group: of the advantages; groups have `group` answers.
        effective: E[A | t, s, a], the reward that the first update follows. Shapes: (5, 5, 6), truth, signal, answer.
        value: its mean over training's belief at each signal. Shapes: (5, 6), rows signals.
        pushed: answer whose logit the first expected update raises most, per signal; None is no answer.
        stable: answers at rest per signal, see `groups_climb.stable_answers`.
        climbed: outcome of the answers that training climbs to from the start policy.
        written: outcome of the answers that the table as written makes worth most.
        classes: what is left of each class.
        constant: names of terms that cannot vary inside a group.
        dead: of groups of this size at this skill.
    """

    name: str
    scale: ScaleRewards
    group: int
    skill: float
    effective: np.ndarray
    value: np.ndarray
    pushed: tuple[int | None, ...]
    stable: tuple[tuple[int | None, ...], ...]
    climbed: Outcome
    written: Outcome
    classes: tuple[GroupEffect, ...]
    constant: tuple[str, ...]
    dead: DeadGroups

    def row(self) -> dict[str, object]:
        """Return plain JSON values."""
        return {
            "name": self.name,
            "scale_rewards": self.scale,
            "group": self.group,
            "skill": self.skill,
            "effective": np.round(self.effective, 6).tolist(),
            "value": np.round(self.value, 6).tolist(),
            "pushed": list(self.pushed),
            "stable": [list(resting) for resting in self.stable],
            "climbed": self.climbed.row(),
            "written": self.written.row(),
            "classes": [effect.row() for effect in self.classes],
            "constant": list(self.constant),
            "dead": self.dead.row(),
        }


def group_report(
    subject: Subject,
    signal: SignalModel,
    *,
    group: int = 8,
    scale: ScaleRewards = "group",
    policy: np.ndarray | None = None,
) -> GroupReport:
    """Return what this scaling makes of the reward. For what group scaling *would* do, ask for it: it is the default.

    Training draws levels as the reward's own sampling says, whatever `signal.sampling` is. Above groups of 16 the climb
    is that of groups of 16, and mean absolute advantages are of groups of 16, too.

    Args:
        policy: the start, by default what SFT leaves, `belief_policy`. Shapes: (5, 6), rows signals.

    Raises: BadInputError for a group outside 2 to 1024.
    """
    signal = training_signal(signal, subject.sampling)
    policy = belief_policy(signal) if policy is None else policy
    table, beliefs = subject.table, signal.beliefs(training=True)
    spread = batch_spread(table, policy, signal.joint(training=True))
    effective = np.stack([effective_table(table, row, group, scale, spread=spread) for row in policy], axis=1)
    value = np.einsum("st,tsa->sa", beliefs, effective)
    exact_group = min(group, LARGEST_EXACT)
    climbed = climb(table, signal, group=exact_group, scale=scale, start=policy)
    return GroupReport(
        name=subject.name,
        scale=scale,
        group=group,
        skill=signal.skill,
        effective=effective,
        value=value,
        pushed=_answers((policy * value).argmax(axis=1)),
        stable=tuple(_answers(columns) for columns in stable_answers(table, signal, scale)),
        climbed=outcome_of(climbed, signal),
        written=outcome_of(reward_optimum(table, signal), signal),
        classes=class_effects(table, signal, policy, group=exact_group, scale=scale),
        constant=constant_terms(subject.spec) if subject.spec else (),
        dead=dead_groups(table, signal, policy=policy, sizes=(group,), skills=(signal.skill,))[0],
    )


def scaling_findings(
    subject: Subject, signal: SignalModel, *, group: int = 8, scale: ScaleRewards | None = None
) -> list[Finding]:
    """Return what is wrong with the reward as GRPO scales it, at the signal's skill.

    Args:
        scale: None is the reward's own, else group, TRL's default; `group` on a reward that asks for none says what
            group scaling would do to it.
    """
    scale = scale or subject.scale_rewards or "group"
    report = group_report(subject, signal, group=group, scale=scale)
    found = [_turned(report), _cancelled(report), _text_decides(subject, report), _constant(report), _dead(report)]
    return [finding for finding in found if finding is not None]


def _turned(report: GroupReport) -> Finding | None:
    climbed, written = report.climbed, report.written
    worse = climbed.cost > written.cost + 1e-9
    if report.scale != "group" or climbed.answers == written.answers or sound(climbed) or not worse:
        return None
    return Finding(
        id="scaling-turns-optimum",
        severity=Severity.WARNING,
        what="Dividing by each group's deviation turns the table: training climbs to other, costlier answers.",
        evidence=f"skill {report.skill:g}, groups of {report.group}: to signals 1-5 the table as written answers "
        f"{_said(written)}; scaled, training climbs to {_said(climbed)}",
        change='Set scale_rewards = "none" (or "batch") in the preset, and train with it.',
    )


def _cancelled(report: GroupReport) -> Finding | None:
    lost = [effect.weight_lost for effect in report.classes if effect.unscaled > 0]
    if report.scale != "group" or not lost or max(lost) < WEIGHT_LOST * min(lost):
        return None
    shares = "; ".join(
        f"level {effect.level} x{effect.weight_lost:.2f}, {effect.signal_unscaled:.0%} to {effect.signal_scaled:.0%}"
        for effect in report.classes
    )
    return Finding(
        id="scaling-cancels-class-weights",
        severity=Severity.NOTE,
        what="What the table pays more for some levels cancels inside a group: only sampling weighs the levels.",
        evidence=f"factor that scaling takes off each level (level 3 = 1), share of signal before and after: {shares}",
        change='Weigh levels by sampling, or set scale_rewards = "none" or "batch".',
    )


def _text_decides(subject: Subject, report: GroupReport) -> Finding | None:
    """Where all answers of a group earn the same its texts alone differ, and scaling makes a whole signal of that."""
    spread = subject.text[1] - subject.text[0]
    if report.scale != "group" or spread <= 1e-9 or report.dead.dead <= 0:
        return None
    return Finding(
        id="text-decides-agreed-groups",
        severity=Severity.NOTE,
        what="Where all answers of a group earn the same, text alone decides, and per-group scaling blows it up to a "
        "full advantage.",
        evidence=f"skill {report.dead.skill:g}, groups of {report.dead.size}: {report.dead.dead:.0%} at the start, "
        f"more as the policy sharpens; text moves the reward by up to {spread:.2f}",
        change='Set scale_rewards = "none" (or "batch"), or leave the text unpaid.',
    )


def _constant(report: GroupReport) -> Finding | None:
    if not report.constant:
        return None
    return Finding(
        id="term-teaches-nothing",
        severity=Severity.NOTE,
        what="Terms that pay every completion for a patient the same are centred away and teach nothing.",
        evidence=f"constant inside every group: {', '.join(report.constant)}",
        change="Remove them, or let them depend on the answer or the text.",
    )


def _dead(report: GroupReport) -> Finding | None:
    dead = report.dead
    if dead.dead <= DEAD_SHARE:
        return None
    return Finding(
        id="many-dead-groups",
        severity=Severity.NOTE,
        what="Most groups earn one reward throughout at the start, and teach nothing.",
        evidence=f"skill {dead.skill:g}, groups of {dead.size}: {dead.dead:.0%} without variance ({dead.all_right:.0%} "
        f"all right, {dead.all_wrong:.0%} all wrong, {dead.tied:.0%} tied)",
        change="Let wrong answers differ in what they earn, draw larger groups, or sample at a higher temperature.",
    )


def _said(outcome: Outcome) -> str:
    return f"{answers(outcome.answers)} (cost x{outcome.cost_ratio:.2f} of the least)"


def _answers(columns: Sequence[int] | np.ndarray) -> tuple[int | None, ...]:
    return tuple(None if column == 5 else int(column) + 1 for column in columns)
