"""How a user's reward function is called, and what went wrong when it was."""

from __future__ import annotations

import asyncio
import inspect
import math
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from triagelab.completions.prompts import fence, load_template
from triagelab.rewards.audit.cases import AuditCase
from triagelab.rewards.audit.target import Target, first_line, guarded

GOLD_COLUMNS = ("level", "gold", "esi", "answer", "label", "ground_truth", "solution")
"""Dataset columns that carry the gold level, all at once: a function takes the one it knows."""

TRUTHS: Mapping[str, Callable[[int], object]] = {
    "a number": lambda level: level,
    'text "2"': str,
    'text "ESI 2"': lambda level: f"ESI {level}",
}
ANSWERS = ("ANSWER: ESI {}", "<answer>{}</answer>", "\\boxed{{{}}}", "#### {}", "{}")
"""Forms of an answer line, ours first."""

_LINE = re.compile(r"ANSWER: *(?:ESI *)?([^\n]*)")


@dataclass(frozen=True)
class Convention:
    """What a reward function expects.

    Attributes:
        answer: form of the answer line, one of `ANSWERS`.
        messages: completions and prompts are lists of messages.
        truth: how the gold level is written, a key of `TRUTHS`.
    """

    answer: str = ANSWERS[0]
    messages: bool = False
    truth: str = "a number"


@dataclass(frozen=True)
class Problem:
    """One completion that the function did not score.

    Attributes:
        kind: raises, length, value, infinite or unscorable.
        label: what text it was.
        detail: the exception, or what came back.
    """

    kind: str
    label: str
    detail: str


@dataclass
class Caller:
    """Calls a reward function as TRL does, one completion alone where a batch fails.

    Attributes:
        target: the function.
        convention: how it is called.
        problems: what went wrong since they were last cleared.
        seconds, calls, scored: time spent in the function, calls of it and completions given to it.
    """

    target: Target
    convention: Convention = field(default_factory=Convention)
    problems: list[Problem] = field(default_factory=list)
    seconds: float = 0.0
    calls: int = 0
    scored: int = 0

    def pay(self, cases: Sequence[AuditCase], texts: Sequence[str], labels: Sequence[str] | None = None) -> np.ndarray:
        """Return what each completion earns; one that fails in a batch is tried alone.

        Shapes: (n,). Missing: NaN is unscorable; the reason is in `problems`.
        """
        if not texts:
            return np.zeros(0)
        named = labels or [""] * len(texts)
        before = len(self.problems)
        try:
            values = self._batch(cases, texts)
            return np.array([self._value(value, label) for value, label in zip(values, named, strict=True)])
        except _Failed as failed:
            del self.problems[before:]  # told again by the single calls
            if len(texts) == 1:
                self.problems.append(Problem(failed.kind, named[0], failed.detail))
                return np.array([np.nan])
            rows = zip(cases, texts, named, strict=True)
            alone = [self.pay([case], [text], [label]) for case, text, label in rows]
            if not any(problem.kind == failed.kind for problem in self.problems[before:]):
                # each is scored alone, so it is the batch that is not
                self.problems.append(Problem(failed.kind, f"a batch of {len(texts)}", failed.detail))
            return np.concatenate(alone)

    def _batch(self, cases: Sequence[AuditCase], texts: Sequence[str]) -> list[Any]:
        written = [rewritten(text, self.convention.answer) for text in texts]
        arguments = self._arguments(cases, written)
        start = time.perf_counter()
        try:
            with guarded(self.target.folders):
                found = self.target.function(**arguments)
                if inspect.isawaitable(found):
                    found = _finished(found)
                values = list(found)
        except (Exception, SystemExit) as error:
            raise _Failed("raises", first_line(error)) from error
        finally:
            self.seconds += time.perf_counter() - start
            self.calls += 1
            self.scored += len(texts)
        if len(values) != len(texts):
            raise _Failed("length", f"{len(values)} values for {len(texts)} completions")
        return values

    def _arguments(self, cases: Sequence[AuditCase], texts: Sequence[str]) -> dict[str, Any]:
        """Return what TRL would pass for these rows: every column, or those the function names if it takes no more."""
        golds = [TRUTHS[self.convention.truth](case.level) for case in cases]
        chat = self.convention.messages
        offered: dict[str, Any] = {
            "prompts": [_prompt(case.note, messages=chat) for case in cases],
            "completions": [[{"role": "assistant", "content": text}] if chat else text for text in texts],
            "completion_ids": [list(range(len(text.split()))) for text in texts],
            **{name: list(golds) for name in GOLD_COLUMNS},
            "note": [case.note for case in cases],
            "case_id": [case.case_id for case in cases],
            "trainer_state": SimpleNamespace(global_step=0, max_steps=1, epoch=0.0),
            "log_extra": _ignore,
            "log_metric": _ignore,
        }
        names, open_ended, unknown = wanted(self.target.function)
        passed = offered if open_ended else {name: value for name, value in offered.items() if name in names}
        return {**passed, **{name: list(golds) for name in unknown if name not in offered}}

    def _value(self, value: Any, label: str) -> float:
        if value is None:
            self.problems.append(Problem("unscorable", label, "None"))
            return float("nan")
        if isinstance(value, str | bytes | Sequence | Mapping):
            raise _Failed("value", f"{type(value).__name__} {str(value)[:40]!r} in place of a number")
        try:
            number = float(value)
        except (TypeError, ValueError, RuntimeError) as error:
            raise _Failed("value", f"{type(value).__name__} in place of a number") from error
        if math.isinf(number):
            self.problems.append(Problem("infinite", label, f"{number}"))
            return float("nan")
        if math.isnan(number):
            self.problems.append(Problem("unscorable", label, "NaN"))
        return number


def rewritten(text: str, answer: str) -> str:
    """Return the text with every answer line in that form; a text that is nothing else becomes the bare form."""
    return text if answer == ANSWERS[0] else _LINE.sub(lambda match: answer.format(match[1]), text)


def wanted(function: Callable[..., Any]) -> tuple[frozenset[str], bool, tuple[str, ...]]:
    """Return the names that the function takes, whether it takes any, and those it needs that no column is known for.

    A function whose signature cannot be read is taken to accept everything.
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return frozenset(), True, ()
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    known = {"prompts", "completions", "completion_ids", *GOLD_COLUMNS, "note", "case_id"}
    known |= {"trainer_state", "log_extra", "log_metric"}
    unknown = tuple(p.name for p in named if p.default is p.empty and p.name not in known)
    return frozenset(p.name for p in named), any(p.kind is p.VAR_KEYWORD for p in parameters), unknown


class _Failed(Exception):
    """A call that gave no usable list; `kind` as in Problem."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


def _finished(work: Awaitable[Any]) -> Any:
    """Return what an async function returns; within a running loop (a notebook) it is awaited on its own thread."""

    async def wait() -> Any:
        return await work

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(wait())
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(wait())).result()


def _prompt(note: str, *, messages: bool) -> Any:
    user = _user_message(note)
    if not messages:
        return user
    system = load_template().system
    return [*([{"role": "system", "content": system}] if system else []), {"role": "user", "content": user}]


@lru_cache(maxsize=256)
def _user_message(note: str) -> str:
    return load_template().user.replace("{note}", fence(note))


def _ignore(*_args: Any, **_named: Any) -> None:
    """Stand in for TRL's logging hooks."""
