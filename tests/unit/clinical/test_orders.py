from __future__ import annotations

import pytest

from triagelab.clinical.esi import decide
from triagelab.clinical.facts import RESOURCE_TYPES, vocabulary
from triagelab.clinical.orders import orders, resource_facts
from triagelab.errors import UnknownNameError


def test_every_type_is_settled_by_a_complete_list():
    assert set(resource_facts([])) == {*RESOURCE_TYPES, "both_ecg_and_xray", "several_advanced_imaging"}
    assert not any(resource_facts([]).values())


def test_types_not_items():
    facts = resource_facts(["blood_count", "urinalysis", "iv_antibiotic"])
    assert [name for name, needed in facts.items() if needed] == ["res_labs", "res_parenteral_or_neb_med"]


def test_two_kinds_on_one_line_are_told_apart():
    assert resource_facts(["ct_head", "mri"])["several_advanced_imaging"]
    assert not resource_facts(["ct_head", "ct_abdomen"])["several_advanced_imaging"]
    assert resource_facts(["ecg", "limb_film"])["both_ecg_and_xray"]


def test_what_is_no_resource_is_known_and_makes_nothing_true():
    free = [name for name, order in orders().items() if order.fact is None]
    assert len(free) > 10
    assert not any(resource_facts(free).values())


def test_facts_are_of_the_vocabulary_and_unknown_orders_are_refused():
    assert set(resource_facts([])) <= set(vocabulary())
    with pytest.raises(UnknownNameError, match="did you mean 'urinalysis'"):
        resource_facts(["urinalisis"])


@pytest.mark.parametrize("version", [4, 5])
def test_eight_plain_noes_are_no_resource_and_one_yes_is_one(version):
    none = {"age_years": 50, **dict.fromkeys(RESOURCE_TYPES, False)}
    assert decide(none, version=version).level == 5
    for name in RESOURCE_TYPES:
        wanted = 3 if name == "res_complex_procedure" else 4
        assert decide({**none, name: True}, version=version).level == wanted
