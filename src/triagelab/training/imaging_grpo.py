"""The imaging reward as TRL calls it in a run, and what is logged of every completion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from triagelab.cases.imaging.case import ImagingCase
from triagelab.rewards.imaging.judge import Judge
from triagelab.rewards.imaging.trl import imaging_reward
from triagelab.training.grpo import LoggedTrainer
from triagelab.training.imaging_data import LABELS
from triagelab.training.term_logs import READABLE, cut_off, term_columns, term_means


class ScoredReward:
    """An imaging reward over the cases of a run: tells it which answers were cut off, and logs what every term paid.

    Gold is looked up by row id alone, here for the log as in the reward for the score; the place of a row in a batch
    says nothing.

    Missing: an answer that cannot be scored earns None, which TRL leaves out of the group; never zero.
    """

    def __init__(
        self, preset: str, cases: Sequence[ImagingCase], ends: Sequence[int], judge: Judge | None = None
    ) -> None:
        self.inner = imaging_reward(preset, cases=cases, judge=judge)
        self.name = self.inner.preset.name  # a wrong name is told here, not after the first generation
        self.terms = tuple(row.term for row in self.inner.preset.term)
        self.gold = {case.id: case.truth.label.value for case in cases}
        self.ends = frozenset(ends)
        self.__name__ = self.inner.__name__

    def __call__(
        self,
        *,
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]],
        id: Sequence[str],
        log_extra: Callable[[str, list[Any]], None] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        truncated = cut_off(completion_ids, self.ends)
        totals = self.inner(completions=completions, completion_ids=completion_ids, id=id, truncated=truncated)
        if log_extra is not None:
            log_extra("case_id", list(id))
            log_extra("label", [self.gold.get(row) for row in id])
            log_extra("truncated", truncated)
            log_extra("tokens", [len(ids) for ids in completion_ids])
            for name, values in self._columns().items():
                log_extra(name, values)
        if log_metric is not None:
            for name, value in self._means(id).items():
                log_metric(name, value)
        return totals

    def _columns(self) -> dict[str, list[Any]]:
        """Return what is logged of each completion: status, answer, and what every term paid."""
        last = self.inner.last
        columns: dict[str, list[Any]] = {
            "status": [None if one is None else one.answer.status.value for one in last],
            "answer": [_answer(one) for one in last],
        }
        return {**columns, **term_columns(self.name, self.terms, last)}

    def _means(self, rows: Sequence[str]) -> dict[str, float]:
        """Return the curves: share of exact answers, of each label, of unreadable ones, and the terms' mean values."""
        told = [(one, self.gold.get(row)) for one, row in zip(self.inner.last, rows, strict=True) if one is not None]
        if not told:
            return {}
        answers = [_answer(one) for one, _ in told]
        means = {
            "exact": sum(a is not None and a == gold for a, (_, gold) in zip(answers, told, strict=True)) / len(told)
        }
        for label in LABELS:
            means[f"answers/{label.value}"] = answers.count(label.value) / len(told)
        means["parse/no_answer"] = sum(one.answer.status.value not in READABLE for one, _ in told) / len(told)
        return {**means, **term_means(self.name, self.terms, [one for one, _ in told])}


def _answer(one: Any) -> str | None:
    return None if one is None or one.answer.label is None else one.answer.label.value


class ImagingTrainer(LoggedTrainer):
    """GRPOTrainer that appends every completion with its row id, its gold label and its terms to a log."""
