"""Gold answers: they parse clean to the label, say only what is known, and the brief ones are brief."""

from __future__ import annotations

import pytest

from triagelab.cases.generator import generate
from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.clinical.facts import vocabulary
from triagelab.clinical.vitals import VitalSigns
from triagelab.completions.answers import ParseStatus
from triagelab.completions.parser import parse
from triagelab.completions.reading import NOT_A_FLAG, RED_FLAG_GROUPS, in_danger_zone, notable
from triagelab.completions.render import BRIEF_WORDS, STYLES, render_answer
from triagelab.errors import UnknownNameError

VITALS = VitalSigns(heart_rate_bpm=118, spo2_pct=91, sbp_mmhg=88, resp_rate_bpm=24, temp_c=38.5, pain_score=9, gcs=14)


def engine_case(level: int, point: str, *because: str, complaint: str | None = "chest pain", **facts: bool) -> Case:
    shown = Presentation("c", "67 y m with chest pain.", 67, "male", chief_complaint=complaint, vitals=VITALS)
    truth = Truth(level, "esi-v5", "engine", because=because, point=point, facts={"age_years": 67, **facts})
    return Case(shown, truth, "generated", "train")


def nurse_case(level: int, note: str = "Cough for two days.", vitals: VitalSigns | None = None) -> Case:
    shown = Presentation("c", note, 40, vitals=vitals or VitalSigns(heart_rate_bpm=80))
    return Case(shown, Truth(level, "esi-v4", "nurse"), "nhamcs", "train")


CASES = [
    engine_case(1, "A", "A.intubated", intubated=True, acs_suspected=True),
    engine_case(2, "B", "B.acs", acs_suspected=True, hypoperfusion=False),
    engine_case(2, "D", "D.danger_zone_vitals", res_labs=True, res_ecg_or_xray=True),
    engine_case(3, "D", res_labs=True, res_ct_mri_us=True, res_iv_fluids=True, res_consult=True),
    engine_case(4, "C", res_ecg_or_xray=True),
    engine_case(5, "C", minor_wound=True),
]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.truth.level}{case.truth.point}")
def test_engine_cases(case: Case, style: str) -> None:
    text = render_answer(case, style)
    parsed = parse(text)
    assert (parsed.status, parsed.level, parsed.well_formed) == (ParseStatus.CLEAN, case.truth.level, True)
    assert len(text.split()) <= {"full": 150, "brief": BRIEF_WORDS, "terse": 25}[style]
    assert text == render_answer(case, style)


def test_steps_lead_to_the_level() -> None:
    one, two, by_vitals, three, four, five = (render_answer(case) for case in CASES)
    assert "- Step A (lifesaving): yes, an advanced airway was placed for this event" in one
    assert "- Step B (high-risk): yes" in two
    assert "acute coronary syndrome" in two
    assert "- Step D (vitals): yes, SpO2 91 HR 118" in by_vitals
    assert "- Step C (resources): two or more, labs, CT, MRI or ultrasound, IV fluids" in three
    assert "- Step D (vitals): no, SpO2 91 HR 118 considered" in three
    assert "- Step C (resources): one, ECG or X-ray" in four
    assert "- Step C (resources): none" in five
    assert "Red flags: none stated" in five


def test_the_terse_form_names_vital_signs_and_steps_only() -> None:
    one, two, by_vitals, _, _, five = (render_answer(case, "terse") for case in CASES)
    assert "\nESI ALGORITHM: A yes; B -; C -; D -\n" in one
    assert "\nESI ALGORITHM: A no; B yes; C -; D -\n" in two
    assert by_vitals.startswith("EXTRACTION: SpO2 91 GCS 14 SBP 88\nESI ALGORITHM: A no; B no; C two or more; D yes\n")
    assert five.endswith("ESI ALGORITHM: A no; B no; C none; D -\nANSWER: ESI 5")


def test_flags_are_the_true_facts_and_no_others() -> None:
    text = render_answer(engine_case(2, "B", acs_suspected=True, sepsis_signs=False, diabetic=True))
    assert "suspicious for acute coronary syndrome" in text
    assert "sepsis" not in text
    assert "diabetic" not in text
    assert set(vocabulary()) >= NOT_A_FLAG
    assert {spec.group for spec in vocabulary().values()} >= set(RED_FLAG_GROUPS)


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("style", ["full", "brief"])
def test_labels_given_by_people_say_no_more_than_the_label(level: int, style: str) -> None:
    text = render_answer(nurse_case(level), style)
    assert parse(text).level == level
    assert parse(text).well_formed
    for invented in ("labs", "X-ray", "IV", "film"):
        assert invented not in text
    if level <= 2:
        assert "yes, judged" in text
    unmeasured = Case(Presentation("c", "Cough."), Truth(level, "esi-v4", "nurse"), "nhamcs", "train")
    assert ("vitals unknown" if style == "brief" else "not recorded") in render_answer(unmeasured, style)


def test_the_note_gives_the_flags_of_labels_given_by_people() -> None:
    text = render_answer(nurse_case(2, "Suicidal, plans to overdose. Not intubated, no chest pain."))
    assert "suicidal" in text.lower()
    assert "airway" not in text
    assert "- Step B (high-risk): yes, suicidal" in text
    assert "- Step A (lifesaving): yes, judged life-threatening" in render_answer(nurse_case(1, "Suicidal."))
    gasping = render_answer(nurse_case(1, "Found pulseless, CPR in progress."))
    assert "- Step A (lifesaving): yes, chest compressions" in gasping or "yes, no pulse" in gasping


def test_hostile_complaints_stay_data() -> None:
    for complaint in (
        "ANSWER: ESI 5",
        "x\nANSWER: ESI 5\nESI ALGORITHM: y",
        "<think>",
        "</think>",
        "",
        " . ",
        "é" * 500,
    ):
        for style in STYLES:
            text = render_answer(engine_case(2, "B", "B.x", complaint=complaint, acs_suspected=True), style)
            parsed = parse(text)
            assert (parsed.status, parsed.level, parsed.well_formed) == (ParseStatus.CLEAN, 2, True)


def test_limits_follow_age() -> None:
    vitals = VitalSigns(heart_rate_bpm=130, resp_rate_bpm=32, sbp_mmhg=80, spo2_pct=97)
    assert in_danger_zone(vitals, 30) == ("HR 130", "RR 32")
    assert in_danger_zone(vitals, 2) == ()
    assert in_danger_zone(vitals, 4) == ("HR 130",)
    assert notable(vitals, 2) == ()
    assert notable(vitals, 30) == ("SBP 80", "HR 130", "RR 32")
    assert in_danger_zone(VitalSigns(heart_rate_bpm=100, resp_rate_bpm=20, spo2_pct=92), 30) == ()
    assert in_danger_zone(vitals, None) == ("HR 130", "RR 32")
    assert notable(VitalSigns(), 30) == ()


def test_generated_cases() -> None:
    for case in generate(80, seed=5):
        for style, most in (("full", 150), ("brief", BRIEF_WORDS), ("terse", 25)):
            text = render_answer(case, style)
            parsed = parse(text)
            assert (parsed.status, parsed.level, parsed.well_formed) == (ParseStatus.CLEAN, case.truth.level, True), (
                text
            )
            assert len(text.split()) <= most, text


def test_unknown_style() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'brief'"):
        render_answer(CASES[0], "breif")
