"""What a training run is doing, in words: from the folder of a finished or a running one, ours or plain TRL's.

It reads and never writes, and works on half-written files. Figures of the last window are set against the first.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triagelab.datasets.cells import one_line
from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.training.doctor.answers import check_answers
from triagelab.training.doctor.health import check_curves
from triagelab.training.doctor.read import Record, read_run
from triagelab.training.doctor.signal import check_signal
from triagelab.training.doctor.silence import check_silence
from triagelab.training.doctor.state import check_state, state_of
from triagelab.training.doctor.windows import Window, windows_of

MAX_TEXT = 1000
_ORDER = {Severity.SEVERE: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True)
class Diagnosis:
    """What was found in a training folder.

    Attributes:
        kind: triagelab or trl.
        phase: grpo, sft, or the name that the curves carry.
        state: running, finished or stopped.
        done, total: optimiser steps; total None is unknown.
        windows: the run in stretches, the start first.
        findings: the worst first.
    """

    run: str
    kind: str
    phase: str
    state: str
    done: int
    total: int | None
    windows: tuple[Window, ...]
    findings: tuple[Finding, ...]

    @property
    def severe(self) -> bool:
        return any(finding.severity is Severity.SEVERE for finding in self.findings)

    def row(self) -> dict[str, Any]:
        """Return plain JSON values."""
        left = None if self.total is None else max(0, self.total - self.done)
        return {
            "run": self.run,
            "kind": self.kind,
            "phase": self.phase,
            "state": self.state,
            "steps": {"done": self.done, "total": self.total, "left": left},
            "windows": [window.row() for window in self.windows],
            "findings": [finding.row() for finding in self.findings],
        }


def diagnose(run: Path, *, now: float | None = None) -> Diagnosis:
    """Return what a finished or running training folder shows.

    Args:
        now: seconds since 1970; the clock by default. It decides between running and stopped.

    Raises: BadInputError for a path that is no training folder.
    """
    now = time.time() if now is None else now
    record = read_run(run)
    windows = windows_of(record)
    findings = sorted(_findings(record, windows, now), key=lambda finding: _ORDER[finding.severity])
    return Diagnosis(
        run=str(run),
        kind=record.kind,
        phase=record.phase,
        state=state_of(record, now),
        done=record.done,
        total=record.total,
        windows=tuple(windows),
        findings=tuple(findings),
    )


def _findings(record: Record, windows: list[Window], now: float) -> list[Finding]:
    found = [*check_state(record, now), *record.reading, *check_curves(record, windows)]
    if record.phase == "grpo" and record.done:
        found += [*check_answers(record, windows), *check_silence(record, windows), *check_signal(record, windows)]
    return [_shown(finding) for finding in found]


def _shown(finding: Finding) -> Finding:
    """Return the finding as plain printable lines: names of terms, statuses and texts come from files."""
    return Finding(
        finding.id,
        finding.severity,
        *(one_line(text, MAX_TEXT) or "" for text in (finding.what, finding.evidence, finding.change)),
    )
