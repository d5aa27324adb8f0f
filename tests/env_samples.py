"""A small sound environment: guess a level from noisy looks; and what the contract checker must know of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from triagelab.envs.base import SEEDS, Task
from triagelab.envs.check.policy import CheckPolicy, policy_of
from triagelab.errors import BadInputError
from triagelab.observation import Observation
from triagelab.seeding import stream

TIERS = ("easy", "medium", "hard")
MAX_STEPS = 6


class SampleAction(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["look", "wait", "commit"]
    level: Literal[1, 2, 3, 4, 5] | None = None
    note: str = ""


class SampleObservation(Observation):
    clue: float | None = None


class SampleEpisode:
    """A hidden level; every look shows it with noise. Only a commit is paid."""

    weights: ClassVar[dict[str | None, float]] = {None: 1.0, "easy": 1.0, "medium": 0.9, "hard": 0.8}

    def __init__(self, split: str, seed: int, tier: str | None) -> None:
        self.split, self.seed, self.tier, self.steps = split, seed, tier, 0
        self.level = int(stream("sample.level", seed, split).integers(1, 6))

    def clue(self) -> float:
        noise = stream("sample.clue", self.seed, self.split, self.steps).uniform(-15, 15)
        return round(10.0 * self.level + float(noise), 3)

    def first(self) -> SampleObservation:
        clue = self.clue()
        return SampleObservation(message=f"The needle is near {clue}.", clue=clue)

    def step(self, action: SampleAction) -> SampleObservation:
        self.steps += 1
        if action.kind == "commit" or self.steps >= self.last_step():
            return self.end(action)
        parts = self.on_the_way(action)
        clue = self.clue() if action.kind == "look" else None
        return SampleObservation(
            message="You look." if clue else "You wait.", clue=clue, reward=sum(parts.values()), components=parts
        )

    def last_step(self) -> int:
        return MAX_STEPS

    def on_the_way(self, action: SampleAction) -> dict[str, float]:
        return {"time": -0.01}

    def answer(self, action: SampleAction) -> float:
        if action.kind != "commit" or action.level is None:
            return -0.2
        return {0: 1.0, 1: 0.5}.get(abs(action.level - self.level), 0.0) * self.weights[self.tier]

    def end(self, action: SampleAction) -> SampleObservation:
        parts = {"answer": self.answer(action)}
        return SampleObservation(
            message=f"It is {self.level}.",
            done=True,
            reward=sum(parts.values()),
            components=parts,
            debrief={"level": self.level},
        )

    def best(self) -> BaseModel:
        return SampleAction.model_validate({"kind": "commit", "level": self.level})


class SampleKind:
    env_id = "sample-v1"
    title = "Sample"
    description = "Guess a level."
    action_type: type[BaseModel] = SampleAction
    observation_type: type[Observation] = SampleObservation
    splits: tuple[str, ...] = ("train", "tasks")
    reward_range = (-0.2, 1.0)
    return_range = (-0.3, 1.0)
    component_names: tuple[str, ...] = ("answer", "time")
    max_steps = MAX_STEPS
    episode: type[SampleEpisode] = SampleEpisode

    def begin(self, split: str, seed: int) -> Any:
        return self.episode(split, seed, self.task(split, seed).tier)

    def read_action(self, raw: Mapping[str, Any]) -> Any:
        try:
            return SampleAction.model_validate(dict(raw))
        except ValidationError as error:
            raise BadInputError("action", "something else", "look, wait or commit") from error

    def task_count(self, split: str) -> int:
        return 15 if split == "tasks" else SEEDS

    def task(self, split: str, index: int) -> Task:
        tier = TIERS[index // 5] if split == "tasks" else None
        return Task(f"{split}-{index}", split, index, tier)


@cache
def sample_policy() -> CheckPolicy:
    """Return what the checker must know of the sample."""
    levels = [{"kind": "commit", "level": level} for level in range(1, 6)]
    tiers = {tier: list(range(5 * place, 5 * place + 5)) for place, tier in enumerate(TIERS)}
    tasks = {
        "name": "tasks", "options": {"split": "tasks"}, "tasks": [{"task": i} for i in range(15)], "tiers": tiers,
        "task_list": "tasks", "oracle_least": 0.8,
    }  # fmt: skip
    return policy_of(
        {
            "suites": [{"name": "train", "options": {"split": "train"}}, tasks],
            "actions": {
                "each": [{"kind": "look"}, {"kind": "wait"}],
                "grids": [{"kind": "commit", "level": [1, 2, 3, 4, 5]}],
            },
            "probes": [{"kind": "look"}],
            "nothing": {"actions": [{"kind": "look"}]},
            "canaries": {"wait": {"actions": [{"kind": "wait"}]}},
            "constants": {f"level-{action['level']}": {"actions": [action]} for action in levels},
            "degenerate": {"look-then-3": {"actions": [{"kind": "look"}, {"kind": "look"}, levels[2]]}},
            "ceilings": {"constant": 0.8, "slack": 0.1},
            "truth": ["debrief.level"],
            "text_field": "note",
            "limits": {"step_seconds": 0.02},
        },
        "sample",
    )
