"""What GRPO has to learn from: dead groups, groups that differ by text alone, terms that drown the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triagelab.errors import TriageLabError
from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.training.doctor import checks as at
from triagelab.training.doctor.groups import Groups, is_text, scaling_of
from triagelab.training.doctor.read import Record
from triagelab.training.doctor.windows import Window


def check_signal(record: Record, windows: Sequence[Window]) -> Iterator[Finding]:
    """Yield what is wrong with the learning signal in the last window of a GRPO run."""
    if not windows:
        return
    last = windows[-1]
    scale = record.scale or (scaling_of(record.rollouts) if record.rollouts is not None else None)
    if last.groups is not None:
        yield from _dead(windows, last.groups)
        text = text_terms(record, last.groups)
        yield from _text_only(last, last.groups, text, scale)
        yield from _dominant(record, last, last.groups, text, scale)
    else:
        yield from _dead_by_curve(record, windows, scale)


def text_terms(record: Record, groups: Groups) -> set[str]:
    """Return the terms that pay for how a completion looks: by the preset where it is known, else by name."""
    if record.reward:
        from triagelab.rewards.presets import load_preset

        try:
            kinds = {term.name: term.kind for term in load_preset(record.reward).terms}
        except (TriageLabError, OSError):
            kinds = {}
        if set(groups.terms) <= set(kinds):
            return {name for name in groups.terms if kinds[name] in ("format", "length")}
    return {name for name in groups.terms if is_text(name)}


def _dead(windows: Sequence[Window], groups: Groups) -> Iterator[Finding]:
    if groups.dead <= at.DEAD:
        return
    kinds = {"right": groups.right, "wrong": groups.wrong, "tied": groups.tied, "unknown": groups.unknown}
    most = max(kinds, key=lambda kind: kinds[kind])
    if min(groups.right, groups.wrong) > groups.dead / 4:
        most = "both"
    split = f"all right {groups.right:.0%}, all wrong {groups.wrong:.0%}, tied otherwise {groups.tied:.0%}"
    if groups.unknown:
        split += f", unknown (no gold level or answer was logged) {groups.unknown:.0%}"
    path = ", ".join(f"{w.groups.dead:.0%}" for w in windows if w.groups is not None)
    yield Finding(
        "dead-groups",
        Severity.SEVERE if groups.dead > at.DEAD_FAR else Severity.WARNING,
        f"{groups.dead:.0%} of the groups teach nothing: every completion in them earns the same",
        f"{split} of {groups.n} groups, steps {windows[-1].name}; over the windows {path}",
        _REMEDY[most],
    )


_REMEDY = {
    "right": f"most are right throughout: {at.EASIER}, or stop here",
    "wrong": "most are wrong throughout: more SFT first, easier cases, or a larger generation.group",
    "both": "some cases are always right, others always wrong: the policy hardly varies; sample warmer, or lower "
    "optim.learning_rate",
    "tied": "most tie though answers differ: the reward is too coarse, let it tell wrong answers apart",
    "unknown": "log the gold level (log_extra) to see whether cases are too easy or too hard",
}


def _dead_by_curve(record: Record, windows: Sequence[Window], scale: str | None) -> Iterator[Finding]:
    share = windows[-1].mean("dead")
    if share is None or share <= at.DEAD:
        return
    logged = [c["frac_reward_zero_std"] for c in record.curves if "frac_reward_zero_std" in c]
    whole = scale == "batch" or (len(logged) >= 8 and set(logged) <= {0.0, 1.0})
    path = ", ".join(f"{value:.0%}" for window in windows if (value := window.mean("dead")) is not None)
    caveat = "; with batch scaling TRL logs one flag for the whole batch here, not a share of groups" if whole else ""
    yield Finding(
        "dead-groups",
        Severity.SEVERE if share > at.DEAD_FAR else Severity.WARNING,
        f"{share:.0%} of the groups teach nothing: every completion in them earns the same",
        f"frac_reward_zero_std, steps {windows[-1].name}; over the windows {path}; whether right, wrong or tied is "
        f"unknown: no groups of completions logged{caveat}",
        "log completions to see whether cases are too easy or too hard; then " + at.EASIER + ", or do more SFT",
    )


def _text_only(last: Window, groups: Groups, text: set[str], scale: str | None) -> Iterator[Finding]:
    """Yield where groups with one answer learn only from text terms, made loud by per-group scaling."""
    if not text or scale != "group" or groups.same_answer is None or groups.same_answer <= at.SAME_ANSWER:
        return
    names = ", ".join(sorted(text))
    yield Finding(
        "text-only-groups",
        Severity.WARNING,
        f"{groups.same_answer:.0%} of the groups give one answer and learn from {names} alone",
        f"{groups.n} groups, steps {last.name}; advantages are divided by the group's own deviation, so a hair of "
        "difference in text counts as much as a right answer",
        "set reward.scale=none (TRL: scale_rewards=False), or pay text terms only where the answer is right",
    )


def _dominant(record: Record, last: Window, groups: Groups, text: set[str], scale: str | None) -> Iterator[Finding]:
    shares = groups.scaled if scale == "group" else groups.terms
    if len(shares) < 2:
        return
    listed = ", ".join(f"{n[:40]} {s:.0%}" for n, s in sorted(shares.items(), key=lambda item: -item[1])[:6])
    how = "every group counts alike" if scale == "group" else "pooled over groups"
    alone = "" if record.kind == "triagelab" else "; weights between reward functions are not logged and taken as 1"
    evidence = f"share of the reward's variance within groups ({how}): {listed}; steps {last.name}{alone}"
    wordy = sum(shares[name] for name in text)
    top = max(shares, key=lambda name: shares[name])
    if wordy > at.TEXT_SHARE:
        yield Finding(
            "text-dominates",
            Severity.WARNING,
            f"How an answer looks decides {wordy:.0%} of what is learnt",
            evidence,
            "lower the weight of the text terms below the least difference between a right and a wrong answer",
        )
    elif shares[top] > at.ONE_TERM and record.kind == "trl" and top not in text and not _outcome(top):
        yield Finding(
            "one-term-dominates",
            Severity.NOTE,
            f"The term {top[:40]} decides {shares[top]:.0%} of what is learnt; the others teach nothing",
            evidence,
            "drop the terms that are constant within groups, or raise their weight",
        )


def _outcome(name: str) -> bool:
    return any(part in name.lower() for part in ("outcome", "correct", "accuracy", "answer", "exact"))
