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

from dataset_samples import AFTER_TRIAGE, USUAL_STAY, USUAL_TRIAGE, hospital, visits, year_of
from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.datasets.base import Dataset
from triagelab.datasets.columns import hospital_map, survey_map
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


ADAPTERS: dict[str, Callable[[Path, int], Dataset]] = {
    "nhamcs": nhamcs,
    "mimic-iv-ed": mimic_iv_ed,
    "vignettes": vignettes,
    "generated": generated,
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
        assert not {"level", "acuity", "esi", "immedr"} & {key.lower() for key in case.presentation.structured}


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


@pytest.mark.parametrize("column", survey_map("nhamcs").chronic)
def test_every_chronic_flag_reaches_the_history(column):
    blank = dict.fromkeys(survey_map("nhamcs").chronic, 0.0)
    (case,) = year_of(visits(blank | {column: 1.0})).cases
    assert case.presentation.history == (survey_map("nhamcs").chronic[column],)
