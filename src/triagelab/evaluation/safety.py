"""What a safety layer did: how often it raised rightly, raised wrongly or left an answer, by level, with intervals.

Raised rightly: the truth is 1 or 2 and the answer before was less urgent than the truth, or none. Raised wrongly: every
other raise, also one from 2 to 1 for a truth of 2. Left: the layer changed nothing; it never lowers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triagelab.errors import BadInputError
from triagelab.evaluation.alignment import align
from triagelab.evaluation.intervals import RESAMPLES, Interval, interval, resample, unrelated_answers
from triagelab.evaluation.metrics import ANSWER, TRUTH, Metric, Tally, tally
from triagelab.evaluation.records import Record

KEY = "safety"
GROUPS: Mapping[str, tuple[int, ...]] = {
    "1-2": (1, 2),
    "3": (3,),
    "4-5": (4, 5),
    **{f"level {level}": (level,) for level in range(1, 6)},
}
"""Groups of true levels that figures are over; the first three are the ones with targets."""
URGENT = 2
OUTCOMES = ("raised_rightly", "raised_wrongly", "left")


@dataclass(frozen=True)
class GroupEffect:
    """One group of true levels.

    Attributes:
        n: answers.
        into_urgent: share answered 1 or 2 with the layer; `without`: the same without it.
        shares: each of OUTCOMES as a share of the group.
        counts: the same as numbers of answers.
        missed: answers of 3 to 5 or none that stay so although the truth is 1 or 2.
    """

    n: int
    into_urgent: Interval
    without: Interval
    shares: Mapping[str, Interval]
    counts: Mapping[str, int]
    missed: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "into_urgent": self.into_urgent.to_dict(),
            "into_urgent_without": self.without.to_dict(),
            "counts": dict(self.counts),
            **{name: found.to_dict() for name, found in self.shares.items()},
            "missed": self.missed,
        }


@dataclass(frozen=True)
class SafetyEffect:
    """What the layer did to all answers, by group of true levels (GROUPS); groups without a case are left out."""

    n: int
    counts: Mapping[str, int]
    groups: Mapping[str, GroupEffect]

    def to_dict(self) -> dict[str, Any]:
        groups = {name: group.to_dict() for name, group in self.groups.items()}
        return {"n": self.n, "counts": dict(self.counts), "groups": groups, "definitions": " ".join(_TEXT)}

    def lines(self) -> list[str]:
        """Return the effect for a terminal: counts, then the share of each group in 1-2 with and without."""
        counts = ", ".join(f"{name.replace('_', ' ')} {self.counts[name]}" for name in OUTCOMES)
        lines = [f"  safety layer: {counts}, of {self.n}"]
        for name in ("1-2", "3", "4-5"):
            if (group := self.groups.get(name)) is not None:
                shares = f"{_figure(group.into_urgent)} with, {_figure(group.without)} without"
                lines.append(f"  truth {name:<14} answered 1 or 2: {shares}, n = {group.n}")
        return lines


_TEXT = (
    "raised rightly: truth 1 or 2 and the answer before less urgent than it, or none;",
    "raised wrongly: every other raise; left: not changed;",
    "into_urgent: share answered 1 or 2 with the layer, into_urgent_without: without it",
)


def _figure(found: Interval) -> str:
    if found.value is None:
        return "-"
    if found.low is None or found.high is None:
        return f"{found.value:.3f} (no interval: {found.note or 'n too small'})"
    return f"{found.value:.3f} ({found.low:.3f}-{found.high:.3f})"


def effect_of(records: Sequence[Record], *, seed: int = 0, resamples: int = RESAMPLES) -> SafetyEffect | None:
    """Return the effect from the records of a wrapped agent, which hold the answer without the layer; else None.

    Missing: None where no record has `extra["safety"]`.
    Raises: BadInputError where only some have, or one is not as the layer writes it.
    """
    told = [record.extra.get(KEY) for record in records]
    if not any(isinstance(note, Mapping) for note in told):
        return None
    for record, note in zip(records, told, strict=True):
        before = note.get("without", 0) if isinstance(note, Mapping) else 0
        if before is not None and before not in (1, 2, 3, 4, 5):
            raise BadInputError(f"extra.{KEY} of case {record.case_id}", note, "what the safety layer writes")
    plain = [record.model_copy(update={"predicted": record.extra[KEY]["without"]}) for record in records]
    return _effect(plain, records, seed, resamples)


def safety_effect(
    without: Sequence[Record], with_layer: Sequence[Record], *, seed: int = 0, resamples: int = RESAMPLES
) -> SafetyEffect:
    """Return the effect from two lists of records of the same cases.

    Raises: BadInputError where cases or truths differ, or an answer is less urgent with the layer than without.
    """
    pairing = align(without, with_layer, label_a="without", label_b="with the layer", intersect=False)
    return _effect(pairing.a, pairing.b, seed, resamples)


def _effect(plain: Sequence[Record], raised: Sequence[Record], seed: int, resamples: int) -> SafetyEffect:
    outcomes = [_outcome(before, after) for before, after in zip(plain, raised, strict=True)]
    coded = [
        record.model_copy(update={"predicted": OUTCOMES.index(name) + 1})
        for record, name in zip(raised, outcomes, strict=True)
    ]
    tables = {name: _Table.of(rows, seed, resamples) for name, rows in _named(raised, plain, coded)}
    groups: dict[str, GroupEffect] = {}
    for name, levels in GROUPS.items():
        chosen = [i for i, record in enumerate(raised) if record.level in levels]
        if not chosen:
            continue
        urgent = ANSWER <= URGENT
        groups[name] = GroupEffect(
            n=len(chosen),
            into_urgent=tables["with"].share(levels, urgent),
            without=tables["without"].share(levels, urgent),
            shares={one: tables["coded"].share(levels, OUTCOMES.index(one) + 1 == ANSWER) for one in OUTCOMES},
            counts={one: sum(outcomes[i] == one for i in chosen) for one in OUTCOMES},
            missed=sum(raised[i].level <= URGENT and (raised[i].predicted or 5) > URGENT for i in chosen),
        )
    return SafetyEffect(len(raised), {one: outcomes.count(one) for one in OUTCOMES}, groups)


def _named(
    raised: Sequence[Record], plain: Sequence[Record], coded: Sequence[Record]
) -> tuple[tuple[str, Sequence[Record]], ...]:
    return ("with", raised), ("without", plain), ("coded", coded)


def _outcome(before: Record, after: Record) -> str:
    old, new = before.predicted, after.predicted
    if old == new:
        return "left"
    if new is None or (old is not None and new > old):
        raise BadInputError(f"case {after.case_id}", f"{old} -> {new}", "an answer at least as urgent as without")
    rightly = after.level <= URGENT and (old is None or old > after.level)
    return "raised_rightly" if rightly else "raised_wrongly"


@dataclass(frozen=True)
class _Table:
    """A tally with its bootstrap draws, which only clusters need."""

    counts: Tally
    draws: np.ndarray | None

    @classmethod
    def of(cls, records: Sequence[Record], seed: int, resamples: int) -> _Table:
        counts = tally(records)
        if not counts.clustered:
            return cls(counts, None)
        pseudo = unrelated_answers(counts)
        return cls(counts, resample(counts.stats_C_S, resamples, seed, KEY, pseudo=pseudo))

    def share(self, levels: tuple[int, ...], cells: np.ndarray) -> Interval:
        """Return the share of true `levels` whose answer is in `cells`. Shapes: (5, 5)."""
        rows = np.isin(TRUTH, levels)
        metric = share_among("share", rows & cells, rows)
        draws = metric.compute(self.draws) if self.draws is not None else None
        return interval(metric, self.counts, draws)


def share_among(name: str, cells: np.ndarray, rows: np.ndarray) -> Metric:
    """Return a share of answers as a metric; no answer is among the trials and never a success. Shapes: (5, 5)."""
    wide = np.concatenate([cells, np.zeros((5, 1), bool)], axis=1)
    base = np.concatenate([rows, rows[:, :1]], axis=1)
    top, bottom = wide.reshape(-1).astype(float), base.reshape(-1).astype(float)

    def compute(stats: np.ndarray) -> np.ndarray:
        counts = stats[..., : top.size]
        trials = counts @ bottom
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(trials > 0, (counts @ top) / np.where(trials > 0, trials, 1), np.nan)

    return Metric(name, name, True, compute, wide, base)
