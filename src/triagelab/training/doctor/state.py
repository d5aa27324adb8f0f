"""Whether a run is going, stands still or is over, by its files."""

from __future__ import annotations

import time
from collections.abc import Iterator

from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.training.doctor.read import Record

RUNNING, FINISHED, STOPPED = "running", "finished", "stopped"
SLOW, LOST = 10.0, 60.0
"""Times its own pace that a run may be silent before it counts as stalled, and as stopped."""
LEAST_SLOW, LEAST_LOST = 120.0, 900.0
"""Seconds below which silence means nothing: loading, saving and compiling take their time."""
UNKNOWN_PACE = 60.0


def state_of(record: Record, now: float | None = None) -> str:
    """Return running, finished or stopped. A run without an end whose files rest long enough has stopped."""
    if record.finished:
        return FINISHED
    return STOPPED if _silent(record, now) > max(LEAST_LOST, LOST * (record.pace or UNKNOWN_PACE)) else RUNNING


def _silent(record: Record, now: float | None) -> float:
    return max(0.0, (time.time() if now is None else now) - record.last)


def check_state(record: Record, now: float | None = None) -> Iterator[Finding]:
    """Yield what the files say of the run itself: stalled, stopped, resumed, nothing logged."""
    state, silent = state_of(record, now), _silent(record, now)
    pace = f"a step takes {record.pace:.3g} s" if record.pace else "its pace is unknown"
    left = "" if record.total is None else f" of {record.total}"
    where = f"nothing written for {_span(silent)}, {pace}; {record.done}{left} steps done"
    if state == STOPPED:
        yield Finding(
            "stopped",
            Severity.WARNING,
            "The run stopped before its end",
            where,
            "go on with `triagelab train RECIPE --out RUN --resume`"
            if record.kind == "triagelab"
            else "go on with trainer.train(resume_from_checkpoint=True)",
        )
    elif state == RUNNING and silent > max(LEAST_SLOW, SLOW * (record.pace or UNKNOWN_PACE)):
        yield Finding(
            "stalled",
            Severity.WARNING,
            "The run stands still",
            where,
            "look at its process: waiting for a lock, a download, memory, or killed",
        )
    if record.done == 0:
        yield Finding(
            "nothing-yet", Severity.NOTE, "No step has been logged yet", f"{_span(silent)} since it began", "wait"
        )
    if record.attempts:
        steps = ", ".join(str(step) for step in record.attempts[:8])
        yield Finding(
            "resumed",
            Severity.NOTE,
            f"The run was resumed {len(record.attempts)} time{'s' * (len(record.attempts) > 1)}",
            f"went on at step {steps}; what was done twice counts as done last",
            "nothing: sampled answers differ from those of an uninterrupted run",
        )


def _span(seconds: float) -> str:
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
