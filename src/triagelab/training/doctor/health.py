"""What the logged curves show by themselves: loss, gradients, entropy, KL, cut-off answers, length."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.training.doctor import checks as at
from triagelab.training.doctor.read import Record
from triagelab.training.doctor.stats import change
from triagelab.training.doctor.windows import Window

FLAT, RISES_AGAIN, LEAST_LOSS = 0.95, 1.2, 0.05


def check_curves(record: Record, windows: Sequence[Window]) -> Iterator[Finding]:
    """Yield what is wrong with the curves of any run."""
    skipped = {"dead-groups", "clipped"} | (set() if record.phase == "grpo" else {"entropy-collapse"})
    for cause in at.CAUSES:
        if cause.id not in skipped:
            yield from _stretch(record, cause)
    if record.phase == "grpo" and windows:
        yield from _clipped(windows)
        yield from _entropy(windows)
        yield from _kl(windows)
        yield from _still(record)
        yield from _length(windows)
    if record.phase == "sft":
        yield from _sft(windows)


def _stretch(record: Record, cause: at.Cause) -> Iterator[Finding]:
    logged = [(int(curve["step"]), curve[cause.metric]) for curve in record.curves if cause.metric in curve]
    found = at.wrong_stretch(cause, [value for _, value in logged])
    if found is None:
        return
    begin, end = found
    value = logged[end][1]
    shown = "not a number" if math.isnan(value) else f"{value:.3g}"
    passed = end < len(logged) - 1
    severity = Severity.WARNING if passed and cause.severity is Severity.SEVERE else cause.severity
    yield Finding(
        cause.id,
        severity,
        f"{cause.what}{' for a while' if passed else ''}",
        f"{cause.metric} {shown} at step {logged[end][0]}; so for {end - begin + 1} logs, from step {logged[begin][0]}",
        cause.change,
    )


def _clipped(windows: Sequence[Window]) -> Iterator[Finding]:
    share = windows[-1].mean("clipped")
    if share is not None and share > at.CLIPPED:
        yield Finding(
            "clipped",
            Severity.SEVERE if share > at.CLIPPED_FAR else Severity.WARNING,
            f"{share:.0%} of the completions are cut off before they end",
            f"steps {windows[-1].name}; over the windows {_path(windows, 'clipped', '.0%')}",
            "raise generation.max_new_tokens (TRL: max_completion_length), or pay for shorter answers",
        )


def _entropy(windows: Sequence[Window]) -> Iterator[Finding]:
    first, last = windows[0].mean("entropy"), windows[-1].mean("entropy")
    if first and last is not None and at.ENTROPY <= last < at.ENTROPY_LEFT * first:
        yield Finding(
            "entropy-falls",
            Severity.NOTE,
            "The policy varies far less than at the start",
            f"entropy {first:.3g} -> {last:.3g}, steps {windows[0].name} -> {windows[-1].name}",
            "watch dead groups; lower optim.learning_rate or raise reward.kl if they grow",
        )


def _kl(windows: Sequence[Window]) -> Iterator[Finding]:
    kl = windows[-1].mean("kl")
    if kl is not None and kl > at.KL:
        yield Finding(
            "kl-high",
            Severity.WARNING,
            "The policy is far from where it began",
            f"kl {kl:.3g} nats a token in steps {windows[-1].name}; over the windows {_path(windows, 'kl', '.2g')}",
            "lower optim.learning_rate or raise reward.kl (TRL: beta)",
        )


def _still(record: Record) -> Iterator[Finding]:
    logged = [(int(curve["step"]), curve["grad_norm"]) for curve in record.curves if "grad_norm" in curve]
    still = [step for step, norm in logged[-at.PATIENCE :] if norm == 0.0]
    if len(still) == at.PATIENCE:
        yield Finding(
            "no-gradient",
            Severity.SEVERE,
            "The weights no longer move",
            f"grad_norm 0 in the last {at.PATIENCE} logs, steps {still[0]}-{still[-1]}",
            "look at dead groups and at what is frozen",
        )


def _length(windows: Sequence[Window]) -> Iterator[Finding]:
    for name, unit in (("length", "tokens"), ("characters", "characters")):
        before, after = windows[0].values.get(name), windows[-1].values.get(name)
        if before is None or after is None or before.mean <= 0:
            continue
        ratio = after.mean / before.mean
        sure = len(windows) > 1 and abs(change(before, after).z) >= at.SURE
        if sure and not at.SHORTER < ratio < at.LONGER:
            yield Finding(
                "length-drift",
                Severity.WARNING,
                f"Completions grow {'longer' if ratio > 1 else 'shorter'}: {ratio:.2g} times the start",
                f"{before.mean:.0f} -> {after.mean:.0f} {unit}, steps {windows[0].name} -> {windows[-1].name}",
                "see what the length earns: a text term, or room to hide from the parser",
            )
        return


def _sft(windows: Sequence[Window]) -> Iterator[Finding]:
    """Yield what the loss of a supervised run shows."""
    losses = [(window, loss) for window in windows if (loss := window.mean("loss")) is not None]
    if len(losses) >= 2:
        (start, first), (end, last) = losses[0], losses[-1]
        best, least = min(losses, key=lambda item: item[1])
        if last > max(LEAST_LOSS, RISES_AGAIN * least) and least < first and best is not end:
            yield Finding(
                "loss-rises",
                Severity.WARNING,
                "The loss rises again",
                f"loss {least:.3g} in steps {best.name}, {last:.3g} in steps {end.name}",
                "lower optim.learning_rate",
            )
        elif first > LEAST_LOSS and last > FLAT * first:
            yield Finding(
                "loss-does-not-fall",
                Severity.WARNING,
                "The loss does not fall",
                f"loss {first:.3g} -> {last:.3g}, steps {start.name} -> {end.name}",
                "raise optim.learning_rate; check that the answers, and not the prompts, carry the loss",
            )
    yield from _held_out(windows)


def _held_out(windows: Sequence[Window]) -> Iterator[Finding]:
    held = [(window, loss) for window in windows if (loss := window.mean("eval_loss")) is not None]
    if not held:
        if windows and windows[-1].mean("loss") is not None:
            yield Finding(
                "overfitting-not-visible",
                Severity.NOTE,
                "Whether it overfits cannot be seen: no loss on held-out cases was logged",
                f"loss {windows[-1].mean('loss'):.3g} on the training cases, steps {windows[-1].name}",
                "evaluate the model on the dev split (`triagelab evaluate`)",
            )
        return
    best, least = min(held, key=lambda item: item[1])
    end, last = held[-1]
    if best is not end and last > 1.05 * least:
        yield Finding(
            "overfitting",
            Severity.WARNING,
            "It overfits: the loss on held-out cases rises",
            f"eval_loss {least:.3g} in steps {best.name}, {last:.3g} in steps {end.name}",
            f"take a checkpoint from about step {best.end}, or more cases",
        )


def _path(windows: Sequence[Window], name: str, form: str) -> str:
    return ", ".join(format(value, form) for window in windows if (value := window.mean(name)) is not None)
