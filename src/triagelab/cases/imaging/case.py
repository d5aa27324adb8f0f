"""An imaging question with its truth: label, decision, gold reasoning. Agents never see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.cases.imaging.reasoning import gold_reasoning
from triagelab.clinical.imaging import Appropriateness, ImagingDecision, decide_imaging


@dataclass(frozen=True)
class ImagingTruth:
    """What the rules say.

    Attributes:
        facts: what the note tells.
    """

    condition: str
    procedure: str
    facts: Mapping[str, Any]
    label: Appropriateness

    @cached_property
    def decision(self) -> ImagingDecision:
        """Return the decision with its trace."""
        return decide_imaging(self.condition, self.procedure, self.facts)

    @cached_property
    def reasoning(self) -> tuple[str, ...]:
        """Return the gold sentences."""
        return gold_reasoning(self.decision)


@dataclass(frozen=True)
class RatedTruth:
    """What a panel has rated, with nothing of its reasons.

    Attributes:
        condition: topic. `rating`: 1 to 9, None where the source gives the category alone.
        strength: of the evidence, in the source's word.
    """

    condition: str
    procedure: str
    label: Appropriateness
    rating: float | None = None
    strength: str | None = None

    @property
    def facts(self) -> Mapping[str, Any]:
        return {}

    @property
    def decision(self) -> None:
        return None

    @property
    def reasoning(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True)
class ImagingCase:
    """One triplet of condition, variant and procedure. `split`: train, test or ood."""

    question: ImagingQuestion
    truth: ImagingTruth | RatedTruth
    split: str

    @property
    def id(self) -> str:
        return self.question.id


__all__ = ["ImagingCase", "ImagingTruth", "RatedTruth"]
