"""How an episode at the bedside ended: everything its reward depends on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BedsideOutcome:
    """One ended episode.

    Units: minutes.
    Missing: `answer`, `pathway`, `pattern` are None where the episode ended without a commit.

    Attributes:
        level, true_pathway, true_pattern: the truth at the end.
        answer, pathway, pattern: what was committed.
        steps: actions taken, the last one included.
        tier: easy, medium or hard; generated cases have none.
        untreated: level -> minutes during which the patient was at this level and nothing right had been given, as
            (from, to) stretches since arrival.
        helped: an intervention that was indicated from arrival on was given.
        wrong: number of interventions that were wrong.
    """

    level: int
    true_pathway: str
    true_pattern: str
    answer: int | None
    pathway: str | None
    pattern: str | None
    steps: int
    tier: str | None = None
    untreated: tuple[tuple[int, float, float], ...] = ()
    helped: bool = False
    wrong: int = 0
