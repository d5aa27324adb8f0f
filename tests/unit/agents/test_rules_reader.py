"""Probabilities of the rules agent: they sum to one, keep what A settles, and move as patients get worse."""

from __future__ import annotations

import pytest

from triagelab.agents.rules import RulesAgent
from triagelab.agents.rules_reader import CELLS, READERS, evidence, is_hard, probabilities, reader
from triagelab.cases.presentation import Presentation
from triagelab.clinical.esi import decide, rule_info
from triagelab.clinical.facts import Facts
from triagelab.clinical.resources import adjustments, forecast, forecast_table
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import UnknownNameError

NOTES = [
    "",
    "medication refill, no complaints",
    "dysuria, 30F, afebrile",
    "vomiting since yesterday, 40M, HR 128 RR 26",
    "58M crushing chest pain radiating to left arm, sweaty",
    "found pulseless and apneic, CPR in progress",
]


def beliefs(note: str, whose: str = "both"):
    seen = RulesAgent().assess(Presentation(case_id="x", narrative=note))
    return probabilities(seen.decision, seen.forecast, whose)


@pytest.mark.parametrize("whose", READERS)
@pytest.mark.parametrize("note", NOTES)
def test_they_sum_to_one(note, whose):
    found = beliefs(note, whose)
    assert sum(found) == pytest.approx(1.0)
    assert all(0.0 <= p < 1.0 for p in found)


@pytest.mark.parametrize("whose", READERS)
def test_what_decision_point_a_settles_stays_level_1(whose):
    assert beliefs("found pulseless and apneic, CPR in progress", whose)[0] == pytest.approx(reader().firm_a, abs=0.03)


def test_both_lies_between_nurses_and_handbook():
    note = "58M crushing chest pain radiating to left arm, sweaty"
    both, nurses, book = (beliefs(note, whose) for whose in READERS)
    assert nurses[1] < both[1] < book[1]


def test_worse_vital_signs_make_urgent_levels_likelier():
    calm = beliefs("abdominal pain, 40M, HR 80 RR 16 SpO2 99%")
    ill = beliefs("abdominal pain, 40M, HR 128 RR 28 SpO2 91%")
    assert sum(ill[:2]) > 2 * sum(calm[:2])


def test_a_hard_finding_leaves_nothing_less_urgent():
    assert is_hard(decide(Facts(age_years=60, flags={"acs_suspected": True})))
    assert not is_hard(decide(Facts(age_years=60)))
    pain = Facts(age_years=30, vitals=VitalSigns(pain_score=8), flags={"pain_corroborated": True})
    assert decide(pain).level == 2
    assert not is_hard(decide(pain))


def test_the_evidence_is_of_the_length_of_the_cells():
    expected = forecast(Facts(age_years=60), {"chest_pain"})
    cells, ids = evidence(decide(Facts(age_years=60, flags={"acs_suspected": True})), expected)
    assert len(cells) == len(CELLS)
    assert {"B.acs", "F.chest_pain"} <= set(ids)


def test_every_step_is_of_a_known_rule_or_row():
    rows = {row.id for row in (*forecast_table(), *adjustments())}
    for name in reader().step:
        if name not in rows:
            try:
                rule_info(name)
            except UnknownNameError:
                pytest.fail(f"reader.toml names {name}, which is no rule and no row")
