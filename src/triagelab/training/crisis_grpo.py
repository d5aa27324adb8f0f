"""The verifiers as TRL calls them in a run, and what is logged of every completion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from triagelab.rewards.crisis.trl import crisis_reward
from triagelab.training.grpo import LoggedTrainer


class VerifiedReward:
    """A preset of crisis verifiers: tells it which answers were cut off, and keeps state and role beside the terms.

    Missing: an answer that cannot be scored earns None, which TRL leaves out of the group; never zero.
    """

    def __init__(self, preset: str, ends: Sequence[int]) -> None:
        self.inner = crisis_reward(preset)
        self.ends = frozenset(ends)
        self.__name__ = self.inner.__name__

    def __call__(
        self, *, completions: Sequence[Any], completion_ids: Sequence[Sequence[int]], **columns: Any
    ) -> list[float | None]:
        truncated = [not ids or ids[-1] not in self.ends for ids in completion_ids]
        totals = self.inner(completions=completions, completion_ids=completion_ids, truncated=truncated, **columns)
        log_extra, log_metric = columns.get("log_extra"), columns.get("log_metric")
        if log_extra is not None:
            log_extra("case_id", [str(key) for key in columns["state"]])
            log_extra("role", list(columns["role"]))
            log_extra("truncated", truncated)
            log_extra("gain", [one.gain for one in self.inner.last])
        if log_metric is not None and self.inner.last:
            gains = [one.gain for one in self.inner.last if one.gain is not None]
            if gains:
                log_metric("gain", sum(gains) / len(gains))
            unread = [one.status not in ("clean", "repaired") for one in self.inner.last]
            log_metric("parse/no_answer", sum(unread) / len(unread))
        return totals


class CrisisTrainer(LoggedTrainer):
    """GRPOTrainer that appends every completion with its terms, its state and its role to a log."""
