"""Cases to and from one Parquet file; rejects and notes travel in its metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.clinical.vitals import VitalSigns
from triagelab.datasets.base import Dataset, Reject
from triagelab.datasets.bulk import bulk_objects
from triagelab.errors import DataFormatError
from triagelab.files import atomic_writer, open_input

FORMAT: Literal["triagelab-cases-1"] = "triagelab-cases-1"
KEY = "triagelab"
VITALS = VitalSigns.names()
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
SCHEMA: dict[str, Any] = {
    "case_id": pl.String,
    "dataset": pl.String,
    "split": pl.String,
    "level": pl.Int8,
    "scale": pl.String,
    "labelled_by": pl.String,
    "acceptable": pl.List(pl.Int8),
    "because": pl.List(pl.String),
    "point": pl.String,
    "facts": pl.String,
    "family": pl.String,
    "cluster": pl.String,
    "weight": pl.Float64,
    "narrative": pl.String,
    "chief_complaint": pl.String,
    "age_years": pl.Float64,
    "sex": pl.String,
    "arrival": pl.String,
    **dict.fromkeys(VITALS, pl.Float64),
    "history": pl.List(pl.String),
    "structured": pl.String,
    "credentialed": pl.Boolean,
}


class _About(BaseModel):
    """What the file says of itself; a reject is (index into `reasons`, where)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal["triagelab-cases-1"]
    name: str
    scale: str
    notes: tuple[str, ...]
    reasons: list[str]
    rejects: list[tuple[int, str]]


def write_parquet(dataset: Dataset, path: Path | str) -> None:
    """Write every case, whole or not at all; open mappings are stored as JSON text."""
    with bulk_objects():
        frame = pl.DataFrame([_row(case) for case in dataset.cases], schema=SCHEMA, orient="row")
    reasons = list(dataset.reject_counts())
    place = {reason: index for index, reason in enumerate(reasons)}
    about = _About(
        format=FORMAT,
        name=dataset.name,
        scale=dataset.scale,
        notes=dataset.notes,
        reasons=reasons,
        rejects=[(place[reject.reason], reject.where) for reject in dataset.rejects],
    )
    with atomic_writer(path, "wb") as stream:
        frame.write_parquet(stream, compression="zstd", metadata={KEY: about.model_dump_json()})


def read_parquet(path: Path | str, *, split: str | None = None) -> Dataset:
    """Return the dataset that `write_parquet` wrote, or one split of it.

    Raises: DataFormatError for any other file.
    """
    with open_input(path, "cases file"):
        pass
    try:
        about = _About.model_validate_json(pl.read_parquet_metadata(path)[KEY])
        frame = pl.read_parquet(path).match_to_schema(pl.Schema(SCHEMA))
    except (pl.exceptions.PolarsError, KeyError, ValueError, OSError) as error:
        detail = " ".join(str(error).split())[:80]
        raise DataFormatError(f"{path}: not a cases file that this version of triagelab wrote ({detail})") from error
    if split is not None:
        frame = frame.filter(pl.col("split") == split)
    with bulk_objects():
        cases = tuple(_case(row) for row in frame.iter_rows(named=True))
        rejects = tuple(Reject(where, about.reasons[index]) for index, where in about.rejects)
    return Dataset(about.name, cases, about.scale, rejects, about.notes)


def _row(case: Case) -> tuple[Any, ...]:
    shown, truth = case.presentation, case.truth
    return (
        shown.case_id,
        case.dataset,
        case.split,
        truth.level,
        truth.scale,
        truth.labelled_by,
        sorted(truth.acceptable) if truth.acceptable is not None else None,
        list(truth.because),
        truth.point,
        _json(truth.facts),
        case.family,
        case.cluster,
        case.weight,
        shown.narrative,
        shown.chief_complaint,
        shown.age_years,
        shown.sex,
        shown.arrival,
        *(getattr(shown.vitals, name) for name in VITALS),
        list(shown.history),
        _json(shown.structured),
        shown.credentialed,
    )


def _json(mapping: Mapping[str, Any]) -> str | None:
    return _ENCODE(dict(mapping)) if mapping else None


def _case(row: Mapping[str, Any]) -> Case:
    shown = Presentation(
        case_id=row["case_id"],
        narrative=row["narrative"],
        age_years=row["age_years"],
        sex=row["sex"],
        arrival=row["arrival"],
        chief_complaint=row["chief_complaint"],
        vitals=VitalSigns(*(row[name] for name in VITALS)),
        history=tuple(row["history"] or ()),
        structured=json.loads(row["structured"]) if row["structured"] else {},
        credentialed=row["credentialed"],
    )
    truth = Truth(
        level=row["level"],
        scale=row["scale"],
        labelled_by=row["labelled_by"],
        acceptable=frozenset(row["acceptable"]) if row["acceptable"] is not None else None,
        because=tuple(row["because"] or ()),
        point=row["point"],
        facts=json.loads(row["facts"]) if row["facts"] else {},
    )
    return Case(shown, truth, row["dataset"], row["split"], row["family"], row["cluster"], row["weight"])
