"""The verifiers as TRL calls them in a run, and what is logged of every completion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from triagelab.rewards.crisis.score import CrisisBreakdown
from triagelab.rewards.crisis.trl import crisis_reward
from triagelab.training.grpo import LoggedTrainer
from triagelab.training.term_logs import READABLE, cut_off, term_columns, term_means


class VerifiedReward:
    """A preset of crisis verifiers: tells it which answers were cut off, and logs what each verifier paid.

    Missing: an answer that cannot be scored earns None, which TRL leaves out of the group; never zero.
    """

    def __init__(self, preset: str, ends: Sequence[int]) -> None:
        self.inner = crisis_reward(preset)
        self.name = self.inner.preset.name  # a wrong name is told here, not after the first generation
        self.terms = tuple(row.verifier for row in self.inner.preset.term)
        self.ends = frozenset(ends)
        self.__name__ = self.inner.__name__

    def __call__(
        self,
        *,
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]],
        state: Sequence[str],
        role: Sequence[str],
        log_extra: Callable[[str, list[Any]], None] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        truncated = cut_off(completion_ids, self.ends)
        totals = self.inner(completions=completions, completion_ids=completion_ids, state=state, truncated=truncated)
        told = [one for one in self.inner.last if one is not None]
        if log_extra is not None:
            log_extra("case_id", list(state))
            log_extra("role", list(role))
            log_extra("truncated", truncated)
            for name, values in self._columns().items():
                log_extra(name, values)
        if log_metric is not None and told:
            for name, value in self._means(told).items():
                log_metric(name, value)
        return totals

    def _columns(self) -> dict[str, list[Any]]:
        """Return what is logged of each completion: status, gain, and what every verifier paid."""
        last = self.inner.last
        columns: dict[str, list[Any]] = {
            "status": [None if one is None else one.status.value for one in last],
            "deaths_prevented": [None if one is None else one.deaths_prevented for one in last],
            "duties": [None if one is None else one.duties for one in last],
        }
        return {**columns, **term_columns(self.name, self.terms, last)}

    def _means(self, told: Sequence[CrisisBreakdown]) -> Mapping[str, float]:
        """Return the curves: measured values of the verifiers, gain, and the share that could not be read."""
        means = term_means(self.name, self.terms, told)
        means["deaths_prevented"] = sum(one.deaths_prevented for one in told) / len(told)
        means["duties"] = sum(one.duties for one in told) / len(told)
        means["parse/no_answer"] = sum(one.status.value not in READABLE for one in told) / len(told)
        return means


class CrisisTrainer(LoggedTrainer):
    """GRPOTrainer that appends every completion with its terms, its state and its role to a log."""
