"""Evidence that two roles hold one half of: nobody can tell the incident alone, and both together can."""

from __future__ import annotations

from collections import Counter

import pytest

from hospital_samples import adult, hospital_of, one, tagged
from triagelab.hospital.acts import SHORT_FORMS
from triagelab.hospital.halves import PARTNER, ROWS, is_split
from triagelab.hospital.hospital import Hospital, begin
from triagelab.hospital.incidents import OWNER, Incident, detection
from triagelab.hospital.plan import IncidentSpec
from triagelab.hospital.tables import ROLES, scenarios
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book

WEIGHTS = (44.0, 58.0, 67.0, 76.0, 90.0, 105.0)


def split(kind: str, first: int = 0) -> Hospital:
    """Return a hospital in which an incident with two halves has just come up."""
    for index in range(first, first + 40):
        later = tuple(IncidentSpec(place, kind, 1e9) for place in range(index))
        specs = [adult("septic-shock", place, weight_kg=weight) for place, weight in enumerate(WEIGHTS)]
        h = hospital_of(*specs, incidents=(*later, IncidentSpec(index, kind, 50.0)))
        if not is_split(h, kind, index):
            continue
        tagged(h)
        for patient in h.patients.values():
            h.move(patient, "resus")
        while not h.incidents:
            h.step({})
        return h
    raise AssertionError("no incident is split")


def incident(h: Hospital) -> Incident:
    return next(found for found in h.incidents.values() if found.kind is not None)


def differs(mine: dict[str, object], other: dict[str, object]) -> bool:
    """Return whether two halves contradict each other, for somebody who has both."""
    if "label" in mine:
        return mine["label"] != other["lab_group"]
    if "booking" in mine:
        return mine["booking"] != other["logged_on"]
    if "signed_by" in mine:
        return mine["signed_by"] not in [str(name) for name in _names(other)]
    chart, band = mine["chart"], other["wristband"]
    if mine["field"] == "weight_kg":
        return abs(float(str(chart)) - float(str(band))) > 0.1 * float(str(band))
    return SHORT_FORMS.get(str(chart), chart) != band


def _names(other: dict[str, object]) -> list[object]:
    found = other["consultants_on_duty"]
    return list(found) if isinstance(found, list) else []


@pytest.mark.parametrize("kind", list(PARTNER))
def test_each_role_sees_its_half_and_both_together_tell_the_one(kind: str) -> None:
    for first in (0, 7, 14, 21):
        h = split(kind, first)
        mine, other = View(h, OWNER[kind]).board, View(h, PARTNER[kind]).board
        assert len(mine) == len(other) == ROWS
        assert not {key for entry in mine for key in entry} >= {key for entry in other for key in entry}
        wrong = [next(iter(a.values())) for a, b in zip(mine, other, strict=True) if differs(a, b)]
        assert wrong == [incident(h).subject]
        assert all(View(h, role).board == [] for role in ROLES if role not in (OWNER[kind], PARTNER[kind]))


@pytest.mark.parametrize("kind", list(PARTNER))
def test_either_role_can_flag_it_and_is_credited(kind: str) -> None:
    for role in (OWNER[kind], PARTNER[kind]):
        h = split(kind)
        before = h.ledger.done[role]
        assert one(h, "flag", role=role, incident=kind, subject=incident(h).subject).right is True
        assert h.ledger.done[role] == before + 1
        assert detection(h)["recall"] == 1.0


@pytest.mark.parametrize("kind", list(PARTNER))
def test_the_playbook_leaves_what_it_cannot_tell_and_owes_nothing_for_it(kind: str) -> None:
    h = split(kind)
    subject = incident(h).subject
    for role in ROLES:
        for found in by_the_book(View(h, role)):
            assert subject not in found.args.values()
    while incident(h).status == "open":
        h.step({})
    assert all(what != "catch" for _, what, _ in h.ledger.open)
    assert detection(h)["false_flags"] == 0


@pytest.mark.parametrize("kind", list(PARTNER))
def test_flagging_all_rows_loses_and_each_is_looked_into_once(kind: str) -> None:
    h = split(kind)
    for entry in View(h, OWNER[kind]).board:
        one(h, "flag", role=OWNER[kind], incident=kind, subject=str(next(iter(entry.values()))))
    assert View(h, OWNER[kind]).board == View(h, PARTNER[kind]).board == []
    assert detection(h)["precision"] == 1 / ROWS


def test_the_place_of_the_incident_tells_nothing() -> None:
    for kind in PARTNER:
        places = Counter()
        for first in range(0, 40, 3):
            h = split(kind, first)
            board = [next(iter(entry.values())) for entry in View(h, OWNER[kind]).board]
            places[board.index(incident(h).subject)] += 1
        assert len(places) >= 3


def test_a_wrong_weight_is_one_that_somebody_has_and_no_stranger_than_a_right_one() -> None:
    for first in range(0, 40, 5):
        h = split("record_mismatch", first)
        charts = [float(str(entry["chart"])) for entry in View(h, OWNER["record_mismatch"]).board]
        assert set(charts) <= set(WEIGHTS)


def test_about_four_in_ten_incidents_are_split() -> None:
    count = Counter()
    for name in scenarios():
        for seed in range(12):
            h = begin(name, 0.5, seed, 20)
            count.update(is_split(h, spec.kind, spec.index) for spec in h.plan.incidents)
    assert 0.3 < count[True] / count.total() < 0.52
