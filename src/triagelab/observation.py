"""What every environment says after every action, whatever the task: the part that trainers and servers rely on."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Observation(BaseModel):
    """One answer of an environment. Nothing of the truth is in it before the episode has ended.

    Missing: `reward` is None after a reset; `debrief` is None until the episode has ended.

    Attributes:
        message: what happened, in words: what an agent that reads text is shown.
        done: the episode has ended.
        reward: what the last action earned, the sum of `components`.
        components: named parts of the reward.
        debrief: what was true and why, once the episode has ended; plain JSON values.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    message: str
    done: bool = False
    reward: float | None = None
    components: dict[str, float] = Field(default_factory=dict)
    debrief: dict[str, Any] | None = None
