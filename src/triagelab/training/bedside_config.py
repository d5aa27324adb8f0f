"""The part of a recipe that trains in `bedside-v1`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class BedsideSettings(BaseModel):
    """Training in an environment, by tool calls.

    `data.split`, `data.n` and `data.seed` say which cases, `reward.preset` how episodes are scored, and
    `generation.max_new_tokens` how long one call may be.

    Attributes:
        env: id of the environment.
        calls: how tools are shown and called: `terse` (names only, for small models), `qwen3` (TRL's bundled Qwen3
            template, full schemas) or `own` (the model's own template).
        questions: fewest and most things that the teacher learns before it acts (SFT).
        turns: calls of one episode at most (GRPO).
        episode_tokens: calls and replies of one episode at most (GRPO).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    env: Literal["bedside-v1"] = "bedside-v1"
    calls: Literal["terse", "qwen3", "own"] = "terse"
    questions: tuple[int, int] = (2, 6)
    turns: int = Field(default=12, ge=1, le=64)
    episode_tokens: int = Field(default=768, ge=64)
