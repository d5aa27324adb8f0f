"""An imaging reward through every check that applies to it: scripted completions, signal, gold by row id, attacks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from triagelab.rewards.audit.finding import Finding, Judged
from triagelab.rewards.audit.imaging_attacks import EVERY_READ, run_imaging_attacks
from triagelab.rewards.audit.imaging_findings import imaging_findings
from triagelab.rewards.audit.imaging_rows import Bench, draw_benches
from triagelab.rewards.audit.imaging_scripted import WRITERS, Kind
from triagelab.rewards.audit.imaging_signal import (
    TIE,
    Paid,
    Range,
    Scorer,
    SignalRow,
    misplaced,
    pay_all,
    ranges,
    signal_rows,
    total_of,
)
from triagelab.rewards.audit.placed import PlacedAttack
from triagelab.rewards.imaging.encoding import Encoder
from triagelab.rewards.imaging.judge import Judge
from triagelab.rewards.imaging.preset import ImagingPreset
from triagelab.rewards.imaging.score import score_imaging
from triagelab.rewards.imaging.trl import ImagingReward

ROWS, ROWS_ENCODED, ATTACKED = 30, 15, 6
"""Rows of an audit, one label after the other; with an encoder; and how many the text attacks are tried on."""


@dataclass(frozen=True, slots=True)
class Earned:
    """What one scripted completion earns.

    Attributes:
        mean: over the rows, with labels as common as in the dataset.
        beats_gold, beats_wrong: rows in which it earns more than gold, and more than the best honest wrong answer.
        lead: its largest lead over gold. `unscored`: rows without a total.
    """

    name: str
    mean: float
    beats_gold: int
    beats_wrong: int
    lead: float
    unscored: int
    rows: int

    @property
    def kind(self) -> Kind:
        return WRITERS[self.name].kind

    def row(self) -> dict[str, object]:
        """Return plain JSON values."""
        counts = {"beats_gold": self.beats_gold, "beats_wrong": self.beats_wrong, "rows": self.rows}
        about = {"completion": self.name, "kind": self.kind.value, "mean": round(self.mean, 4)}
        return {**about, **counts, "lead": round(self.lead, 4), "unscored": self.unscored}


@dataclass(frozen=True, slots=True)
class ImagingAudit(Judged):
    """What an audit of an imaging reward found. `findings`: gravest first; `seconds`: time taken.

    Attributes:
        misplaced: totals that changed when the batch was shuffled, and how many were compared.
    """

    preset: ImagingPreset
    findings: tuple[Finding, ...]
    earned: tuple[Earned, ...]
    signal: tuple[SignalRow, ...]
    ranges: tuple[Range, ...]
    attacks: tuple[PlacedAttack, ...]
    misplaced: tuple[int, int]
    rows: int
    seconds: float

    def row(self) -> dict[str, object]:
        """Return what `triagelab audit --json` prints."""
        return {
            "preset": self.preset.name,
            "task": "imaging",
            "verdict": self.verdict,
            "rows": self.rows,
            "findings": [finding.row() for finding in self.findings],
            "completions": [one.row() for one in self.earned],
            "signal": [one.row() for one in self.signal],
            "ranges": [one.row() for one in self.ranges],
            "attacks": [one.row() for one in self.attacks],
            "misplaced": {"changed": self.misplaced[0], "compared": self.misplaced[1]},
            "seconds": round(self.seconds, 3),
        }


def audit_imaging(
    preset: ImagingPreset,
    *,
    rows: int | None = None,
    seed: int = 0,
    encoder: Encoder | None = None,
    judge: Judge | None = None,
    score: Scorer | None = None,
    reward: Callable[..., Sequence[float | None]] | None = None,
) -> ImagingAudit:
    """Return everything that can be told of an imaging reward before training on it.

    Args:
        rows: how many dataset rows are drawn, with `seed`; None is 30, or 15 where an encoder has to read them.
        encoder: None is the packaged one, loaded only where the reward needs it. `judge`: None is the rubric scorer.
        score: pays completions in place of the preset. `reward`: what is called with shuffled batches in place of it.

    Raises: BadInputError for a number of rows; MissingDependencyError where an encoder is needed and not installed.
    """
    begun = time.monotonic()
    encoded = preset.needs("similarity")
    benches = draw_benches(rows if rows is not None else ROWS_ENCODED if encoded else ROWS, seed)
    pays = score if score is not None else _scorer(preset, encoder, judge)
    paid = pay_all(pays, benches)
    every = EVERY_READ if encoded or preset.needs("judge") else 1
    attacks = run_imaging_attacks(pays, benches[:: max(1, len(benches) // ATTACKED)][:ATTACKED], every=every)
    moved = misplaced(reward if reward is not None else _reward(preset, benches, encoder, judge), benches)
    earned, signal, used = earned_by(paid, benches), signal_rows(paid), ranges(paid)
    found = imaging_findings(preset, earned, signal, used, attacks, moved)
    return ImagingAudit(preset, found, earned, signal, used, attacks, moved, len(benches), time.monotonic() - begun)


def earned_by(paid: Sequence[Paid], benches: Sequence[Bench]) -> tuple[Earned, ...]:
    """Return what each scripted completion earns over the rows, honest ones first."""
    return tuple(_earned(name, paid, benches) for name in WRITERS)


def _earned(name: str, paid: Sequence[Paid], benches: Sequence[Bench]) -> Earned:
    totals = [total_of(row[name]) for row in paid]
    leads = [total - total_of(row["gold"]) for total, row in zip(totals, paid, strict=True)]
    honest = [one for one, writer in WRITERS.items() if writer.kind is Kind.HONEST_WRONG]
    wrong = [max(total_of(row[one]) for one in honest) for row in paid]
    return Earned(
        name,
        mean=sum(bench.weight * total for bench, total in zip(benches, totals, strict=True)),
        beats_gold=sum(lead > TIE for lead in leads),
        beats_wrong=sum(total > limit + TIE for total, limit in zip(totals, wrong, strict=True)),
        lead=max(leads),
        unscored=sum(one is None or one.total is None for one in (row[name] for row in paid)),
        rows=len(paid),
    )


def _scorer(preset: ImagingPreset, encoder: Encoder | None, judge: Judge | None) -> Scorer:
    return lambda golds, texts: score_imaging(preset, golds, texts, encoder=encoder, judge=judge)


def _reward(
    preset: ImagingPreset, benches: Sequence[Bench], encoder: Encoder | None, judge: Judge | None
) -> ImagingReward:
    """Return the reward as TRL calls it, over these rows."""
    found = ImagingReward(preset.name, [bench.gold for bench in benches], judge, encoder)
    found.preset = preset
    return found


__all__ = ["ROWS", "ROWS_ENCODED", "Earned", "ImagingAudit", "audit_imaging", "earned_by"]
