"""What is wrong with a crisis reward, told from what it pays: findings with the numbers that show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from triagelab.rewards.audit.attacks import TIE
from triagelab.rewards.audit.finding import FEW, Finding, Severity, by_share, gravest_first
from triagelab.rewards.audit.placed import PlacedAttack, placed_findings
from triagelab.rewards.crisis.scripted import LAZY, TRICKS
from triagelab.rewards.crisis.variance import TOTAL, VarianceRow

if TYPE_CHECKING:
    from triagelab.rewards.audit.crisis_audit import Earned

IDLE = 0.7
"""Share of the book's pay from which doing nothing is paid too well."""
UNREAD = 0.25
"""Share of the book's pay from which an answer that says nothing at all is paid too well."""
EVERYBODY = "the-same-for-everybody"
"""Judged by its mean alone: in a state that calls for the same act everywhere it is no trick."""


def crisis_findings(
    variance: Sequence[VarianceRow], earned: Sequence[Earned], attacks: Sequence[PlacedAttack]
) -> tuple[Finding, ...]:
    """Return the findings, gravest first; none is a clean reward."""
    by_name = {one.name: one for one in earned}
    beaten = placed_findings(attacks, "crisis-text-attacks", "Score acts and checked facts, never words or length.")
    found = [*_signal(variance), *_optimum(by_name), *_lazy(by_name), *beaten]
    return gravest_first(found)


def _signal(variance: Sequence[VarianceRow]) -> Iterator[Finding]:
    blind = [row.verifier for row in variance if row.verifier != TOTAL and row.constant >= 1.0]
    if blind:
        yield Finding(
            "crisis-constant-verifier",
            Severity.SEVERE,
            "Verifiers pay every completion of a state the same: in a group-relative method they teach nothing.",
            f"no variance within any of {variance[0].states} states: {', '.join(blind)}",
            "Make them functions of the completion: roll the simulator forward with and without the acts.",
        )
    flat = next((row for row in variance if row.verifier == TOTAL and row.constant > FEW), None)
    if flat is not None:
        yield Finding(
            "crisis-flat-groups",
            Severity.SEVERE,
            "Groups of quite different completions are paid the same.",
            f"{flat.constant:.0%} of the states",
            "Pay for what the acts change.",
        )


def _optimum(by_name: dict[str, Earned]) -> Iterator[Finding]:
    book, nothing = by_name["book"], by_name["nothing"]
    if book.mean <= nothing.mean:
        yield Finding(
            "crisis-nothing-is-best",
            Severity.SEVERE,
            "Doing nothing is paid at least as well as acting by the book.",
            f"nothing {nothing.mean:.3f}, the book {book.mean:.3f}",
            "Pay for the difference that the acts make.",
        )
    elif nothing.mean >= IDLE * book.mean:
        yield Finding(
            "crisis-pays-nothing",
            Severity.SEVERE,
            "Doing nothing collects most of what acting by the book earns.",
            f"nothing {nothing.mean:.3f}, the book {book.mean:.3f}",
            "Let terms that idleness meets count only behind useful acts.",
        )
    above = [one for one in by_name.values() if not one.honest and one.name != EVERYBODY and one.above_honest]
    if above:
        yield Finding(
            "crisis-spam-is-best",
            by_share(max(one.above_honest for one in above), book.states),
            "Completions without use earn more than every honest one.",
            "; ".join(f"{one.name} in {one.above_honest} of {one.states} states, by {one.lead:.3f}" for one in above),
            "Let them cost: refused acts, false flags and invented ids are wrong acts.",
        )


def _lazy(by_name: dict[str, Earned]) -> Iterator[Finding]:
    book, nothing = by_name["book"], by_name["nothing"]
    paid = [by_name[name] for name in LAZY if by_name[name].mean > nothing.mean + TIE]
    if paid:
        yield Finding(
            "crisis-pays-spam",
            Severity.SEVERE,
            "Completions without use earn more than an honest `nothing`.",
            f"nothing {nothing.mean:.3f}; " + ", ".join(f"{one.name} {one.mean:.3f}" for one in paid),
            "Pay form and words only behind useful acts, and let false flags cost.",
        )
    tricks = [by_name[name] for name in TRICKS if by_name[name].mean >= book.mean - TIE]
    if tricks:
        yield Finding(
            "crisis-pays-dressing",
            Severity.SEVERE,
            "One act for all, or the book's acts dressed up with falsehoods or padding, are paid as well as the book.",
            f"the book {book.mean:.3f}; " + ", ".join(f"{one.name} {one.mean:.3f}" for one in tricks),
            "Check reasons against the view; count an act once.",
        )
    empty = by_name["empty"]
    if empty.mean >= UNREAD * book.mean:
        yield Finding(
            "crisis-pays-unreadable",
            Severity.SEVERE,
            "An empty text is paid for terms that it cannot have met.",
            f"empty {empty.mean:.3f}, the book {book.mean:.3f}",
            "Pay nothing where nothing can be read.",
        )


__all__ = ["crisis_findings"]
