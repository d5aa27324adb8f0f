"""Which resources each NHAMCS visit was given: outcomes, read to calibrate the forecast and for nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from triagelab.clinical.facts import RESOURCE_TYPES
from triagelab.datasets.archives import extracted_member
from triagelab.datasets.columns import survey_map
from triagelab.datasets.labels import read_labels
from triagelab.datasets.nhamcs import NAME, SurveyFile, survey_files
from triagelab.errors import MissingDependencyError
from triagelab.files import read_toml

MEDICATIONS = 30
GIVEN_HERE = (1.0, 3.0)
"""Codes of GPMED: given in the department; given there and prescribed."""


class OutcomeMap(BaseModel):
    """data of resource_outcomes.toml: which columns and drug names speak for which resource type.

    Attributes:
        columns: resource type -> columns of which any being 1 means that the type was used.
        left: columns that say that the patient left before treatment, or was dead on arrival; such visits are left out.
        other_procedure: a procedure that is not named; counted for injuries only.
        without: a drug of sedation beside this column belongs to an intubation, not to a procedure.
        injected: drug names given by vein, muscle or nebuliser wherever a department gives them.
        injected_with_line: drug names that count where an infusion, a line or a drug of `injected` is recorded too.
        infusion: names of infusions and lines.
        sedation: drug names of procedural sedation.
        not_injected: names that undo all others (local anaesthetics).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    columns: dict[str, tuple[str, ...]]
    left: tuple[str, ...]
    other_procedure: str
    without: str
    injected: tuple[str, ...]
    injected_with_line: tuple[str, ...]
    infusion: tuple[str, ...]
    sedation: tuple[str, ...]
    not_injected: tuple[str, ...]


@dataclass(frozen=True)
class Outcomes:
    """What the visits of one survey year were given.

    Shapes: `used` (visits, 8) booleans in the order of RESOURCE_TYPES; `left`, `other` (visits,).

    Attributes:
        used: resource types, a procedure without a name left out.
        left: the visit ended before treatment.
        other: a procedure without a name.
    """

    used: np.ndarray
    left: np.ndarray
    other: np.ndarray


@cache
def outcome_map() -> OutcomeMap:
    """Return the map of outcome columns."""
    return OutcomeMap.model_validate(read_toml(str(resources.files("triagelab.training") / "resource_outcomes.toml")))


def read_outcomes(path: Path, splits: tuple[str, ...]) -> dict[int, Outcomes]:
    """Return the outcomes of the survey years of these splits, by year; row i of a year is its case i + 1.

    Raises: BadInputError for a place without survey files, MissingDependencyError without pyreadstat.
    """
    columns = survey_map(NAME)
    names: dict[int, str] = {}
    folder = path if path.is_dir() else path.parent
    for program in sorted(folder.iterdir()):
        if re.fullmatch(columns.source.labels_pattern, program.name, re.IGNORECASE):
            names.update(read_labels(program, "MED1"))
    return {file.year: outcomes_of(_read(file), names) for file in survey_files(path, columns) if file.split in splits}


def _read(file: SurveyFile) -> dict[str, Any]:
    try:
        import pyreadstat
    except ImportError as error:
        raise MissingDependencyError("pyreadstat", "data", "reading NHAMCS") from error
    known = outcome_map()
    wanted = {
        *known.left,
        known.other_procedure,
        known.without,
        *(c for group in known.columns.values() for c in group),
    }
    wanted |= {f"{kind}{i}" for kind in ("MED", "GPMED") for i in range(1, MEDICATIONS + 1)}
    with extracted_member(file.archive, survey_map(NAME).source.member_suffix) as member:
        values, _ = pyreadstat.read_sas7bdat(str(member), usecols=sorted(wanted), output_format="dict")
    return values


def outcomes_of(values: dict[str, Any], names: dict[int, str]) -> Outcomes:
    """Return the outcomes of raw columns; `names` are the drugs by code."""
    known = outcome_map()
    drugs = _drugs(values, names)
    used = np.stack([_any(values, known.columns.get(name, ())) for name in RESOURCE_TYPES], axis=1)
    line = drugs["infusion"] | drugs["injected"] | used[:, RESOURCE_TYPES.index("res_iv_fluids")]
    used[:, RESOURCE_TYPES.index("res_parenteral_or_neb_med")] |= drugs["injected"] | (
        drugs["injected_with_line"] & line
    )
    used[:, RESOURCE_TYPES.index("res_complex_procedure")] |= drugs["sedation"] & ~_any(values, (known.without,))
    return Outcomes(used, _any(values, known.left), _any(values, (known.other_procedure,)))


def _any(values: dict[str, Any], columns: tuple[str, ...]) -> np.ndarray:
    found = np.zeros(len(next(iter(values.values()))), dtype=bool)
    for column in columns:
        found |= np.asarray(values[column], dtype=float) == 1.0
    return found


def _drugs(values: dict[str, Any], names: dict[int, str]) -> dict[str, np.ndarray]:
    """Return, for each list of drug names, which visits were given one of them in the department."""
    known = outcome_map()
    groups = ("injected", "injected_with_line", "infusion", "sedation")
    codes: dict[str, set[int]] = {group: set() for group in groups}
    for code, name in names.items():
        upper = name.upper()
        if any(word in upper for word in known.not_injected):
            continue
        for group in groups:
            if any(word in upper for word in getattr(known, group)):
                codes[group].add(code)
    found = {group: np.zeros(len(values["MED1"]), dtype=bool) for group in groups}
    for i in range(1, MEDICATIONS + 1):
        given = np.isin(np.asarray(values[f"GPMED{i}"], dtype=float), GIVEN_HERE)
        drug = np.array([_code(text) for text in values[f"MED{i}"]])
        for group in groups:
            found[group] |= given & np.isin(drug, sorted(codes[group]))
    return found


def _code(text: object) -> int:
    word = str(text or "").strip()
    return int(word) if word.isdigit() else -1
