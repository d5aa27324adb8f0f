"""Which levels the answers collapse onto, and which are no longer answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.training.doctor import checks as at
from triagelab.training.doctor.change import DOWN, Seen, answers_mix, by, figures, seen
from triagelab.training.doctor.stats import Change, change
from triagelab.training.doctor.windows import LEVELS, MIXES, Window, for_patients


def check_collapse(windows: Sequence[Window]) -> Iterator[Finding]:
    """Yield what the answers' shares of the five levels show against the first window."""
    yield from _collapse(windows)
    yield from _vanished(windows)


def _collapse(windows: Sequence[Window]) -> Iterator[Finding]:
    """Yield the level that takes much more of the answers than at the start and than it is due."""
    first = windows[0]
    best: tuple[Change, str, int, Seen] | None = None
    for k in LEVELS:
        gain = partial(by, first, name=f"answers/{k}")
        found = seen(windows, lambda w, k=k: _takes_over(first, w, k) is not None, gain)
        if found is None:
            continue
        # At the end it may fall short of certainty, though most of it is left: then as it was when first seen.
        moves, mix = _takes_over(first, found.window, k) or _takes_over(first, found.since, k) or (None, "")
        if moves is not None and (best is None or moves.after > best[0].after):
            best = (moves, mix, k, found)
    if best is not None:
        yield _taken_over(windows, *best)


def _taken_over(windows: Sequence[Window], moves: Change, mix: str, k: int, found: Seen) -> Finding:
    first, last = windows[0], found.window
    peak = max(windows[1:], key=lambda window: _share(window, k))
    highest = max(moves.after, _share(peak, k))
    far = highest >= at.ONE_LEVEL or moves.by >= at.SHARE_RISES_FAR
    harmless = highest < at.ONE_LEVEL and _harmless(first, last)
    severity = found.severity(Severity.SEVERE if far else Severity.WARNING)
    verb = "collapse onto" if far and not harmless else "lean towards"
    due = f"; {last.due(k, mix):.0%} of the patients are level {k}" if last.mixes else ""
    at_most = "" if _share(peak, k) < moves.after + 0.05 else f", at most {_share(peak, k):.3g} in steps {peak.name}"
    return Finding(
        "class-collapse",
        DOWN[severity] if harmless else severity,
        f"The answers {verb} level {k}" + ", though about as many are right and they cost no more" * harmless,
        f"{figures(first, last, (f'answers/{k}',), mix)}{due}; answers 1-5 as sampled {answers_mix(first)} -> "
        f"{answers_mix(last)}; {found.when()}{at_most}",
        "watch it: nothing to change as long as the cost does not rise and no fewer answers are exact"
        if harmless
        else f"level {k} pays too well for patients of other levels, or is oversampled: run `triagelab audit`, lower "
        "its reward or its sampling weight",
    )


def _harmless(first: Window, window: Window) -> bool:
    """Return whether about as many answers are right as at the start, at no higher cost, as far as was measured."""
    cost, exact = for_patients(first, window, "cost"), for_patients(first, window, "exact")
    return cost is not None and cost.by <= 0 and exact is not None and exact.by > -at.EXACT_FALLS


def _takes_over(first: Window, window: Window, k: int) -> tuple[Change, str] | None:
    """Return how much level k took over and at which level mix that shows, None where it did not."""
    for mix in MIXES:
        key = f"{mix}answers/{k}"
        if key not in first.values or key not in window.values:
            continue
        moves, due = change(first.values[key], window.values[key]), window.due(k, mix)
        constant = moves.after >= at.ONE_LEVEL and due < at.ONE_LEVEL
        if constant or (at.share_rose(moves, at.SURE) and moves.after >= due + at.SHARE_ABOVE):
            return moves, mix
    return None


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
            f"answers 1-5 as sampled {answers_mix(first)} -> {answers_mix(last)}; steps {first.name} -> {last.name}, n "
            f"{first.completions} -> {last.completions}",
            "see in `triagelab audit` whether any belief makes them worth answering under this reward; if none does, "
            "change the cells that it names, else sample warmer",
        )


def _is_gone(first: Window, last: Window, k: int) -> bool:
    if last.mixes and last.due(k, "") < at.VANISHED_TO:
        return False  # Nobody of that level is left to be seen.
    # Not at the real mix, where level 5 is too rare to be missed.
    key = next((key for mix in MIXES[1:] if (key := f"{mix}answers/{k}") in first.values and key in last.values), None)
    return key is not None and at.vanished(change(first.values[key], last.values[key]), at.SURE)
