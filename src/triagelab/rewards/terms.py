"""The terms a reward is made of. A preset is data over these; a new reward idea is one more class here.

Every term answers two questions: what it pays for one completion (`evaluate`), and what it adds to the outcome table
when the text is left aside (`table`), which is what an audit needs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, field_validator, model_validator

from triagelab.clinical.facts import vocabulary
from triagelab.completions.answers import Parsed
from triagelab.rewards.triggers import case_findings

NONE = "none"
"""How a preset file writes "no answer" among predicted levels."""

Level = Annotated[int, Field(ge=1, le=5)]
Predicted = Level | Literal["none"]
Pays = Literal["always", "answered", "right"]
Table = tuple[tuple[float, ...], ...]
"""Rows gold 1-5, columns predicted 1-5 and no answer."""


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, int | str) else value


Golds = Annotated[tuple[Level, ...], BeforeValidator(_as_tuple)]
Predictions = Annotated[tuple[Predicted, ...], BeforeValidator(_as_tuple)]


@dataclass(slots=True)
class Attempt:
    """One completion on its way through the terms.

    Missing: `gold` None is an unlabelled case, `note` None a note that is not at hand, `n_tokens` None no tokenizer.
    """

    completion: str
    parsed: Parsed
    gold: int | None
    note: str | None = None
    n_tokens: int | None = None

    @property
    def column(self) -> int:
        """Return the column of the outcome table: 0-4 for levels 1-5, 5 for no answer."""
        return 5 if self.parsed.level is None else self.parsed.level - 1


class Term(BaseModel):
    """What every term has.

    Attributes:
        name: unique within a preset; the key in every breakdown and curve.
        weight: factor on the value.
        assumed: the source does not publish this term's values; they are a stated filling.
        note: what a reader must know, for people.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    essential: ClassVar[bool] = False
    """Whether a completion is unscorable when this term cannot run."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    weight: FiniteFloat = 1.0
    assumed: bool = False
    note: str = ""

    def evaluate(self, attempt: Attempt) -> tuple[float | None, str]:
        """Return the value before the weight, with the reason; None where the term cannot run."""
        raise NotImplementedError

    def table(self, *, triggered: bool = False) -> Table:
        """Return what the term adds for each outcome whatever the text says, weight applied."""
        return tuple((0.0,) * 6 for _ in range(5))

    def text_range(self) -> tuple[float, float]:
        """Return the lowest and highest weighted value that the text alone can move."""
        return 0.0, 0.0

    def _weighted(self, rows: list[list[float]]) -> Table:
        return tuple(tuple(value * self.weight + 0.0 for value in row) for row in rows)


class Cell(BaseModel):
    """One value of an outcome table, for every pair of the gold and predicted levels it lists."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    gold: Golds
    predicted: Predictions
    value: FiniteFloat
    assumed: bool = False


class OutcomeTable(Term):
    """Pays by gold level and predicted level (or no answer), every pair given."""

    essential: ClassVar[bool] = True
    kind: Literal["outcome_table"]
    cells: tuple[Cell, ...]

    @model_validator(mode="after")
    def _every_pair_once(self) -> OutcomeTable:
        pairs = [(gold, predicted) for cell in self.cells for gold in cell.gold for predicted in cell.predicted]
        wanted = [(gold, predicted) for gold in range(1, 6) for predicted in (1, 2, 3, 4, 5, NONE)]
        twice = sorted({str(pair) for pair in pairs if pairs.count(pair) > 1})
        missing = [str(pair) for pair in wanted if pair not in pairs]
        if twice or missing:
            parts = [
                f"{what} (gold, predicted) {', '.join(some)}"
                for what, some in (("twice", twice), ("missing", missing))
                if some
            ]
            raise ValueError("every pair of gold and predicted must be given once: " + "; ".join(parts))
        return self

    @cached_property
    def grid(self) -> tuple[tuple[Cell, ...], ...]:
        """Return the cell that rules each outcome. Shapes: 5 x 6."""
        rows: list[list[Cell]] = [[self.cells[0]] * 6 for _ in range(5)]
        for cell in self.cells:
            for gold in cell.gold:
                for predicted in cell.predicted:
                    rows[gold - 1][5 if predicted == NONE else int(predicted) - 1] = cell
        return tuple(tuple(row) for row in rows)

    @cached_property
    def values(self) -> tuple[tuple[float, ...], ...]:
        return tuple(tuple(cell.value for cell in row) for row in self.grid)

    def evaluate(self, attempt: Attempt) -> tuple[float | None, str]:
        if attempt.gold is None:
            return None, "no gold level"
        return self.values[attempt.gold - 1][attempt.column], _outcome(attempt.gold, attempt.parsed.level)

    def table(self, *, triggered: bool = False) -> Table:
        return self._weighted([list(row) for row in self.values])


class OutcomeDistance(Term):
    """Pays `right` for the gold level, and so much for each level of over- or under-triage."""

    essential: ClassVar[bool] = True
    kind: Literal["outcome_distance"]
    right: FiniteFloat
    over_per_level: FiniteFloat
    under_per_level: FiniteFloat
    no_answer: FiniteFloat

    @cached_property
    def values(self) -> tuple[tuple[float, ...], ...]:
        return tuple((*(self._value(gold, level) for level in range(1, 6)), self.no_answer) for gold in range(1, 6))

    def _value(self, gold: int, level: int) -> float:
        if level == gold:
            return self.right
        paid = self.over_per_level * (gold - level) if level < gold else self.under_per_level * (level - gold)
        return round(paid, 10)  # 3 x -0.8 is -2.4, not -2.4000000000000004

    def evaluate(self, attempt: Attempt) -> tuple[float | None, str]:
        if attempt.gold is None:
            return None, "no gold level"
        return self.values[attempt.gold - 1][attempt.column], _outcome(attempt.gold, attempt.parsed.level)

    def table(self, *, triggered: bool = False) -> Table:
        return self._weighted([list(row) for row in self.values])


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
        import difflib

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

    def trigger(self, note: str) -> str | None:
        """Return what in the note sets the rule off, None if nothing does."""
        if self._regex is not None:
            found = self._regex.search(note)
            return found.group(0) if found else None
        said = case_findings(note)
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
        cause = self.trigger(attempt.note)
        return (self.value, f"the note says: {cause}") if cause is not None else (0.0, "the note does not say so")

    def table(self, *, triggered: bool = False) -> Table:
        rows = [
            [self.value if triggered and (gold, column) in self._outcomes else 0.0 for column in range(6)]
            for gold in range(1, 6)
        ]
        return self._weighted(rows)


AnyTerm = Annotated[OutcomeTable | OutcomeDistance | Format | Length | Rule, Field(discriminator="kind")]


def _outcome(gold: int, level: int | None) -> str:
    return f"gold {gold}, no answer" if level is None else f"gold {gold}, predicted {level}"
