"""bedside-v1: ask, measure, examine, test and treat before you commit, while the patient's course goes on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from triagelab.cases.bedside.actions import BedsideAction, read_action
from triagelab.cases.bedside.course import Course, course_of
from triagelab.cases.bedside.observation import BedsideObservation
from triagelab.cases.bedside.patient import BedsidePatient, draw_bedside
from triagelab.cases.bedside.tasks import named_tasks
from triagelab.cases.bedside.vocabulary import bedside_table
from triagelab.envs.base import SEEDS, Task
from triagelab.envs.bedside_episode import BedsideEpisode
from triagelab.errors import BadInputError
from triagelab.rewards.episodes import PartsReward, load_episode_reward

MAX_STEPS = 20
TASK_STEPS = 10
GENERATED = ("train", "dev", "test")
TASKS = "tasks"
TASK_REWARD = "tiers-v1"
CASES_KEPT = 512
"""Patients kept for the next reset with the same split and seed, such as the other members of a GRPO group."""


class BedsideKind:
    """The kind of bedside-v1.

    Args:
        reward: name or TOML file of an episode reward by parts, for generated patients; the named tasks are always paid
            by `tiers-v1`.

    Raises: UnknownNameError, BadInputError or DataFormatError for a reward that is none, or that needs tiers.
    """

    env_id = "bedside-v1"
    title = "Triage at the bedside"
    description = (
        "See one patient, ask, measure, examine, test and treat, then commit to level, pathway and pattern. Every "
        "action takes minutes, and some patients get worse meanwhile."
    )
    action_type = BedsideAction
    observation_type = BedsideObservation
    splits: tuple[str, ...] = (*GENERATED, TASKS)
    max_steps = MAX_STEPS

    def __init__(self, reward: str = "bedside-v1") -> None:
        self.reward = load_episode_reward(reward)
        if not isinstance(self.reward, PartsReward):
            raise BadInputError("reward", reward, "a reward by parts", f"{TASK_REWARD} is for the split {TASKS!r}")
        self.task_reward = load_episode_reward(TASK_REWARD)
        ranges = [self.reward.bounds(MAX_STEPS, longest_action()), self.task_reward.bounds(TASK_STEPS, 0.0)]
        self.reward_range, self.return_range = (
            (min(pair[place][0] for pair in ranges), max(pair[place][1] for pair in ranges)) for place in (0, 1)
        )
        self.component_names = tuple(dict.fromkeys((*self.reward.components, *self.task_reward.components)))

    def begin(self, split: str, seed: int) -> BedsideEpisode:
        """Return a new episode with a generated patient, or with the named task at place `seed`."""
        patient, course = _case(split, seed)
        if split == TASKS:
            return BedsideEpisode(patient, course, self.task_reward, TASK_STEPS)
        return BedsideEpisode(patient, course, self.reward, MAX_STEPS)

    def read_action(self, raw: Mapping[str, Any]) -> BedsideAction:
        """Return the typed action. Raises: BadInputError."""
        return read_action(raw)

    def task_count(self, split: str) -> int:
        """Return how many cases a split has."""
        return len(named_tasks()) if split == TASKS else SEEDS

    def task(self, split: str, index: int) -> Task:
        """Return the case at one place."""
        if split != TASKS:
            return Task(id=f"{split}-{index}", split=split, index=index)
        named = named_tasks()[index]
        return Task(id=named.id, split=split, index=index, tier=named.tier)


def longest_action() -> float:
    """Return the most minutes that one action takes."""
    table = bedside_table()
    return max((*table.minutes.values(), *table.minutes_of_target.values()))


@lru_cache(maxsize=CASES_KEPT)
def _case(split: str, seed: int) -> tuple[BedsidePatient, Course]:
    patient = named_tasks()[seed].patient if split == TASKS else draw_bedside(split, seed)
    return patient, course_of(patient)
