"""What every dataset must keep: nothing that happened after triage reaches a presentation.

Each adapter is run twice on the same made-up source, the second time with everything after triage changed. What may be
shown must be equal to the byte. A dataset without an entry here fails the first test.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dataset_samples import (
    AFTER_TRIAGE,
    MIETIC_AFTER,
    USUAL_KTAS,
    USUAL_STAY,
    USUAL_TRIAGE,
    hospital,
    ktas_file,
    mietic_folder,
    visits,
    year_of,
)
from fhir_samples import (
    ARRIVAL,
    ESI,
    bundle,
    concept,
    encounter,
    known_before,
    observation,
    patient,
    usual_observations,
)
from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.datasets.base import Dataset
from triagelab.datasets.columns import hospital_map, survey_map
from triagelab.datasets.ktas import ktas_map
from triagelab.datasets.mietic import mietic_map
from triagelab.datasets.registry import DATASET_NAMES, load_dataset
from triagelab.files import write_jsonl
from triagelab.seeding import stream

ROWS = 60


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TRIAGELAB_CACHE", str(tmp_path / "cache"))


def nhamcs(folder: Path, world: int) -> Dataset:
    """Visits with every column of the map varied; outcomes, label, weight and hospital depend on the world."""
    same, other = stream("contract.nhamcs", 0), stream("contract.nhamcs", world)
    rows = [
        {
            "AGE": float(same.integers(0, 95)),
            "AGEDAYS": float(same.integers(0, 365)),
            "PULSE": float(same.integers(40, 180)),
            "BPSYS": float(same.integers(60, 220)),
            "POPCT": float(same.integers(80, 101)),
            "RFV1": float(same.choice([10501, 14150, 10100, 58370])),
            "COPD": float(same.integers(0, 2)),
            "IMMEDR": float(other.integers(1, 6)),
            "PATWT": float(other.uniform(1, 9000)),
            "HOSPCODE": float(other.integers(1, 300)),
        }
        for _ in range(ROWS)
    ]
    after = {name: [float(value) for value in other.integers(-9, 999, ROWS)] for name in AFTER_TRIAGE}
    frame = visits(*rows).with_columns(**{name: pl.Series(values) for name, values in after.items()})
    # the year comes from the file name, and the split from the year
    return Dataset("nhamcs", tuple(year_of(frame, split=("train", "test")[world]).cases), "immedr")


def mimic_iv_ed(folder: Path, world: int) -> Dataset:
    """Visits with all tables of the publisher; every cell that is not in the map depends on the world."""
    shown = hospital_map("mimic_iv_ed").shown
    other = stream("contract.mimic", world)

    def scrambled(usual: dict[str, str], table: str, stay: int) -> dict[str, str]:
        kept = {name: value for name, value in usual.items() if name in shown.get(table, {})}
        rest = {name: f"w{other.integers(10**6)}" for name in usual if name not in kept}
        return rest | kept | {"stay_id": str(stay), "subject_id": str(stay // 2)}

    triage = [scrambled(USUAL_TRIAGE, "triage", stay) | {"acuity": str(other.integers(1, 6))} for stay in range(ROWS)]
    stays = [scrambled(USUAL_STAY, "edstays", stay) for stay in range(ROWS)]
    later = [
        {"subject_id": str(stay // 2), "stay_id": str(stay), "name": f"w{other.integers(10**6)}", "temperature": "99"}
        for stay in range(ROWS)
    ]
    tables = {"diagnosis": later, "pyxis": later, "medrecon": later, "vitalsign": later}
    return load_dataset("mimic-iv-ed", hospital(folder, triage, stays, **tables))


def vignettes(folder: Path, world: int) -> Dataset:
    rows = [
        {
            "id": place,
            "case": f"Note number {place}.",
            "esi": 1 + (place + world) % 5,
            "rationale": f"w{world}",
            "rule": f"w{world}",
            "disposition": f"w{world}",
        }
        for place in range(ROWS)
    ]
    write_jsonl(folder / "v.jsonl", rows)
    return load_dataset("vignettes", folder / "v.jsonl")


def written(folder: Path, world: int) -> Dataset:
    """Notes whose label, and what else the writer noted beside the text, depend on the world."""
    note = {"group": "g", "register": "lay", "note": "My ankle hurts", "acceptable": [4, 5]}
    facts = {"esi": 4 + world, "age_years": 30.0 + world, "sex": None, "vitals": {"heart_rate_bpm": 80.0 + world}}
    write_jsonl(folder / "w.jsonl", [{"id": str(number), **note, **facts} for number in range(ROWS)])
    return load_dataset("written", folder / "w.jsonl")


def generated(folder: Path, world: int) -> Dataset:
    """A file whose truth depends on the world: the reader may not mix it into what is shown."""
    cases = [
        Case(
            Presentation(f"gen-{place}", f"Note {place}.", age_years=40.0, structured={"key": float(place)}),
            Truth(1 + (place + world) % 5, "esi-v5", "engine", None, (f"rule {world}",), "A", {"age_years": 40.0}),
            "generated",
            "test",
            family=f"family {world}",
        )
        for place in range(ROWS)
    ]
    write_jsonl(folder / "cases.jsonl", (case.to_dict() for case in cases))
    return load_dataset("generated", folder / "cases.jsonl")


def ktas(folder: Path, world: int, name: str = "ktas") -> Dataset:
    """Rows with every column that may be shown varied; all the others, and both labels, depend on the world."""
    same, other = stream("contract.ktas", 0), stream("contract.ktas", world)
    hidden = [column for column in USUAL_KTAS if column not in ktas_map().shown]
    rows = [
        {"Age": str(same.integers(16, 95)), "HR": str(same.choice(["??", "88"])), "Mental": str(same.integers(1, 5))}
        | {column: f"w{other.integers(10**6)}" for column in hidden}
        | {column: str(other.integers(1, 6)) for column in ktas_map().labels.values()}
        for _ in range(ROWS)
    ]
    return load_dataset(name, ktas_file(folder / "data.csv", *rows))


def ktas_nurse(folder: Path, world: int) -> Dataset:
    return ktas(folder, world, "ktas-nurse")


def mietic(folder: Path, world: int) -> Dataset:
    """Both files; every column after triage, the label and what the experts wrote depend on the world."""
    other = stream("contract.mietic", world)
    allowed = {**mietic_map().required, **mietic_map().shown}
    assert not set(MIETIC_AFTER) & set(allowed)

    def row(stay: int) -> dict[str, str]:
        later = {column: f"w{other.integers(10**6)}" for column in (*MIETIC_AFTER, "race", "hadm_id")}
        opinions = {f"Expert {place} Opinion": f"w{other.integers(10**6)}" for place in (1, 2, 3)}
        known = {"stay_id": str(stay), "subject_id": str(stay), "acuity": str(other.integers(1, 6))}
        return later | opinions | known | {"extra": f"w{other.integers(10**6)}"}

    return load_dataset("mietic", mietic_folder(folder, [row(stay) for stay in range(ROWS - 20)],
                                                [row(stay) for stay in range(1000, 1020)]))  # fmt: skip


def fhir(folder: Path, world: int) -> Dataset:
    """Bundles with a level and with much that was written after triage; that and the level depend on the world."""
    other = stream("contract.fhir", world)
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"

    def visit(number: int) -> dict[str, object]:
        word, later = f"w{other.integers(10**6)}", "2026-11-21T13:00:00Z"
        subject = {"subject": {"reference": "Patient/p1"}}
        after = [
            observation("8867-4", int(other.integers(40, 180)), "/min", at=later),
            observation("8867-4", int(other.integers(40, 180)), "/min", at="2026-11-21T10:20:00Z"),
            observation("75636-1", int(other.integers(1, 6)), "1"),
            observation("8661-1", None, None, at=later, valueString=word),
            {"resourceType": "Condition", "id": "dx", "code": {"text": word}, "recordedDate": later,
             "clinicalStatus": concept("active", clinical), **subject},
            {"resourceType": "MedicationStatement", "id": "mx", "status": "active", "dateAsserted": later,
             "medicationCodeableConcept": {"text": word}, **subject},
            {"resourceType": "Procedure", "id": "px", "status": "completed", "code": {"text": word}, **subject},
            {"resourceType": "DiagnosticReport", "id": "rx", "status": "final", "code": {"text": word}, **subject},
        ]  # fmt: skip
        change = {
            "id": f"e{number}",
            "priority": concept(str(other.integers(1, 6)), ESI),
            "period": {"start": ARRIVAL, "end": f"2026-11-22T{other.integers(10, 20)}:00:00Z"},
            "hospitalization": {"dischargeDisposition": {"text": word}},
            "status": str(other.choice(["in-progress", "finished"])),
            "length": {"value": float(other.integers(1, 99)), "unit": "h"},
            "diagnosis": [{"condition": {"reference": "Condition/dx"}}],
        }
        known = [encounter(**change), *usual_observations(), *known_before()]
        return bundle(patient(deceasedBoolean=bool(other.integers(0, 2))), *known, *after)

    path = folder / "bundles.ndjson"
    write_jsonl(path, (visit(number) for number in range(ROWS)))
    return load_dataset("fhir", path)


ADAPTERS: dict[str, Callable[[Path, int], Dataset]] = {
    "nhamcs": nhamcs,
    "mimic-iv-ed": mimic_iv_ed,
    "vignettes": vignettes,
    "written": written,
    "generated": generated,
    "ktas": ktas,
    "ktas-nurse": ktas_nurse,
    "mietic": mietic,
    "fhir": fhir,
}


def test_every_dataset_is_under_contract():
    assert set(ADAPTERS) == set(DATASET_NAMES)


def shown_bytes(dataset: Dataset) -> list[str]:
    return [json.dumps(case.presentation.to_dict(), sort_keys=True) for case in dataset]


@pytest.mark.parametrize("name", ADAPTERS)
def test_what_happens_after_triage_is_not_shown(name, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = ADAPTERS[name](tmp_path / "a", 0), ADAPTERS[name](tmp_path / "b", 1)
    assert len(one) == len(other) == ROWS
    assert [case.truth for case in one] != [case.truth for case in other]  # the worlds do differ
    assert shown_bytes(one) == shown_bytes(other)


@pytest.mark.parametrize("name", ADAPTERS)
def test_ids_are_unique_and_the_label_is_in_none_of_them(name, tmp_path):
    dataset = ADAPTERS[name](tmp_path, 0)
    assert len({case.case_id for case in dataset}) == len(dataset)
    for case in dataset:
        assert case.dataset == dataset.name
        assert case.truth.scale == dataset.scale
        assert not {"level", "acuity", "esi", "immedr", "ktas", "ktas_rn", "ktas_expert"} & {
            key.lower() for key in case.presentation.structured
        }


@pytest.mark.parametrize("column", AFTER_TRIAGE)
def test_no_survey_column_after_triage_changes_anything(column):
    frame = visits({})
    changed = frame.with_columns(pl.lit("MARKER").alias(column))
    assert year_of(changed).cases == year_of(frame).cases


@pytest.mark.parametrize("column", survey_map("nhamcs").shown)
def test_every_allowed_survey_column_is_used_and_declared(column):
    """The allow-list is walked: each column alone can change what is shown, so none is there without a purpose."""
    usual = {"INJURY": 1.0, "INJURY72": 2.0, "AGE": 0.0, "AGEDAYS": 90.0, "RFV3": 10100.0, "COPD": 0.0, "DIABTYP2": 0.0}
    value = {"ARRTIME": "0315", "TEMPF": 1030.0, "NOCHRON": 2.0, "RESIDNCE": 2.0, "AGE": 30.0, "INTENT15": 1.0}
    plain = {
        "PULSE": 60.0,
        "RESPR": 30.0,
        "BPSYS": 90.0,
        "BPDIAS": 40.0,
        "POPCT": 99.0,
        "PAINSCALE": 1.0,
        "AGEDAYS": 9.0,
    }
    codes = {f"RFV{place}": 58370.0 for place in range(1, 6)}
    change = (value | plain | codes).get(column, 1.0 if usual.get(column, visits({})[column][0]) != 1.0 else 2.0)
    before, after = year_of(visits(usual)), year_of(visits(usual | {column: change}))
    assert shown_of(before) != shown_of(after)


def shown_of(year):
    return [case.presentation.to_dict() for case in year.cases]


@pytest.mark.parametrize("column", ktas_map().shown)
def test_every_allowed_ktas_column_is_used_and_declared(column, tmp_path):
    change = {"Pain": "0", "NRS_pain": "9", "Chief_complain": "other", "Sex": "1", "Mental": "2", "Injury": "2"}
    usual = {"NRS_pain": "#BOŞ!"} if column == "Pain" else {}
    changed = usual | {column: change.get(column, "4" if column == "Arrival mode" else "??")}
    one = load_dataset("ktas", ktas_file(tmp_path / "a.csv", usual))
    other = load_dataset("ktas", ktas_file(tmp_path / "b.csv", changed))
    assert shown_bytes(one) != shown_bytes(other)


@pytest.mark.parametrize("column", [*mietic_map().required, *mietic_map().shown])
def test_every_allowed_mietic_column_is_used_and_declared(column, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    usual = {"age": ""} if column == "anchor_age" else {}
    value = {"gender": "M", "arrival_transport": "WALK IN", "temperature": "101"}.get(column, "7")
    one, other = (
        load_dataset("mietic", mietic_folder(tmp_path / place, [usual | change], None))
        for place, change in (("a", {}), ("b", {column: value}))
    )
    assert [case.to_dict() for case in one] != [case.to_dict() for case in other]


@pytest.mark.parametrize("column", survey_map("nhamcs").chronic)
def test_every_chronic_flag_reaches_the_history(column):
    blank = dict.fromkeys(survey_map("nhamcs").chronic, 0.0)
    (case,) = year_of(visits(blank | {column: 1.0})).cases
    assert case.presentation.history == (survey_map("nhamcs").chronic[column],)
