"""Made-up source files in the formats of the publishers: survey rows, hospital tables, archives."""

from __future__ import annotations

import csv
import gzip
import zipfile
from pathlib import Path
from typing import Any

import polars as pl

from triagelab.datasets.columns import survey_map
from triagelab.datasets.nhamcs_rows import YearOfCases, cases_from_frame

WORDS = {
    10501: "chest pain",
    14150: "shortness of breath",
    10100: "fever",
    58370: "cardiac arrest",
    20150: "viral disease",
}

USUAL_VISIT: dict[str, Any] = {
    "AGE": 67.0,
    "AGEDAYS": -7.0,
    "SEX": 1.0,
    "ARRTIME": "2043",
    "RESIDNCE": 1.0,
    "ARREMS": 1.0,
    "AMBTRANSFER": 2.0,
    "SEEN72": 2.0,
    "EPISODE": 1.0,
    "TEMPF": 990.0,
    "PULSE": 112.0,
    "RESPR": 22.0,
    "BPSYS": 150.0,
    "BPDIAS": 88.0,
    "POPCT": 93.0,
    "PAINSCALE": 8.0,
    "RFV1": 10501.0,
    "RFV2": 14150.0,
    "RFV3": -9.0,
    "RFV4": -9.0,
    "RFV5": -9.0,
    "INJURY": 0.0,
    "INJURY72": -9.0,
    "INTENT15": -9.0,
    "NOCHRON": 0.0,
    "IMMEDR": 2.0,
    "PATWT": 4733.5,
    "HOSPCODE": 12.0,
}

AFTER_TRIAGE = (
    "WAITTIME", "LOV", "DIAG1", "DIAG2", "PRDIAG1", "DIAGSCRN", "TOTDIAG", "ANYIMAGE", "CATSCAN", "EKG", "CBC",
    "PROC", "TOTPROC", "IVFLUIDS", "CPR", "ENDOINT", "MED1", "MED2", "NUMGIV", "NUMDIS", "TEMPDF", "PULSED", "BPSYSD",
    "CONSULT", "LWBS", "LEFTAMA", "DOA", "DIEDED", "ADMITHOS", "OBSHOS", "ADMIT", "LOS", "HDDIAG1", "HDSTAT", "BOARDED",
)  # fmt: skip
"""Columns of the real files that are written after triage."""


def visits(*changes: dict[str, Any]) -> pl.DataFrame:
    """Return a NHAMCS frame, one row a mapping of changes to the usual visit."""
    chronic = dict.fromkeys(survey_map("nhamcs").chronic, 0.0) | {"COPD": 1.0, "DIABTYP2": 1.0}
    return pl.DataFrame([USUAL_VISIT | chronic | change for change in changes], infer_schema_length=None)


def year_of(frame: pl.DataFrame, year: int = 2020, split: str = "test") -> YearOfCases:
    return cases_from_frame(frame, survey_map("nhamcs"), WORDS, year=year, split=split, source="made-up")


def shown(**change: Any) -> Any:
    """Return the presentation of one visit."""
    return year_of(visits(change)).cases[0].presentation


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


TRIAGE = ["subject_id", "stay_id", "temperature", "heartrate", "resprate", "o2sat", "sbp", "dbp", "pain", "acuity"]
TRIAGE += ["chiefcomplaint"]
STAYS = ["subject_id", "hadm_id", "stay_id", "intime", "outtime", "gender", "race", "arrival_transport", "disposition"]
USUAL_TRIAGE = dict(
    zip(TRIAGE, ["1", "100", "98.2", "88", "18", "97", "130", "80", "5", "3", "Abd pain, N/V"], strict=True)
)
USUAL_STAY = dict(
    zip(
        STAYS,
        ["1", "9", "100", "2150-03-19 12:36:00", "2150-03-19 16:59:47", "F", "WHITE", "AMBULANCE", "ADMITTED"],
        strict=True,
    )
)


def table(path: Path, rows: list[dict[str, str]]) -> None:
    """Write a CSV table, packed if the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def hospital(folder: Path, triage: list[dict[str, str]], stays: list[dict[str, str]] | None = None, **tables) -> Path:
    """Write a MIMIC-IV-ED folder; by default every visit has a usual stay, `tables` are further ones (name -> rows)."""
    rows = [USUAL_TRIAGE | change for change in triage]
    if stays is None:
        stays = [{"stay_id": row["stay_id"], "subject_id": row["subject_id"]} for row in rows]
    table(folder / "ed" / "triage.csv.gz", rows)
    table(folder / "ed" / "edstays.csv.gz", [USUAL_STAY | change for change in stays])
    for name, more in tables.items():
        table(folder / ("hosp" if name == "patients" else "ed") / f"{name}.csv.gz", more)
    return folder


USUAL_KTAS = {
    "Group": "2", "Sex": "2", "Age": "68", "Patients number per hour": "8", "Arrival mode": "3", "Injury": "1",
    "Chief_complain": "made-up ache", "Mental": "1", "Pain": "1", "NRS_pain": "5", "SBP": "130", "DBP": "80",
    "HR": "102", "RR": "20", "BT": "36,6", "Saturation": "98", "KTAS_RN": "4", "Diagnosis in ED": "Some disease",
    "Disposition": "1", "KTAS_expert": "3", "Error_group": "4", "Length of stay_min": "86",
    "KTAS duration_min": "5,00", "mistriage": "1",
}  # fmt: skip


def ktas_file(path: Path, *changes: dict[str, str], separator: str = ";", encoding: str = "cp1254") -> Path:
    """Write a file in the format of the KTAS data, one row a mapping of changes to the usual row."""
    rows = [list(USUAL_KTAS), *((USUAL_KTAS | change).values() for change in changes)]
    path.write_bytes("".join(separator.join(row) + "\n" for row in rows).encode(encoding))
    return path


USUAL_MIETIC = {
    "subject_id": "1", "stay_id": "100", "hadm_id": "7", "gender": "F", "race": "WHITE", "age": "44",
    "anchor_age": "43", "arrival_transport": "AMBULANCE", "temperature": "98.2", "heartrate": "88", "resprate": "18",
    "o2sat": "97", "sbp": "130", "dbp": "80", "pain": "5", "chiefcomplaint": "Abd pain", "acuity": "3",
    "tiragecase": "A 44-year-old, made up,\nwith \"pain\" of the abdomen.", "disposition": "ADMITTED", "outtime": "x",
    "invasive_ventilation": "0", "transfer2surgeryin1h": "0", "transfer_to_icu_in_1h": "0", "expired_within_1h": "0",
    "tier1_med_usage_1h": "0", "transfusion_within_1h": "0", "lab_event_count": "9", "exam_count": "2",
    "intravenous_fluids": "1", "resources_used": "3",
}  # fmt: skip
MIETIC_AFTER = list(USUAL_MIETIC)[list(USUAL_MIETIC).index("disposition") :]
USUAL_OPINION = {f"Expert {place} Opinion": "agree" for place in (1, 2, 3)} | {"Final Decision": "RETAIN"}


def mietic_folder(folder: Path, corpus: list[dict[str, str]] | None, validation: list[dict[str, str]] | None) -> Path:
    """Write a MIETIC folder; None leaves that file out. Each row has its own narrative."""
    if corpus is not None:
        table(folder / "MIETIC.csv", [_mietic_row(row) for row in corpus])
    if validation is not None:
        table(folder / "MIETIC-validate-samples.csv", [_mietic_row(row) | USUAL_OPINION | row for row in validation])
    return folder


def _mietic_row(change: dict[str, str]) -> dict[str, str]:
    stay = change.get("stay_id", "100")
    own = {"tiragecase": f"{USUAL_MIETIC['tiragecase']} Visit {stay}.", "subject_id": f"9{stay}"}
    return USUAL_MIETIC | own | {name: value for name, value in change.items() if name in USUAL_MIETIC}
