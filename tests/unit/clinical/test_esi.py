from __future__ import annotations

import pickle

import pytest

import triagelab
from esi_samples import TWO, patient
from triagelab.clinical.esi import EsiDecision, EsiOptions, decide, fact_order, retriage, rule_info
from triagelab.clinical.esi_options import CHOICES
from triagelab.clinical.facts import NUMBERS, Facts, vocabulary
from triagelab.errors import BadInputError, UnknownNameError


def test_facts_and_plain_mapping_give_the_same_decision():
    flat = {"age_years": 67, "acs_suspected": True, "apneic": None}
    assert decide(flat) == decide(Facts.from_mapping(flat)) == triagelab.decide(flat)


def test_decision_is_plain_frozen_data():
    found = decide({"age_years": 67, "acs_suspected": True})
    assert found == EsiDecision(2, frozenset({2}), "B", ("B.acs",), found.unknown, 5)
    assert pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(AttributeError):
        found.level = 1  # pyright: ignore


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"acs_suspectd": True}, "did you mean 'acs_suspected'"),
        ({"heart_rate_bpm": 998}, "heart_rate_bpm.*0 to 320"),
        ({"age_years": -1}, "age_years"),
        ({"fever": "yes"}, "true, false or null"),
    ],
)
def test_bad_facts_answer_in_one_line(facts, message):
    with pytest.raises((BadInputError, UnknownNameError), match=message) as caught:
        decide(facts)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("version", [3, 6, "5", True, None])
def test_only_versions_4_and_5(version):
    with pytest.raises(BadInputError, match="4 or 5"):
        decide({}, version=version)


def test_nothing_known_is_cautious_and_says_so():
    found = decide({})
    assert (found.level, found.acceptable, found.point) == (3, {3, 4, 5}, "C")
    assert found.because == ("C.many", "C.assumed")
    assert {"age_years", "heart_rate_bpm", "res_labs", "intubated", "acs_suspected"} <= set(found.unknown)


def test_unknown_names_facts_in_one_fixed_order():
    order = fact_order()
    assert sorted(order) == sorted({*vocabulary(), *NUMBERS})
    found = decide({}).unknown
    assert list(found) == sorted(found, key=order.index)


def test_facts_that_no_rule_looks_at_are_never_called_unknown():
    assert not {"dbp_mmhg", "chronic_drain", "home_oxygen", "minor_wound"} & set(decide({}).unknown)


def test_once_level_1_is_sure_nothing_matters_any_more():
    assert decide({"pulseless": True}).unknown == ()
    assert (
        decide(
            {"cpr_in_progress": True, "stable_after_intervention": False, "intervention_resolved_long_ago": False}
        ).unknown
        == ()
    )


def test_an_unknown_excuse_is_named_and_does_not_excuse():
    facts = patient(spo2_pct=88.0, respiratory_compromise=True, spo2_baseline_low=None)
    found = decide(facts)
    assert (found.level, found.unknown) == (1, ("spo2_baseline_low",))
    assert decide({**facts, "spo2_baseline_low": True}).level == 5


def test_an_unknown_danger_is_named_and_does_not_fire():
    found = decide(patient(acs_suspected=None))
    assert (found.level, found.unknown) == (5, ("acs_suspected",))


def test_a_vital_sign_matters_only_where_it_could_still_count():
    assert "heart_rate_bpm" in decide(patient(**TWO, heart_rate_bpm=None)).unknown
    without = decide(patient(12.5, res_labs=True, heart_rate_bpm=None))
    assert "heart_rate_bpm" not in without.unknown
    assert "resp_rate_bpm" not in decide(patient(stroke_signs=True, resp_rate_bpm=None)).unknown


def test_age_matters_where_the_limit_depends_on_it():
    facts = patient(**TWO, heart_rate_bpm=130.0, age_years=None)
    found = decide(facts)
    assert (found.level, found.acceptable, "D.heart_rate" in found.because) == (3, {2, 3}, True)
    assert "age_years" in found.unknown
    assert "age_years" not in decide({**facts, "heart_rate_bpm": 200.0, "temp_c": 36.8}).unknown


class TestResources:
    def test_interval_when_some_are_unknown(self):
        assert decide(patient(res_labs=None)).acceptable == {4, 5}
        assert decide(patient(res_labs=True, res_consult=None)).acceptable == {3, 4}
        assert decide(patient(res_labs=None, res_consult=None)).acceptable == {3, 4, 5}
        assert decide(patient(**TWO, res_consult=None)).acceptable == {3}

    @pytest.mark.parametrize(("how", "level"), [("cautious", 3), ("expected", 4), ("known", 5)])
    def test_reading_of_unknown_resources(self, how, level):
        facts = patient(res_labs=None, res_parenteral_or_neb_med=None)
        found = decide(facts, options=EsiOptions(unknown_resources=how))
        assert (found.level, found.acceptable) == (level, {3, 4, 5})
        assert ("C.assumed" in found.because) == (how != "known")

    def test_expected_count_of_all_is_about_two(self):
        everything = patient(**{name: None for name in vocabulary() if name.startswith("res_")})
        assert decide(everything, options=EsiOptions(unknown_resources="expected")).level == 3

    def test_reasons_name_what_was_counted(self):
        assert decide(patient(**TWO)).because == ("C.labs", "C.parenteral_medication", "C.many")
        assert decide(patient(res_consult=True)).because == ("C.consult", "C.one")
        assert decide(patient()).because == ("C.none",)


class TestPain:
    def test_corroborated_or_central(self):
        for cause in ("pain_corroborated", "chest_pain", "abdominal_pain", "cancer_pain"):
            found = decide(patient(pain_score=7.0, res_labs=True, **{cause: True}))
            assert (found.level, found.acceptable, found.point) == (2, {2, 4}, "B")

    def test_below_7_is_no_severe_pain(self):
        assert decide(patient(pain_score=6.9, abdominal_pain=True)).acceptable == {5}

    @pytest.mark.parametrize(("how", "level"), [("corroborated", 4), ("always", 2), ("never", 4)])
    def test_options_without_support(self, how, level):
        found = decide(patient(pain_score=9.0, res_labs=True), options=EsiOptions(severe_pain=how))
        assert (found.level, found.acceptable) == (level, {2, 4})

    def test_never_holds_back_even_with_support_and_keeps_the_set(self):
        found = decide(patient(pain_score=9.0, chest_pain=True, **TWO), options=EsiOptions(severe_pain="never"))
        assert (found.level, found.acceptable) == (3, {2, 3})

    def test_a_firm_reason_leaves_nothing_less_urgent(self):
        assert decide(patient(pain_score=9.0, abdominal_pain=True, stroke_signs=True)).acceptable == {2}


class TestDangerZone:
    @pytest.mark.parametrize(("how", "one", "two"), [("two", 3, 2), ("any", 2, 2), ("never", 3, 3)])
    def test_options(self, how, one, two):
        options = EsiOptions(danger_zone=how)
        first = decide(patient(**TWO, heart_rate_bpm=110.0), options=options)
        second = decide(patient(**TWO, heart_rate_bpm=110.0, resp_rate_bpm=24.0), options=options)
        assert (first.level, second.level) == (one, two)
        assert first.acceptable == second.acceptable == {2, 3}
        assert first.point == second.point == "D"

    def test_usual_saturation_counts_as_a_sign_but_not_alone(self):
        usual = patient(**TWO, spo2_pct=90.0, spo2_baseline_low=True)
        assert decide(usual).level == 3
        assert decide({**usual, "heart_rate_bpm": 104.0}).level == 2


class TestInterventions:
    PERFORMED = (
        "intubated", "emergent_niv", "cpr_in_progress", "defibrillated", "cardioverted", "needle_decompression",
        "chest_tube_acute", "pericardiocentesis", "major_haemorrhage_controlled", "naloxone_given", "epinephrine_given",
        "large_volume_resuscitation", "blood_products",
    )  # fmt: skip

    @pytest.mark.parametrize("fact", PERFORMED)
    def test_level_1_and_also_2_once_stable(self, fact):
        assert decide(patient(**{fact: True})).acceptable == {1}
        stable = decide(patient(**{fact: True}, stable_after_intervention=True))
        assert (stable.level, stable.acceptable) == (1, {1, 2})

    def test_stable_does_not_soften_another_reason(self):
        found = decide(patient(naloxone_given=True, stable_after_intervention=True, unresponsive=True))
        assert found.acceptable == {1}

    def test_resolved_long_ago_is_no_level_1(self):
        found = decide(patient(defibrillated=True, intervention_resolved_long_ago=True))
        assert (found.level, found.acceptable) == (2, {2, 3})

    def test_resolved_long_ago_says_nothing_of_what_still_runs(self):
        assert decide(patient(intubated=True, intervention_resolved_long_ago=True)).level == 1


def test_rule_info():
    info = rule_info("A.low_saturation")
    assert info.point == "A"
    assert info.verified
    assert "version 4" in info.source
    assert rule_info("D.heart_rate", version=4).text
    with pytest.raises(UnknownNameError, match=r"did you mean 'A\.intubated'"):
        rule_info("A.intubatd")
    with pytest.raises(UnknownNameError):
        rule_info("A.low_saturation", version=5)


def test_retriage_only_goes_up_until_a_provider_has_seen_the_patient():
    assert [retriage(3, now) for now in (1, 2, 3, 4, 5)] == [1, 2, 3, 3, 3]
    assert retriage(3, 1, seen_by_provider=True) == 3
    with pytest.raises(BadInputError, match="from 1 to 5"):
        retriage(0, 3)


def test_options_are_checked_and_named():
    assert EsiOptions().to_dict() == {name: values[0] for name, values in CHOICES.items()}
    assert EsiOptions.from_mapping({"danger_zone": "any"}) == EsiOptions(danger_zone="any")
    with pytest.raises(BadInputError, match="danger_zone: got 'tow'; allowed: two, any, never"):
        EsiOptions(danger_zone="tow")
    with pytest.raises(UnknownNameError, match="did you mean 'danger_zone'"):
        EsiOptions.from_mapping({"dangerzone": "any"})


@pytest.mark.parametrize("how", ["B", "A"])
def test_new_confusion_in_version_4_is_an_option(how):
    found = decide(patient(new_confusion=True), version=4, options=EsiOptions(confusion_v4=how))
    assert (found.point, found.acceptable) == (how, {1, 2})
    assert decide(patient(new_confusion=True)).acceptable == {2}
