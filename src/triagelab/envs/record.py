"""What may be told of a running episode to anybody, and the record of it that nobody sees who plays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from triagelab.observation import Observation

Act = TypeVar("Act", bound=BaseModel)
Seen = TypeVar("Seen", bound=Observation)


@dataclass(frozen=True, slots=True)
class EpisodeState:
    """What may be told of a running episode to anybody who asks. No seed: with it the truth could be computed."""

    env_id: str
    episode_id: str | None
    step_count: int
    done: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "env_id": self.env_id,
            "episode_id": self.episode_id,
            "step_count": self.step_count,
            "done": self.done,
        }


@dataclass(slots=True)
class EpisodeRecord(Generic[Act, Seen]):
    """One episode from the reset on: enough to repeat it and to check its rewards."""

    env_id: str
    episode_id: str
    split: str
    seed: int
    first: Seen
    turns: list[tuple[Act, Seen]] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """Return the sum of rewards so far."""
        return sum(seen.reward or 0.0 for _, seen in self.turns)

    @property
    def done(self) -> bool:
        return bool(self.turns) and self.turns[-1][1].done

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, truth included where the episode has ended. Not for agents."""
        return {
            "env_id": self.env_id,
            "episode_id": self.episode_id,
            "split": self.split,
            "seed": self.seed,
            **({"options": dict(self.options)} if self.options else {}),
            "first": self.first.model_dump(mode="json"),
            "turns": [
                {
                    "action": action.model_dump(mode="json", exclude_none=True),
                    "observation": seen.model_dump(mode="json"),
                }
                for action, seen in self.turns
            ],
            "return": self.total,
            "done": self.done,
        }


__all__ = ["Act", "EpisodeRecord", "EpisodeState", "Seen"]
