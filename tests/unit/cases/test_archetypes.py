"""Archetypes: valid, broad, and each with the levels it says it has."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict

import pytest
from pydantic import ValidationError

from triagelab.cases import archetypes
from triagelab.cases.archetypes import Archetype, Span, load_archetypes
from triagelab.cases.draws import Draws
from triagelab.cases.generator import label
from triagelab.cases.patient import Patient, draw_patient
from triagelab.cases.phrases import phrase_bank
from triagelab.clinical.facts import vocabulary
from triagelab.errors import DataFormatError, UnknownNameError

PER_ARCHETYPE = 24
INTERVENTIONS = (
    "intubated",
    "bag_valve_mask",
    "needle_decompression",
    "chest_tube_acute",
    "cpr_in_progress",
    "naloxone_given",
    "epinephrine_given",
    "major_haemorrhage_controlled",
    "emergent_niv",
    "vasopressor",
    "blood_products",
    "external_pacing",
)
PLAIN = {
    "id": "x",
    "family": "f",
    "age": "20-40 y",
    "complaint": ["a", "b"],
    "lay": ["a", "b"],
    "expected_levels": {"5": [1, 1]},
}


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[tuple[Patient, int, str]]]:
    """Patients of every archetype with level and decision point."""
    out = {}
    for item in load_archetypes().values():
        rows = []
        for index in range(PER_ARCHETYPE):
            patient = draw_patient(item, Draws("test.archetypes", 1, item.id, index))
            truth, decision = label(patient.facts)
            rows.append((patient, truth.level, decision.point))
        out[item.id] = rows
    return out


def usual(rows: list[tuple[Patient, int, str]]) -> int:
    return Counter(level for _, level, _ in rows).most_common(1)[0][0]


def test_there_are_at_least_a_hundred_kinds_of_patient():
    found = load_archetypes()
    assert len(found) >= 100
    assert len({item.family for item in found.values()}) >= 40


def test_every_archetype_gets_the_levels_it_promises(drawn):
    wrong = []
    for name, rows in drawn.items():
        expected = load_archetypes()[name].expected_levels
        counts = Counter(level for _, level, _ in rows)
        for level in range(1, 6):
            low, high = expected.get(level, (0.0, 0.0))
            share, n = counts[level] / len(rows), len(rows)
            slack = [4.0 * math.sqrt(max(p * (1 - p), 0.0) / n) for p in (low, high)]
            if not low - slack[0] <= share <= high + slack[1]:
                wrong.append((name, level, share, low, high))
    assert wrong == []


def test_lookalikes_get_different_levels(drawn):
    pairs = [(item.id, item.lookalike) for item in load_archetypes().values() if item.lookalike]
    assert len(pairs) >= 60
    assert [pair for pair in pairs if usual(drawn[pair[0]]) == usual(drawn[pair[1]])] == []


def test_lookalikes_share_complaint_words_and_differ_in_what_is_found():
    common = {"the", "and", "for", "was", "not", "that", "with", "has", "had", "my"}
    for one in load_archetypes().values():
        if one.lookalike is None:
            continue
        other = load_archetypes()[one.lookalike]
        found = [
            ({*item.facts, *item.stated}, item.physiology, item.resources, tuple(item.vitals.items()), item.story)
            for item in (one, other)
        ]
        assert found[0] != found[1]
        words = [
            set(re.findall(r"[a-z]{3,}", " ".join((*item.complaint, *item.lay)).lower())) - common
            for item in (one, other)
        ]
        assert words[0] & words[1], (one.id, other.id)


def test_breadth(drawn):
    patients = [patient for rows in drawn.values() for patient, _, _ in rows]
    years = [patient.age.years for patient in patients]
    assert min(years) < 28 / 365.25
    assert max(years) > 90
    for low, high in ((0.08, 1), (1, 3), (3, 5), (5, 12), (12, 18), (18, 65), (65, 80), (80, 120)):
        assert sum(low <= age < high for age in years) > 30, (low, high)
    assert {patient.sex for patient in patients} == {"female", "male"}
    assert any(patient.facts["pregnant"] and (patient.facts.pregnancy_weeks or 0) > 30 for patient in patients)
    assert not any(patient.facts["pregnant"] and patient.sex == "male" for patient in patients)
    assert any(patient.facts["postpartum"] for patient in patients)
    assert {level for rows in drawn.values() for _, level, _ in rows} == {1, 2, 3, 4, 5}
    assert {point for rows in drawn.values() for _, _, point in rows} == {"A", "B", "C", "D"}


def test_interventions_occur_in_several_families(drawn):
    families = defaultdict(set)
    for name, rows in drawn.items():
        for patient, _, _ in rows:
            for fact in INTERVENTIONS:
                if patient.facts[fact]:
                    families[fact].add(load_archetypes()[name].family)
    assert {fact: len(families[fact]) for fact in INTERVENTIONS if len(families[fact]) < 2} == {}


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("pleural-drain-leak", "chronic_drain"),
        ("port-flush", "indwelling_central_line"),
        ("transfer-line", "indwelling_central_line"),
        ("dialysis-dressing", "indwelling_central_line"),
        ("copd-tank-empty", "home_oxygen"),
        ("trach-supplies", "chronic_tracheostomy"),
    ],
)
def test_old_devices_are_not_level_one(drawn, name, fact):
    rows = drawn[name]
    assert all(patient.facts[fact] for patient, _, _ in rows)
    assert all(level >= 3 for _, level, _ in rows)


def test_vital_signs_follow_age_and_state(drawn):
    newborn = [p.facts.vitals.heart_rate_bpm for p, _, _ in drawn["neonate-spit-up"]]
    adult = [p.facts.vitals.heart_rate_bpm for p, _, _ in drawn["medication-refill"]]
    assert min(rate for rate in newborn if rate) > max(rate for rate in adult if rate) - 5
    assert all(p.facts.vitals.spo2_pct is None or p.facts.vitals.spo2_pct < 92 for p, _, _ in drawn["copd-hypoxic"])
    assert all(p.facts.vitals.sbp_mmhg > 150 for p, _, _ in drawn["preeclampsia"])


def test_every_fact_that_is_said_has_words():
    spoken = set(phrase_bank())
    facts = {name for name, spec in vocabulary().items() if not spec.group.startswith("resource")}
    used = {name for item in load_archetypes().values() for layer in (item, *item.modifiers) for name in layer.facts}
    assert used <= spoken
    assert {name for item in load_archetypes().values() for name in item.absent} <= spoken
    assert spoken <= facts


def test_spans_are_read_as_written():
    item = Archetype.model_validate({**PLAIN, "age": ["3-28 d *2", "5 mo"], "onset": "20-60 min"})
    assert item.age == (Span(low=3, high=28, unit="d", weight=2), Span(low=5, high=5, unit="mo"))
    assert item.onset == Span(low=20, high=60, unit="min")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"agee": "2 y"}, "Extra inputs"),
        ({"age": "old"}, "expected '18-45 y'"),
        ({"facts": ["stridor"], "absent": ["stridor"]}, "both true and absent"),
        ({"expected_levels": {}}, "allows no level"),
    ],
)
def test_a_wrong_archetype_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        Archetype.model_validate({**PLAIN, **change})


def test_an_unknown_fact_is_answered_with_the_nearest():
    with pytest.raises((ValidationError, UnknownNameError), match="stridor"):
        Archetype.model_validate({**PLAIN, "facts": ["strider"]})


def test_a_lookalike_must_be_in_the_family(tmp_path, monkeypatch):
    folder = tmp_path / "data" / "archetypes"
    folder.mkdir(parents=True)
    text = 'source = "s"\n[[archetype]]\nid = "a"\nfamily = "f"\nlookalike = "b"\nage = "2 y"\n'
    text += 'complaint = ["a", "b"]\nlay = ["a", "b"]\nexpected_levels = { 5 = [1, 1] }\n'
    (folder / "one.toml").write_text(text)
    monkeypatch.setattr(archetypes.resources, "files", lambda package: tmp_path)
    with pytest.raises(DataFormatError, match="look-alike 'b'"):
        archetypes.load_archetypes.__wrapped__()
