"""What a step and an ending pay, by named parts; the reward is their sum in the order they stand."""

from __future__ import annotations

from dataclasses import dataclass

from triagelab.errors import BadInputError
from triagelab.rewards.episodes.outcome import BedsideOutcome
from triagelab.rewards.episodes.spec import SEVERITIES, EpisodeReward, PartsReward, TiersReward


@dataclass(frozen=True, slots=True)
class EpisodeBreakdown:
    """A paid step.

    Attributes:
        components: part -> what it pays; parts that pay nothing here are left out.
        total: their sum in this order, to the last bit.
    """

    components: dict[str, float]
    total: float


def _summed(parts: dict[str, float]) -> EpisodeBreakdown:
    return EpisodeBreakdown(parts, float(sum(parts.values())))


def step_pay(reward: EpisodeReward, minutes: float) -> EpisodeBreakdown:
    """Return what an action that ends nothing pays."""
    return _summed({"time": reward.time.minute * minutes + 0.0} if isinstance(reward, PartsReward) else {})


def final_pay(reward: EpisodeReward, outcome: BedsideOutcome, minutes: float) -> EpisodeBreakdown:
    """Return what the last action pays.

    Args:
        minutes: how long this action took.

    Raises: BadInputError for a reward by tiers and a case without one.
    """
    if isinstance(reward, PartsReward):
        return _summed(_parts(reward, outcome, minutes))
    return _summed(_tiers(reward, outcome))


def _parts(reward: PartsReward, outcome: BedsideOutcome, minutes: float) -> dict[str, float]:
    parts = {
        "time": reward.time.minute * minutes + 0.0,
        "level": reward.level.pay(outcome.level, outcome.answer),
    }
    if outcome.answer is not None:
        parts["pathway"] = reward.extras.pathway if outcome.pathway == outcome.true_pathway else 0.0
        parts["pattern"] = reward.extras.pattern if outcome.pattern == outcome.true_pattern else 0.0
    parts["delay"] = reward.delayed(outcome.untreated)
    parts["treatment"] = reward.treatment.right * outcome.helped + reward.treatment.wrong * outcome.wrong
    return parts


def _tiers(reward: TiersReward, outcome: BedsideOutcome) -> dict[str, float]:
    if outcome.tier is None:
        raise BadInputError("reward", reward.name, "a reward by parts", "generated cases have no tier")
    if outcome.answer is None:
        return {"severity": reward.wrong}
    places = [SEVERITIES.index(reward.tier_of_level[level]) for level in (outcome.level, outcome.answer)]
    off = abs(places[0] - places[1])
    if off:
        return {"severity": reward.near[outcome.tier] if off == 1 else reward.wrong}
    services = [reward.service_of_pathway[name] for name in (outcome.true_pathway, outcome.pathway or "")]
    return {
        "severity": reward.severity[outcome.tier],
        "service": reward.service if services[0] == services[1] else 0.0,
        "pattern": reward.pattern if outcome.pattern == outcome.true_pattern else 0.0,
        "one_step": reward.one_step if outcome.steps == 1 else 0.0,
    }


__all__ = ["EpisodeBreakdown", "final_pay", "step_pay"]
