"""A decision as a RiskAssessment."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from fhir.resources.R4B.riskassessment import RiskAssessment

from fhir_samples import bundle
from triagelab.agents.base import Prediction
from triagelab.agents.rules import RulesAgent
from triagelab.cases.presentation import Presentation
from triagelab.datasets import fhir
from triagelab.errors import BadInputError

WHEN = datetime(2026, 11, 21, 10, 7, tzinfo=UTC)
SURE = Prediction(level=2, probabilities=(0.1, 0.6, 0.2, 0.1, 0.0), unknown=("seizing_made_up",))


def test_a_decision_of_the_rules_refers_to_what_it_rests_on():
    visit = fhir.read_visit(bundle())
    (decision,) = RulesAgent().predict([visit.presentation])
    raw = fhir.risk_assessment(visit, decision, scale="esi-v4", agent="rules", when=WHEN)
    resource = RiskAssessment.model_validate(raw)
    assert raw["status"] == "preliminary"
    assert raw["subject"] == {"reference": "Patient/p1"}
    assert raw["encounter"] == {"reference": "Encounter/e1"}
    assert raw["occurrenceDateTime"] == "2026-11-21T10:07:00Z"
    assert {one["reference"] for one in raw["basis"]} == set(visit.basis)
    first = resource.prediction[0]
    assert first.qualitativeRisk.coding[0].code == str(decision.level)
    assert all(f"[{rule}" in first.rationale for rule in decision.because)
    assert raw["note"][-1]["text"].startswith("Not known: ")
    assert len(raw["note"][-1]["text"]) < 1_000
    assert "research" in raw["note"][0]["text"]


def test_probabilities_are_percent_and_the_answer_comes_first():
    raw = fhir.risk_assessment(Presentation("x", "note"), SURE, when=WHEN)
    shares = [(one["qualitativeRisk"]["coding"][0]["code"], one["probabilityDecimal"]) for one in raw["prediction"]]
    assert shares == [("2", 60.0), ("1", 10.0), ("3", 20.0), ("4", 10.0), ("5", 0.0)]
    assert raw["subject"] == {"display": "x"}
    assert raw["note"][-1]["text"] == "Not known: seizing made up"


def test_confidence_alone_and_rules_of_others():
    raw = fhir.risk_assessment(Presentation("x", "note"), Prediction(3, confidence=0.25, because=("mine",)))
    (only,) = raw["prediction"]
    assert (only["probabilityDecimal"], only["rationale"]) == (25.0, "mine")


def test_no_answer_is_no_prediction():
    raw = fhir.risk_assessment(Presentation("x", "note"), Prediction(None, status="no_answer"))
    assert "prediction" not in raw
    assert raw["note"][1]["text"] == "No level was given (no_answer)."


def test_a_level_that_is_none(tmp_path):
    target = tmp_path / "r.json"
    with pytest.raises(BadInputError, match="level: got 6"):
        fhir.write_risk_assessment(target, Presentation("x", "note"), Prediction(6))
    assert not target.exists()
    fhir.write_risk_assessment(target, Presentation("x", "note"), SURE, when=WHEN)
    assert json.loads(target.read_text())["resourceType"] == "RiskAssessment"
