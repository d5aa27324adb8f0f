"""What a wrong level costs the patients: a stated convention, for decisions, reward design and comparison."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.files import read_toml

NO_ANSWER_COLUMN = 5
"""Column of "no answer" in every table whose first five columns are the levels 1-5."""


class CostMatrix(BaseModel):
    """One cost convention.

    Units: cost in levels of over-triage.

    Attributes:
        over: cost of one level too urgent.
        under: cost of one level not urgent enough, truth 3-5.
        under_urgent: the same, truth 1-2.
        no_answer_extra: added to the dearest answer for that truth.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    over: float
    under: float
    under_urgent: float
    no_answer_extra: float
    text: str
    source: str
    verified: bool

    def cost(self, truth: int, answer: int | None) -> float:
        """Return the cost of `answer` (None: no answer) for a patient whose level is `truth`."""
        if answer is None:
            return max(self.cost(truth, level) for level in range(1, 6)) + self.no_answer_extra
        if answer <= truth:
            return self.over * (truth - answer)
        return (self.under_urgent if truth <= 2 else self.under) * (answer - truth)

    def table(self) -> np.ndarray:
        """Return the costs with rows truth 1-5 and columns answer 1-5, no answer. Shapes: (5, 6)."""
        answers = [1, 2, 3, 4, 5, None]
        return np.array([[self.cost(truth, answer) for answer in answers] for truth in range(1, 6)])

    def cheapest(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the level with the least expected cost for each row; on a tie the more urgent one.

        Shapes: (n, 5) probabilities of levels 1-5 -> (n,) levels 1-5.
        """
        prices = _prices(self.over, self.under, self.under_urgent)
        return 1 + (np.asarray(probabilities) @ prices).round(12).argmin(axis=1)


@cache
def _prices(over: float, under: float, under_urgent: float) -> np.ndarray:
    """Return the costs of answers 1-5, computed once for all the patients that are decided one by one."""
    ratios = {"over": over, "under": under, "under_urgent": under_urgent, "no_answer_extra": 0.0}
    return CostMatrix(name="", text="", source="", verified=False, **ratios).table()[:, :5]


@cache
def cost_matrices() -> Mapping[str, CostMatrix]:
    """Return every cost convention by name, the standard one first."""
    source = str(resources.files("triagelab.clinical") / "data" / "costs.toml")
    try:
        found = {name: CostMatrix(name=name, **row) for name, row in read_toml(source).items()}
    except ValidationError as error:
        first = error.errors()[0]
        raise DataFormatError(f"{source}: {first['loc']}: {first['msg']}") from error
    return MappingProxyType(found)


def cost_matrix(name: str = "standard") -> CostMatrix:
    """Return the cost convention of that name.

    Raises: UnknownNameError with the nearest known name.
    """
    if name not in cost_matrices():
        raise UnknownNameError("cost matrix", name, cost_matrices())
    return cost_matrices()[name]
