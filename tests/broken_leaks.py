"""Environments that tell the truth, or the seed, before its time: each in one way."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict

from env_samples import SampleAction, SampleEpisode, SampleKind, SampleObservation
from triagelab.envs.base import Environment, Task
from triagelab.errors import BadInputError


class Shown:
    """A state with more in it than `EpisodeState` has."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def to_dict(self) -> dict[str, Any]:
        return self.values


class TellingClue(SampleEpisode):
    def clue(self) -> float:
        return 10.0 * self.level


class TellingText(SampleEpisode):
    def first(self) -> SampleObservation:
        seen = super().first()
        return seen.model_copy(update={"message": f"{seen.message} Case {self.seed % 97}, class: {self.level}"})


class EarlyDebrief(SampleEpisode):
    def first(self) -> SampleObservation:
        return super().first().model_copy(update={"debrief": {"level": self.level}})


class TellingTime(SampleEpisode):
    def first(self) -> SampleObservation:
        time.sleep(4e-4 * (self.level == 1))
        return super().first()


class TellingPay(SampleEpisode):
    """Looking costs more where it is urgent: the reward on the way tells how urgent it is."""

    def on_the_way(self, action: SampleAction) -> dict[str, float]:
        return {"time": -0.02 if self.level <= 2 else -0.01}


class TellingLog(SampleEpisode):
    def first(self) -> SampleObservation:
        logging.getLogger("triagelab.sample").warning("new case, level %d", self.level)
        return super().first()


class TellingState(Environment[Any, Any]):
    """What a peer's server does: the state has the answer, under a name that says so or not."""

    word = "severity"

    def told(self) -> Any:
        return getattr(self._episode, "level", None)

    @property
    def state(self) -> Any:
        return Shown({**super().state.to_dict(), self.word: self.told()})


class TrueSeverity(TellingState):
    word = "true_severity"

    def told(self) -> Any:
        return "Emergency"


class Critical(TellingState):
    word = "critical"

    def told(self) -> Any:
        return super().told() is not None and super().told() <= 2


class SeedInState(TellingState):
    word = "case"

    def told(self) -> Any:
        return self._record.seed if self._record is not None else None


class TellingId(Environment[Any, Any]):
    """Gives episodes without a name one that is made of the seed."""

    def reset(self, **options: Any) -> Any:
        first = super().reset(**options)
        if options.get("episode_id") is None and self._record is not None:
            self._record.episode_id = f"episode-{self._record.seed}"
        return first


class TellingError(Environment[Any, Any]):
    def _read(self, raw: object) -> Any:
        try:
            return super()._read(raw)
        except BadInputError as error:
            raise BadInputError("action", "something else", f"try {getattr(self._episode, 'level', 3)}") from error


class MovingAction(SampleAction):
    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"default": {"level": 1}})


class MovingEpisode(SampleEpisode):
    def best(self) -> SampleAction:
        return MovingAction.model_validate(super().best().model_dump())


class TellingSchema(SampleKind):
    action_type = MovingAction
    episode = MovingEpisode

    def begin(self, split: str, seed: int) -> Any:
        episode = super().begin(split, seed)
        MovingAction.model_config["json_schema_extra"] = {"default": {"level": episode.level}}
        MovingAction.model_rebuild(force=True)
        return episode

    def read_action(self, raw: Mapping[str, Any]) -> Any:
        return MovingAction.model_construct(**super().read_action(raw).model_dump())


class TellingTasks(SampleKind):
    def task(self, split: str, index: int) -> Task:
        found = super().task(split, index)
        if split != "tasks":
            return found
        return Task(f"case-{index}-level-{SampleEpisode(split, index, None).level}", split, index, found.tier)
