"""The playbook: it plays by the book, from views alone, and what it does is mostly right."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import triagelab.playbook
from triagelab.hospital.acts import Act, read_acts
from triagelab.hospital.hospital import Hospital, begin
from triagelab.hospital.results import BLOCKED, REFUSED
from triagelab.hospital.tables import ROLES, scenarios
from triagelab.hospital.views import View
from triagelab.playbook import PLAYBOOK, by_the_book

SEEDS = range(40, 46)
PEEKING = ("hospital.hospital", "hospital.patient", "hospital.plan", "hospital.specs", "hospital.care")


def acts_of(h: Hospital) -> dict[str, list[Act]]:
    return {role: by_the_book(View(h, role)) for role in ROLES}


def test_there_is_a_play_for_every_role() -> None:
    assert tuple(PLAYBOOK) == ROLES


def test_no_play_imports_what_is_hidden() -> None:
    folder = Path(triagelab.playbook.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                assert not node.module.endswith(PEEKING), (path.name, node.module)
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("_h", "spec", "frailty"), (path.name, node.lineno)


@pytest.mark.parametrize("scenario", list(scenarios()))
def test_acts_are_well_formed_within_budget_and_repeatable(scenario: str) -> None:
    h = begin(scenario, 0.7, 40, 20)
    while not h.done:
        acts = acts_of(h)
        assert acts == acts_of(h)
        for role, chosen in acts.items():
            assert len(chosen) <= View(h, role).acts_left
            read, refused = read_acts(role, [act.to_dict() for act in chosen])
            assert not refused
            assert read == chosen
        h.step(acts)


@pytest.mark.parametrize("scenario", list(scenarios()))
def test_it_saves_lives_and_is_seldom_wrong(scenario: str) -> None:
    right: Counter[bool | None] = Counter()
    stopped: Counter[str] = Counter()
    deaths = {"nothing": 0, "book": 0}
    for seed in SEEDS:
        still = begin(scenario, 0.5, seed, 20)
        while not still.done:
            still.step({})
        deaths["nothing"] += still.deaths
        h = begin(scenario, 0.5, seed, 20)
        while not h.done:
            for result in h.step(acts_of(h)).results:
                right[result.right] += 1
                stopped[result.status] += 1
        deaths["book"] += h.deaths
    assert deaths["book"] < 0.6 * deaths["nothing"]
    assert right[False] < 0.06 * right.total()
    assert stopped[BLOCKED] < 0.01 * right.total()
    assert stopped[REFUSED] < 0.02 * right.total()


@pytest.mark.parametrize("scenario", list(scenarios()))
def test_incidents_that_one_role_can_see_are_caught_and_decoys_left_alone(scenario: str) -> None:
    real = caught = false = 0
    for seed in SEEDS:
        h = begin(scenario, 0.5, seed, 20)
        while not h.done:
            h.step(acts_of(h))
        whole = [one for one in h.incidents.values() if one.kind and one.partner is None]
        real += len(whole)
        caught += sum(1 for one in whole if one.status == "caught")
        false += h.false_flags
    assert caught >= 0.8 * real > 0
    assert false <= 0.1 * caught


def chart(**changes: Any) -> dict[str, Any]:
    """Return the chart of a well adult in a bay, with changes."""
    one: dict[str, Any] = {
        "patient": "P-001",
        "age_years": 40.0,
        "sex": "male",
        "weight_kg": 80.0,
        "allergies": [],
        "history": {"egfr": 85.0, "active": []},
        "group": "A+",
        "area": "bay",
        "tag": "delayed",
        "since_min": 0.0,
        "area_since_min": 0.0,
        "vitals": {
            "heart_rate_bpm": 80.0,
            "resp_rate_bpm": 16.0,
            "spo2_pct": 98.0,
            "sbp_mmhg": 125.0,
            "temp_c": 36.8,
            "gcs": 15.0,
        },
        "vitals_min": 60.0,
        "needs": [],
        "met": [],
        "fit": [],
        "called": [],
        "ventilator": False,
        "worked_up": True,
        "given": [],
    }
    return {**one, **changes}


class Seen:
    """A view with just what a test puts into it."""

    def __init__(self, role: str, **parts: Any) -> None:
        self.role, self.minute, self.acts_left = role, 75.0, 12
        self.patients: list[Any] = []
        self.orders: list[Any] = []
        self.board: list[Any] = []
        self.people: list[Any] = []
        self.cover = {"ed": 1.0, "icu": 1.0, "ward": 1.0}
        self.beds = {"resus": 2, "bay": 4, "isolation": 2, "overflow": 0, "theatre": 1, "icu": 4, "ward": 4}
        self.counts: dict[str, Any] = {}
        for name, value in parts.items():
            setattr(self, name, value)


def play(role: str, **parts: Any) -> list[dict[str, Any]]:
    seen: Any = Seen(role, **parts)
    return [act.to_dict() for act in by_the_book(seen)]


PHARMACY = {
    "stock": {"ceftriaxone": 9, "meropenem": 9, "levofloxacin": 9, "epinephrine": 9, "albuterol": 9, "morphine": 9},
    "on_the_way": {},
    "blood": {"O-": 5, "O+": 5, "A-": 1, "A+": 5, "B-": 1, "B+": 1, "AB-": 1, "AB+": 1},
    "blood_bank_up": True,
}


def test_a_septic_patient_with_a_penicillin_allergy_gets_something_else_than_what_he_cannot_have() -> None:
    one = chart(needs=["antibiotics"], allergies=["cephalosporin: anaphylaxis"])
    acts = play("pharmacy", patients=[one], counts=PHARMACY)
    assert [act["drug"] for act in acts] == ["meropenem"] or [act["drug"] for act in acts] == ["levofloxacin"]


def test_a_drug_that_is_at_work_is_not_followed_by_another_for_the_same() -> None:
    one = chart(needs=["antibiotics"], given=["ceftriaxone"], given_min={"ceftriaxone": 60.0})
    assert play("pharmacy", patients=[one], counts=PHARMACY) == []


@pytest.mark.parametrize(("weight", "dose"), [(20.0, 0.2), (None, None)])
def test_a_child_gets_its_dose_by_weight_and_none_without_a_weight(weight: float | None, dose: float | None) -> None:
    one = chart(needs=["anaphylaxis"], age_years=6.0, weight_kg=weight)
    acts = play("pharmacy", patients=[one], counts=PHARMACY)
    assert [act["dose"] for act in acts] == ([] if dose is None else [dose])
    asked = play("er_triage", patients=[one], counts={"monitors_up": True})
    assert ({"act": "assess", "patient": "P-001"} in asked) == (dose is None)


def test_blood_fits_and_only_group_o_is_given_without_the_computer() -> None:
    one = chart(needs=["blood"], units_needed=3)
    assert [act["group"] for act in play("pharmacy", patients=[one], counts=PHARMACY)] == ["A+"]
    down = {**PHARMACY, "blood_bank_up": False}
    assert [act["group"] for act in play("pharmacy", patients=[one], counts=down)] == ["O+"]


def test_a_tenfold_dose_is_rejected_and_a_good_order_approved() -> None:
    order = {"order": "O-0001", "patient": "P-001", "drug": "morphine", "dose": 4, "unit": "mg", "route": "iv"}
    good = play("pharmacy", patients=[chart()], orders=[order], counts=PHARMACY)
    bad = play("pharmacy", patients=[chart()], orders=[{**order, "dose": 40}], counts=PHARMACY)
    assert [act["act"] for act in good] == ["approve"]
    assert [act["act"] for act in bad] == ["reject"]


def test_what_kills_first_is_treated_first() -> None:
    bleeding = chart(patient="P-002", needs=["haemorrhage"], tag="immediate", area="waiting")
    acts = play("er_triage", patients=[chart(area="waiting"), bleeding], counts={"monitors_up": True})
    assert acts[0] == {"act": "treat", "patient": "P-002", "procedure": "stop_bleeding"}
    assert {"act": "place", "patient": "P-002", "area": "resus"} in acts


def test_nobody_is_placed_where_there_is_no_bed_or_sent_home_unwell() -> None:
    beds = {"resus": 0, "bay": 0, "isolation": 0, "overflow": 0, "theatre": 0, "icu": 0, "ward": 0}
    sick = [chart(patient=f"P-{n:03d}", area="waiting", tag="immediate", needs=["isolation"]) for n in range(1, 5)]
    fever = chart(area="waiting", tag="minor", vitals={**chart()["vitals"], "temp_c": 39.5})
    acts = play("er_triage", patients=[*sick, fever], beds=beds, counts={"monitors_up": True})
    assert not [act for act in acts if act["act"] in ("place", "discharge")]


def test_only_the_bag_whose_label_is_wrong_is_flagged() -> None:
    board = [
        {"bag": "B-0001", "label": "A+", "lab_group": "A+"},
        {"bag": "B-0002", "label": "A+", "lab_group": "B+"},
    ]
    acts = play("pharmacy", board=board, counts=PHARMACY)
    assert acts == [{"act": "flag", "incident": "mislabelled_blood", "subject": "B-0002"}]


def test_nobody_is_moved_twice_and_a_ventilator_comes_with_the_bed() -> None:
    one = chart(needs=["ventilation", "critical_care"], tag="immediate")
    acts = play("icu_management", patients=[one], counts={"free_ventilators": 1, "theatre_queue": 0})
    assert acts == [
        {"act": "admit", "patient": "P-001", "unit": "icu"},
        {"act": "ventilate", "patient": "P-001"},
    ]


def test_the_tired_rest_only_where_they_can_be_spared() -> None:
    people = [
        {"staff": f"S-{n:03d}", "role": "nurse", "area": "ed", "status": "on", "hours": hours}
        for n, hours in enumerate((17.0, 13.0, 2.0))
    ]
    calm = {"waiting_for_doctor": 0, "theatre_queue": 0}
    acts = play("hr_rostering", people=people, counts=calm)
    assert [act["staff"] for act in acts] == ["S-000", "S-001"]
    short = play("hr_rostering", people=people, counts=calm, cover={"ed": 0.7, "icu": 0.8, "ward": 0.9})
    assert [act["staff"] for act in short if act["act"] == "rest"] == ["S-000"]
