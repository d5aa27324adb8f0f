"""NHAMCS emergency visits, straight from CDC's zips and label programs."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from triagelab.datasets.archives import extracted_member
from triagelab.datasets.base import Dataset, counts_in_words
from triagelab.datasets.columns import SurveyMap, survey_map
from triagelab.datasets.labels import complaint_words, read_labels
from triagelab.datasets.nhamcs_rows import YearOfCases, cases_from_frame
from triagelab.datasets.progress import track
from triagelab.errors import BadInputError, DataFormatError, MissingDependencyError

NAME = "nhamcs"
MAX_ROWS, MAX_COLUMNS = 200_000, 4_000


@dataclass(frozen=True)
class SurveyFile:
    """One survey year on disk and the split it belongs to."""

    year: int
    archive: Path
    split: str


def source_files(path: Path) -> list[Path]:
    """Return the files that decide what a load gives, for the key of the cache."""
    columns = survey_map(NAME)
    return sorted([file.archive for file in survey_files(path, columns)] + _label_programs(path, columns))


def load(path: Path) -> Dataset:
    """Return all years in the folder: newest = test, the one before = dev, older = train; one zip alone = test.

    Raises: BadInputError for a place without survey files, DataFormatError for a file that is not what it claims.
    """
    columns = survey_map(NAME)
    files = survey_files(path, columns)
    labels: dict[int, str] = {}
    programs = _label_programs(path, columns)
    for program in programs:  # oldest first, so that the newest wording stays
        labels.update(read_labels(program, columns.source.complaint_column))
    words = complaint_words(labels, columns.complaint_words)
    years = [
        cases_from_frame(
            read_year(file, columns), columns, words, year=file.year, split=file.split, source=file.archive.name
        )
        for file in track(files, "NHAMCS", len(files))
    ]
    return Dataset(
        name=NAME,
        cases=tuple(case for year in years for case in year.cases),
        scale=columns.label.scale,
        rejects=tuple(reject for year in years for reject in year.rejects),
        notes=_notes(columns, files, programs, years),
    )


def survey_files(path: Path, columns: SurveyMap) -> list[SurveyFile]:
    """Return the survey files at `path` (a folder or one zip), oldest first, each with its split."""
    pattern = re.compile(columns.source.file_pattern, re.IGNORECASE)
    places = sorted(path.iterdir()) if path.is_dir() else [path]
    found = {int(match[1]): place for place in places if place.is_file() and (match := pattern.fullmatch(place.name))}
    if not found:
        raise BadInputError(
            "nhamcs path",
            str(path),
            "a folder with CDC's ed2016_sas.zip ... ed2020_sas.zip, or one of them",
            "docs/data.md says where they come from",
        )
    newest_first = sorted(found, reverse=True)
    splits = {year: ("test", "dev")[place] if place < 2 else "train" for place, year in enumerate(newest_first)}
    return [SurveyFile(year, found[year], splits[year]) for year in sorted(found)]


def _label_programs(path: Path, columns: SurveyMap) -> list[Path]:
    pattern = re.compile(columns.source.labels_pattern, re.IGNORECASE)
    folder = path if path.is_dir() else path.parent
    return sorted(place for place in folder.iterdir() if pattern.fullmatch(place.name) and place.is_file())


def read_year(file: SurveyFile, columns: SurveyMap) -> pl.DataFrame:
    """Return the mapped columns of one year as they stand in the file."""
    try:
        import pyreadstat
    except ImportError as error:
        raise MissingDependencyError("pyreadstat", "data", "reading NHAMCS") from error
    with extracted_member(file.archive, columns.source.member_suffix) as member:
        try:
            _, meta = pyreadstat.read_sas7bdat(str(member), metadataonly=True)
            if (meta.number_rows or 0) > MAX_ROWS or (meta.number_columns or 0) > MAX_COLUMNS:
                raise DataFormatError(
                    f"{file.archive}: {meta.number_rows} rows, {meta.number_columns} columns; that is no survey year"
                )
            wanted = [name for name in columns.read_columns() if name in set(meta.column_names)]
            values, _ = pyreadstat.read_sas7bdat(str(member), usecols=wanted, output_format="dict")
        except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, ValueError) as error:
            if isinstance(error, DataFormatError):
                raise
            raise DataFormatError(f"{file.archive}: not a SAS data set ({str(error)[:80]})") from error
    return pl.DataFrame(values)


def _notes(
    columns: SurveyMap, files: list[SurveyFile], programs: list[Path], years: list[YearOfCases]
) -> tuple[str, ...]:
    """Return what a reader of the results must know."""
    no_text: Counter[int] = sum((year.codes_without_text for year in years), Counter())
    odd: Counter[str] = sum((year.implausible for year in years), Counter())
    by_split = {name: [f.year for f in files if f.split == name] for name in ("train", "dev", "test")}
    splits = "; ".join(f"{name} {', '.join(map(str, found))}" for name, found in by_split.items() if found)
    notes = [
        f"source: {columns.source.name}; terms: {columns.source.terms}",
        "label: IMMEDR, the level each hospital's own nurse gave; not every department uses ESI",
        f"splits by survey year: {splits}",
        "cluster: hospital within a year; weight: PATWT",
    ]
    for file, year in zip(files, years, strict=True):
        notes.append(f"{file.year}: {len(year.cases)} accepted, {len(year.rejects)} rejected")
    if odd:
        notes.append("left out as implausible: " + counts_in_words(odd))
    if not programs:
        notes.append("no label program (ed20NN.do) beside the zips: complaints have no words")
    elif no_text:
        shown = ", ".join(f"{code} ({count})" for code, count in no_text.most_common(5))
        notes.append(
            f"reason-for-visit codes without text: {len(no_text)} codes, {sum(no_text.values())} mentions: {shown}"
        )
    return tuple(notes)
