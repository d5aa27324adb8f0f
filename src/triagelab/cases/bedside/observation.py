"""What an agent sees at the bedside, and the dialogue that the observations of one episode make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import Field

from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cases.presentation import Presentation
from triagelab.clinical.vitals import VitalSigns
from triagelab.observation import Observation


class BedsideObservation(Observation):
    """One answer at the bedside. `message` carries the words; numbers stand in `measured`, too.

    Units: minutes since arrival; vital signs as in VitalSigns.
    Missing: None is not known to anybody yet.

    Attributes:
        complaint: why the patient came, in a few words.
        minute: how long the patient has been here.
        steps_left: actions that are left before the episode ends by itself.
        measured: vital signs that this action gave, by the names of VitalSigns.
        refused: why nothing came of the action, where nothing did; the time is spent all the same.
    """

    complaint: str
    age_years: float | None = None
    sex: str | None = None
    arrival: str | None = None
    minute: float = 0.0
    steps_left: int = 0
    measured: dict[str, float] = Field(default_factory=dict)
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Everything an agent has seen and done in one episode so far; agents decide from it and keep no state.

    Attributes:
        first: the observation of the reset.
        turns: (action, observation) pairs, oldest first.
    """

    first: BedsideObservation
    turns: tuple[tuple[BedsideAction, BedsideObservation], ...] = ()

    def then(self, action: BedsideAction, observation: BedsideObservation) -> Dialogue:
        """Return the dialogue with one more turn."""
        return replace(self, turns=(*self.turns, (action, observation)))

    @property
    def last(self) -> BedsideObservation:
        return self.turns[-1][1] if self.turns else self.first

    @property
    def done(self) -> bool:
        return self.last.done

    def asked(self) -> frozenset[str]:
        """Return the labels of the actions that were taken."""
        return frozenset(action.label() for action, _ in self.turns)

    def measured(self) -> Mapping[str, float]:
        """Return the newest number of every vital sign that was taken."""
        found = dict(self.first.measured)
        for _, observation in self.turns:
            found.update(observation.measured)
        return found

    def narrative(self) -> str:
        """Return all messages as one note, oldest first."""
        return "\n".join([self.first.message, *(observation.message for _, observation in self.turns)])

    def presentation(self, case_id: str = "bedside") -> Presentation:
        """Return what is known so far as one presentation, for agents that read notes."""
        seen = self.first
        return Presentation(
            case_id=case_id,
            narrative=self.narrative(),
            age_years=seen.age_years,
            sex=seen.sex,
            arrival=seen.arrival,
            chief_complaint=seen.complaint,
            vitals=VitalSigns(**self.measured()),
        )
