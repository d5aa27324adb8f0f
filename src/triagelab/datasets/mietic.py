"""MIETIC, your own copy: cases with narratives; the rows that experts retained are the test split."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.datasets.base import Dataset, Reject, Visits, counts_in_words
from triagelab.datasets.cells import level_of, number, one_line, read_table
from triagelab.datasets.columns import MapTable, load_map
from triagelab.datasets.mimic_rows import ARRIVAL, SEX, pain_text, vitals_of
from triagelab.errors import BadInputError
from triagelab.seeding import derive_seed

NAME = "mietic"
WHAT = "a CSV file of MIETIC 1.0.0, separated by commas"
MAX_CASE_CHARS = 100_000
_NAMES_A_LEVEL = re.compile(r"\b(?:ESI|acuity|emergency severity index|triage level)\b", re.IGNORECASE)


class MieticSource(MapTable):
    """Where the files come from, on what terms, and which edition is assumed."""

    name: str
    terms: str
    scale: str
    scale_reason: str
    verified: bool


class MieticLabel(MapTable):
    """The column with the level, and the experts' decision that keeps a row of the validation file."""

    column: str
    decision_column: str
    keep: str


class MieticMap(MapTable):
    """The map of MIETIC; `required` and `shown` together are the allow-list."""

    source: MieticSource
    label: MieticLabel
    required: dict[str, str]
    shown: dict[str, str]


Row = Mapping[str, str]
Table = list[tuple[int, dict[str, str] | None]]


@cache
def mietic_map() -> MieticMap:
    """Return maps/mietic.toml."""
    return load_map(MieticMap, NAME)


def load(path: Path) -> Dataset:
    """Return the corpus as train and dev, split by patient, and the retained rows of the validation file as test.

    Rows of the corpus about a patient, visit or narrative of the validation file are refused: none is trained on.
    Raises: BadInputError for a place without the files, DataFormatError for a file that is not what it claims.
    """
    columns = mietic_map()
    corpus, validation = _files(path)
    visits, seen = Visits(), set[str]()
    held_out: dict[str, set[str]] = {"subject_id": set(), "stay_id": set(), "tiragecase": set()}
    if validation is not None:
        table = _read(validation, columns, decision=True)
        for name, values in held_out.items():
            values.update(_same(row[name]) for _, row in table if row is not None and row[name])
        _gather(table, validation, columns, visits, seen, held_out=None)
    tested = len(visits.cases)
    if corpus is not None:
        _gather(_read(corpus, columns, decision=False), corpus, columns, visits, seen, held_out=held_out)
    scale = columns.source.scale
    notes = _notes(columns, visits, corpus, validation, tested)
    return Dataset(NAME, tuple(visits.cases), scale, tuple(visits.rejects), notes)


def _files(path: Path) -> tuple[Path | None, Path | None]:
    """Return the corpus and the validation file; where one file is named, the other is looked for beside it."""
    folder = path if path.is_dir() else path.parent
    found = sorted(file for file in folder.glob("*.csv") if file.is_file())
    validation = [file for file in found if "validat" in file.name.lower()]
    others = [file for file in found if file not in validation]
    if path.is_file():
        is_validation = "validat" in path.name.lower()
        validation, others = ([path], []) if is_validation else (validation, [path])
    if len(validation) > 1 or len(others) > 1 or not (validation or others):
        raise BadInputError(
            "mietic path",
            str(path),
            "the folder with MIETIC's CSV file and MIETIC-validate-samples.csv, or one of them",
            f"it has {len(others)} and {len(validation)} of them",
        )
    return (others[0] if others else None), (validation[0] if validation else None)


def _read(file: Path, columns: MieticMap, *, decision: bool) -> Table:
    needed = [*columns.required, columns.label.column] + ([columns.label.decision_column] if decision else [])
    return read_table(file, needed, optional=columns.shown, what=WHAT)


def _gather(
    table: Table,
    file: Path,
    columns: MieticMap,
    visits: Visits,
    seen: set[str],
    *,
    held_out: Mapping[str, set[str]] | None,
) -> None:
    """Add the rows of one file; `held_out` None is the validation file."""
    label = columns.label
    for line, row in table:
        level = level_of(row.pop(label.column)) if row is not None else None
        decision = row.pop(label.decision_column, label.keep) if row is not None else ""
        reason = _refusal(row, level, decision, label.keep, seen, held_out or {})
        if reason is not None or row is None or level is None:
            visits.rejects.append(Reject(f"{file.name}:{line}", reason or "no triage level"))
            continue
        seen.add(row["stay_id"])
        patient = row["subject_id"] or None
        truth = Truth(level, columns.source.scale, "nurse" if held_out is not None else "experts")
        split = "test" if held_out is None else _split(patient or row["stay_id"])
        visits.cases.append(Case(_presentation(row, visits.implausible), truth, NAME, split, cluster=patient))


def _refusal(
    row: Row | None, level: int | None, decision: str, keep: str, seen: set[str], held_out: Mapping[str, set[str]]
) -> str | None:
    if row is None:
        return "another number of cells"
    if not row["stay_id"]:
        return "no stay_id"
    if any(row[name] and _same(row[name]) in values for name, values in held_out.items()):
        return "patient, visit or narrative of the validation file"
    if decision.strip().upper() != keep:
        return f"the experts' decision is not {keep}"
    if row["stay_id"] in seen:
        return "duplicate stay_id"
    if level is None:
        return "acuity is not 1 to 5"
    if not row["tiragecase"] or len(row["tiragecase"]) > MAX_CASE_CHARS:
        return "no narrative, or one that is far too long"
    return None


def _same(text: str) -> str:
    """Return the text as it is compared: case and spaces do not count."""
    return " ".join(text.lower().split())


def _split(patient: str) -> str:
    return "dev" if derive_seed("datasets.mietic.split", 0, patient) % 10 == 0 else "train"


def _presentation(row: Row, implausible: Counter[str]) -> Presentation:
    """Return what may be shown; `row` holds the columns of the allow-list and nothing else."""
    vitals = vitals_of(row, implausible)
    age_years = number(row["age"] or row["anchor_age"])
    if age_years is not None and not 0 <= age_years <= 125:
        implausible["age_years"] += 1
        age_years = None
    pain = pain_text(row["pain"])
    return Presentation(
        case_id=f"mietic-{row['stay_id']}",
        narrative=row["tiragecase"].replace("\r\n", "\n"),
        age_years=age_years,
        sex=SEX.get(row["gender"].upper()),
        arrival=ARRIVAL.get(row["arrival_transport"].upper()),
        chief_complaint=one_line(row["chiefcomplaint"]),
        vitals=vitals,
        structured={"pain_text": pain} if pain is not None else {},
        credentialed=True,
    )


def _notes(
    columns: MieticMap, visits: Visits, corpus: Path | None, validation: Path | None, tested: int
) -> tuple[str, ...]:
    source = columns.source
    notes = [
        f"source: {source.name}; terms: {source.terms}",
        f"scale {source.scale}: {source.scale_reason}",
        "label: acuity, by the nurse; in the test split retained by three experts",
        "cluster: patient; splits: validation file = test, corpus = train and dev (9:1) by patient",
    ]
    if validation is None:
        notes.append("no validation file: there is no test split, and its patients may be among those to train on")
    elif corpus is None:
        notes.append(f"no corpus file: only the test split, {tested} cases")
    if named := sum(bool(_NAMES_A_LEVEL.search(case.presentation.narrative)) for case in visits.cases):
        notes.append(
            f"narratives that name ESI, acuity or a triage level: {named}; see that they do not tell the label"
        )
    if visits.implausible:
        notes.append("left out as implausible: " + counts_in_words(visits.implausible))
    return tuple(notes)
