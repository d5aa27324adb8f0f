"""What some outcomes pay on top where the note says something. The note sets a rule off, never the completion."""

from __future__ import annotations

import difflib
import re
from functools import cached_property
from typing import Literal

from pydantic import Field, FiniteFloat, field_validator, model_validator

from triagelab.clinical.facts import vocabulary
from triagelab.rewards.terms import NONE, Attempt, Golds, Predictions, Table, Term
from triagelab.rewards.triggers import CaseFindings, case_findings


class Rule(Term):
    """Pays for some outcomes of the cases whose note says something.

    Attributes:
        value: what it pays.
        any_of: concepts, one of which the note must assert of the patient now.
        pain_at_least: or a reported pain score from this on.
        pattern: or, for comparison with published rewards only, a regular expression on the note (case ignored).
        gold, predicted: the outcomes it applies to.
    """

    kind: Literal["rule"]
    value: FiniteFloat
    any_of: tuple[str, ...] = ()
    pain_at_least: float | None = Field(default=None, ge=0, le=10)
    pattern: str | None = None
    gold: Golds = (1, 2, 3, 4, 5)
    predicted: Predictions

    @field_validator("any_of")
    @classmethod
    def _known(cls, concepts: tuple[str, ...]) -> tuple[str, ...]:
        for concept in concepts:
            if concept not in vocabulary():
                near = difflib.get_close_matches(concept, vocabulary(), n=1, cutoff=0.4)
                raise ValueError(f"unknown fact {concept!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return concepts

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"not a regular expression ({error})") from error
        return pattern

    @model_validator(mode="after")
    def _one_trigger(self) -> Rule:
        if sum((bool(self.any_of), self.pain_at_least is not None, self.pattern is not None)) != 1:
            raise ValueError("give exactly one trigger: any_of, pain_at_least or pattern")
        return self

    @cached_property
    def _regex(self) -> re.Pattern[str] | None:
        return re.compile(self.pattern, re.IGNORECASE) if self.pattern is not None else None

    @cached_property
    def _outcomes(self) -> frozenset[tuple[int, int]]:
        columns = [5 if predicted == NONE else int(predicted) - 1 for predicted in self.predicted]
        return frozenset((gold, column) for gold in self.gold for column in columns)

    def trigger(self, note: str, findings: CaseFindings | None = None) -> str | None:
        """Return what in the note sets the rule off, None if nothing does; `findings` spares reading the note."""
        if self._regex is not None:
            found = self._regex.search(note)
            return found.group(0) if found else None
        said = findings or case_findings(note)
        if self.pain_at_least is not None:
            high = said.pain_score is not None and said.pain_score >= self.pain_at_least
            return f"pain {said.pain_score:g}/10" if high else None
        return next((concept for concept in self.any_of if concept in said.present), None)

    def evaluate(self, attempt: Attempt) -> tuple[float | None, str]:
        if attempt.gold is None:
            return None, "no gold level"
        if attempt.note is None:
            return None, "no note to read the trigger from"
        if (attempt.gold, attempt.column) not in self._outcomes:
            return 0.0, "not this outcome"
        cause = self.trigger(attempt.note, attempt.findings)
        return (self.value, f"the note says: {cause}") if cause is not None else (0.0, "the note does not say so")

    def table(self, *, triggered: bool = False) -> Table:
        rows = [
            [self.value if triggered and (gold, column) in self._outcomes else 0.0 for column in range(6)]
            for gold in range(1, 6)
        ]
        return self.weigh(rows)
