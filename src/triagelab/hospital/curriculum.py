"""The curriculum: five tiers of scenarios and difficulty that advance on measured success.

What is drawn depends on (seed, index, tier) alone, so a run that stopped goes on with the same episodes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from triagelab.errors import BadInputError, DataFormatError
from triagelab.files import packaged_table
from triagelab.hospital.tables import scenario
from triagelab.seeding import stream

SCHEMA = 1


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CaseRow(_Row):
    """A scenario and the range that its difficulty is drawn from."""

    scenario: str
    difficulty: tuple[float, float]
    weight: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _sound(self) -> CaseRow:
        scenario(self.scenario)
        low, high = self.difficulty
        if not 0 <= low <= high <= 1:
            raise ValueError(f"{self.scenario}: difficulty runs from low to high within 0 to 1")
        return self


class TierRow(_Row):
    text: str
    cases: tuple[CaseRow, ...] = Field(min_length=1)


class RuleRow(_Row):
    """When a tier is left: shares of successes over the last `window` episodes of the tier."""

    window: int = Field(ge=1)
    advance: float = Field(gt=0, le=1)
    collapse: float = Field(ge=0, lt=1)

    @model_validator(mode="after")
    def _apart(self) -> RuleRow:
        if self.collapse >= self.advance:
            raise ValueError("collapse lies below advance")
        return self


class _Table(_Row):
    source: str
    verified: bool
    rule: RuleRow
    tier: tuple[TierRow, ...] = Field(min_length=1)


@cache
def curriculum_table() -> _Table:
    """Return tiers and the rule of data/curriculum.toml."""
    return packaged_table("triagelab.hospital", "curriculum.toml", _Table)


class Curriculum:
    """Where a learner stands.

    Attributes:
        tier: from 0. `held`: the highest tier that was reached. `recent`: successes of this tier, newest last.

    Raises: BadInputError for a rule that is none.
    """

    def __init__(self, window: int | None = None, advance: float | None = None, collapse: float | None = None) -> None:
        usual = curriculum_table().rule
        given = {"window": window, "advance": advance, "collapse": collapse}
        try:
            self.rule = RuleRow(**{**usual.model_dump(), **{key: one for key, one in given.items() if one is not None}})
        except ValueError as error:
            raise BadInputError("rule", given, "window of 1 or more; 0 <= collapse < advance <= 1") from error
        self.tier = 0
        self.held = 0
        self.recent: deque[bool] = deque(maxlen=self.rule.window)

    @property
    def tiers(self) -> int:
        """Return how many tiers there are."""
        return len(curriculum_table().tier)

    def draw(self, seed: int, index: int) -> tuple[str, float]:
        """Return scenario and difficulty of an episode: a function of (seed, index, tier)."""
        for name, value in (("seed", seed), ("index", index)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise BadInputError(name, value, "a whole number, 0 or more")
        cases = curriculum_table().tier[self.tier].cases
        which, where = stream("hospital.curriculum", seed, index, self.tier).random(2)
        left = float(which) * sum(case.weight for case in cases)
        chosen = cases[-1]
        for case in cases:
            left -= case.weight
            if left < 0:
                chosen = case
                break
        low, high = chosen.difficulty
        return chosen.scenario, round(low + (high - low) * float(where), 4)

    def record(self, success: bool) -> int:
        """Count an episode of this tier and return the tier that follows from it.

        A full window with enough successes leads one tier up; one with almost none leads one tier down. Every change
        of tier empties the window, so no tier is left in either direction on what was measured in another.
        """
        if not isinstance(success, bool):
            raise BadInputError("success", success, "true or false")
        self.recent.append(success)
        if len(self.recent) == self.rule.window:
            share = sum(self.recent) / self.rule.window
            if share >= self.rule.advance and self.tier < self.tiers - 1:
                self._go(self.tier + 1)
            elif share <= self.rule.collapse and self.tier > 0:
                self._go(self.tier - 1)
        return self.tier

    def _go(self, tier: int) -> None:
        self.tier = tier
        self.held = max(self.held, tier)
        self.recent.clear()

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain data for `from_dict`."""
        return {
            "schema": SCHEMA,
            "rule": self.rule.model_dump(),
            "tier": self.tier,
            "held": self.held,
            "recent": list(self.recent),
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Curriculum:
        """Return the curriculum as it was. Raises: DataFormatError for anything that `to_dict` never wrote."""
        try:
            saved = _Saved.model_validate(dict(raw))
        except (TypeError, ValueError) as error:
            raise DataFormatError(f"not a saved curriculum: {error}") from error
        found = cls(**saved.rule.model_dump())
        if (
            saved.schema_ != SCHEMA
            or not saved.tier <= saved.held < found.tiers
            or len(saved.recent) > saved.rule.window
        ):
            raise DataFormatError(f"not a saved curriculum of schema {SCHEMA}: {dict(raw)!r:.200}")
        found.tier, found.held = saved.tier, saved.held
        found.recent.extend(saved.recent)
        return found


class _Saved(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    schema_: int = Field(alias="schema")
    rule: RuleRow
    tier: int = Field(ge=0)
    held: int = Field(ge=0)
    recent: list[bool]


__all__ = ["Curriculum", "curriculum_table"]
