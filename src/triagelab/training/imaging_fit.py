"""What imaging agents are fitted on: labelled questions of the train split, as a plain table."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from triagelab.agents.imaging_base import ImagingAgent, Labelled
from triagelab.agents.imaging_registry import make_imaging_agent
from triagelab.cases.imaging.case import ImagingCase
from triagelab.cases.imaging.generator import VARIANTS, dataset_split


def table_of(cases: Iterable[ImagingCase]) -> tuple[Labelled, ...]:
    """Return (question, label) of each case; nothing else of the truth goes to an agent."""
    return tuple((case.question, case.truth.label) for case in cases)


def fit_table(*, seed: int = 0, variants: int = VARIANTS) -> tuple[Labelled, ...]:
    """Return the labelled questions of the train split of a dataset.

    Raises: BadInputError for a number of variants that a condition does not have.
    """
    return table_of(dataset_split("train", seed=seed, variants=variants))


def fitted_imaging_agent(spec: str, *, dataset_seed: int = 0, variants: int = VARIANTS, **options: Any) -> ImagingAgent:
    """Return the agent that `spec` names, fitted on the train split where it is one that is fitted.

    Raises: as `make_imaging_agent`.
    """
    table = partial(fit_table, seed=dataset_seed, variants=variants)
    return make_imaging_agent(spec, table=table, **options)


__all__ = ["fit_table", "fitted_imaging_agent", "table_of"]
