"""The rules agent: text -> findings -> facts -> resource forecast -> engine, with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triagelab.agents.base import Prediction
from triagelab.cases.extraction import extract
from triagelab.cases.presentation import Presentation


@dataclass(frozen=True)
class RulesAgent:
    """Reads the note and runs the engine."""

    version: int = 5
    name: str = "rules"

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        """Return one prediction a presentation; deterministic, `seed` is not used."""
        from triagelab.clinical.esi import decide

        found = []
        for presentation in presentations:
            decision = decide(extract(presentation.narrative).facts, version=self.version)
            found.append(
                Prediction(decision.level, decision.acceptable, point=decision.point, because=decision.because)
            )
        return found
