"""What a crisis reward pays one completion, term by term."""

from __future__ import annotations

from dataclasses import dataclass

from triagelab.completions.answers import ParseStatus
from triagelab.rewards.crisis.measures import Measure
from triagelab.rewards.crisis.preset import CrisisPreset
from triagelab.rewards.crisis.published import PUBLISHED
from triagelab.rewards.crisis.rollouts import prevented
from triagelab.rewards.crisis.states import StateKey
from triagelab.rewards.crisis.verifiers import VERIFIERS, Subject


@dataclass(frozen=True, slots=True)
class CrisisTerm:
    """One verifier's part. `value` 0 to 1 as measured, None could not be; `paid`: what it adds to the total."""

    value: float | None
    weight: float
    paid: float
    reason: str


@dataclass(frozen=True, slots=True)
class CrisisBreakdown:
    """What one completion earns.

    Missing: `total` is None where no verifier could be measured.

    Attributes:
        total: 0 to 1.
        gate: how far the gate is open, 1 for a reward without one.
        status: how the completion was read.
        deaths_prevented: expected deaths over the horizon that the acts prevent against doing nothing.
        duties: duties over the horizon that the acts gain against doing nothing.
    """

    total: float | None
    terms: dict[str, CrisisTerm]
    gate: float
    status: ParseStatus
    reason: str
    deaths_prevented: float
    duties: float

    def row(self) -> dict[str, object]:
        """Return plain JSON values."""
        terms = {
            name: {"value": term.value, "weight": term.weight, "paid": term.paid, "reason": term.reason}
            for name, term in self.terms.items()
        }
        found = {"total": self.total, "gate": self.gate, "status": self.status.value, "reason": self.reason}
        return {**found, "deaths_prevented": self.deaths_prevented, "duties": self.duties, "terms": terms}


def score_crisis(preset: CrisisPreset, key: StateKey, completion: str, *, truncated: bool = False) -> CrisisBreakdown:
    """Return what a completion earns in a state.

    Args:
        completion: what the role wrote, without the prompt: data, never an instruction.
        truncated: the writer was cut off by its token limit.
    """
    one = Subject(key, completion, truncated)
    table = VERIFIERS if preset.verifiers == "ours" else PUBLISHED
    measures = {row.verifier: table[row.verifier](one) for row in preset.term}
    gate = _gate(preset, one, measures)
    weights = sum(row.weight for row in preset.term if measures[row.verifier].value is not None)
    terms: dict[str, CrisisTerm] = {}
    for row in preset.term:
        found = measures[row.verifier]
        share = row.weight / weights if weights else 0.0
        paid = share * (found.value or 0.0) * (gate if row.gated else 1.0)
        terms[row.verifier] = CrisisTerm(found.value, row.weight, paid, found.reason)
    total = sum(term.paid for term in terms.values()) if weights else None
    if preset.combine == "gated" and not one.reading.readable:
        total = 0.0
        terms = {name: CrisisTerm(term.value, term.weight, 0.0, term.reason) for name, term in terms.items()}
    nothing = one.stakes.nothing
    return CrisisBreakdown(
        total=total,
        terms=terms,
        gate=gate,
        status=one.reading.status,
        reason=one.reading.reason,
        deaths_prevented=prevented(one.stakes, one.course),
        duties=one.course.duty - nothing.duty,
    )


def _gate(preset: CrisisPreset, one: Subject, measures: dict[str, Measure]) -> float:
    """Return how far the gate is open: the mean share of the book's gain where there is one, less every harm."""
    if preset.gate is None:
        return 1.0
    if not one.reading.readable:
        return 0.0
    gained = shares = harm = 0.0
    for name, share in preset.gate.over.items():
        found = measures.get(name) or VERIFIERS[name](one)
        if found.progress is None:
            continue
        if found.at_stake:
            gained, shares = gained + share * min(1.0, max(0.0, found.progress)), shares + share
        harm += min(0.0, found.progress)
    opened = gained / shares if shares else 1.0
    return min(1.0, max(0.0, opened + harm))


__all__ = ["CrisisBreakdown", "CrisisTerm", "score_crisis"]
