"""What the rules agent does at the bedside, as data (data/bedside.toml)."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel, ConfigDict, Field, field_validator

from triagelab.cases.bedside.actions import INTERVENTIONS
from triagelab.errors import UnknownNameError
from triagelab.files import packaged_table


class Weights(BaseModel):
    """How questions are weighed.

    Units: reward.

    Attributes:
        level: of one level of over-triage; `minute`: of one minute.
        minimised: how often a history that was denied once is false; `minimised_alarm`: the same where a vital sign
            is out of range and nothing explains it.
        least: a question worth less is not asked.
        look: added to the worth of a question that a row of `look` names.
        most: questions at most.
        bonus: question -> what it is worth besides the facts that it tells (the pattern, the resources).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    level: float = Field(gt=0)
    minute: float = Field(ge=0)
    minimised: float = Field(ge=0, le=1)
    minimised_alarm: float = Field(ge=0, le=1)
    least: float
    look: float = Field(ge=0)
    most: int = Field(ge=0)
    bonus: dict[str, float] = Field(default_factory=dict)


class InterventionRule(BaseModel):
    """One row: with any of `facts`, any of `also` (if given) and none of `unless`, do `action`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    facts: tuple[str, ...]
    also: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    action: str

    @field_validator("action")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in INTERVENTIONS:
            raise UnknownNameError("intervention", name, INTERVENTIONS)
        return name

    def fits(self, present: set[str]) -> bool:
        """Return whether the row asks for its action."""
        if present.isdisjoint(self.facts) or not present.isdisjoint(self.unless):
            return False
        return not self.also or not present.isdisjoint(self.also)


class Look(BaseModel):
    """With any of `facts` (none named: always), in a patient of this age and sex, `questions` are worth more."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    facts: tuple[str, ...] = ()
    sex: str | None = None
    from_years: float = 0.0
    below_years: float = 200.0
    questions: tuple[str, ...]

    def fits(self, present: set[str], age_years: float | None, sex: str | None) -> bool:
        """Return whether the row speaks of this patient; an age that nobody knows is an adult's."""
        if self.sex is not None and sex != self.sex:
            return False
        if not self.from_years <= (40.0 if age_years is None else age_years) < self.below_years:
            return False
        return not self.facts or not present.isdisjoint(self.facts)


class BedsideTable(BaseModel):
    """data/bedside.toml.

    Attributes:
        first: questions that are asked first, whatever the complaint.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    verified: bool
    first: tuple[str, ...]
    weights: Weights
    look: tuple[Look, ...] = ()
    intervention: tuple[InterventionRule, ...]


@cache
def bedside_table() -> BedsideTable:
    """Return the table. Raises: DataFormatError naming the entry that is wrong."""
    return packaged_table("triagelab.agents", "bedside.toml", BedsideTable)
