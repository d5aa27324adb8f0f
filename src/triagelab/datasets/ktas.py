"""The Korean KTAS file of Moon et al.: levels of experts, or of the nurse, on a scale that is not ESI."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import CROSS_SCALE, Case, Truth
from triagelab.clinical.vitals import VitalSigns
from triagelab.datasets.base import Dataset, Reject, Visits, counts_in_words
from triagelab.datasets.cells import level_of, number, one_line, read_table
from triagelab.datasets.columns import MapTable, load_map
from triagelab.datasets.notes import note, patient_words, vital_words
from triagelab.errors import BadInputError, UnknownNameError

SCALE = "ktas"
WHAT = "the KTAS file of Moon et al. (data.csv, separated by ';', Windows-1254)"
SEX = {"1": "female", "2": "male"}
INJURY = {"1": "no", "2": "yes"}
PAIN = {"0": "no", "1": "yes"}
VITALS = {
    "HR": "heart_rate_bpm",
    "RR": "resp_rate_bpm",
    "SBP": "sbp_mmhg",
    "DBP": "dbp_mmhg",
    "Saturation": "spo2_pct",
    "BT": "temp_c",
}
LABELS = {"Saturation": "SpO2", "BT": "T"}


class KtasSource(MapTable):
    """Where the file comes from and how it is written."""

    name: str
    terms: str
    separator: str
    encodings: tuple[str, ...]


class KtasMap(MapTable):
    """The map of the KTAS file; `labels` is who -> column, `shown` the allow-list."""

    source: KtasSource
    labels: dict[str, str]
    shown: dict[str, str]
    arrival: dict[str, str]
    mental: dict[str, str]


@cache
def ktas_map() -> KtasMap:
    """Return maps/ktas.toml."""
    return load_map(KtasMap, "ktas")


def load(path: Path, labelled_by: str = "experts") -> Dataset:
    """Return every row with a level as one test split; `labelled_by` is experts or nurse.

    Missing: `??` is "not measurable or not recorded" and never a reason to drop a row.
    Raises: BadInputError, DataFormatError for a place without the file, or with another one.
    """
    columns = ktas_map()
    if labelled_by not in columns.labels:
        raise UnknownNameError("labelled_by", labelled_by, columns.labels)
    name = "ktas" if labelled_by == "experts" else "ktas-nurse"
    file, label = _file(path), columns.labels[labelled_by]
    table = read_table(
        file,
        (*columns.shown, label),
        separator=columns.source.separator,
        encodings=columns.source.encodings,
        what=WHAT,
    )
    visits = Visits()
    remarks: Counter[str] = Counter()
    for index, (line, row) in enumerate(table, start=1):
        level = level_of(row.pop(label)) if row is not None else None
        if row is None or level is None:
            reason = "another number of cells" if row is None else f"{label} is not 1 to 5"
            visits.rejects.append(Reject(f"{file.name}:{line}", reason))
            continue
        shown = _presentation(f"ktas-{index:04d}", row, columns, visits.implausible, remarks)
        visits.cases.append(Case(shown, Truth(level, SCALE, labelled_by), name, "test"))
    return Dataset(
        name, tuple(visits.cases), SCALE, tuple(visits.rejects), _notes(columns, label, visits.implausible, remarks)
    )


def _file(path: Path) -> Path:
    if path.is_dir():
        found = sorted(path.glob("*.csv"))
        if len(found) != 1:
            raise BadInputError("ktas path", str(path), "the file data.csv, or the folder that holds it alone")
        return found[0]
    return path


def _presentation(
    case_id: str, row: Mapping[str, str], columns: KtasMap, implausible: Counter[str], remarks: Counter[str]
) -> Presentation:
    """Return what may be shown; `row` holds the columns of the allow-list and nothing else."""
    vitals, not_measured = _vitals(row, implausible, remarks)
    age_years, sex = _age(row["Age"], implausible), SEX.get(row["Sex"])
    transport = columns.arrival.get(row["Arrival mode"])
    by_ambulance = transport is not None and "ambulance" in transport
    arrival = "ambulance" if by_ambulance else "walk_in" if transport in ("on foot", "private vehicle") else None
    complaint = _complaint(row["Chief_complain"], remarks)
    fields = {
        "mental": columns.mental.get(row["Mental"]),
        "injury": INJURY.get(row["Injury"]),
        "pain": PAIN.get(row["Pain"]),
        "transport": transport,
        "not_measured": ", ".join(not_measured) or None,
    }
    return Presentation(
        case_id=case_id,
        narrative=note(
            patient_words(age_years, sex, arrival if by_ambulance else None),
            complaint,
            _details(fields, scored=vitals.pain_score is not None),
            ", ".join(filter(None, [vital_words(vitals), _not_measured_words(not_measured)])),
            (),
            none_known=False,
        ),
        age_years=age_years,
        sex=sex,
        arrival=arrival,
        chief_complaint=complaint,
        vitals=vitals,
        structured={key: value for key, value in fields.items() if value is not None},
    )


def _vitals(
    row: Mapping[str, str], implausible: Counter[str], remarks: Counter[str]
) -> tuple[VitalSigns, tuple[str, ...]]:
    """Return the vital signs, and what was marked as not measurable or not recorded, in words of a chart."""
    raw: dict[str, float] = {}
    marked: list[str] = []
    for column, name in VITALS.items():
        cell = row[column]
        if _is_unreadable(cell):
            marked.append(column)
            remarks["vital signs marked ??"] += 1
        elif (value := number(cell, decimal=",")) is not None:
            raw[name] = value
        elif cell:
            implausible[name] += 1
    if (score := number(row["NRS_pain"], decimal=",")) is not None:
        raw["pain_score"] = score
    vitals, refused = VitalSigns.clean(raw)
    implausible.update(refused)
    remarks["rows with a vital sign marked ??"] += bool(marked)
    if {"SBP", "DBP"} <= set(marked):
        marked = ["BP" if column == "SBP" else column for column in marked if column != "DBP"]
    return vitals, tuple(LABELS.get(column, column) for column in marked)


def _not_measured_words(names: tuple[str, ...]) -> str:
    """Return that signs were not measured, or were not written down: which of the two the file does not say."""
    said = " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
    return f"{said} not measurable or not recorded" if said else ""


def _age(cell: str, implausible: Counter[str]) -> float | None:
    age_years = number(cell, decimal=",")
    if age_years is not None and not 0 <= age_years <= 125:
        implausible["age_years"] += 1
        return None
    return age_years


def _complaint(cell: str, remarks: Counter[str]) -> str | None:
    if _is_unreadable(cell):
        remarks["complaints that cannot be read"] += 1
        return None
    return one_line(cell)


def _is_unreadable(cell: str) -> bool:
    """Return whether nothing but question marks is left of a cell."""
    return "?" in cell and not any(char.isalnum() for char in cell)


def _details(fields: Mapping[str, str | None], *, scored: bool) -> list[str]:
    details = [fields["mental"].capitalize()] if fields["mental"] else []
    if fields["injury"]:
        details.append(f"Injury: {fields['injury']}")
    if fields["pain"] == "no" and not scored:
        details.append("Pain: no")
    elif fields["pain"] == "yes" and not scored:
        details.append("Pain: yes, not scored")
    return details


def _notes(columns: KtasMap, label: str, implausible: Counter[str], remarks: Counter[str]) -> tuple[str, ...]:
    notes = [
        f"source: {columns.source.name}; terms: {columns.source.terms}",
        CROSS_SCALE[SCALE],
        f"label: {label}; splits: all test; cluster: none, each row is a patient",
        "arrival (assumed): codes 2 and 4 are ambulances, 1 on foot, 3 a private vehicle, 5 to 7 other",
    ]
    if found := counts_in_words(remarks):
        notes.append(f"kept: {found}")
    if implausible:
        notes.append(f"left out as implausible: {counts_in_words(implausible)}")
    return tuple(notes)
