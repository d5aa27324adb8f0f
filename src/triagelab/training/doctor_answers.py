"""What became of the answers since the start: hacked rewards, hedging, collapsed levels, silence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.training import doctor_checks as at
from triagelab.training.doctor_read import Record
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


def check_answers(record: Record, windows: Sequence[Window]) -> Iterator[Finding]:
    """Yield what the answers of a GRPO run show against its first window."""
    yield from _unknown(record, windows)
    if len(windows) < 2:
        yield too_few(record)
    else:
        hacked = list(_hacked(windows))
        yield from hacked
        # A fall that the hacked reward already explains is said once; hedging says how it is done.
        yield from (finding for finding in _worse(windows) if not hacked or finding.id == "hedging")
        yield from _collapse(windows)
        yield from _vanished(windows)


def _unknown(record: Record, windows: Sequence[Window]) -> Iterator[Finding]:
    """Yield what cannot be judged because nothing that tells it was logged."""
    logged = {name for window in windows for name in window.values}
    if record.rollouts is None or "exact" in logged:
        return
    n = len(record.rollouts)
    if "answers/1" not in logged:
        yield Finding(
            "answers-unknown",
            Severity.NOTE,
            "What was answered is unknown: no column `predicted`, and the texts hold no ESI answer",
            f"{n} completions; hedging, collapse and missing answers cannot be checked",
            "log the answer of each completion with log_extra('predicted', ...)",
        )
    else:
        yield Finding(
            "levels-unknown",
            Severity.NOTE,
            "Whether answers are right is unknown: no gold level was logged",
            f"{n} completions; exact, within one, cost and the kinds of dead groups cannot be told",
            "log the gold level of each completion with log_extra('level', ...)",
        )


def too_few(record: Record) -> Finding:
    """Return that there is too little to compare with the start."""
    n = 0 if record.rollouts is None else len(record.rollouts)
    what = f"{n} completions" if n else f"{len(record.curves)} logged steps and no completions"
    return Finding(
        "too-few",
        Severity.NOTE,
        "Too few completions to compare the answers with the start",
        f"{what}; two windows of {at.ENOUGH} completions are needed",
        "look again later, or log every completion",
    )


def _hacked(windows: Sequence[Window]) -> Iterator[Finding]:
    first = windows[0]

    def bad(window: Window) -> bool:
        paid = moved(first, window, "reward")
        return paid is not None and paid.rose(0.0, at.SURE) and (_exact_fell(first, window) or _costlier(first, window))

    found = seen(windows, bad, lambda window: _harm(first, window))
    if found is None:
        return
    cost = moved(first, found.window, "cost")
    traded = cost is not None and cost.fell(0.0, at.SURE)
    dearer = _costlier(first, found.window)
    harm = "cost the patients more" if dearer else "are less often right" + ", though they cost less" * traded
    yield Finding(
        "reward-hacked",
        # Fewer exact answers at a lower cost may be what the reward was made for; the finding still says so.
        found.severity(Severity.WARNING if traded else Severity.SEVERE),
        f"The reward rises while the answers {harm}",
        f"{_figures(first, found.window, ('reward', 'exact', 'within_one', 'cost'))}; {found.when()}",
        "if that trade is not meant, stop: run `triagelab audit` on the reward"
        if traded
        else "the reward pays for something else than right answers: stop, run `triagelab audit` on it, derive another "
        "with `triagelab design`, start again from the SFT policy",
    )


def _harm(first: Window, window: Window) -> float:
    """Return the larger of what exact answers lost and what the cost gained as a share of the start's."""
    cost = moved(first, window, "cost")
    dearer = cost.by / cost.before if cost is not None and cost.before > 0 else 0.0
    return max(-_by(first, window, "exact"), dearer)


def _worse(windows: Sequence[Window]) -> Iterator[Finding]:
    """Yield that exact answers fall: as hedging where answers near by grow, as worse otherwise; or cost alone."""
    first = windows[0]
    found = seen(windows, lambda w: _exact_fell(first, w), lambda w: -_by(first, w, "exact"))
    if found is None:
        found = seen(windows, lambda w: _costlier(first, w), lambda w: _by(first, w, "cost"))
        if found is not None:
            yield Finding(
                "cost-rises",
                found.severity(Severity.WARNING),
                "The answers cost the patients more than at the start, though as many are right",
                f"{_figures(first, found.window, ('cost', 'exact', 'within_one'))}; {found.when()}",
                "make the reward dearer for under-triage; `triagelab design` derives one from the cost matrix",
            )
        return
    near = moved(first, found.window, "within_one")
    fall = -_by(first, found.window, "exact")
    severity = found.severity(Severity.SEVERE if fall >= at.EXACT_FALLS_FAR else Severity.WARNING)
    evidence = f"{_figures(first, found.window, ('exact', 'within_one', 'cost'))}; {found.when()}"
    if near is not None and near.rose(0.01, 2.0):
        yield Finding(
            "hedging",
            severity,
            "Hedging: fewer answers are exact while more lie within one level",
            evidence,
            "the reward pays for safe neighbours: give the neighbours of the right level less, or nothing",
        )
    else:
        yield Finding(
            "accuracy-falls",
            severity,
            "Fewer answers are exact than at the start",
            evidence,
            "stop; keep an earlier checkpoint, lower optim.learning_rate or raise reward.kl, and audit the reward",
        )


def _exact_fell(first: Window, window: Window) -> bool:
    moves = moved(first, window, "exact")
    return moves is not None and at.exact_fell(moves, at.SURE)


def _costlier(first: Window, window: Window) -> bool:
    moves = moved(first, window, "cost")
    return moves is not None and moves.before > 0 and moves.rose(at.COST_RISES * moves.before, at.SURE)


def _by(first: Window, window: Window, name: str) -> float:
    moves = moved(first, window, name)
    return 0.0 if moves is None else moves.by


def _figures(first: Window, window: Window, names: Sequence[str]) -> str:
    """Return `name before -> after` for each figure at one level mix, and over which steps and completions."""
    mix = _basis(first, window, names)
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


def _collapse(windows: Sequence[Window]) -> Iterator[Finding]:
    """Yield the level that takes much more of the answers than at the start and than it is due."""
    first = windows[0]
    best: tuple[float, int, Seen] | None = None
    for k in LEVELS:
        found = seen(windows, lambda w, k=k: _takes_over(first, w, k), lambda w, k=k: _share(w, k))
        if found is not None and (best is None or _share(found.window, k) > best[0]):
            best = (_share(found.window, k), k, found)
    if best is None:
        return
    share, k, found = best
    far = share >= at.ONE_LEVEL or _by(first, found.window, f"answers/{k}") >= at.SHARE_RISES_FAR
    due = f"; {_due(found.window, k):.0%} of the patients are level {k}" if found.window.shown else ""
    yield Finding(
        "class-collapse",
        found.severity(Severity.SEVERE if far else Severity.WARNING),
        f"The answers collapse onto level {k}",
        f"{_figures(first, found.window, (f'answers/{k}',))}{due}; answers 1-5 as sampled {_mix(first)} -> "
        f"{_mix(found.window)}; {found.when()}",
        f"level {k} pays too well for patients of other levels, or is oversampled: run `triagelab audit`, lower its "
        "reward or its sampling weight",
    )


def _takes_over(first: Window, window: Window, k: int) -> bool:
    moves = moved(first, window, f"answers/{k}")
    if moves is None:
        return False
    constant = moves.after >= at.ONE_LEVEL and window.shown.get(k, 0.0) < at.ONE_LEVEL
    return constant or (at.share_rose(moves, at.SURE) and moves.after >= _due(window, k) + 0.1)


def _due(window: Window, k: int) -> float:
    """Return the share of level k among the patients: in the mix that answers are weighed to, else as shown."""
    return window.mix[k] / sum(window.mix.values()) if k in window.mix else window.shown.get(k, 0.0)


def _share(window: Window, k: int) -> float:
    keys = (f"{mix}answers/{k}" for mix in MIXES)
    return next((window.values[key].mean for key in keys if key in window.values), 0.0)


def _vanished(windows: Sequence[Window]) -> Iterator[Finding]:
    first, last = windows[0], windows[-1]
    gone = [k for k in LEVELS if _is_gone(first, last, k)]
    if gone:
        names = ", ".join(str(k) for k in gone)
        yield Finding(
            "level-vanishes",
            Severity.SEVERE if 1 in gone else Severity.WARNING,
            f"Level {names} is no longer answered" if len(gone) == 1 else f"Levels {names} are no longer answered",
            f"answers 1-5 as sampled {_mix(first)} -> {_mix(last)}; steps {first.name} -> {last.name}, n "
            f"{first.completions} -> {last.completions}",
            "no belief makes them worth answering under this reward: `triagelab audit` names the cells to change",
        )


def _is_gone(first: Window, last: Window, k: int) -> bool:
    if last.shown.get(k, 1.0) < at.VANISHED_TO:
        return False
    # Not at the real mix, where level 5 is too rare to be missed.
    key = next((key for mix in MIXES[1:] if (key := f"{mix}answers/{k}") in first.values and key in last.values), None)
    return key is not None and at.vanished(change(first.values[key], last.values[key]), at.SURE)
