"""The protocols agents follow: one answer a presentation, or one action a dialogue at the bedside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cases.bedside.observation import Dialogue
from triagelab.cases.presentation import Presentation


@dataclass(frozen=True)
class Prediction:
    """What an agent says of one patient.

    Missing: `level` None is "no answer", wrong everywhere and never repaired downstream.

    Attributes:
        level: 1-5 or None.
        acceptable: levels the agent itself could defend, if it knows.
        probabilities: five numbers for levels 1-5, if it has them.
        confidence: probability that the agent gives to the level it answers, if it has one.
        point, because, unknown: decision point, rule ids and unknown facts, for agents with a trace.
        ask: unknown facts or vital signs worth asking for next, the one that could change most first.
        evidence: spans of the narrative, as (start, end, label).
        status: parse status for agents that write text, else "clean".
        completion: the text the agent wrote, if any.
        extra: anything else worth a record (plain JSON values).
    """

    level: int | None
    acceptable: frozenset[int] | None = None
    probabilities: tuple[float, float, float, float, float] | None = None
    confidence: float | None = None
    point: str | None = None
    because: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    evidence: tuple[tuple[int, int, str], ...] = ()
    status: str = "clean"
    completion: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Agent(Protocol):
    """Predicts levels for a batch of presentations."""

    name: str

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        """Return one prediction a presentation, in order. `seed` matters only to agents that sample."""
        ...


@runtime_checkable
class BedsideAgent(Protocol):
    """Decides at the bedside what to do next, for a batch of dialogues; it keeps no state between calls."""

    name: str

    def act(self, dialogues: Sequence[Dialogue], *, seed: int = 0) -> list[BedsideAction]:
        """Return one action a dialogue, in order. `seed` matters only to agents that sample."""
        ...
