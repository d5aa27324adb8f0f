"""Gradient boosting on structured fields: what a user would pick instead of a language model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from triagelab.agents.base import Prediction
from triagelab.agents.decisions import check_decision, decide_levels
from triagelab.agents.model_files import FittedModel, read_arrays, read_settings, write_model
from triagelab.agents.tabular_features import FeatureMap, dense_matrix, token_matrix, tokens, with_fields
from triagelab.agents.trees import Trees
from triagelab.cases.presentation import Presentation
from triagelab.errors import DataFormatError

NAME = "tabular"
MODEL_FILE, ARRAYS_FILE = f"{NAME}.json", f"{NAME}.npz"


class TabularModel(FittedModel):
    """Everything of a fit that is not an array.

    Attributes:
        heads: names of the linear columns made from the tokens, in order.
        cuts: scores that part levels 1|2, 2|3, 3|4, 4|5, tuned for quadratic kappa on the dev split.
        slopes, intercepts: P(level <= k | score) = logistic(intercept_k - slope_k * score), k = 1..4.
        about: dataset, sizes and dev figures of the fit, for people.
    """

    format: Literal["triagelab-tabular-1"] = "triagelab-tabular-1"
    scale: str
    features: FeatureMap
    heads: tuple[str, ...]
    cuts: tuple[float, float, float, float]
    slopes: tuple[float, float, float, float]
    intercepts: tuple[float, float, float, float]
    about: dict[str, Any]


class TabularAgent:
    """Predicts a score by boosted trees; four cut points turn it into a level.

    Args:
        decision, cost: how probabilities become a level, see `agents.decisions`.
    """

    name = NAME

    def __init__(
        self,
        model: TabularModel,
        trees: Trees,
        heads: np.ndarray,
        decision: str = "preferred",
        cost: str = "standard",
    ) -> None:
        check_decision(decision, cost)
        self.model, self.trees, self.heads, self.decision, self.cost = model, trees, heads, decision, cost

    @classmethod
    def load(cls, directory: Path | str, decision: str = "preferred", cost: str = "standard") -> TabularAgent:
        """Return the agent that was saved in `directory`; the files hold numbers and names, no code.

        Raises: DataFormatError if a file is damaged, changed, or from another fit.
        """
        folder = Path(directory)
        model = read_settings(folder / MODEL_FILE, TabularModel)
        arrays = read_arrays(folder, NAME, model.arrays_sha256)
        try:
            heads = arrays.pop("heads").astype(np.float64)
            trees = Trees.from_arrays(arrays, len(model.features.columns()) + len(model.heads))
        except (KeyError, IndexError, ValueError) as error:
            raise DataFormatError(f"{folder / ARRAYS_FILE}: {str(error)[:100]}") from error
        if heads.shape != (len(model.features.tokens) + 1, len(model.heads)):
            raise DataFormatError(f"{folder / ARRAYS_FILE}: the linear heads do not fit the tokens")
        return cls(model, trees, heads, decision, cost)

    def save(self, directory: Path) -> None:
        """Write both files."""
        write_model(directory, NAME, self.model, {"heads": self.heads, **self.trees.to_arrays()})

    def scores(self, presentations: Sequence[Presentation]) -> np.ndarray:
        """Return the expected level, before it is cut into levels. Shapes: n presentations -> (n,)."""
        return expected_levels(presentations, self.model.features, self.heads, self.trees)

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        if not presentations:
            return []
        scores = self.scores(presentations)
        table = probabilities(scores, np.asarray(self.model.slopes), np.asarray(self.model.intercepts))
        levels = decide_levels(table, scores, self.model.cuts, self.decision, self.cost)
        return [
            Prediction(
                level=int(level),
                probabilities=(p[0], p[1], p[2], p[3], p[4]),
                confidence=p[int(level) - 1],
                extra={"score": round(score, 4)},
            )
            for level, p, score in zip(levels, table.tolist(), scores.tolist(), strict=True)
        ]


def expected_levels(
    presentations: Sequence[Presentation], features: FeatureMap, heads: np.ndarray, trees: Trees
) -> np.ndarray:
    """Return the score of each presentation. Shapes: n presentations, heads (tokens + 1, linear columns) -> (n,)."""
    presentations = [with_fields(presentation) for presentation in presentations]
    table = token_matrix((tokens(item, features.codes) for item in presentations), features.tokens)
    linear = table @ heads[:-1] + heads[-1]
    return trees.predict(np.hstack([dense_matrix(presentations, features), linear]))


def probabilities(scores: np.ndarray, slopes: np.ndarray, intercepts: np.ndarray) -> np.ndarray:
    """Return P(level = 1..5 | score). Shapes: (n,), (4,), (4,) -> (n, 5); rows sum to one."""
    logits = np.clip(intercepts[None, :] - slopes[None, :] * scores[:, None], -30.0, 30.0)
    at_most = np.maximum.accumulate(1.0 / (1.0 + np.exp(-logits)), axis=1)
    bounds = np.hstack([np.zeros((len(scores), 1)), at_most, np.ones((len(scores), 1))])
    return np.diff(bounds, axis=1)
