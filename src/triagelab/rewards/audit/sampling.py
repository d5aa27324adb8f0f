"""What a reward function pays for scripted completions: every level and none, in six kinds of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from triagelab.errors import BadInputError
from triagelab.rewards.audit.caller import ANSWERS, TRUTHS, Caller, Convention
from triagelab.rewards.audit.cases import AuditCase
from triagelab.rewards.audit.policies import PADDING

BUDGET_S = 30.0
"""About how long sampling may take; a slower function is tried on one case a level."""

DRAWS = 8
"""Times a reward that differs from call to call is drawn, so that its table is a mean."""

REPEATS = 4
"""Times such a reward is drawn for each text that the audit asks for afterwards."""

EPS = 1e-6
Write = Callable[[AuditCase, str], str]
Paying = Callable[[Sequence[AuditCase], Sequence[str], Sequence[str] | None], np.ndarray]
"""What each completion earns; the third argument names the texts, for what goes wrong. Shapes: (n,)."""

FORMS: Mapping[str, Write] = {
    "honest": lambda case, answer: f"{case.body}\n{answer}" if answer else case.body,
    "shortest": lambda case, answer: f"EXTRACTION: x\nESI ALGORITHM: x\n{answer}".rstrip("\n"),
    "padded": lambda case, answer: f"{case.body}{PADDING}\n{answer}".rstrip("\n"),
    "answer-only": lambda case, answer: answer,
    "empty-sections": lambda case, answer: f"EXTRACTION:\nESI ALGORITHM:\n{answer or 'ANSWER:'}",
    "long-prose": lambda case, answer: f"{PADDING.strip()}\n{answer}".rstrip("\n"),
}
"""Kinds of text, each with an answer line or, where the line is empty, without."""

ODD: Mapping[str, str] = {
    "empty text": "",
    "white space": " \n",
    "a refusal": "I cannot assign a level to this patient.",
    "level 9": "ANSWER: ESI 9",
    "an answer line without a level": "ANSWER: ESI",
    "a level in words": "ANSWER: ESI three",
    "a superscript digit": "ANSWER: ESI \u00b2",
    "two answers": "ANSWER: ESI 2\nANSWER: ESI 4",
    "thoughts cut off": "<think>The patient",
    "4 000 words": "word " * 4000,
    "a null character": "\x00",
}
"""Texts that a model writes sooner or later and a careless function does not survive."""


@dataclass(frozen=True)
class Sample:
    """What was paid.

    Attributes:
        cases: on which it was tried.
        paid: form -> mean pay by case and column. Shapes: (n, 6), columns answer 1-5 and none; NaN unscorable.
        draws: calls that each mean is over.
        noise: standard deviation between calls with the same input, 0 for a reward that repeats itself.
        unsteady: share of the completions paid otherwise on a second call.
        turned, alone, compared: how many completions of how many are paid otherwise in a reversed batch, and alone.
        form: the one that the table is taken from.
        paying: what further texts earn, under the same conditions.
    """

    cases: tuple[AuditCase, ...]
    paid: Mapping[str, np.ndarray]
    draws: int
    noise: float
    unsteady: float
    turned: int
    alone: int
    compared: int
    form: str
    paying: Paying

    def table(self, form: str | None = None) -> np.ndarray:
        """Return the mean pay by truth and answer. Shapes: (5, 6); NaN where nothing could be scored."""
        return by_level(self.cases, self.paid[form or self.form])

    def text(self) -> tuple[float, float]:
        """Return the least and the most that another kind of text pays over the table's, 0 included."""
        base = self.table()
        moved = np.concatenate([(self.table(form) - base).ravel() for form in self.paid])
        moved = moved[np.isfinite(moved)]
        return min(0.0, float(moved.min(initial=0.0))), max(0.0, float(moved.max(initial=0.0)))


def choose_convention(caller: Caller, cases: Sequence[AuditCase]) -> bool:
    """Return whether some way of calling makes the pay of an answer hang on the truth; the caller keeps the first.

    Our answer line comes before other forms, strings before messages, levels as numbers before text. Where none does,
    the first way that scores anything stays.

    Raises: BadInputError where no way scores a single completion.
    """
    few = one_a_level(cases)
    usable: Convention | None = None
    first_problem = ""
    for answer in ANSWERS:
        for messages in (False, True):
            for truth in TRUTHS:
                caller.convention = Convention(answer, messages, truth)
                paid = [by_level(few, draw(caller.pay, few, form)) for form in ("answer-only", "honest", "shortest")]
                if any(interaction(table) > EPS for table in paid):
                    return True
                if usable is None and any(np.isfinite(table).any() for table in paid):
                    usable = caller.convention
                if not first_problem and caller.problems:
                    first_problem = caller.problems[0].detail
    if usable is None:
        raise BadInputError(
            "reward function", caller.target.name, "a list with one number a completion",
            f"it scores none of {caller.scored} scripted completions: {first_problem}",
        )  # fmt: skip
    caller.convention = usable
    return False


def take_sample(caller: Caller, cases: Sequence[AuditCase]) -> Sample:
    """Return what the function pays for every form, every level and none; what goes wrong is told in the caller.

    A reward that differs from call to call is drawn several times. One that hangs on the batch is asked for each
    completion as the last of one same batch, so that a comparison of two texts is one of the texts.
    """
    if _seconds_each(caller) * len(cases) * 6 * len(FORMS) > BUDGET_S:
        cases = one_a_level(cases)
    first = {form: draw(caller.pay, cases, form) for form in FORMS}
    caller.pay([cases[0]] * len(ODD), list(ODD.values()), list(ODD))
    again = draw(caller.pay, cases, "honest")
    moved = _differ(first["honest"], again)
    turned, alone, compared = (0, 0, 0) if moved.any() else batch_effects(caller, cases)
    paying: Paying = caller.pay
    draws = DRAWS if moved.any() and caller.seconds * DRAWS < BUDGET_S else 1
    if (turned or alone) and _seconds_each(caller) * len(cases) * 6 * len(FORMS) * compared < BUDGET_S:
        paying = in_company(caller, cases)
        first = {form: draw(paying, cases, form) for form in FORMS}
    repeats = [first, *({form: draw(paying, cases, form) for form in FORMS} for _ in range(draws - 1))]
    paid = {form: np.mean([one[form] for one in repeats], axis=0) for form in FORMS}
    gap = (again - first["honest"])[np.isfinite(again - first["honest"])]
    return Sample(
        cases=tuple(cases),
        paid=paid,
        draws=draws,
        noise=float(np.sqrt(np.mean(gap**2) / 2)) if moved.any() and gap.size else 0.0,
        unsteady=float(moved.mean()),
        turned=turned,
        alone=alone,
        compared=compared,
        paying=paying,
        form=_clearest({form: by_level(cases, values) for form, values in paid.items()}),
    )


def draw(paying: Paying, cases: Sequence[AuditCase], form: str) -> np.ndarray:
    """Return what one batch of every case and column pays in this form. Shapes: (n, 6)."""
    write = FORMS[form]
    rows = [(case, level) for case in cases for level in (1, 2, 3, 4, 5, None)]
    texts = [write(case, "" if level is None else f"ANSWER: ESI {level}") for case, level in rows]
    labels = [f"{form} text {'without an answer' if level is None else f'naming {level}'}" for _, level in rows]
    return paying([case for case, _ in rows], texts, labels).reshape(len(cases), 6)


def batch_effects(caller: Caller, cases: Sequence[AuditCase]) -> tuple[int, int, int]:
    """Return how many of n completions are paid otherwise in a reversed batch, and alone, and n."""
    given, texts = company(cases)
    told = len(caller.problems)
    usual = caller.pay(given, texts)
    turned = caller.pay(given[::-1], texts[::-1])[::-1]
    alone = np.concatenate([caller.pay([case], [text]) for case, text in zip(given, texts, strict=True)])
    del caller.problems[told:]
    return int(_differ(usual, turned).sum()), int(_differ(usual, alone).sum()), len(texts)


def in_company(caller: Caller, cases: Sequence[AuditCase]) -> Paying:
    """Return what completions earn when each is the last of one same batch."""
    others, texts = company(cases)

    def paying(given: Sequence[AuditCase], completions: Sequence[str], labels: Sequence[str] | None) -> np.ndarray:
        named = labels or [""] * len(completions)
        found = [
            caller.pay([*others, case], [*texts, completion], [*[""] * len(texts), label])[-1]
            for case, completion, label in zip(given, completions, named, strict=True)
        ]
        return np.array(found)

    return paying


def company(cases: Sequence[AuditCase]) -> tuple[list[AuditCase], list[str]]:
    """Return a small batch, cases and texts: for a case a level the right answer, level 3 and none."""
    rows = [(c, answer) for c in one_a_level(cases) for answer in (f"ANSWER: ESI {c.level}", "ANSWER: ESI 3", "")]
    return [case for case, _ in rows], [FORMS["shortest"](case, answer) for case, answer in rows]


def interaction(table: np.ndarray) -> float:
    """Return how far the pay of an answer hangs on the truth: the largest residual beyond row and column means.

    Shapes: (5, 6). A level or an answer that cannot be scored counts as the mean of the rest.
    """
    spoken = table[:, :5]
    if not np.isfinite(spoken).any():
        return 0.0
    filled = np.where(np.isfinite(spoken), spoken, spoken[np.isfinite(spoken)].mean())
    residual = filled - filled.mean(axis=0) - filled.mean(axis=1, keepdims=True) + filled.mean()
    return float(np.abs(residual).max())


def clarity(table: np.ndarray) -> float:
    """Return how far right answers are paid apart from wrong ones, on average. Shapes: (5, 6)."""
    spoken = np.where(np.isfinite(table), table, 0.0)[:, :5]
    return abs(float(np.diag(spoken).mean() - spoken[~np.eye(5, dtype=bool)].mean()))


def by_level(cases: Sequence[AuditCase], paid: np.ndarray) -> np.ndarray:
    """Return means over the scored cases of each level. Shapes: (n, 6) -> (5, 6); NaN where none is scored."""
    rows = []
    for level in range(1, 6):
        of_level = paid[[case.level == level for case in cases]]
        known = np.isfinite(of_level)
        total = np.where(known, of_level, 0.0).sum(axis=0)
        rows.append(np.where(known.any(axis=0), total / np.maximum(1, known.sum(axis=0)), np.nan))
    return np.array(rows)


def one_a_level(cases: Sequence[AuditCase]) -> list[AuditCase]:
    """Return the first case of each level."""
    return [next(case for case in cases if case.level == level) for level in range(1, 6)]


def _clearest(tables: Mapping[str, np.ndarray]) -> str:
    """Return the form in which most is scored and answers are told apart best; of equals the one that is paid least.

    The least paid text stands for text left out of account: a preset's table holds no bonus for text either.
    """

    def rank(form: str) -> tuple[float, float, float]:
        table = tables[form]
        missing = int((~np.isfinite(table)).sum())
        spoken = np.where(np.isfinite(table), table, 0.0)[:, :5]
        return missing, -round(clarity(table), 6), round(float(spoken.mean()), 9)

    return min(tables, key=rank)


def _seconds_each(caller: Caller) -> float:
    return caller.seconds / max(1, caller.scored)


def _differ(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return where two pays differ; unscorable twice is the same."""
    both = np.isnan(one) & np.isnan(other)
    return ~np.isclose(one, other, rtol=1e-6, atol=1e-8) & ~both
