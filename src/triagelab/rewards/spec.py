"""A reward as data: terms with weights, how answers are read, how often each level is sampled."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.rewards.bonuses import Bonus, Format, Length
from triagelab.rewards.outcomes import Cell, OutcomeDistance, OutcomeTable
from triagelab.rewards.rules import Rule
from triagelab.rewards.terms import Table

AnyTerm = Annotated[OutcomeTable | OutcomeDistance | Format | Length | Rule, Field(discriminator="kind")]

ScaleRewards = Literal["group", "batch", "none"]
"""What GRPO divides a group's centred rewards by: their own deviation, the batch's, or nothing."""


class Sampling(BaseModel):
    """How many times a training case of each level is drawn, level 1 first."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    weights: tuple[float, float, float, float, float] = (1.0, 1.0, 1.0, 1.0, 1.0)
    assumed: bool = False
    note: str = ""

    @model_validator(mode="after")
    def _positive(self) -> Sampling:
        if not all(0 < weight <= 1000 for weight in self.weights):
            raise ValueError("every sampling weight must be above 0 and at most 1000")
        return self


class RewardSpec(BaseModel):
    """One reward.

    Attributes:
        name: preset name; curves and columns carry it.
        title: one line for people.
        source: where the published part comes from.
        parser: strict reads one final answer; published is the cards' regexes, for comparison only.
        sampling: oversampling of the training stream.
        scale_rewards: what GRPO must divide a group's advantages by for this table to mean what it says; None leaves it
            to the recipe.
        terms: what is paid, in order.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    title: str
    source: str = ""
    parser: Literal["strict", "published"] = "strict"
    sampling: Sampling = Sampling()
    scale_rewards: ScaleRewards | None = None
    terms: tuple[AnyTerm, ...]

    @model_validator(mode="after")
    def _coherent(self) -> RewardSpec:
        names = [term.name for term in self.terms]
        if len(set(names)) != len(names):
            raise ValueError(f"term names must differ, got {', '.join(names)}")
        if not any(term.essential for term in self.terms):
            raise ValueError("a reward needs an outcome term (kind outcome_table or outcome_distance)")
        return self

    @property
    def sampling_weights(self) -> tuple[float, float, float, float, float]:
        return self.sampling.weights

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(term for term in self.terms if isinstance(term, Rule))

    @property
    def needs_note(self) -> bool:
        return bool(self.rules)

    def outcome_table(self, triggered: Collection[str] = ()) -> Table:
        """Return what each outcome pays, text bonuses left out.

        Shapes: 5 rows for gold 1-5, 6 columns for predicted 1-5 and no answer.

        Args:
            triggered: names of the rule terms whose trigger the case holds.
        """
        for name in triggered:
            if name not in {rule.name for rule in self.rules}:
                raise UnknownNameError("rule term", name, [rule.name for rule in self.rules])
        parts = [term.table(triggered=term.name in triggered) for term in self.terms]
        return tuple(tuple(sum(part[row][column] for part in parts) for column in range(6)) for row in range(5))

    def text_range(self) -> tuple[float, float]:
        """Return the least and the most that the text terms can add to any outcome."""
        ranges = [term.text_range() for term in self.terms]
        return sum(low for low, _ in ranges), sum(high for _, high in ranges)

    def right_bonus(self) -> float:
        """Return the most that text terms add to a right answer and to no other outcome."""
        return sum(term.text_range()[1] for term in self.terms if isinstance(term, Bonus) and term.pays == "right")

    def assumed_parts(self) -> tuple[str, ...]:
        """Return what the source does not publish: term names, `term(gold,predicted)` cells, `sampling`."""
        parts: list[str] = ["sampling"] if self.sampling.assumed else []
        for term in self.terms:
            if term.assumed:
                parts.append(term.name)
            for cell in getattr(term, "cells", ()):
                if cell.assumed:
                    parts += [f"{term.name}({gold},{predicted})" for gold in cell.gold for predicted in cell.predicted]
        return tuple(parts)


def build_spec(raw: Mapping[str, Any], where: str) -> RewardSpec:
    """Return the reward that the mapping describes.

    Raises: DataFormatError naming `where`, the key, what is wrong and, for an unknown key, the nearest known one.
    """
    try:
        return RewardSpec.model_validate(raw)
    except ValidationError as error:
        raise DataFormatError(f"{where}: {_first_problem(error)}") from error


def _first_problem(error: ValidationError) -> str:
    problems = sorted(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    first = problems[0]
    place = ".".join(str(part) for part in first["loc"] if part not in _KINDS) or "file"
    message = " ".join(str(first["msg"]).removeprefix("Value error, ").split())
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(first["loc"][-1]), _KNOWN, n=1, cutoff=0.4)
        return f"{place}: unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
    shown = repr(first["input"])
    return f"{place}: {message}" + (f"; got {shown}" if len(shown) <= 60 else "")


_TERMS = (OutcomeTable, OutcomeDistance, Format, Length, Rule)
_KINDS = {get_args(term.model_fields["kind"].annotation)[0] for term in _TERMS}
_KNOWN = sorted({name for model in (RewardSpec, Sampling, Cell, *_TERMS) for name in model.model_fields})
