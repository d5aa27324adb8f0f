"""A reward that somebody wrote in Python, as an audit looks at it: sampled over scripted completions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from triagelab.errors import BadInputError
from triagelab.rewards.audit.callable_findings import callable_findings
from triagelab.rewards.audit.caller import Caller
from triagelab.rewards.audit.cases import AuditCase, audit_cases
from triagelab.rewards.audit.sampling import REPEATS, Sample, choose_convention, take_sample
from triagelab.rewards.audit.subject import Pay, Subject
from triagelab.rewards.audit.target import FIELD, Target, load_target

EVEN = (1.0, 1.0, 1.0, 1.0, 1.0)


def subject_of_callable(
    target: str | Callable[..., Any],
    *,
    cases: Sequence[AuditCase] | None = None,
    sampling: Sequence[float] = EVEN,
    name: str | None = None,
) -> Subject:
    """Return a function with TRL's reward signature as an audit looks at it, findings of the sampling in `extra`.

    The function is called, and for a target by name its module is imported: the user's code runs, with the rights of
    this process and without a time limit. What it prints goes to stderr. It gets the gold level as columns `level`,
    `gold`, `esi`, `answer`, `label`, `ground_truth` and `solution`, the note as `note`, made-up token ids (one a word),
    and TRL's hooks; a required parameter of another name gets the gold level. Async functions are awaited.

    The outcome table is the mean pay over the cases of each level in one kind of text, the one in which the function
    tells answers apart best, and of equals the one that is paid least. What a note adds to some outcomes (rule
    bonuses) is in the mean. `text` is what the other kinds of text pay over it.

    Missing: a cell that cannot be scored at all (None, NaN, an exception) counts as the mean of its row's answers:
    TRL gives such a completion advantage zero.

    Args:
        target: `package.module:function`, `path/to/file.py:function`, or the function.
        cases: on which to try it, every level at least once; the shipped ones by default.
        sampling: how many times a training case of each level is drawn; a function does not say.

    Raises: BadInputError for a target that cannot be loaded, one that scores nothing, or nothing for a whole level.
    """
    loaded = load_target(target) if isinstance(target, str) else Target(_name(target), target)
    tried = _checked(audit_cases() if cases is None else cases)
    caller = Caller(loaded)
    choose_convention(caller, tried)
    caller.problems.clear()
    sample = take_sample(caller, tried)
    found = sample.table()
    table = _filled(loaded.name, found)
    extra = callable_findings(caller, sample, found)
    repeats = min(sample.draws, REPEATS)
    return Subject(
        name=name or loaded.name,
        table=table,
        text=sample.text(),
        sampling=_weights(sampling),
        pay=_pay(sample, repeats),
        extra=extra,
        noise=sample.noise / repeats**0.5,
    )


def _pay(sample: Sample, repeats: int) -> Pay:
    """Return what each completion earns, the mean of `repeats` calls."""

    def pay(cases: Sequence[AuditCase], completions: Sequence[str]) -> list[float | None]:
        drawn = np.mean([sample.paying(cases, completions, None) for _ in range(repeats)], axis=0)
        return [None if np.isnan(value) else float(value) for value in drawn]

    return pay


def _filled(name: str, table: np.ndarray) -> np.ndarray:
    """Return the table with each unscorable cell as the mean of its row's answers."""
    known = np.isfinite(table[:, :5])
    blind = [level + 1 for level in range(5) if not known[level].any()]
    if blind:
        raise BadInputError(
            FIELD, name, "a number for some answer to a case of every level",
            f"nothing is scored for level {', '.join(map(str, blind))}",
        )  # fmt: skip
    means = np.where(known, table[:, :5], 0.0).sum(axis=1) / known.sum(axis=1)
    return np.where(np.isfinite(table), table, means[:, None])


def _checked(cases: Sequence[AuditCase]) -> Sequence[AuditCase]:
    missing = [str(level) for level in range(1, 6) if all(case.level != level for case in cases)]
    if missing:
        raise BadInputError(
            "cases", f"{len(cases)} cases", "every level at least once", f"missing {', '.join(missing)}"
        )
    return cases


def _weights(sampling: Sequence[float]) -> tuple[float, ...]:
    if len(sampling) != 5 or not all(0 < weight <= 1000 for weight in sampling):
        raise BadInputError("sampling", list(sampling), "five numbers above 0, at most 1000")
    return tuple(float(weight) for weight in sampling)


def _name(function: Callable[..., Any]) -> str:
    if not callable(function) or isinstance(function, type):
        raise BadInputError(FIELD, function, "a function or an instance with __call__, or the text that names one")
    return str(getattr(function, "__name__", type(function).__name__))
