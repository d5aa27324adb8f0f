"""FHIR R4 bundles -> presentations, and labelled bundles as a dataset; the way back is in fhir_risk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.datasets.base import Dataset, Reject, Visits, counts_in_words
from triagelab.datasets.fhir_bundle import checked_bundle, parse_bundle
from triagelab.datasets.fhir_map import fhir_map
from triagelab.datasets.fhir_risk import risk_assessment, write_risk_assessment
from triagelab.datasets.fhir_visit import Visit, visit_of
from triagelab.errors import BadInputError, DataFormatError
from triagelab.files import read_jsonl

__all__ = ["Visit", "load", "read_bundle", "read_visit", "risk_assessment", "write_risk_assessment"]

NAME = "fhir"
MAX_FILES = 200_000


def read_bundle(source: str | Path | Mapping[str, Any]) -> Presentation:
    """Return the presentation of a FHIR R4 bundle about one patient and one visit.

    Units: those of `VitalSigns`. Missing: what is not in the bundle stays unknown.
    Raises: BadInputError, DataFormatError in one line for anything else than one such bundle, and for a vital sign in
    an unknown unit; MissingDependencyError without fhir.resources.
    """
    return read_visit(source).presentation


def read_visit(source: str | Path | Mapping[str, Any]) -> Visit:
    """Return the presentation, what an answer refers to, and what was left out. Raises: as read_bundle."""
    return visit_of(parse_bundle(source))


def load(path: Path) -> Dataset:
    """Return the bundles of a folder of .json files, or of an NDJSON file, that carry a level.

    Bundles that cannot be used are refused with their reason. Raises: DataFormatError for a place without bundles and
    for levels on several scales.
    """
    visits, skipped = Visits(), Counter[str]()
    seen: set[str] = set()
    for where, source in _sources(path):
        try:
            visit = read_visit(source) if isinstance(source, Path) else visit_of(checked_bundle(source, where))
        except (BadInputError, DataFormatError) as error:
            visits.rejects.append(Reject(where, _reason(error)))
            continue
        if (reason := _refusal(visit, seen)) is not None:
            visits.rejects.append(Reject(where, reason))
            continue
        seen.add(visit.presentation.case_id)
        skipped.update(visit.skipped)
        truth = Truth(level=int(str(visit.level)), scale=str(visit.scale), labelled_by="nurse")
        visits.cases.append(Case(visit.presentation, truth, NAME, "test", cluster=visit.patient))
    scale = _one_scale(path, visits)
    return Dataset(NAME, tuple(visits.cases), scale, tuple(visits.rejects), _notes(scale, skipped))


def _one_scale(path: Path, visits: Visits) -> str:
    scales = sorted({case.truth.scale for case in visits.cases})
    if len(scales) > 1:
        raise DataFormatError(f"{path}: levels on several scales ({', '.join(scales)}); evaluate one at a time")
    if not visits.cases and not visits.rejects:
        raise DataFormatError(f"{path}: no FHIR bundle there; expected a folder of .json files or one NDJSON file")
    return scales[0] if scales else fhir_map().levels[0].scale


def _sources(path: Path) -> Iterator[tuple[str, Path | dict[str, Any]]]:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".json" and file.is_file())
        if len(files) > MAX_FILES:
            raise DataFormatError(f"{path}: {len(files)} files; allowed: at most {MAX_FILES}")
        yield from ((file.name, file) for file in files)
    elif path.suffix.lower() == ".json":
        yield path.name, path
    else:
        yield from ((f"{path.name}:{number}", row) for number, row in read_jsonl(path, "fhir path"))


def _refusal(visit: Visit, seen: set[str]) -> str | None:
    if visit.level is None:
        return "no triage level (Encounter.priority holds none of a known scale)"
    if visit.level not in ("1", "2", "3", "4", "5"):
        return "triage level is not 1 to 5"
    return "duplicate visit" if visit.presentation.case_id in seen else None


def _reason(error: BadInputError | DataFormatError) -> str:
    """Return a countable reason, without the names and values of one bundle."""
    if isinstance(error, BadInputError):
        kind = error.field.rsplit(": ", 1)[-1]
        return f"{kind.split(' of ')[0] if 'subject' in kind else kind}: not usable"
    return "not a valid FHIR R4 bundle"


def _notes(scale: str, skipped: Counter[str]) -> tuple[str, ...]:
    source = fhir_map().source
    notes = [
        f"source: {source.name}; terms: {source.terms}",
        f"label: Encounter.priority, by the triage nurse; scale {scale}",
        "cluster: patient; splits: all test",
    ]
    if skipped:
        notes.append("left out: " + counts_in_words(skipped))
    return tuple(notes)
