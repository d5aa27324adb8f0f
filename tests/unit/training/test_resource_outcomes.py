"""Outcome columns of NHAMCS: which resource types a visit was given."""

from __future__ import annotations

import numpy as np
import pytest

from triagelab.clinical.facts import RESOURCE_TYPES
from triagelab.datasets.columns import survey_map
from triagelab.training.resource_outcomes import MEDICATIONS, Outcomes, outcome_map, outcomes_of
from triagelab.training.resources_fit import outcome_of

DRUGS = {1: "TORADOL", 2: "ZOFRAN", 3: "NORMAL SALINE", 4: "IBUPROFEN", 5: "PROPOFOL", 6: "LIDOCAINE W/EPINEPHRINE"}


def visit(columns=(), drugs=()) -> dict[str, bool]:
    """Return the types that one visit was given; drugs are (code, GPMED) pairs."""
    known = outcome_map()
    names = {*known.left, known.other_procedure, known.without, *(c for g in known.columns.values() for c in g)}
    values = {name: [1.0 if name in columns else 0.0] for name in names}
    for i in range(1, MEDICATIONS + 1):
        code, given = drugs[i - 1] if i <= len(drugs) else (-9, -9.0)
        values[f"MED{i}"], values[f"GPMED{i}"] = [f"{code:05d}" if code > 0 else "-9"], [given]
    return dict(zip(RESOURCE_TYPES, outcomes_of(values, DRUGS).used[0].tolist(), strict=True))


def used(*arguments) -> set[str]:
    return {name for name, value in visit(*arguments).items() if value}


def test_columns_speak_for_their_type():
    assert used(["CBC", "URINE"]) == {"res_labs"}
    assert used(["EKG", "CATSCAN"]) == {"res_ecg_or_xray", "res_ct_mri_us"}
    assert used(["SUTURE"]) == {"res_simple_procedure"}
    assert used(["CASTSPLINT", "PREGTEST", "CARDMON"]) == set()


@pytest.mark.parametrize(
    ("drugs", "columns", "expected"),
    [
        ([(1, 1.0)], [], True),
        ([(1, 2.0)], [], False),  # prescribed at discharge only
        ([(2, 1.0)], [], False),  # may have been a tablet
        ([(2, 1.0), (3, 1.0)], [], True),
        ([(2, 3.0)], ["IVFLUIDS"], True),
        ([(4, 1.0)], ["IVFLUIDS"], False),
        ([(6, 1.0)], [], False),  # a local anaesthetic, whatever is mixed in
    ],
)
def test_injected_drugs(drugs, columns, expected):
    assert visit(columns, drugs)["res_parenteral_or_neb_med"] is expected


def test_sedation_is_a_complex_procedure_unless_the_patient_was_intubated():
    assert visit([], [(5, 1.0)])["res_complex_procedure"]
    assert not visit(["ENDOINT"], [(5, 1.0)])["res_complex_procedure"]


def test_a_procedure_without_a_name_counts_for_injuries_only():
    nothing = np.zeros((2, 8), dtype=bool)
    seen = {2018: Outcomes(nothing, np.array([False, True]), np.array([True, False]))}
    place = RESOURCE_TYPES.index("res_simple_procedure")
    assert outcome_of("nhamcs-2018-00001", "yes", seen)[place]
    assert not outcome_of("nhamcs-2018-00001", "no", seen).any()
    assert outcome_of("nhamcs-2018-00002", "no", seen) is None
    assert not nothing.any()


def test_no_outcome_column_may_be_shown():
    known = outcome_map()
    outcome = {*known.left, known.other_procedure, *(c for group in known.columns.values() for c in group)}
    assert not outcome & {*survey_map("nhamcs").allowed()}
