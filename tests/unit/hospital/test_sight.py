"""What is seen without measuring, and the tag that START and JumpSTART give on it."""

from __future__ import annotations

from collections import Counter

import pytest

from triagelab.hospital.patient import Patient
from triagelab.hospital.sight import CHILD_YEARS, casualty_facts, right_tag, tag_by_facts
from triagelab.hospital.specs import draw_patient
from triagelab.hospital.tables import archetypes


def tags(kind: str, minute: float = 0.0, count: int = 60) -> Counter[str]:
    found: Counter[str] = Counter()
    for number in range(count):
        patient = Patient(draw_patient(archetypes()[kind], 0.0, "sight", 1, number))
        patient.settle(minute)
        found[right_tag(patient)] += 1
    return found


def test_most_severe_arrivals_are_immediate_and_all_are_an_hour_later() -> None:
    kinds = [row.id for row in archetypes().values() if row.severity == "severe" and row.kind != "inpatient"]
    first = sum((tags(kind) for kind in kinds), Counter[str]())
    assert first["immediate"] > 0.75 * first.total()
    later = sum((tags(kind, 60.0) for kind in kinds), Counter[str]())
    assert later["immediate"] > 0.95 * later.total()


def test_the_mild_are_minor() -> None:
    kinds = [row.id for row in archetypes().values() if row.severity == "mild" and row.kind != "inpatient"]
    found = sum((tags(kind) for kind in kinds), Counter[str]())
    assert found["minor"] > 0.85 * found.total()
    assert found["immediate"] == found["deceased"] == 0


def test_the_moderate_can_wait_when_they_come() -> None:
    kinds = [row.id for row in archetypes().values() if row.severity == "moderate" and row.kind != "inpatient"]
    found = sum((tags(kind) for kind in kinds), Counter[str]())
    assert found["immediate"] < 0.1 * found.total()


def test_who_cannot_be_saved_is_tagged_deceased() -> None:
    assert tags("blast-unsurvivable") == Counter({"deceased": 60})


@pytest.mark.parametrize("kind", ["late-bleeder", "late-head", "late-airway"])
def test_a_second_look_finds_who_worsened(kind: str) -> None:
    assert tags(kind)["immediate"] == 0
    assert tags(kind, 240.0)["immediate"] > 45


def test_an_opened_airway_takes_the_airway_step_away() -> None:
    patient = Patient(draw_patient(archetypes()["head-injury"], 0.0, "sight", 1, 0))
    patient.settle(30.0)
    assert casualty_facts(patient)["breathes"] is False
    need = patient.need("airway")
    assert need is not None
    need.met_at = 30.0
    assert casualty_facts(patient)["breathes"] is True


def test_children_and_adults_are_judged_by_their_own_scheme() -> None:
    facts = {"walks": False, "breathes": True, "peripheral_pulse": True, "obeys": True, "avpu": "A"}
    items = tuple(sorted({**facts, "resp_rate_bpm": 38.0, "breathing_irregular": False, "posturing": False}.items()))
    assert tag_by_facts(items, child=False) == "immediate"
    assert tag_by_facts(items, child=True) == "delayed"
    assert CHILD_YEARS == 8
