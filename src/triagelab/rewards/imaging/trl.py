"""Imaging rewards as TRL wants them: `imaging_reward("imaging-embedding")(completions=..., id=[...])`.

Needs neither TRL nor torch to import.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from triagelab.cases.imaging.case import ImagingCase
from triagelab.cases.imaging.generator import imaging_dataset
from triagelab.rewards.imaging.encoding import Encoder
from triagelab.rewards.imaging.gold import Gold, GoldTable
from triagelab.rewards.imaging.judge import Judge
from triagelab.rewards.imaging.preset import ImagingPreset, load_imaging_preset
from triagelab.rewards.imaging.score import ImagingBreakdown, score_imaging
from triagelab.rewards.trl import Messages, completion_text
from triagelab.rewards.trl_hooks import LogExtra, LogMetric, check_lengths, function_name, report_terms

_log = logging.getLogger(__name__)


class ImagingReward:
    """An imaging reward with TRL's signature; picklable by name, loaded when first needed.

    Args:
        cases: rows whose gold is known; None is the dataset, made when first needed.
        judge: None is the rubric scorer. `encoder`: None is the packaged one, loaded only where it is needed.

    Attributes:
        __name__: what TRL logs it under.
        last: breakdowns of the latest call, in the order of the completions; None where the id is unknown.
    """

    def __init__(
        self,
        name_or_path: str | Path,
        cases: Iterable[ImagingCase | Gold] | None = None,
        judge: Judge | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        self.name_or_path = str(name_or_path)
        self.__name__ = function_name(self.name_or_path)
        self.__qualname__ = self.__name__
        self.cases = None if cases is None else tuple(cases)
        self.judge, self.encoder = judge, encoder
        self.last: tuple[ImagingBreakdown | None, ...] = ()

    @cached_property
    def preset(self) -> ImagingPreset:
        return load_imaging_preset(self.name_or_path)

    @cached_property
    def table(self) -> GoldTable:
        return GoldTable(imaging_dataset() if self.cases is None else self.cases)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by name: where judge or encoder are set they must be picklable themselves."""
        return (ImagingReward, (self.name_or_path, self._golds(), self.judge, self.encoder))

    def _golds(self) -> tuple[Gold, ...] | None:
        """Return the rows as golds, which can be pickled; None for the dataset."""
        if self.cases is None:
            return None
        return tuple(gold for case in self.cases if (gold := self.table.of(case.id)) is not None)

    def __repr__(self) -> str:
        return f"imaging_reward({self.name_or_path!r})"

    def __call__(
        self,
        prompts: Sequence[str | Messages] | None = None,
        completions: Sequence[str | Messages] = (),
        completion_ids: Sequence[Sequence[int]] | None = None,
        *,
        id: Sequence[str | None] | None = None,
        truncated: Sequence[bool] | None = None,
        log_extra: LogExtra | None = None,
        log_metric: LogMetric | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Return one total a completion.

        Args:
            completions: texts, or message lists whose assistant content is the text.
            id: row ids. Gold is looked up by them and by nothing else: other columns are not looked at.
            truncated: which completions were cut off by the token limit, where the caller knows.
            log_extra, log_metric: TRL's hooks; every term and the status are logged through them.

        Missing: None has an unknown id, or a judge whose reply could not be read. It is never zero.

        Raises: BadInputError for columns of another length than the completions.
        """
        size = len(completions)
        check_lengths(size, id=id, truncated=truncated)
        if id is None:
            _log.warning("no column id: nothing can be scored")
        ids = list(id) if id is not None else [None] * size
        self.last = tuple(
            score_imaging(
                self.preset,
                [self.table.of(row_id) for row_id in ids],
                [completion_text(text) for text in completions],
                truncated=None if truncated is None else [bool(off) for off in truncated],
                encoder=self.encoder,
                judge=self.judge,
            )
        )
        report_terms(self.preset.name, (row.term for row in self.preset.term), self.last, log_extra, log_metric)
        if log_extra is not None:
            log_extra("status", [None if one is None else one.answer.status.value for one in self.last])
        return [None if one is None else one.total for one in self.last]


def imaging_reward(
    name: str | Path,
    *,
    cases: Iterable[ImagingCase | Gold] | None = None,
    judge: Judge | None = None,
    encoder: Encoder | None = None,
) -> ImagingReward:
    """Return an imaging reward for TRL. Raises: UnknownNameError for a name that is none, when it is first used."""
    return ImagingReward(name, cases, judge, encoder)


__all__ = ["ImagingReward", "imaging_reward"]
