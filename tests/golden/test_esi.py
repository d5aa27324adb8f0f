"""Worked decisions, every cell of the danger-zone tables at its limit, and the mistakes seen in public code."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from esi_samples import TWO, patient
from triagelab.clinical.esi import EsiOptions, decide, decide_frame
from triagelab.clinical.orders import resource_facts
from triagelab.files import read_toml

CASES = read_toml(Path(__file__).with_name("esi.toml"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_worked_decision(case):
    facts = patient(case.get("age", 40.0), **case["facts"])
    for name in case.get("unknown", ()):
        del facts[name]
    options = EsiOptions(**case.get("options", {}))
    found = decide(facts, version=case.get("version", 5), options=options)
    assert (found.level, sorted(found.acceptable), found.point) == (case["level"], case["acceptable"], case["point"])
    row = decide_frame(pl.DataFrame([facts]), version=case.get("version", 5), options=options).row(0, named=True)
    assert (row["level"], row["acceptable"], row["point"]) == (case["level"], case["acceptable"], case["point"])


M = 1 / 12
V5 = [
    (0, M, 190, 60),
    (M, 1, 180, 55),
    (1, 3, 140, 40),
    (3, 5, 120, 35),
    (5, 12, 120, 30),
    (12, 18, 100, 20),
    (18, 120, 100, 20),
]
V4 = [(0, 3 * M, 180, 50), (3 * M, 3, 160, 40), (3, 8, 140, 30), (8, 120, 100, 20)]
CELLS = [(version, *row) for version, table in ((5, V5), (4, V4)) for row in table]


@pytest.mark.parametrize(("version", "low", "high", "heart", "breaths"), CELLS)
@pytest.mark.parametrize("place", ["start", "inside", "end"])
def test_danger_zone_cell_at_its_limit(version, low, high, heart, breaths, place):
    age = {"start": float(low), "inside": (low + high) / 2, "end": high - 1e-9}[place]
    slow = {**TWO, "heart_rate_bpm": 60.0, "resp_rate_bpm": 12.0}
    for name, rule, limit in (("heart_rate_bpm", "D.heart_rate", heart), ("resp_rate_bpm", "D.resp_rate", breaths)):
        at = decide(patient(age, **{**slow, name: float(limit)}), version=version)
        over = decide(patient(age, **{**slow, name: limit + 1.0}), version=version)
        assert (rule in at.because, rule in over.because) == (False, True)
        assert (at.level, sorted(at.acceptable), at.point) == (3, [3], "C")
        assert (over.level, sorted(over.acceptable), over.point) == (3, [2, 3], "D")


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("age", [0.02, 0.5, 2.0, 10.0, 50.0])
def test_saturation_limit_holds_at_any_age(version, age):
    assert "D.spo2" not in decide(patient(age, **TWO, spo2_pct=92.0), version=version).because
    low = decide(patient(age, **TWO, spo2_pct=91.0), version=version)
    assert (low.level, low.point, "D.spo2" in low.because) == (2, "D", True)


class TestMistakesSeenInPublicCode:
    def test_danger_zone_of_adults_for_children(self):
        assert decide(patient(0.5, **TWO, heart_rate_bpm=150.0, resp_rate_bpm=50.0)).acceptable == {3}
        assert decide(patient(4.0, **TWO, heart_rate_bpm=118.0)).acceptable == {3}

    def test_vital_signs_before_resources(self):
        fast = patient(heart_rate_bpm=130.0, resp_rate_bpm=29.0, spo2_pct=91.0, res_labs=True)
        assert (decide(fast).level, decide(fast).point) == (4, "C")
        assert decide(fast | TWO).level == 2

    @pytest.mark.parametrize(
        ("name", "value"), [("heart_rate_bpm", 45.0), ("resp_rate_bpm", 8.0), ("resp_rate_bpm", 7.0)]
    )
    def test_slow_rates_in_the_danger_zone(self, name, value):
        assert decide(patient(**TWO, **{name: value})).acceptable == {3}

    @pytest.mark.parametrize("fact", ["intubated", "apneic", "pulseless", "severe_respiratory_distress", "anaphylaxis"])
    def test_coma_scale_or_pressure_as_the_only_gate_to_level_1(self, fact):
        assert decide(patient(**{fact: True}, gcs=15.0, sbp_mmhg=120.0)).level == 1

    def test_pain_of_7_as_level_2(self):
        found = decide(patient(pain_score=10.0, minor_wound=True, res_simple_procedure=True))
        assert (found.level, found.acceptable) == (4, {2, 4})

    @pytest.mark.parametrize("pressure", [82.0, 89.0, 190.0, 240.0])
    def test_blood_pressure_in_the_danger_zone(self, pressure):
        assert decide(patient(**TWO, sbp_mmhg=pressure)).acceptable == {3}

    def test_single_laboratory_tests_counted(self):
        tests = resource_facts(["blood_count", "electrolytes", "coagulation", "urinalysis"])
        assert decide(patient(**tests)).level == 4

    def test_tablets_and_splints_counted(self):
        asked = resource_facts(
            ["oral_medication", "splint", "crutches", "tetanus_shot", "finger_stick_glucose", "saline_lock"]
        )
        assert decide(patient(**asked)).level == 5

    def test_every_danger_zone_sign_as_level_2(self):
        assert decide(patient(**TWO, heart_rate_bpm=102.0)).level == 3
        assert decide(patient(**TWO, heart_rate_bpm=102.0), options=EsiOptions(danger_zone="any")).level == 2

    def test_oxygen_by_mask_as_life_saving(self):
        found = decide(
            patient(supplemental_oxygen=True, **resource_facts(["oxygen", "cardiac_monitor", "ecg", "saline_lock"]))
        )
        assert (found.level, found.acceptable) == (4, {4})

    def test_limit_itself_in_the_danger_zone(self):
        assert decide(patient(**TWO, heart_rate_bpm=100.0, resp_rate_bpm=20.0, spo2_pct=92.0)).acceptable == {3}


COUNTS = [
    (["blood_count", "electrolytes", "coagulation"], 4),
    (["blood_count", "urinalysis"], 4),
    (["chest_film", "abdominal_film"], 4),
    (["blood_count", "chest_film"], 3),
    (["cervical_spine_film", "ct_head"], 3),
    (["oral_medication"], 5),
    (["inhaler_refill"], 5),
    (["throat_culture"], 4),
    (["oral_medication", "history_and_examination"], 5),
    (["urinalysis", "urine_culture", "urine_pregnancy_test_laboratory"], 4),
    (["blood_count", "ct_abdomen"], 3),
    (["blood_count", "vascular_ultrasound"], 3),
    (["vascular_ultrasound", "subcutaneous_anticoagulant"], 3),
    (["iv_bolus", "iv_antiemetic"], 3),
    (["iv_antibiotic", "iv_analgesic"], 4),
    (["nebulised_medication", "nebulised_medication"], 4),
    (["laceration_repair", "tetanus_shot"], 4),
    (["procedural_sedation"], 3),
    (["pelvic_examination", "telephone_call", "suture_removal"], 5),
]


@pytest.mark.parametrize(("orders", "level"), COUNTS, ids=["+".join(orders) for orders, _ in COUNTS])
def test_worked_count_of_resources(orders, level):
    assert decide(patient(**resource_facts(orders))).level == level


@pytest.mark.parametrize(
    ("orders", "option"), [(["ct_abdomen", "ultrasound"], "advanced_imaging"), (["ecg", "chest_film"], "ecg_and_xray")]
)
def test_ambiguous_lines_are_options(orders, option):
    facts = patient(**resource_facts(orders))
    assert decide(facts).level == 4
    assert decide(facts, options=EsiOptions(**{option: "each"})).level == 3
