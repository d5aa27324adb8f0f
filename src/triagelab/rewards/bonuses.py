"""What the text itself earns, whatever level it names: the asked form, and brevity."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, FiniteFloat

from triagelab.rewards.terms import Attempt, Term

Pays = Literal["always", "answered", "right"]


class Bonus(Term):
    """A term that the text earns.

    Attributes:
        value: the most it can pay.
        pays: always, only with an answer, or only with the right answer.
    """

    value: FiniteFloat
    pays: Pays = "always"

    def text_range(self) -> tuple[float, float]:
        full = self.value * self.weight
        return min(0.0, full), max(0.0, full)

    def withheld(self, attempt: Attempt) -> tuple[float | None, str] | None:
        """Return the value and reason where the bonus is not open to this attempt, else None."""
        if self.pays == "always":
            return None
        if attempt.parsed.level is None:
            return 0.0, "no answer"
        if self.pays == "right":
            if attempt.gold is None:
                return None, "no gold level"
            if attempt.parsed.level != attempt.gold:
                return 0.0, "not the right answer"
        return None


class Format(Bonus):
    """Pays for the three sections: found by the parser in order and not empty, or as literal words anywhere."""

    kind: Literal["format"]
    check: Literal["sections", "words"] = "sections"

    def evaluate(self, attempt: Attempt) -> tuple[float | None, str]:
        if (closed := self.withheld(attempt)) is not None:
            return closed
        if self.check == "words":
            there = all(word in attempt.completion for word in ("EXTRACTION", "ALGORITHM", "ANSWER"))
            return (self.value, "all three words") if there else (0.0, "not all three words")
        return (
            (self.value, "all three sections")
            if attempt.parsed.well_formed
            else (0.0, "not all three sections in order")
        )


class Length(Bonus):
    """Pays `value` x max(0, 1 - length / limit); tokens where they are counted, else words."""

    kind: Literal["length"]
    limit: int = Field(gt=0)
    unit: Literal["tokens", "words"] = "tokens"

    def evaluate(self, attempt: Attempt) -> tuple[float | None, str]:
        if (closed := self.withheld(attempt)) is not None:
            return closed
        if self.unit == "tokens" and attempt.n_tokens is not None:
            length, unit = attempt.n_tokens, "tokens"
        else:
            length, unit = len(attempt.completion.split()), "words"
        return self.value * max(0.0, 1.0 - length / self.limit), f"{length} {unit} of {self.limit}"
