"""Rewards of whole episodes at the bedside: what each part of an ending pays, as data."""

from triagelab.rewards.episodes.outcome import BedsideOutcome
from triagelab.rewards.episodes.score import EpisodeBreakdown, final_pay, step_pay
from triagelab.rewards.episodes.spec import (
    EpisodeReward,
    PartsReward,
    TiersReward,
    episode_reward_names,
    load_episode_reward,
)

__all__ = [
    "BedsideOutcome",
    "EpisodeBreakdown",
    "EpisodeReward",
    "PartsReward",
    "TiersReward",
    "episode_reward_names",
    "final_pay",
    "load_episode_reward",
    "step_pay",
]
