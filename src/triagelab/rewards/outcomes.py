"""What an outcome pays: by gold level and predicted level, as a table or by distance."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, FiniteFloat, model_validator

from triagelab.rewards.terms import NONE, Attempt, Golds, Predictions, Table, Term


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
        return self.weigh(self.values)


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
        return self.weigh(self.values)


def _outcome(gold: int, level: int | None) -> str:
    return f"gold {gold}, no answer" if level is None else f"gold {gold}, predicted {level}"
