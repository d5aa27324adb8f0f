"""Three opinions pooled: the rule engine on what the note says, the sentence encoder, boosted trees. The engine's hard
findings are a floor that no opinion overrules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from triagelab.agents.base import Prediction
from triagelab.agents.decisions import check_decision
from triagelab.agents.encoder import EncoderAgent, as_prediction, find_fitted
from triagelab.agents.hard_findings import floor
from triagelab.agents.model_files import read_settings
from triagelab.agents.ordinal import log_odds_of
from triagelab.agents.pooling import Kind, Pool, kind_of, pool_for, pooled
from triagelab.agents.rules import Assessment, RulesAgent, prediction
from triagelab.agents.tabular import TabularAgent
from triagelab.cases.presentation import Presentation
from triagelab.files import write_json

NAME = "hybrid"
LEAST_URGENT = 5


class HybridModel(BaseModel):
    """Settings of the pool (hybrid.json); the members lie in folders beside it.

    Attributes:
        pools: weights, calibration and cut points by kind of presentation.
        about: data and dev figures of the fit, for people.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal["triagelab-hybrid-1"] = "triagelab-hybrid-1"
    scale: str
    pools: dict[Kind, Pool]
    about: dict[str, Any]


class HybridAgent:
    """Pools the members' log-odds by kind of presentation, then applies the engine's floor.

    Args:
        rules: reads the note; its trace is the prediction's trace.
        decision, cost: how probabilities become a level, see `agents.decisions`.
    """

    name = NAME

    def __init__(
        self,
        model: HybridModel,
        encoder: EncoderAgent,
        tabular: TabularAgent,
        rules: RulesAgent,
        decision: str = "preferred",
        cost: str = "standard",
    ) -> None:
        check_decision(decision, cost)
        self.model, self.encoder, self.tabular, self.rules = model, encoder, tabular, rules
        self.decision, self.cost = decision, cost

    @classmethod
    def load(
        cls, directory: Path | str, decision: str = "preferred", cost: str = "standard", version: int = 5
    ) -> HybridAgent:
        """Return the agent saved in `directory` (a run of the hybrid recipe, or its `model` folder).

        Raises: BadInputError where there is none; DataFormatError if a file is damaged or from another fit.
        """
        check_decision(decision, cost)
        folder = find_fitted(Path(directory), NAME)
        model = read_settings(folder / f"{NAME}.json", HybridModel)
        encoder, tabular = EncoderAgent.load(folder / "encoder"), TabularAgent.load(folder / "tabular")
        return cls(model, encoder, tabular, RulesAgent(version=version), decision, cost)

    def save(self, directory: Path) -> None:
        """Write the members, then the pool, so that a killed save leaves no model that loads."""
        self.encoder.save(directory / "encoder")
        self.tabular.save(directory / "tabular")
        write_json(directory / f"{NAME}.json", self.model.model_dump(mode="json"))

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        """Return one prediction a presentation, in order; deterministic, `seed` is not used."""
        if not presentations:
            return []
        assessed = [self.rules.assess(presentation) for presentation in presentations]
        traced = traces(self.rules, assessed, presentations)
        opinions = members(presentations, traced, self.encoder.log_odds(presentations), self.tabular)
        floors = np.asarray([floor(*pair) or LEAST_URGENT for pair in zip(assessed, presentations, strict=True)])
        table, levels = pooled(self.model.pools, presentations, opinions, self.decision, self.cost, floors)
        return [
            self._answer(presentation, trace, int(level), row, int(least))
            for presentation, trace, level, row, least in zip(
                presentations, traced, levels, table.tolist(), floors, strict=True
            )
        ]

    def _answer(
        self, presentation: Presentation, trace: Prediction, level: int, row: Sequence[float], least: int
    ) -> Prediction:
        """Return the pooled answer with the engine's trace; `extra` says what the engine alone would have answered."""
        pool = pool_for(self.model.pools, kind_of(presentation))
        extra = {
            **trace.extra,
            "engine_level": trace.level,
            "floor": least if least < LEAST_URGENT else None,
            "weights": {name: round(weight, 3) for name, weight in pool.weights.items()},
        }
        answer = as_prediction(level, row)
        return replace(
            trace, level=level, probabilities=answer.probabilities, confidence=answer.confidence, extra=extra
        )


def traces(
    rules: RulesAgent, assessed: Sequence[Assessment], presentations: Sequence[Presentation]
) -> list[Prediction]:
    """Return what the engine says of each patient."""
    return [
        prediction(assessment, reader=rules.reader_for(presentation))
        for assessment, presentation in zip(assessed, presentations, strict=True)
    ]


def members(
    presentations: Sequence[Presentation],
    traced: Sequence[Prediction],
    encoded: np.ndarray,
    tabular: TabularAgent,
) -> dict[str, np.ndarray]:
    """Return the log-odds of every member. Shapes: n presentations, encoded (n, 4) -> member -> (n, 4)."""
    beliefs = np.asarray([trace.probabilities for trace in traced], dtype=float)
    guesses = np.asarray([guess.probabilities for guess in tabular.predict(presentations)], dtype=float)
    return {
        "rules": log_odds_of(beliefs),
        "encoder": encoded,
        "tabular": log_odds_of(guesses),
    }
