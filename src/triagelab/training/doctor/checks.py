"""The thresholds of the doctor, in one place: for a finished run, a running one, and the warnings during training.

A value that was logged and is no number arrives here as NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from triagelab.rewards.audit.finding import Severity
from triagelab.training.doctor.stats import Change, change, of_steps

ENOUGH = 256
"""Completions that a window needs before its mix of answers is compared with another's."""
FEW_LOGS = 5
"""Logged steps that a window of a loss curve needs."""
LOGS = 16
"""Logged steps that a window of answers needs where only curves are at hand."""
PATIENCE = 5
"""Logs in a row that must look wrong."""

SURE = 3.5
"""Standard errors by which a window must differ from the start, in a report that looks at ten windows."""
SURE_LIVE = 5.0
"""The same during training, where a moving window is looked at every step and its scatter comes from 16 logs."""

EXACT_FALLS, EXACT_FALLS_FAR = 0.05, 0.15
COST_RISES = 0.05
"""Share of the cost at the start."""
SHARE_RISES, SHARE_RISES_FAR = 0.15, 0.30
SHARE_ABOVE = 0.10
"""By how much the answers of a level must outnumber the patients of that level; nearer to them is learning."""
ONE_LEVEL = 0.90
"""Share of one level among the answers from which a policy is constant."""
VANISHED_FROM, VANISHED_TO = 0.05, 0.005
NO_ANSWER, NO_ANSWER_FAR, NO_ANSWER_RISES = 0.05, 0.15, 0.05
DEAD, DEAD_FAR = 0.5, 0.9
CLIPPED, CLIPPED_FAR = 0.1, 0.5
TEXT_SHARE, ONE_TERM = 0.5, 0.95
SAME_ANSWER = 0.25
ENTROPY, ENTROPY_LEFT = 0.003, 0.1
KL = 0.5
"""Nats a token."""
GRADIENT = 1e3
LONGER, SHORTER = 1.5, 1 / 1.5

EASIER = "choose harder cases or sample warmer"


@dataclass(frozen=True)
class Cause:
    """A logged figure that looks wrong by itself when it stays so for PATIENCE logs.

    Attributes:
        say: what that means, and what to do; one line.
    """

    id: str
    metric: str
    wrong: Callable[[float], bool]
    severity: Severity
    what: str
    why: str
    change: str

    @property
    def say(self) -> str:
        return f"{self.why}; {self.change}"


CAUSES: tuple[Cause, ...] = (
    Cause(
        "dead-groups",
        "frac_reward_zero_std",
        lambda v: v > DEAD_FAR,
        Severity.SEVERE,
        "Nearly every group is dead",
        "nearly every group earns one and the same reward, so nothing is learnt",
        EASIER,
    ),
    Cause(
        "clipped",
        "completions/clipped_ratio",
        lambda v: v > CLIPPED,
        Severity.WARNING,
        "Answers are cut off",
        "answers are cut off before they end",
        "raise generation.max_new_tokens",
    ),
    Cause(
        "entropy-collapse",
        "entropy",
        lambda v: v < ENTROPY,
        Severity.WARNING,
        "The policy hardly varies any more",
        "the policy hardly varies any more",
        "lower optim.learning_rate or raise reward.kl",
    ),
    Cause(
        "gradient-explodes",
        "grad_norm",
        lambda v: math.isnan(v) or v > GRADIENT,
        Severity.SEVERE,
        "Gradients explode",
        "gradients explode",
        "lower optim.learning_rate",
    ),
    Cause(
        "loss-not-a-number",
        "loss",
        math.isnan,
        Severity.SEVERE,
        "The loss is not a number",
        "the loss is not a number",
        "lower optim.learning_rate",
    ),
)


def wrong_stretch(cause: Cause, values: Sequence[float]) -> tuple[int, int] | None:
    """Return first and last place of the latest stretch of PATIENCE or more wrong values, None without one."""
    begin: int | None = None
    found = None
    for place, value in enumerate(values):
        if not cause.wrong(value):
            begin = None
            continue
        begin = place if begin is None else begin
        if place - begin + 1 >= PATIENCE:
            found = (begin, place)
    return found


@dataclass(frozen=True)
class Drift:
    """A logged figure that must not move away from where the run began.

    Attributes:
        bad: whether this change is one, given how many standard errors count as sure.
        advice: what it means, and what to do.
    """

    metric: str
    bad: Callable[[Change, float], bool]
    advice: str


def exact_fell(moved: Change, sure: float) -> bool:
    return moved.fell(EXACT_FALLS, sure)


def share_rose(moved: Change, sure: float) -> bool:
    return moved.rose(SHARE_RISES, sure)


def vanished(moved: Change, sure: float) -> bool:
    return moved.before >= VANISHED_FROM and moved.after <= VANISHED_TO and moved.z <= -sure


def silence_rose(moved: Change, sure: float) -> bool:
    return moved.rose(NO_ANSWER_RISES, sure)


AUDIT = "run `triagelab audit` on the reward"
DOCTOR = "`triagelab doctor` on this run says whether that harms"
_LEVELS = (1, 2, 3, 4, 5)
DRIFTS: tuple[Drift, ...] = (
    Drift("exact", exact_fell, f"training makes the answers worse; stop and {AUDIT}"),
    Drift("parse/no_answer", silence_rose, "the policy stops answering; make no answer the dearest outcome"),
    *(Drift(f"answers/{k}", share_rose, f"answers move onto level {k}; {DOCTOR}") for k in _LEVELS),
    *(Drift(f"answers/{k}", vanished, f"level {k} is no longer answered; {AUDIT}") for k in _LEVELS),
)


def drifted(drift: Drift, first: Sequence[float], recent: Sequence[float], sure: float = SURE_LIVE) -> Change | None:
    """Return the change of a logged figure from the first logs to the recent ones if it is bad, else None."""
    before, after = of_steps(first), of_steps(recent)
    if before is None or after is None:
        return None
    moved = change(before, after)
    return moved if drift.bad(moved, sure) else None


def logs_needed(per_log: float, least: int = LOGS) -> int:
    """Return how many logs a moving window takes: enough completions, and enough logs to know their scatter."""
    return max(least, math.ceil(ENOUGH / max(1.0, per_log)))
