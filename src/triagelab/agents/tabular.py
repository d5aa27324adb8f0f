"""Gradient boosting on structured fields: what a user would pick instead of a language model."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from triagelab.agents.base import Prediction
from triagelab.agents.tabular_features import FeatureMap, dense_matrix, token_matrix, tokens, with_fields
from triagelab.agents.trees import Trees
from triagelab.cases.presentation import Presentation
from triagelab.errors import BadInputError, DataFormatError
from triagelab.files import atomic_writer, open_input, write_json

MODEL_FILE, ARRAYS_FILE = "tabular.json", "tabular.npz"
MAX_MODEL_BYTES, MAX_ARRAY_BYTES = 64 * 1024**2, 512 * 1024**2
DECISIONS = ("cuts", "rounding", "likeliest")


class TabularModel(BaseModel):
    """Everything of a fit that is not an array.

    Attributes:
        heads: names of the linear columns made from the tokens, in order.
        cuts: scores that part levels 1|2, 2|3, 3|4, 4|5, tuned for quadratic kappa on the dev split.
        slopes, intercepts: P(level <= k | score) = logistic(intercept_k - slope_k * score), k = 1..4.
        arrays_sha256: hash of the file with the arrays; both files belong to one fit.
        about: dataset, sizes and dev figures of the fit, for people.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal["triagelab-tabular-1"] = "triagelab-tabular-1"
    scale: str
    features: FeatureMap
    heads: tuple[str, ...]
    cuts: tuple[float, float, float, float]
    slopes: tuple[float, float, float, float]
    intercepts: tuple[float, float, float, float]
    arrays_sha256: str
    about: dict[str, Any]


class TabularAgent:
    """Predicts a score by boosted trees; four cut points turn it into a level.

    Args:
        decision: `cuts` (tuned cut points), `rounding` (nearest level), `likeliest` (highest probability).
    """

    name = "tabular"

    def __init__(self, model: TabularModel, trees: Trees, heads: np.ndarray, decision: str = "cuts") -> None:
        if decision not in DECISIONS:
            raise BadInputError("decision", decision, ", ".join(DECISIONS))
        self.model, self.trees, self.heads, self.decision = model, trees, heads, decision

    @classmethod
    def load(cls, directory: Path | str, decision: str = "cuts") -> TabularAgent:
        """Return the agent that was saved in `directory`; the files hold numbers and names, no code.

        Raises: DataFormatError if a file is damaged, changed, or from another fit.
        """
        folder = Path(directory)
        text = _read(folder / MODEL_FILE, MAX_MODEL_BYTES)
        try:
            model = TabularModel.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"][:3]) or "file"
            raise DataFormatError(f"{folder / MODEL_FILE}: {place}: {first['msg']}") from error
        data = _read(folder / ARRAYS_FILE, MAX_ARRAY_BYTES)
        if hashlib.sha256(data).hexdigest() != model.arrays_sha256:
            raise DataFormatError(
                f"{folder / ARRAYS_FILE}: not the arrays that {MODEL_FILE} was written with; fit again"
            )
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as opened:
                arrays = {name: opened[name] for name in opened.files}
            heads = arrays.pop("heads").astype(np.float64)
            trees = Trees.from_arrays(arrays, len(model.features.columns()) + len(model.heads))
        except (KeyError, IndexError, ValueError, OSError, zipfile.BadZipFile) as error:
            raise DataFormatError(f"{folder / ARRAYS_FILE}: {str(error)[:100]}") from error
        if heads.shape != (len(model.features.tokens) + 1, len(model.heads)):
            raise DataFormatError(f"{folder / ARRAYS_FILE}: the linear heads do not fit the tokens")
        return cls(model, trees, heads, decision)

    def save(self, directory: Path) -> None:
        """Write both files; the arrays first, so that a killed save leaves no model that loads."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, heads=self.heads, **self.trees.to_arrays())
        data = buffer.getvalue()
        with atomic_writer(directory / ARRAYS_FILE, "wb") as stream:
            stream.write(data)
        model = self.model.model_copy(update={"arrays_sha256": hashlib.sha256(data).hexdigest()})
        write_json(directory / MODEL_FILE, json.loads(model.model_dump_json()))

    def scores(self, presentations: Sequence[Presentation]) -> np.ndarray:
        """Return the expected level, before it is cut into levels. Shapes: n presentations -> (n,)."""
        return expected_levels(presentations, self.model.features, self.heads, self.trees)

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        if not presentations:
            return []
        scores = self.scores(presentations)
        table = probabilities(scores, np.asarray(self.model.slopes), np.asarray(self.model.intercepts))
        levels = self._levels(scores, table)
        return [
            Prediction(level=int(level), probabilities=(p[0], p[1], p[2], p[3], p[4]), extra={"score": round(score, 4)})
            for level, p, score in zip(levels, table.tolist(), scores.tolist(), strict=True)
        ]

    def _levels(self, scores: np.ndarray, table: np.ndarray) -> np.ndarray:
        if self.decision == "likeliest":
            return 1 + table.argmax(axis=1)
        cuts = self.model.cuts if self.decision == "cuts" else (1.5, 2.5, 3.5, 4.5)
        return levels_from_scores(scores, np.asarray(cuts))


def expected_levels(
    presentations: Sequence[Presentation], features: FeatureMap, heads: np.ndarray, trees: Trees
) -> np.ndarray:
    """Return the score of each presentation. Shapes: n presentations, heads (tokens + 1, linear columns) -> (n,)."""
    presentations = [with_fields(presentation) for presentation in presentations]
    table = token_matrix((tokens(item, features.codes) for item in presentations), features.tokens)
    linear = table @ heads[:-1] + heads[-1]
    return trees.predict(np.hstack([dense_matrix(presentations, features), linear]))


def levels_from_scores(scores: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Return levels 1-5; a score on a cut belongs to the less urgent side. Shapes: (n,), (4,) -> (n,)."""
    return 1 + np.searchsorted(cuts, scores, side="right")


def probabilities(scores: np.ndarray, slopes: np.ndarray, intercepts: np.ndarray) -> np.ndarray:
    """Return P(level = 1..5 | score). Shapes: (n,), (4,), (4,) -> (n, 5); rows sum to one."""
    logits = np.clip(intercepts[None, :] - slopes[None, :] * scores[:, None], -30.0, 30.0)
    at_most = np.maximum.accumulate(1.0 / (1.0 + np.exp(-logits)), axis=1)
    bounds = np.hstack([np.zeros((len(scores), 1)), at_most, np.ones((len(scores), 1))])
    return np.diff(bounds, axis=1)


def _read(path: Path, limit: int) -> bytes:
    with open_input(path, "tabular directory") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise DataFormatError(f"{path}: larger than {limit} bytes; that is not a file of this agent")
    return data
