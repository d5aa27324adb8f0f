"""What a wrong level costs the patients: a stated convention, for decisions, reward design and comparison."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType

import numpy as np
from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.files import read_toml

NO_ANSWER_COLUMN = 5
"""Column of "no answer" in every table whose first five columns are the levels 1-5."""

MOST = 1e9
"""Largest cost; squares and ratios of much larger ones are no numbers any more."""


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
    over: FiniteFloat
    under: FiniteFloat
    under_urgent: FiniteFloat
    no_answer_extra: FiniteFloat
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


class CostTable(BaseModel):
    """A cost convention given cell by cell, for ratios that no four numbers express.

    Units: any, the same in every cell.

    Attributes:
        rows: cost by truth 1-5 and answer 1-5, no answer. Shapes: (5, 6).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    rows: tuple[tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat], ...]
    text: str = ""
    source: str = ""

    def table(self) -> np.ndarray:
        """Return the costs. Shapes: (5, 6)."""
        return np.array(self.rows, dtype=float)


Costs = CostMatrix | CostTable


def load_costs(name_or_path: str | Path) -> Costs:
    """Return a cost convention by name, or the one in a TOML file (four ratios, or `rows` of 5 x 6 costs).

    Raises: UnknownNameError for a name in no list, BadInputError for a file that is not there, DataFormatError for a
    file that is no cost convention or whose right answers are not the cheapest.
    """
    text = str(name_or_path)
    if text in cost_matrices():
        return cost_matrix(text)
    if not (isinstance(name_or_path, Path) or text.endswith(".toml") or "/" in text):
        raise UnknownNameError("cost matrix", text, cost_matrices())
    raw = {"name": Path(text).stem, **read_toml(text, "costs file")}
    try:
        if "rows" in raw:
            costs: Costs = CostTable(**raw)
        else:
            costs = CostMatrix(**{"text": "", "source": "", "verified": False, **raw})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "file"
        allowed = "over, under, under_urgent and no_answer_extra, or rows of 5 x 6 numbers"
        raise DataFormatError(f"{text}: {place}: {first['msg']}; expected {allowed}") from error
    _check_costs(costs.table(), text)
    return costs


def _check_costs(table: np.ndarray, where: str) -> None:
    """Raise DataFormatError where a table is no 5 x 6, or anything is not dearer than the right answer."""
    if table.shape != (5, 6):
        raise DataFormatError(f"{where}: rows: got {table.shape[0]} rows; expected 5, for truth 1-5")
    if not (np.abs(table) <= MOST).all():
        raise DataFormatError(f"{where}: every cost must be a finite number, at most {MOST:g} either way")
    for truth in range(5):
        right = table[truth, truth] + 0.0  # no "-0" in the message
        for answer in range(6):
            if answer != truth and table[truth, answer] <= right:
                named = "no answer" if answer == NO_ANSWER_COLUMN else f"answer {answer + 1}"
                raise DataFormatError(
                    f"{where}: truth {truth + 1}, {named}: cost {table[truth, answer]:g} is not above the right "
                    f"answer's {right:g}"
                )


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
