"""How a figure moved from the start of a run to a later window, in words, and whether that lasted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from triagelab.rewards.audit.finding import Severity
from triagelab.training.doctor.stats import change
from triagelab.training.doctor.windows import LEVELS, MIXES, Window, moved

DOWN = {Severity.SEVERE: Severity.WARNING, Severity.WARNING: Severity.NOTE, Severity.NOTE: Severity.NOTE}


@dataclass(frozen=True)
class Seen:
    """Where a check holds against the start.

    Attributes:
        window: the one to quote: the last, or the worst where the check does not hold in the last.
        since: the first in which it held.
        passed: at the end two thirds of it or more are gone.
        less: at the end it falls short of certainty or size, though over a third of it is left.
    """

    window: Window
    since: Window
    passed: bool
    less: bool

    def severity(self, severity: Severity) -> Severity:
        """Return the severity, one step milder for what has passed."""
        return DOWN[severity] if self.passed else severity

    def when(self) -> str:
        if self.passed or self.less:
            first = f"first in steps {self.since.name}, worst in" if self.since is not self.window else "in steps"
            return f"seen {first} {self.window.name}, {'mostly gone' if self.passed else 'less of it'} at the end"
        return f"since steps {self.since.name}, to the end"


def seen(windows: Sequence[Window], bad: Callable[[Window], bool], size: Callable[[Window], float]) -> Seen | None:
    """Return where a check holds against the start: at the end, or where it was worst if it passed.

    What held once goes on for as long as a third of its size is left: a window may fall short of certainty by chance.
    """
    held = [window for window in windows[1:] if bad(window)]
    if not held:
        return None
    worst = max(held, key=size)
    lasts = held[-1] is windows[-1]
    passed = not lasts and size(windows[-1]) < size(worst) / 3
    return Seen(windows[-1] if lasts else worst, held[0], passed, less=not lasts and not passed)


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
    """Return the level mix at which to quote the figures: the one that the first weighed figure was judged at."""
    for name in names:
        moves = moved(first, window, name)
        for mix in MIXES[:-1]:
            before, after = first.values.get(mix + name), window.values.get(mix + name)
            if before is not None and after is not None and change(before, after) == moves:
                return mix
    return ""


def answers_mix(window: Window) -> str:
    """Return the shares of answers 1 to 5 as sampled."""
    return "/".join(f"{100 * (window.mean(f'answers/{k}') or 0.0):.0f}" for k in LEVELS) + " %"
