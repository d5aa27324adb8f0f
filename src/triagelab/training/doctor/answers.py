"""What became of the answers since the start: hacked rewards, hedging, answers that get worse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.training.doctor import checks as at
from triagelab.training.doctor.change import by, figures, seen
from triagelab.training.doctor.collapse import check_collapse
from triagelab.training.doctor.read import Record
from triagelab.training.doctor.windows import Window, for_patients, moved


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
        yield from check_collapse(windows)


def _unknown(record: Record, windows: Sequence[Window]) -> Iterator[Finding]:
    """Yield what cannot be judged because nothing that tells it was logged."""
    logged = {name for window in windows for name in window.values}
    if record.rollouts is None or "exact" in logged or not record.levels:
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
        f"{what}; two windows of {at.ENOUGH} completions are needed (at most four of a group count)",
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
    cost = for_patients(first, found.window, "cost")
    traded = cost is not None and cost.fell(0.0, at.SURE)
    dearer = _costlier(first, found.window)
    harm = "cost the patients more" if dearer else "are less often right" + ", though they cost less" * traded
    yield Finding(
        "reward-hacked",
        # Fewer exact answers at a lower cost may be what the reward was made for; the finding still says so.
        found.severity(Severity.WARNING if traded else Severity.SEVERE),
        f"The reward rises while the answers {harm}",
        f"{figures(first, found.window, ('reward', 'exact', 'within_one', 'cost'))}; {found.when()}",
        "if that trade is not meant, stop: run `triagelab audit` on the reward"
        if traded
        else "the reward pays for something else than right answers: stop, run `triagelab audit` on it, derive another "
        "with `triagelab design`, start again from the SFT policy",
    )


def _harm(first: Window, window: Window) -> float:
    """Return the larger of what exact answers lost and what the cost gained as a share of the start's."""
    cost = moved(first, window, "cost")
    dearer = cost.by / cost.before if cost is not None and cost.before > 0 else 0.0
    return max(-by(first, window, "exact"), dearer)


def _worse(windows: Sequence[Window]) -> Iterator[Finding]:
    """Yield that exact answers fall: as hedging where answers near by grow, as worse otherwise; or cost alone."""
    first = windows[0]
    found = seen(windows, lambda w: _exact_fell(first, w), lambda w: -by(first, w, "exact"))
    if found is None:
        found = seen(windows, lambda w: _costlier(first, w), lambda w: by(first, w, "cost"))
        if found is not None:
            yield Finding(
                "cost-rises",
                found.severity(Severity.WARNING),
                "The answers cost the patients more than at the start, though as many are right",
                f"{figures(first, found.window, ('cost', 'exact', 'within_one'))}; {found.when()}",
                "make the reward dearer for under-triage; `triagelab design` derives one from the cost matrix",
            )
        return
    near = moved(first, found.window, "within_one")
    fall = -by(first, found.window, "exact")
    severity = found.severity(Severity.SEVERE if fall >= at.EXACT_FALLS_FAR else Severity.WARNING)
    evidence = f"{figures(first, found.window, ('exact', 'within_one', 'cost'))}; {found.when()}"
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
