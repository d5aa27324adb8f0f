"""The part of a recipe that trains on imaging questions."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ImagingSettings(BaseModel):
    """Training on one answer to one imaging question: a note and a procedure in, reasoning and a label out.

    `data.split` is `train`, `data.n` and `data.seed` say which cases, `data.template` how they are shown,
    `reward.preset` which reward scores, `generation.max_new_tokens` how long an answer may be.

    Attributes:
        source: `dataset` is the part of the dataset that is for training; `generated` draws as many new cases of the
            same conditions as `data.n` says. A variant that is tested is in neither.
        variants: variants of each condition in the dataset (`dataset` only).
        evidence: share of the prompts that SFT shows with evidence, so that a start policy has seen both kinds of
            prompt. In GRPO the reward says whether evidence is shown, for every prompt.
        judge: who marks reasoning, for rewards that ask one: `rubric` (the offline scorer), `llm`, `llm:MODEL` or
            `model:DIR`. Check it first: `triagelab imaging judge-check`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: Literal["dataset", "generated"] = "dataset"
    variants: int = Field(default=20, ge=1, le=1000)
    evidence: float = Field(default=0.0, ge=0, le=1)
    judge: str = "rubric"
