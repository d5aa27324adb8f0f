"""Imaging decisions: label, trace, unknown facts, what would change them, safety rules, bad input."""

from __future__ import annotations

import copy
import tomllib
from importlib import resources
from typing import Any

import pytest

from triagelab.clinical.imaging import Appropriateness, decide_imaging, label_of
from triagelab.clinical.imaging_table import read_condition
from triagelab.errors import BadInputError, DataFormatError, TriageLabError, UnknownNameError

USUALLY, MAY, NOT = Appropriateness.USUALLY, Appropriateness.MAY, Appropriateness.NOT
ANKLE: dict[str, Any] = {
    "age_years": 30.0,
    "malleolar_pain": True,
    "cannot_bear_weight": False,
    "lateral_tenderness": False,
    "medial_tenderness": False,
    "deformity": False,
    "normal_films": False,
    "unstable": False,
}


@pytest.mark.parametrize(
    ("facts", "label"),
    [
        ({}, NOT),
        ({"cannot_bear_weight": True}, USUALLY),
        ({"lateral_tenderness": True}, USUALLY),
        ({"medial_tenderness": True}, USUALLY),
        ({"malleolar_pain": False, "medial_tenderness": True}, NOT),
        ({"deformity": True, "malleolar_pain": False}, USUALLY),
        ({"cannot_bear_weight": True, "normal_films": True}, NOT),
    ],
)
def test_the_ottawa_ankle_rule(facts: dict[str, bool], label: Appropriateness) -> None:
    assert decide_imaging("ankle-injury", "xray-ankle", {**ANKLE, **facts}).label is label


def test_the_trace_names_what_decided() -> None:
    found = decide_imaging("ankle-injury", "xray-ankle", {**ANKLE, "lateral_tenderness": True})
    assert found.rule == "ankle-injury.positive"
    assert [step.criterion for step in found.decided_by][:2] == ["zone", "lateral"]
    assert set(found.held) == {"zone", "lateral"}
    assert "weight" in found.failed
    assert found.possible == {USUALLY}
    assert found.unknown == ()


def test_what_would_change_it_does_change_it() -> None:
    found = decide_imaging("ankle-injury", "xray-ankle", {**ANKLE, "lateral_tenderness": True})
    changes = {change.feature: change for change in found.changes}
    assert set(changes) == {"malleolar_pain", "lateral_tenderness", "normal_films"}
    for change in found.changes:
        facts = {**ANKLE, "lateral_tenderness": True, change.feature: change.to}
        assert label_of("ankle-injury", "xray-ankle", facts)[0] is change.label is not found.label


def test_unknown_is_not_silently_no() -> None:
    found = decide_imaging("ankle-injury", "xray-ankle", {"malleolar_pain": True, "cannot_bear_weight": False})
    assert found.label is NOT
    assert found.possible == {USUALLY, NOT}
    assert {"lateral_tenderness", "medial_tenderness"} <= set(found.unknown)


def test_an_unsafe_implant_rules_mri_out() -> None:
    facts = {**ANKLE, "unstable": True, "normal_films": True}
    assert decide_imaging("ankle-injury", "mri-ankle", facts).label is USUALLY
    found = decide_imaging("ankle-injury", "mri-ankle", {**facts, "unsafe_implant": True})
    assert found.label is NOT
    assert [rule.id for rule in found.safety] == ["implant"]
    assert decide_imaging("ankle-injury", "xray-ankle", {**facts, "unsafe_implant": True}).safety == ()


@pytest.mark.parametrize(
    ("condition", "procedure", "facts", "said"),
    [
        ("ankle-injry", "xray-ankle", {}, "ankle-injury"),
        ("ankle-injury", "xray-ankel", {}, "xray-ankle"),
        ("ankle-injury", "xray-ankle", {"deformed": True}, "deformity"),
        ("ankle-injury", "xray-ankle", {"deformity": "yes"}, "true, false"),
        ("ankle-injury", "xray-ankle", {"age_years": True}, "a number"),
        ("ankle-injury", "xray-ankle", {"age_years": 3.0}, "6 to below 120"),
    ],
)
def test_bad_input_gets_one_line(condition: str, procedure: str, facts: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInputError) as caught:
        decide_imaging(condition, procedure, facts)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def raw() -> dict[str, Any]:
    place = resources.files("triagelab.clinical") / "data" / "imaging" / "conditions" / "ankle-injury.toml"
    return tomllib.loads(place.read_text(encoding="utf-8"))


def test_a_whole_table_is_read() -> None:
    assert read_condition(raw(), "here").procedures == ("xray-ankle", "mri-ankle", "ct-ankle")


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (lambda file: file["rule"][0].update(lable="not"), DataFormatError, "lable"),
        (lambda file: file["rule"][0].update(label="never"), DataFormatError, "label"),
        (lambda file: file["rule"][0].update(when="zones"), UnknownNameError, "zone"),
        (lambda file: file["rule"][0].update(procedures=["xray-ankel"]), UnknownNameError, "xray-ankle"),
        (lambda file: file["rule"][3].update(when="zone"), BadInputError, "last rule"),
        (lambda file: file["rule"][0].pop("when"), DataFormatError, "always holds"),
        (lambda file: file["criterion"][0].update(source="nobody"), UnknownNameError, "source"),
        (lambda file: file["criterion"][4].update(verified=True), BadInputError, "recalled"),
        (lambda file: file["criterion"].append(file["criterion"][0]), DataFormatError, "twice"),
        (lambda file: file["feature"].update(pregnant="pregnancy"), DataFormatError, "already"),
        (lambda file: file["criterion"][0].update(when="malleolar_pian"), UnknownNameError, "malleolar_pain"),
    ],
)
def test_a_wrong_table_is_refused_with_the_place(change: Any, kind: type[TriageLabError], said: str) -> None:
    file = copy.deepcopy(raw())
    change(file)
    with pytest.raises(kind, match=said):
        read_condition(file, "here")
