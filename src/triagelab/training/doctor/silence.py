"""How many completions hold no answer, whether that grows, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.training.doctor import checks as at
from triagelab.training.doctor.read import Record
from triagelab.training.doctor.stats import Change, change
from triagelab.training.doctor.windows import Window


def check_silence(record: Record, windows: Sequence[Window]) -> Iterator[Finding]:
    """Yield how many completions hold no answer, and why."""
    if not windows:
        return
    first, last = windows[0], windows[-1]
    share = last.mean("no_answer")
    moved = _raw(first, last, "no_answer") if len(windows) > 1 else None
    rising = moved is not None and at.silence_rose(moved, at.SURE)
    if share is None or not (rising or share >= at.NO_ANSWER):
        return
    before = f"{moved.before:.1%} -> " if moved is not None else ""
    clipped = last.mean("clipped") or 0.0
    yield Finding(
        "no-answer",
        Severity.SEVERE if share >= at.NO_ANSWER_FAR else Severity.WARNING,
        "The policy stops answering" if rising else "Many completions hold no answer",
        f"{before}{share:.1%} without an answer (steps {first.name} -> {last.name}){_causes(record, last)}",
        "raise generation.max_new_tokens: most of these are cut off"
        if clipped >= share / 2
        else "make no answer the dearest outcome for every patient (-2 held where -0.5 did not), and check the format "
        "that SFT taught",
    )


def _raw(first: Window, last: Window, name: str) -> Change | None:
    before, after = first.values.get(name), last.values.get(name)
    return None if before is None or after is None else change(before, after)


def _causes(record: Record, last: Window) -> str:
    """Return the parse statuses of what held no answer, with an example of the commonest."""
    rollouts = record.rollouts
    if rollouts is None:
        return "; causes unknown, no completions logged"
    here = (rollouts.step >= last.start) & (rollouts.step <= last.end) & (rollouts.predicted == 0)
    counts = Counter(str(status) for status in np.asarray(rollouts.status[here]) if status).most_common(5)
    if not counts:
        return "; causes unknown, no status logged"
    shown = ", ".join(f"{status[:20]} {n}" for status, n in counts)
    example = rollouts.examples.get(counts[0][0], "")
    return f": {shown} of {last.completions}" + (
        f"; the latest {counts[0][0][:20]} ends {example!r}" if example else ""
    )
