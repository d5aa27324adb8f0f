"""Rewards as TRL wants them: `trl grpo --reward_funcs triagelab.rewards.trl.v46`, or `reward("my.toml")` from Python.

Needs neither TRL nor torch to import.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from triagelab.completions.prompts import note_of
from triagelab.errors import BadInputError
from triagelab.rewards.presets import load_preset
from triagelab.rewards.score import Breakdown, score
from triagelab.rewards.spec import RewardSpec
from triagelab.rewards.trl_hooks import LogExtra, LogMetric, check_lengths, function_name

LEVEL_COLUMNS = ("level", "gold", "esi")
"""Dataset columns that may hold the gold level, the first one there counts."""

_log = logging.getLogger(__name__)
Messages = Sequence[Mapping[str, Any]]


class RewardFunction:
    """A reward with TRL's signature; picklable by name, loaded when first needed.

    Attributes:
        __name__: what TRL logs it under.
        last: breakdowns of the latest call, in the order of the completions.
    """

    def __init__(self, name_or_path: str | Path) -> None:
        self.name_or_path = str(name_or_path)
        self.__name__ = function_name(self.name_or_path)
        self.__qualname__ = self.__name__
        self.last: tuple[Breakdown, ...] = ()
        self._said: set[str] = set()

    @cached_property
    def spec(self) -> RewardSpec:
        return load_preset(self.name_or_path)

    def __reduce__(self) -> tuple[Any, ...]:
        return (RewardFunction, (self.name_or_path,))

    def __repr__(self) -> str:
        return f"reward({self.name_or_path!r})"

    def __call__(
        self,
        prompts: Sequence[str | Messages] | None = None,
        completions: Sequence[str | Messages] = (),
        completion_ids: Sequence[Sequence[int]] | None = None,
        *,
        level: Sequence[Any] | None = None,
        note: Sequence[str | None] | None = None,
        truncated: Sequence[bool] | None = None,
        log_extra: LogExtra | None = None,
        log_metric: LogMetric | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Return one total a completion.

        Args:
            prompts: prompts as strings or message lists; the note is read from them where there is no `note` column.
            completions: texts, or message lists whose assistant content is the text.
            completion_ids: token ids of the completions, for the length term; None counts words.
            level: gold levels 1-5; a column `gold` or `esi` serves as well.
            note: notes of the patients, for the rule terms.
            truncated: which completions were cut off by the token limit, where the caller knows.
            log_extra, log_metric: TRL's hooks; every term, the status and the prediction are logged through them.

        Missing: None is unscorable (no gold level); TRL leaves such a completion out. It is never zero.

        Raises: BadInputError for a level outside 1-5 and for columns of another length than the completions.
        """
        size = len(completions)
        golds = self._golds(level, columns, size)
        notes = self._notes(note, prompts, size)
        check_lengths(size, completion_ids=completion_ids, truncated=truncated)
        self.last = tuple(
            score(
                self.spec,
                completion_text(completions[i]),
                golds[i],
                note=notes[i],
                n_tokens=len(completion_ids[i]) if completion_ids is not None else None,
                truncated=bool(truncated[i]) if truncated is not None else False,
            )
            for i in range(size)
        )
        self._report(log_extra, log_metric)
        return [breakdown.total for breakdown in self.last]

    def _golds(self, level: Sequence[Any] | None, columns: Mapping[str, Any], size: int) -> list[int | None]:
        named = {"level": level, **{name: columns.get(name) for name in LEVEL_COLUMNS[1:]}}
        for name, column in named.items():
            if column is not None:
                check_lengths(size, **{name: column})
                return [_gold(value, f"{name}[{row}]") for row, value in enumerate(column)]
        self._say_once(f"no column {' or '.join(LEVEL_COLUMNS)}: nothing can be scored")
        return [None] * size

    def _notes(
        self, note: Sequence[str | None] | None, prompts: Sequence[str | Messages] | None, size: int
    ) -> list[str | None]:
        if not self.spec.needs_note:
            return [None] * size
        if note is not None:
            check_lengths(size, note=note)
            return [value if value is None else str(value) for value in note]
        if prompts is not None:
            check_lengths(size, prompts=prompts)
            return [note_of(prompt) for prompt in prompts]
        self._say_once(
            f"{self.spec.name} has rule terms, but there is neither a note column nor a prompt: they are left out"
        )
        return [None] * size

    def _report(self, log_extra: LogExtra | None, log_metric: LogMetric | None) -> None:
        """Hand every term to the trainer's hooks; a term that could not run once is left out, not logged as zero."""
        names = [term.name for term in self.spec.terms]
        per_term = [[breakdown.terms[index].weighted for breakdown in self.last] for index in range(len(names))]
        if log_extra is not None:
            log_extra("status", [breakdown.parsed.status.value for breakdown in self.last])
            log_extra("predicted", [breakdown.parsed.level for breakdown in self.last])
            for name, values in zip(names, per_term, strict=True):
                log_extra(f"{self.spec.name}/{name}", values)
        if log_metric is not None:
            for name, values in zip(names, per_term, strict=True):
                known = [value for value in values if value is not None]
                if known:
                    log_metric(f"terms/{self.spec.name}/{name}", sum(known) / len(known))
            if self.last:
                silent = [breakdown.parsed.level is None for breakdown in self.last]
                log_metric("parse/no_answer", sum(silent) / len(silent))

    def _say_once(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            _log.warning("%s: %s", self.__name__, message)


def reward(name_or_path: str | Path) -> RewardFunction:
    """Return the reward of that preset or file as a function with TRL's signature.

    Raises: UnknownNameError for a name in no list, DataFormatError for a file that is no reward.
    """
    function = RewardFunction(name_or_path)
    _ = function.spec  # a wrong name must be told here, not after the first generation
    return function


def completion_text(completion: str | Messages) -> str:
    """Return the text of a completion that is a string or a list of messages (assistant contents, in order)."""
    if isinstance(completion, str):
        return completion
    parts: list[str] = []
    for message in completion:
        content = message.get("content")
        if message.get("role", "assistant") != "assistant" or content is None:
            continue
        if isinstance(content, str):
            parts.append(content)
        else:
            parts += [str(part.get("text", "")) for part in content if isinstance(part, Mapping)]
    return "\n".join(parts)


def _gold(value: Any, field: str) -> int | None:
    if value is None or value != value:
        return None
    if isinstance(value, str) and value.strip() in ("1", "2", "3", "4", "5"):
        return int(value)
    if isinstance(value, bool) or value not in (1, 2, 3, 4, 5):
        raise BadInputError(field, value, "1, 2, 3, 4, 5 or null")
    return int(value)


v45c = RewardFunction("v45c")
v46 = RewardFunction("v46")
v48 = RewardFunction("v48")
v49 = RewardFunction("v49")
v50 = RewardFunction("v50")
cost_v0 = RewardFunction("cost-v0")
