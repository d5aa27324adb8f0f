"""Acts of emergency triage are judged by what could be seen, and do what they say."""

from __future__ import annotations

import pytest

from hospital_samples import act, adult, do, hospital_of, one, tagged
from triagelab.hospital.results import BLOCKED, DONE, REFUSED
from triagelab.hospital.sight import right_tag


def test_a_tag_is_right_by_the_scheme_and_once() -> None:
    h = hospital_of(adult("limb-haemorrhage"), adult("cuts-bruises", 1, walks=True))
    first = right_tag(h.patients["P-001"])
    assert one(h, "tag", patient="P-001", tag=first).right is True
    assert one(h, "tag", patient="P-001", tag=first).right is False, "he has that tag"
    wrong = one(h, "tag", patient="P-002", tag="deceased")
    assert (wrong.status, wrong.right) == (DONE, False)
    assert one(h, "tag", patient="P-002", tag="minor").right is None, "mended, but it was missed"


def test_the_tag_from_before_a_procedure_of_the_same_step_is_right_too() -> None:
    h = hospital_of(adult("head-injury"))
    before = right_tag(h.patients["P-001"])
    results = do(h, act("treat", patient="P-001", procedure="open_airway"), act("tag", patient="P-001", tag=before))
    assert [result.right for result in results] == [True, True]


@pytest.mark.parametrize("kind", ["place", "treat", "tag", "call", "discharge", "assess"])
def test_an_act_on_nobody_or_on_the_gone_is_refused(kind: str) -> None:
    h = hospital_of(adult("sprain"), adult("sprain", 1))
    h.move(h.patients["P-002"], "home")
    more = {
        "place": {"area": "bay"},
        "treat": {"procedure": "cpr"},
        "tag": {"tag": "minor"},
        "call": {"service": "surgery"},
    }
    for name in ("P-999", "P-002", "'; drop table"):
        result = one(h, kind, patient=name, **more.get(kind, {}))
        assert (result.status, result.right) == (REFUSED, False)


def test_the_right_procedure_meets_the_need_and_a_wrong_one_costs() -> None:
    h = hospital_of(adult("limb-haemorrhage"), adult("sprain", 1))
    assert one(h, "treat", patient="P-001", procedure="stop_bleeding").right is True
    need = h.patients["P-001"].need("haemorrhage")
    assert need is not None
    assert need.met_at == 15.0
    assert one(h, "treat", patient="P-002", procedure="defibrillate").right is False
    assert h.patients["P-002"].need("harm") is not None


def test_cpr_buys_time() -> None:
    h = hospital_of(adult("arrest"))
    need = h.patients["P-001"].need("arrest")
    assert need is not None
    need.s = 0.9
    assert one(h, "treat", patient="P-001", procedure="cpr").right is None
    assert need.s < 0.95


def test_whoever_is_well_waits_and_whoever_is_not_gets_a_bed() -> None:
    h = hospital_of(adult("cuts-bruises"), adult("septic-shock", 1))
    tagged(h, "minor")
    h.patients["P-002"].tag = "delayed"
    assert one(h, "place", patient="P-001", area="bay").right is False
    assert one(h, "place", patient="P-002", area="bay").right is not False
    assert one(h, "place", patient="P-002", area="bay").status == REFUSED, "he is there"
    assert one(h, "place", patient="P-002", area="waiting").right is False
    assert one(h, "place", patient="P-002", area="isolation").right is False


def test_nobody_is_placed_out_of_intensive_care_by_triage() -> None:
    h = hospital_of(adult("septic-shock"))
    tagged(h)
    h.move(h.patients["P-001"], "icu")
    assert one(h, "place", patient="P-001", area="bay").status == REFUSED
    assert h.patients["P-001"].area == "icu"


def test_a_specialist_is_called_once_and_only_for_a_reason() -> None:
    h = hospital_of(adult("abdominal-bleed"), adult("sprain", 1))
    tagged(h)
    assert one(h, "call", patient="P-001", service="surgery").right is not False
    assert one(h, "call", patient="P-001", service="surgery").status == REFUSED
    assert one(h, "call", patient="P-002", service="surgery").right is False


def test_assessing_again_soon_is_wrong_and_later_neither() -> None:
    h = hospital_of(adult("sprain"))
    assert one(h, "assess", patient="P-001").right is None
    assert one(h, "assess", patient="P-001").right is False
    h.step({})
    assert one(h, "assess", patient="P-001").right is None


def test_discharging_everybody_in_view_is_blocked_or_wrong() -> None:
    h = hospital_of(*(adult(kind, index) for index, kind in enumerate(("septic-shock", "asthma", "outbreak-fever"))))
    results = do(h, *(act("discharge", patient=name) for name in h.patients))
    assert {result.status for result in results} == {BLOCKED}
    assert h.ledger.share(h.minute)["er_triage"] == 0.0
