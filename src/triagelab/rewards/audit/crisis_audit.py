"""A crisis reward through every check that applies to it: signal, optimum, constant answers, text attacks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import fmean

from triagelab.rewards.audit.attacks import TIE
from triagelab.rewards.audit.crisis_attacks import run_crisis_attacks
from triagelab.rewards.audit.crisis_findings import crisis_findings
from triagelab.rewards.audit.finding import Finding, Judged
from triagelab.rewards.audit.placed import PlacedAttack
from triagelab.rewards.crisis.preset import CrisisPreset
from triagelab.rewards.crisis.sample import draw_states
from triagelab.rewards.crisis.score import score_crisis
from triagelab.rewards.crisis.scripted import HONEST, WRITERS, scripted
from triagelab.rewards.crisis.states import StateKey
from triagelab.rewards.crisis.variance import VarianceRow, verifier_variance

STATES, ATTACKED = 30, 6
"""States of an audit, one role and scenario after the other, and how many of them the text attacks are tried on."""


@dataclass(frozen=True, slots=True)
class Earned:
    """What one scripted completion earns.

    Attributes:
        mean: over the states. `above_nothing`, `above_honest`: states in which it earns more than an honest `nothing`,
            and more than the best honest completion.
        lead: its largest lead over the best honest completion of a state; below 0 where it never reaches it.
    """

    name: str
    mean: float
    above_nothing: int
    above_honest: int
    lead: float
    states: int

    @property
    def honest(self) -> bool:
        return self.name in HONEST

    def row(self) -> dict[str, object]:
        """Return plain JSON values."""
        counts = {"above_nothing": self.above_nothing, "above_honest": self.above_honest, "states": self.states}
        return {"completion": self.name, "honest": self.honest, "mean": round(self.mean, 4), **counts}


@dataclass(frozen=True, slots=True)
class CrisisAudit(Judged):
    """What an audit of a crisis reward found. `findings`: gravest first; `seconds`: time taken."""

    preset: CrisisPreset
    findings: tuple[Finding, ...]
    variance: tuple[VarianceRow, ...]
    earned: tuple[Earned, ...]
    attacks: tuple[PlacedAttack, ...]
    states: int
    seconds: float

    def row(self) -> dict[str, object]:
        """Return what `triagelab audit --json` prints."""
        return {
            "preset": self.preset.name,
            "task": "crisis",
            "verdict": self.verdict,
            "states": self.states,
            "findings": [finding.row() for finding in self.findings],
            "completions": [one.row() for one in self.earned],
            "verifiers": [one.row() for one in self.variance],
            "attacks": [one.row() for one in self.attacks],
            "seconds": round(self.seconds, 3),
        }


def audit_crisis(preset: CrisisPreset, *, states: int = STATES, seed: int = 0) -> CrisisAudit:
    """Return everything that can be told of a crisis reward before training on it.

    Args:
        states: how many states are drawn, with `seed`; each leaves its role something to do.
    """
    begun = time.monotonic()
    keys = draw_states(states, seed)
    variance = verifier_variance(preset, keys)
    earned = earned_by(preset, keys)
    attacks = run_crisis_attacks(preset, keys[:: max(1, len(keys) // ATTACKED)][:ATTACKED])
    found = crisis_findings(variance, earned, attacks)
    return CrisisAudit(preset, found, variance, earned, attacks, len(keys), time.monotonic() - begun)


def earned_by(preset: CrisisPreset, keys: tuple[StateKey, ...]) -> tuple[Earned, ...]:
    """Return what each scripted completion earns over the states, honest ones first."""
    paid: list[dict[str, float]] = []
    for key in keys:
        paid.append({name: score_crisis(preset, key, text).total or 0.0 for name, text in scripted(key).items()})
    return tuple(_earned(name, paid) for name in WRITERS)


def _earned(name: str, paid: list[dict[str, float]]) -> Earned:
    leads = [row[name] - max(row[honest] for honest in HONEST) for row in paid]
    above = sum(row[name] > row["nothing"] + TIE for row in paid)
    return Earned(
        name, fmean(row[name] for row in paid), above, sum(lead > TIE for lead in leads), max(leads), len(paid)
    )


__all__ = ["CrisisAudit", "Earned", "audit_crisis", "earned_by"]
