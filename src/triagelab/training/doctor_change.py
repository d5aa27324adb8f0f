"""How a figure moved from the start of a run to a later window, in words, and whether that lasted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from triagelab.rewards.audit.finding import Severity
from triagelab.training import doctor_checks as at
from triagelab.training.doctor_stats import change
from triagelab.training.doctor_windows import LEVELS, MIXES, Window, moved

DOWN = {Severity.SEVERE: Severity.WARNING, Severity.WARNING: Severity.NOTE, Severity.NOTE: Severity.NOTE}


@dataclass(frozen=True)
class Seen:
    """Where a check holds: the window to quote, the first in which it held, and whether it no longer does."""

    window: Window
    since: Window
    passed: bool

    def severity(self, severity: Severity) -> Severity:
        """Return the severity, one step milder for what has passed."""
        return DOWN[severity] if self.passed else severity

    def when(self) -> str:
        if self.passed:
            return f"seen first in steps {self.since.name}, worst in {self.window.name}, no longer at the end"
        return f"since steps {self.since.name}, to the end"


def seen(windows: Sequence[Window], bad: Callable[[Window], bool], size: Callable[[Window], float]) -> Seen | None:
    """Return where a check holds against the start: at the end, or where it was worst if it passed.

    What held once goes on for as long as half of its size is left: a window may fall short of certainty by chance.
    """
    held = [window for window in windows[1:] if bad(window)]
    if not held:
        return None
    worst = max(held, key=size)
    passed = not bad(windows[-1]) and size(windows[-1]) < size(worst) / 2
    return Seen(worst if passed or not bad(windows[-1]) else windows[-1], held[0], passed)


def by(first: Window, window: Window, name: str) -> float:
    moves = moved(first, window, name)
    return 0.0 if moves is None else moves.by


def figures(first: Window, window: Window, names: Sequence[str], mix: str | None = None) -> str:
    """Return `name before -> after` for each figure at one level mix, and over which steps and completions."""
    mix = _basis(first, window, names) if mix is None else mix
    parts = []
    for name in names:
        key = mix + name if mix + name in window.values else name
        before, after = first.mean(key), window.mean(key)
        if before is not None and after is not None:
            parts.append(f"{re.sub('[_/]', ' ', name)} {before:.3g} -> {after:.3g}")
    said = {"real/": " at the level mix of a real department", "shown/": " at the level mix of this run", "": ""}[mix]
    if mix == "real/" and "exact" in names:
        # Oversampling can hide it: the mix that training shows is not the mix that patients come in.
        said += f" (as sampled exact {first.mean('exact'):.3g} -> {window.mean('exact'):.3g})"
    n = f", n {first.completions} -> {window.completions}" if window.completions else ""
    return f"{', '.join(parts)}{said}; steps {first.name} -> {window.name}{n}"


def _basis(first: Window, window: Window, names: Sequence[str]) -> str:
    """Return the level mix at which the figures show the change: the first one where any is beyond noise."""
    known = [m for m in MIXES if any(m + name in first.values and m + name in window.values for name in names)]
    for mix in known:
        keys = [mix + name for name in names if name != "reward"]
        changes = [change(first.values[k], window.values[k]) for k in keys if k in first.values and k in window.values]
        if any(abs(each.z) >= at.SURE for each in changes):
            return mix
    return known[0] if known else ""


def answers_mix(window: Window) -> str:
    """Return the shares of answers 1 to 5 as sampled."""
    return "/".join(f"{100 * (window.mean(f'answers/{k}') or 0.0):.0f}" for k in LEVELS) + " %"
