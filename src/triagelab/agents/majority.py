"""The agent that always gives the commonest level: the floor that every other agent has to clear."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.agents.base import Prediction
from triagelab.cases.presentation import Presentation
from triagelab.errors import DataFormatError
from triagelab.files import open_input, write_json

FILE = "majority.json"


class MajorityModel(BaseModel):
    """What a fit leaves: how often each level stood in the training split."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal["triagelab-majority-1"] = "triagelab-majority-1"
    dataset: str
    scale: str
    counts: tuple[int, int, int, int, int] = Field(description="cases of levels 1 to 5")

    @property
    def level(self) -> int:
        """The commonest level; of equals the more urgent one."""
        return 1 + max(range(5), key=lambda index: (self.counts[index], -index))


class MajorityAgent:
    """Predicts one level for everybody, with the training frequencies as probabilities."""

    name = "majority"

    def __init__(self, model: MajorityModel) -> None:
        self.model = model
        total = sum(model.counts) + 5  # one more of each, so that no level is impossible
        one, two, three, four, five = ((count + 1) / total for count in model.counts)
        self._prediction = Prediction(level=model.level, probabilities=(one, two, three, four, five))

    @classmethod
    def load(cls, directory: Path | str) -> MajorityAgent:
        """Return the agent that was saved in `directory`. Raises: DataFormatError for anything else there."""
        path = Path(directory) / FILE
        with open_input(path, "majority directory") as stream:
            text = stream.read(1_000_000)
        try:
            model = MajorityModel.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "file"
            raise DataFormatError(f"{path}: {place}: {first['msg']}") from error
        if min(model.counts) < 0 or sum(model.counts) == 0:
            raise DataFormatError(f"{path}: counts: expected five numbers of cases, not all zero")
        return cls(model)

    def save(self, directory: Path) -> None:
        write_json(directory / FILE, json.loads(self.model.model_dump_json()))

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        return [self._prediction] * len(presentations)
