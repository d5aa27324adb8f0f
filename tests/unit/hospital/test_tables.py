"""The tables of the hospital hold together: what they name exists, and what can be needed can be met."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from triagelab.clinical.drugs import DrugOrder, DrugPatient, check
from triagelab.errors import UnknownNameError
from triagelab.hospital.orders import usual_dose
from triagelab.hospital.tables import (
    ROLES,
    SYSTEMS,
    ArchetypeRow,
    archetypes,
    needs,
    resource_table,
    scenario,
    scenarios,
    usual_inpatients,
)


def test_five_scenarios_and_six_roles() -> None:
    assert len(scenarios()) == 5
    assert len(ROLES) == 6


def test_every_scenario_differs_in_what_matters() -> None:
    rows = scenarios()
    assert rows["disease_outbreak"].transmission[0] > 0
    assert set(rows["equipment_failure"].failures) == set(SYSTEMS)
    assert rows["staff_shortage"].staff_absent[1] > 0.5 > rows["mass_casualty"].staff_absent[1]
    injured = {
        name: sum(share for kind, share in row.mix.items() if archetypes()[kind].kind == "injury")
        / sum(row.mix.values())
        for name, row in rows.items()
        if row.mix
    }
    assert injured["mass_casualty"] > 0.9
    assert injured["disease_outbreak"] == 0
    assert set(rows["combined_surge"].superpose) == set(rows) - {"combined_surge"}


def test_every_need_of_a_patient_has_a_means_and_a_drug_in_stock() -> None:
    table = resource_table()
    for row in archetypes().values():
        for need in row.need:
            known = needs()[need.kind]
            assert known.means or row.severity == "expectant", (row.id, need.kind)
            if known.by == "drug":
                assert (need.drug or known.means[0]) in table.drugs.stock, row.id


def test_the_usual_dose_of_every_drug_is_right_for_adults_and_children() -> None:
    for name, row in resource_table().drug.items():
        for age, weight in ((40.0, 76.0), (6.0, 21.0)):
            dose = usual_dose(name, age, weight)
            assert dose is not None
            order = DrugOrder(drug=name, dose=dose, unit=row.unit, route=row.route)
            found = check(order, DrugPatient.from_mapping({"age_years": age, "weight_kg": weight}))
            assert found.verdict != "reject", (name, age, found)


def test_there_is_every_severity_a_child_and_somebody_who_worsens_late() -> None:
    rows = [row for row in archetypes().values() if row.kind != "inpatient"]
    assert {row.severity for row in rows} == {"severe", "moderate", "mild", "expectant"}
    assert any(row.child == 1.0 for row in rows)
    assert sum(any(need.onset_min[0] >= 45 for need in row.need) for row in rows) >= 3
    assert 22 <= len(rows) <= 32
    used = {kind for row in scenarios().values() for kind in row.mix}
    assert used == {row.id for row in rows}


def test_mild_patients_need_nothing() -> None:
    assert all(not row.need for row in archetypes().values() if row.severity == "mild")


def test_sixty_intensive_care_beds_and_finite_everything() -> None:
    table = resource_table()
    assert table.areas["icu"].beds == 60
    assert table.ambulances.count > 0
    assert 0 < table.ventilators.count - table.ventilators.census < 20
    assert all(count > 0 for count in table.units.values())
    assert sum(table.units.values()) < 100


def test_inpatients_are_archetypes_of_that_kind() -> None:
    assert all(archetypes()[kind].kind == "inpatient" for kind in usual_inpatients())


def test_an_unknown_scenario_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="mass_casualty"):
        scenario("zombies")


@pytest.mark.parametrize(
    "change", [{"severity": "grave"}, {"walks": 1.5}, {"id": "Not An Id"}, {"text": ()}, {"mood": "bad"}]
)
def test_a_row_that_is_none_is_refused(change: dict[str, object]) -> None:
    good = {"id": "x", "kind": "injury", "severity": "mild", "text": ("a cut",)}
    assert ArchetypeRow.model_validate(good).id == "x"
    with pytest.raises(ValidationError):
        ArchetypeRow.model_validate({**good, **change})
