"""A sentence encoder with an ordinal head on its vectors, age and vital signs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from triagelab.agents.base import Prediction
from triagelab.agents.decisions import check_decision
from triagelab.agents.encoder_input import Numbers, texts
from triagelab.agents.model_files import FittedModel, read_arrays, read_settings, write_model
from triagelab.agents.ordinal import OrdinalHead
from triagelab.agents.pooling import Kind, Pool, pooled
from triagelab.agents.tabular_features import with_fields
from triagelab.cases.presentation import Presentation
from triagelab.errors import BadInputError, DataFormatError
from triagelab.sentences import OFFLINE, SentenceEncoder

NAME = "encoder"
TUNED = "sentence_encoder"
"""Folder beside the model file, where the encoder itself was trained too."""
EMBEDDING_SCALE = np.float32(6.0)
"""A unit vector of some hundred numbers has tiny ones; this brings them near the spread of the number block."""


class EncoderModel(FittedModel):
    """Everything of a fit that is not an array.

    Attributes:
        encoder: name of the sentence encoder, or `sentence_encoder` for the folder beside this file.
        numbers: how the structured columns are read.
        pools: calibration and cut points by kind of presentation.
        about: data and dev figures of the fit, for people.
    """

    format: Literal["triagelab-encoder-1"] = "triagelab-encoder-1"
    scale: str
    encoder: str = OFFLINE
    width: int
    numbers: Numbers
    pools: dict[Kind, Pool]
    about: dict[str, Any]


class EncoderAgent:
    """Predicts from the words of the complaint or note, and from age, arrival and vital signs."""

    name = NAME

    def __init__(
        self,
        model: EncoderModel,
        head: OrdinalHead,
        encoder: SentenceEncoder,
        decision: str = "preferred",
        cost: str = "standard",
    ) -> None:
        check_decision(decision, cost)
        self.model, self.head, self.encoder = model, head, encoder
        self.decision, self.cost = decision, cost

    @classmethod
    def load(cls, directory: Path | str, decision: str = "preferred", cost: str = "standard") -> EncoderAgent:
        """Return the agent saved in `directory` (a run of the encoder or hybrid recipe, or its `model` folder).

        Raises: BadInputError where there is none; DataFormatError if a file is damaged or from another fit.
        """
        check_decision(decision, cost)
        folder = find_fitted(Path(directory), NAME)
        model = read_settings(folder / f"{NAME}.json", EncoderModel)
        arrays = read_arrays(folder, NAME, model.arrays_sha256)
        try:
            head = OrdinalHead.from_arrays(arrays, 2 * model.width + model.numbers.width())
        except KeyError as error:
            raise DataFormatError(f"{folder / NAME}.npz: the array {error} is missing") from error
        encoder = SentenceEncoder(folder / TUNED if model.encoder == TUNED else model.encoder)
        if encoder.width != model.width:
            raise DataFormatError(f"{folder}: the head expects vectors of {model.width}, {model.encoder} gives others")
        return cls(model, head, encoder, decision, cost)

    def save(self, directory: Path) -> None:
        """Write the head and, where it was trained, the sentence encoder."""
        if self.model.encoder == TUNED:
            self.encoder.save(directory / TUNED)
        write_model(directory, NAME, self.model, self.head.to_arrays())

    def log_odds(self, presentations: Sequence[Presentation]) -> np.ndarray:
        """Return log-odds of level <= 1, 2, 3, 4 before calibration. Shapes: n presentations -> (n, 4)."""
        pairs = [texts(presentation) for presentation in presentations]
        vectors = self.encoder.encode([text for pair in pairs for text in pair])
        return self.head.log_odds(inputs(vectors, [with_fields(each) for each in presentations], self.model.numbers))

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        """Return one prediction a presentation, in order; deterministic, `seed` is not used."""
        if not presentations:
            return []
        opinions = {NAME: self.log_odds(presentations)}
        table, levels = pooled(self.model.pools, presentations, opinions, self.decision, self.cost)
        return [as_prediction(level, row) for level, row in zip(levels.tolist(), table.tolist(), strict=True)]


def inputs(vectors: np.ndarray, presentations: Sequence[Presentation], numbers: Numbers) -> np.ndarray:
    """Return the head's rows. Shapes: (2 n, width) whole and first clause in turn, n -> (n, 2 width + numbers)."""
    wide = (vectors * EMBEDDING_SCALE).reshape(len(presentations), -1)
    return np.hstack([wide, numbers.block(presentations)])


def as_prediction(level: int, row: Sequence[float]) -> Prediction:
    """Return a prediction of that level with its probabilities."""
    one, two, three, four, five = row
    return Prediction(level=level, probabilities=(one, two, three, four, five), confidence=row[level - 1])


def find_fitted(directory: Path, name: str) -> Path:
    """Return the folder with `name`.json: the folder itself, or in a run its `model` or `model/name`.

    Raises: BadInputError where there is none.
    """
    for folder in (directory, directory / "model", directory / "model" / name, directory / name):
        if (folder / f"{name}.json").is_file():
            return folder
    raise BadInputError(
        f"{name} agent", str(directory), f"a folder with {name}.json, or a finished run", "made by `triagelab train`"
    )
