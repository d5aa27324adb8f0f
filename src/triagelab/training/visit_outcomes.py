"""What happened to the NHAMCS visits of the training years: further targets for the encoder's head while it learns.

A nurse's level is noisy; what a visit turned out to need says more about how ill the patient was. A head that must also
tell the tests, treatments and admission of a training visit reads the words better. Outcomes are targets of training
visits only: no agent is given one, no presentation holds one, and none is read for dev or test.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.cases.schema import Case
from triagelab.clinical.facts import RESOURCE_TYPES
from triagelab.datasets.archives import extracted_member
from triagelab.datasets.columns import survey_map
from triagelab.datasets.nhamcs import NAME, survey_files
from triagelab.errors import MissingDependencyError
from triagelab.training.resource_outcomes import read_outcomes

COLUMNS = ("ADMITHOS", "OBSHOSP", "TRANOTH", "ADMIT", "DIEDED", "TOTDIAG", "NUMGIV")
"""Admitted, kept for observation, sent to another hospital; ward admitted to; died; tests done; drugs given."""
CRITICAL_WARDS = (1.0, 2.0, 3.0)
"""Codes of ADMIT: critical care, step-down, operating room."""
FURTHER = ("stayed", "critical_ward", "died", "three_tests", "eight_tests", "two_drugs", "four_drugs")
OUTCOMES = (*RESOURCE_TYPES, *FURTHER)
_CASE = re.compile(rf"{NAME}-(\d{{4}})-(\d+)")


def outcome_targets(path: Path, cases: Sequence[Case]) -> np.ndarray:
    """Return what each case turned out to need, NaN for cases that are no NHAMCS visit of the training split.

    Shapes: n cases -> (n, len(OUTCOMES)) of 0, 1 and NaN.
    Raises: BadInputError for a place without survey files, MissingDependencyError without pyreadstat.
    """
    used, further = read_outcomes(path, ("train",)), _further(path)
    table = np.full((len(cases), len(OUTCOMES)), np.nan, dtype=np.float32)
    for place, case in enumerate(cases):
        if case.split == "train" and (found := _CASE.fullmatch(case.case_id)) is not None:
            year, row = int(found[1]), int(found[2]) - 1
            table[place] = [*used[year].used[row], *further[year][row]]
    return table


def _further(path: Path) -> dict[int, np.ndarray]:
    """Return the FURTHER outcomes of the training years. Shapes: year -> (visits, 7)."""
    columns = survey_map(NAME)
    found = {}
    for file in survey_files(path, columns):
        if file.split == "train":
            found[file.year] = further_of(_read(file.archive, columns.source.member_suffix))
    return found


def further_of(values: dict[str, Any]) -> np.ndarray:
    """Return the FURTHER outcomes of raw columns. Missing: a code below zero is "no". Shapes: (visits, 7)."""
    raw = {name: np.asarray(values[name], dtype=float) for name in COLUMNS}
    stayed = (raw["ADMITHOS"] == 1) | (raw["OBSHOSP"] == 1) | (raw["TRANOTH"] == 1)
    critical = np.isin(raw["ADMIT"], CRITICAL_WARDS)
    tests, drugs = raw["TOTDIAG"], raw["NUMGIV"]
    return np.stack(
        [stayed, critical, raw["DIEDED"] == 1, tests >= 3, tests >= 8, drugs >= 2, drugs >= 4], axis=1
    ).astype(np.float32)


def _read(archive: Path, suffix: str) -> dict[str, Any]:
    try:
        import pyreadstat
    except ImportError as error:
        raise MissingDependencyError("pyreadstat", "data", "reading NHAMCS") from error
    with extracted_member(archive, suffix) as member:
        values, _ = pyreadstat.read_sas7bdat(str(member), usecols=list(COLUMNS), output_format="dict")
    return values
