"""Cases to and from one Parquet file; rejects and notes travel in its metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.clinical.vitals import VitalSigns
from triagelab.datasets.base import Dataset, Reject
from triagelab.errors import DataFormatError
from triagelab.files import atomic_writer, open_input

FORMAT = "triagelab-cases-1"
KEY = "triagelab"
VITALS = VitalSigns.names()
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


def write_parquet(dataset: Dataset, path: Path | str) -> None:
    """Write every case, whole or not at all; open mappings are stored as JSON text."""
    frame = pl.DataFrame([_row(case) for case in dataset.cases], schema=SCHEMA, orient="row")
    grouped: dict[str, list[str]] = {}
    for reject in dataset.rejects:
        grouped.setdefault(reject.reason, []).append(reject.where)
    about = {
        "format": FORMAT,
        "name": dataset.name,
        "scale": dataset.scale,
        "notes": list(dataset.notes),
        "rejects": grouped,
    }
    with atomic_writer(path, "wb") as stream:
        frame.write_parquet(stream, compression="zstd", metadata={KEY: json.dumps(about, ensure_ascii=False)})


def read_parquet(path: Path | str, *, split: str | None = None) -> Dataset:
    """Return the dataset that `write_parquet` wrote, or one split of it.

    Raises: DataFormatError for any other file.
    """
    with open_input(path, "cases file"):
        pass
    try:
        about = json.loads(pl.read_parquet_metadata(path)[KEY])
        if about["format"] != FORMAT:
            raise DataFormatError(f"{path}: cases format {about['format']!r}; this version reads {FORMAT!r}")
        frame = pl.read_parquet(path)
        if split is not None:
            frame = frame.filter(pl.col("split") == split)
        cases = _cases(frame.select(SCHEMA))
        rejects = tuple(Reject(where, reason) for reason, places in about["rejects"].items() for where in places)
        return Dataset(about["name"], cases, about["scale"], rejects, tuple(about["notes"]))
    except DataFormatError:
        raise
    except (pl.exceptions.PolarsError, KeyError, TypeError, ValueError, OSError) as error:
        raise DataFormatError(f"{path}: not a cases file written by triagelab ({str(error)[:80]})") from error


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
    return json.dumps(dict(mapping), ensure_ascii=False) if mapping else None


def _cases(frame: pl.DataFrame) -> tuple[Case, ...]:
    return tuple(_case(row) for row in frame.iter_rows(named=True))


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
