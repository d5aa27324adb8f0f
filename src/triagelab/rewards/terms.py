"""What every term of a reward has. A preset is data over terms; a new reward idea is one more subclass.

Every term answers two questions: what it pays for one completion (`evaluate`), and what it adds to the outcome table
when the text is left aside (`table`), which is what an audit needs. Kinds: outcomes.py, bonuses.py, rules.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat

from triagelab.completions.answers import Parsed
from triagelab.rewards.triggers import CaseFindings

NONE = "none"
"""How a preset file writes "no answer" among predicted levels."""

Level = Annotated[int, Field(ge=1, le=5)]
Predicted = Level | Literal["none"]
Table = tuple[tuple[float, ...], ...]
"""Rows gold 1-5, columns predicted 1-5 and no answer."""


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, int | str) else value


Golds = Annotated[tuple[Level, ...], BeforeValidator(_as_tuple)]
Predictions = Annotated[tuple[Predicted, ...], BeforeValidator(_as_tuple)]


@dataclass(slots=True)
class Attempt:
    """One completion on its way through the terms.

    Missing: `gold` None is an unlabelled case, `note` None a note that is not at hand, `n_tokens` None no tokenizer,
    `findings` None what the note asserts is read from it when a term asks.
    """

    completion: str
    parsed: Parsed
    gold: int | None
    note: str | None = None
    n_tokens: int | None = None
    findings: CaseFindings | None = None

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

    def weigh(self, rows: Iterable[Iterable[float]]) -> Table:
        """Return a table with the weight applied."""
        return tuple(tuple(value * self.weight + 0.0 for value in row) for row in rows)
