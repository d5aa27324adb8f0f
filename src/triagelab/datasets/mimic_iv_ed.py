"""MIMIC-IV-ED, demo or full: the triage table, and of the other tables only what was known on arrival."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import polars as pl

from triagelab.datasets.base import Dataset, counts_in_words
from triagelab.datasets.columns import HospitalMap, hospital_map
from triagelab.datasets.mimic_rows import cases_from_frame
from triagelab.errors import BadInputError, DataFormatError
from triagelab.seeding import derive_seed

NAME = "mimic-iv-ed"
PLACES = {"triage": "ed", "edstays": "ed", "patients": "hosp"}
MIN_PATIENTS_TO_SPLIT = 1000


def source_files(path: Path) -> list[Path]:
    """Return the files that decide what a load gives, for the key of the cache."""
    return sorted(table_files(path).values())


def load(path: Path) -> Dataset:
    """Return every visit with an acuity; the patient is the cluster.

    Splits: by a hash of the patient, 70/10/20; all of it is `test` where there are under 1000 patients (the demo).
    Raises: BadInputError for a folder without the tables, DataFormatError for a table that is not what it claims.
    """
    columns = hospital_map(NAME.replace("-", "_"))
    files = table_files(path)
    frame = joined_tables(files, columns)
    demo = is_demo(files, columns)
    patients = frame["subject_id"].n_unique()
    split_of = _split_by_patient if patients >= MIN_PATIENTS_TO_SPLIT else lambda patient: "test"
    visits = cases_from_frame(frame, scale=columns.source.scale, credentialed=not demo, split_of=split_of)
    notes = [
        f"source: {columns.source.name}; terms: {columns.source.demo_terms if demo else columns.source.terms}",
        f"scale {columns.source.scale}: {columns.source.scale_reason}",
        f"cluster: patient ({patients} patients); the bootstrap resamples patients",
        "splits: by patient, 70/10/20" if patients >= MIN_PATIENTS_TO_SPLIT else "splits: all test (few patients)",
    ]
    if "patients" not in files:
        notes.append("no hosp/patients.csv: ages are not known")
    if visits.implausible:
        notes.append("left out as implausible: " + counts_in_words(visits.implausible))
    return Dataset(NAME, tuple(visits.cases), columns.source.scale, tuple(visits.rejects), tuple(notes))


def table_files(path: Path) -> dict[str, Path]:
    """Return table -> file for a folder that holds ed/ (and perhaps hosp/), or for the ed folder itself."""
    found: dict[str, Path] = {}
    for table, folder in PLACES.items():
        places = [path / folder, path, path.parent / folder] if path.is_dir() else []
        candidates = [place / f"{table}{suffix}" for place in places for suffix in (".csv.gz", ".csv")]
        if (file := next((file for file in candidates if file.is_file()), None)) is not None:
            found[table] = file
    missing = [table for table in ("triage", "edstays") if table not in found]
    if missing:
        raise BadInputError(
            "mimic-iv-ed path",
            str(path),
            "the MIMIC-IV-ED folder with ed/triage.csv.gz and ed/edstays.csv.gz",
            f"no {' and no '.join(missing)} table there",
        )
    return found


def joined_tables(files: dict[str, Path], columns: HospitalMap) -> pl.DataFrame:
    """Return one row a line of the triage table with the allowed columns and the label, ordered by visit."""
    triage = _read(files["triage"], [*columns.shown["triage"], columns.label.column])
    stays = _read(files["edstays"], list(columns.shown["edstays"])).unique("stay_id", keep="first")
    frame = triage.join(stays, on="stay_id", how="left")
    if "patients" in files:
        people = _read(files["patients"], list(columns.shown["patients"])).unique("subject_id", keep="first")
        frame = frame.join(people, on="subject_id", how="left")
    else:
        frame = frame.with_columns(anchor_age=pl.lit(None, pl.String), anchor_year=pl.lit(None, pl.String))
    return frame.rename({columns.label.column: "level"}).sort("stay_id")


def _read(file: Path, names: list[str]) -> pl.DataFrame:
    """Read some columns as text; numbers are parsed value by value, so that one odd cell does not cost a table."""
    try:
        return pl.read_csv(file, columns=names, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        detail = " ".join(str(error).split())[:100]
        raise DataFormatError(f"{file}: expected a CSV table with columns {', '.join(names)} ({detail})") from error


def is_demo(files: dict[str, Path], columns: HospitalMap) -> bool:
    """Return whether the tables are exactly the public demo; anything else counts as credentialed."""
    return all(_sha256(files[table]) == digest for table, digest in columns.demo_sha256.items())


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _split_by_patient(patient: str) -> str:
    tenth = derive_seed("datasets.mimic-iv-ed.split", 0, patient) % 10
    return "train" if tenth < 7 else "dev" if tenth == 7 else "test"
