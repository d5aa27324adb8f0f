"""What sampling a reward function shows that its outcome table does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from triagelab.rewards.audit.caller import ANSWERS, Caller, Convention, wanted
from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.rewards.audit.sampling import EPS, Sample, clarity, interaction

STEP = 64
"""Completions of one training step, for what a slow function costs."""

SLOW_S = 1.0
MISREAD = 0.9
"""Honest text must keep this share of what the clearest kind of text pays right answers over wrong ones."""

_HOOKS = ("trainer_state", "log_extra", "log_metric")

_BROKEN = {
    "raises": (
        "reward-raises",
        "The function raises on some completions: in TRL that ends the training run.",
        "Catch it, and return the pay of no answer; return None only for a case that cannot be scored.",
    ),
    "length": (
        "reward-wrong-length",
        "The function does not return one value a completion: in TRL that ends the training run.",
        "Return a list as long as the completions, in their order.",
    ),
    "value": (
        "reward-not-a-number",
        "The function returns something other than numbers.",
        "Return a flat list of float or None.",
    ),
    "infinite": (
        "reward-infinite",
        "The function returns infinity: one such value makes every advantage of its group not a number.",
        "Bound the value.",
    ),
}


def callable_findings(caller: Caller, sample: Sample, table: np.ndarray) -> tuple[Finding, ...]:
    """Return what is wrong with the function itself, the gravest first.

    Args:
        table: the estimated table with unscorable cells as NaN.
    """
    n = sample.draws * sum(paid.size for paid in sample.paid.values()) + sample.paid["honest"].size
    found = [*_broken(caller, n), *_ignores(sample), *_unscorable(caller, table, n), *_unsteady(sample)]
    if not any(finding.id.startswith("ignores-") for finding in found):
        found += _misread(sample)
    found += [*_group_dependent(sample), *_refuses(caller), *_slow(caller), *_called(caller)]
    gravity = list(Severity)
    return tuple(sorted(found, key=lambda finding: gravity.index(finding.severity)))


def _broken(caller: Caller, n: int) -> Iterator[Finding]:
    for kind, (id_, what, change) in _BROKEN.items():
        problems = [problem for problem in caller.problems if problem.kind == kind]
        if problems:
            texts = Counter(problem.label for problem in problems).most_common(3)
            named = ", ".join(f"{label} ({count})" for label, count in texts)
            details = Counter(problem.detail for problem in problems).most_common(2)
            said = "; ".join(detail for detail, _ in details)
            yield Finding(
                id_, Severity.SEVERE, what, f"{len(problems)} of about {n} completions: {named}; {said}", change
            )


def _ignores(sample: Sample) -> Iterator[Finding]:
    # Of pure noise the largest of 25 residuals stays below five standard errors.
    per_cell = sample.draws * len(sample.cases) / 5
    least = max(EPS, 5 * sample.noise / per_cell**0.5)
    stacked = np.stack(list(sample.paid.values()))
    spread = np.concatenate([_spread(stacked[:, case].ravel()) for case in range(len(sample.cases))])
    if not sample.unsteady and (spread <= EPS).all():
        yield Finding(
            "ignores-completion",
            Severity.SEVERE,
            "The pay does not hang on the completion: every advantage is zero and nothing is learnt.",
            f"{len(sample.cases)} cases, {6 * len(sample.paid)} texts each: one value a case",
            "Read the answer from the completion; check the form of answer that the function looks for.",
        )
    elif max(interaction(sample.table(form)) for form in sample.paid) <= least:
        yield Finding(
            "ignores-truth",
            Severity.SEVERE,
            "No answer earns more where it is right: the pay hangs on the text, not on the gold level.",
            f"tried as strings and messages, gold as number and text, answers as {', '.join(ANSWERS)}",
            "Compare the answer with the gold column; check the column's name and type.",
        )


def _misread(sample: Sample) -> Iterator[Finding]:
    clear, honest = clarity(sample.table()), clarity(sample.table("honest"))
    if honest < MISREAD * clear:
        forms = ", ".join(f"{form} {clarity(sample.table(form)):.2f}" for form in sample.paid)
        yield Finding(
            "honest-text-misread",
            Severity.WARNING,
            "Below honest reasoning the answer counts for less than alone: the function reads something else of it.",
            f"right answers over wrong ones, by kind of text: {forms}; the table is of {sample.form} text",
            "Read the answer from its own line at the end, not from the first match in the text.",
        )


def _unscorable(caller: Caller, table: np.ndarray, n: int) -> Iterator[Finding]:
    count = sum(problem.kind == "unscorable" for problem in caller.problems)
    silent = bool((~np.isfinite(table[:, 5])).any())
    if silent:
        yield Finding(
            "no-answer-unscorable",
            Severity.WARNING,
            "No answer is not scored: TRL leaves it out of the group with advantage zero, so silence costs nothing.",
            f"no value without an answer for {int((~np.isfinite(table[:, 5])).sum())} of 5 levels; "
            "counted here as the mean of the answers",
            "Return a number below every answer's for a text without an answer.",
        )
    elif count:
        texts = Counter(problem.label for problem in caller.problems if problem.kind == "unscorable").most_common(3)
        yield Finding(
            "unscorable",
            Severity.NOTE,
            "Some completions come back as None or NaN: TRL leaves them out of the group.",
            f"{count} of about {n}: {', '.join(f'{label} ({times})' for label, times in texts)}",
            "Keep None for cases that cannot be scored; give every completion of a case that can a number.",
        )


def _unsteady(sample: Sample) -> Iterator[Finding]:
    if sample.unsteady:
        draws = f"{sample.draws} draw{'s' if sample.draws > 1 else ''}"
        yield Finding(
            "stochastic-reward",
            Severity.WARNING,
            "The same input is not paid the same twice: chance, or something kept from call to call.",
            f"{sample.unsteady:.0%} of completions differ on a second call, standard deviation {sample.noise:.3g}; the "
            f"table is the mean of {draws}, smaller leads of a text are not told, and the batch's part was not tried",
            "Make the reward a function of the completion and its row alone; noise swamps groups that agree.",
        )


def _group_dependent(sample: Sample) -> Iterator[Finding]:
    if sample.turned or sample.alone:
        yield Finding(
            "group-dependent",
            Severity.WARNING,
            "What a completion earns hangs on the batch it comes in: the outcome table holds for one batch only.",
            f"of {sample.compared} completions {sample.turned} are paid otherwise with the batch turned round, "
            f"{sample.alone} when alone; texts are compared here each as the last of one same batch",
            "Score each completion by itself and leave normalising to GRPO (scale_rewards).",
        )


def _refuses(caller: Caller) -> Iterator[Finding]:
    names, open_ended, _ = wanted(caller.target.function)
    refused = [hook for hook in _HOOKS if hook not in names]
    if not open_ended and refused:
        yield Finding(
            "signature-closed",
            Severity.WARNING,
            "The function takes no **kwargs: TRL passes every dataset column and its own hooks, and the call fails.",
            f"it takes {', '.join(sorted(names)) or 'nothing'}; not {', '.join(refused)}",
            "Add **kwargs to the signature.",
        )


def _slow(caller: Caller) -> Iterator[Finding]:
    each = caller.seconds / max(1, caller.scored)
    if each * STEP > SLOW_S:
        yield Finding(
            "slow-reward",
            Severity.NOTE,
            "The function is slow enough to hold up training.",
            f"{each:.3g} s a completion ({caller.calls} calls, {caller.scored} completions), {each * STEP:.1f} s for a "
            f"step of {STEP}",
            "Score the batch at once, or make the function async.",
        )


def _called(caller: Caller) -> Iterator[Finding]:
    _, _, unknown = wanted(caller.target.function)
    usual = Convention()
    used = caller.convention
    said = [f"{name} was given the gold level" for name in unknown]
    said += ["completions as messages"] if used.messages else []
    said += [f"gold as {used.truth}"] if used.truth != usual.truth else []
    said += [f"answers as {used.answer.format('2')!r}"] if used.answer != usual.answer else []
    if said:
        yield Finding(
            "called-as",
            Severity.NOTE,
            "The function was not called in the usual way, but in the first that made the pay hang on the answer.",
            "; ".join(said),
            "Nothing, if training calls it so; else the figures here are not of your training.",
        )


def _spread(values: np.ndarray) -> np.ndarray:
    known = values[np.isfinite(values)]
    return np.array([float(np.ptp(known))]) if known.size else np.zeros(1)
