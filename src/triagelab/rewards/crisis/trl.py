"""Crisis rewards as TRL wants them: `crisis_reward("crisis-v1")(completions=..., state=[...])`.

Needs neither TRL nor torch to import.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from triagelab.errors import BadInputError
from triagelab.rewards.crisis.preset import CrisisPreset, load_crisis_preset
from triagelab.rewards.crisis.score import CrisisBreakdown, score_crisis
from triagelab.rewards.crisis.states import StateKey
from triagelab.rewards.trl import Messages, completion_text
from triagelab.rewards.trl_hooks import LogExtra, LogMetric, check_lengths, function_name, report_terms

_log = logging.getLogger(__name__)


class CrisisReward:
    """A crisis reward with TRL's signature; picklable by name, loaded when first needed.

    Attributes:
        __name__: what TRL logs it under.
        last: breakdowns of the latest call, in the order of the completions; None where the state is missing.
    """

    def __init__(self, name_or_path: str | Path) -> None:
        self.name_or_path = str(name_or_path)
        self.__name__ = function_name(self.name_or_path)
        self.__qualname__ = self.__name__
        self.last: tuple[CrisisBreakdown | None, ...] = ()

    @cached_property
    def preset(self) -> CrisisPreset:
        return load_crisis_preset(self.name_or_path)

    def __reduce__(self) -> tuple[Any, ...]:
        return (CrisisReward, (self.name_or_path,))

    def __repr__(self) -> str:
        return f"crisis_reward({self.name_or_path!r})"

    def __call__(
        self,
        prompts: Sequence[str | Messages] | None = None,
        completions: Sequence[str | Messages] = (),
        completion_ids: Sequence[Sequence[int]] | None = None,
        *,
        state: Sequence[str | StateKey | None] | None = None,
        truncated: Sequence[bool] | None = None,
        log_extra: LogExtra | None = None,
        log_metric: LogMetric | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Return one total a completion, 0 to 1.

        Args:
            completions: texts, or message lists whose assistant content is the text.
            state: keys of the states, as text or `StateKey`.
            truncated: which completions were cut off by the token limit, where the caller knows.
            log_extra, log_metric: TRL's hooks; every verifier and the status are logged through them.

        Missing: None has no state; TRL leaves such a completion out. It is never zero.

        Raises: BadInputError for a text that is no key and for columns of another length than the completions.
        """
        size = len(completions)
        check_lengths(size, state=state, truncated=truncated)
        if state is None:
            _log.warning("no column state: nothing can be scored")
        keys = [_key(value) for value in state] if state is not None else [None] * size
        cut = list(truncated) if truncated is not None else [False] * size
        self.last = tuple(
            None if key is None else score_crisis(self.preset, key, completion_text(text), truncated=bool(off))
            for key, text, off in zip(keys, completions, cut, strict=True)
        )
        report_terms(self.preset.name, (row.verifier for row in self.preset.term), self.last, log_extra, log_metric)
        if log_extra is not None:
            log_extra("status", [None if one is None else one.status.value for one in self.last])
        return [None if one is None else one.total for one in self.last]


def _key(value: str | StateKey | Mapping[str, Any] | None) -> StateKey | None:
    if value is None or isinstance(value, StateKey):
        return value
    if not isinstance(value, str):
        raise BadInputError("state", value, "the text of a state key")
    return StateKey.parse(value)


def crisis_reward(name_or_path: str | Path) -> CrisisReward:
    """Return a crisis reward for TRL. Raises: UnknownNameError for a name that is none, when it is first used."""
    return CrisisReward(name_or_path)


__all__ = ["CrisisReward", "crisis_reward"]
