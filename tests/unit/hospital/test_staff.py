"""Staff: who is there, who tires, whose shift ends, who falls sick."""

from __future__ import annotations

from collections import Counter

import pytest

from triagelab.hospital.contagion import spread
from triagelab.hospital.hospital import Hospital, begin
from triagelab.hospital.incidents import LONG_SHIFT_H, add
from triagelab.hospital.plan import build_plan
from triagelab.hospital.shifts import end_shifts
from triagelab.hospital.staff import Member, Shift, first_roster, strength
from triagelab.hospital.tables import resource_table


def on_duty(h: Hospital, role: str = "nurse") -> list[Member]:
    return [one for one in h.people if one.role == role and one.status == "on"]


def test_the_roster_has_everybody_of_the_table_once() -> None:
    people = first_roster(build_plan("mass_casualty", 0.5, 0, 20))
    wanted = {role: sum(row.on.values()) + row.home for role, row in resource_table().staff.items()}
    assert Counter(one.role for one in people) == wanted
    assert len({one.id for one in people}) == len(people)
    assert all(one.hours(0.0) >= 0 for one in people)


def test_a_shortage_takes_a_share_of_every_role_but_never_the_last() -> None:
    few = first_roster(build_plan("staff_shortage", 1.0, 0, 20))
    for role in resource_table().staff:
        there = [one for one in few if one.role == role and one.status == "on"]
        sick = [one for one in few if one.role == role and one.status == "sick"]
        assert there
        assert 0.3 < len(sick) / (len(sick) + len(there)) < 0.75


def test_fatigue_takes_up_to_half_of_the_work() -> None:
    row = resource_table().people
    hours = [0.0, row.fatigue_from_h, 10.0, 13.0, row.fatigue_full_h, 40.0]
    work = [strength(one) for one in hours]
    assert work == sorted(work, reverse=True)
    assert work[0] == work[1] == 1.0
    assert work[-1] == work[-2] == 1.0 - row.fatigue_loss


def test_a_shift_counts_only_who_is_on() -> None:
    people = [
        Member(f"S-{n}", "nurse", "ed", status, 0.0) for n, status in enumerate(("on", "home", "sick", "resting"))
    ]
    people += [Member("S-9", "surgeon", "theatre", "on", 0.0), Member("S-10", "doctor", "ed", "on", -60.0 * 40)]
    shift = Shift(people, 0.0)
    assert shift.nurses == {"ed": 1.0, "icu": 0.0, "ward": 0.0}
    assert (shift.surgeons, shift.anaesthetists) == (1, 0)
    assert shift.doctors == pytest.approx(0.5)


def tired(h: Hospital, hours: float) -> Member:
    one = on_duty(h)[0]
    one.on_since = h.minute - 60.0 * hours
    return one


def test_who_has_done_the_shift_goes_and_somebody_from_home_takes_over() -> None:
    h = begin("mass_casualty", 0.0, 0, 20)
    before = len(on_duty(h))
    one = tired(h, resource_table().people.shift_h)
    place = one.area
    end_shifts(h)
    assert one.status == "resting"
    assert len(on_duty(h)) == before
    assert any(other.area == place and other.on_since == h.minute and other is not one for other in on_duty(h))


def test_nobody_takes_over_when_nobody_is_at_home() -> None:
    h = begin("mass_casualty", 0.0, 0, 20)
    for one in h.people:
        if one.status == "home":
            one.status = "sick"
    before = len(on_duty(h))
    tired(h, resource_table().people.shift_h)
    end_shifts(h)
    assert len(on_duty(h)) == before - 1


def test_the_recall_protocol_keeps_people_until_the_shift_is_over_long() -> None:
    h = begin("mass_casualty", 0.0, 0, 20)
    h.protocols["recall"] = 0.0
    one = tired(h, resource_table().people.shift_h + 1)
    end_shifts(h)
    assert one.status == "on"
    one.on_since = h.minute - 60.0 * LONG_SHIFT_H
    end_shifts(h)
    assert one.status == "resting"


def test_an_over_long_shift_that_is_an_incident_goes_on_until_somebody_sees_to_it() -> None:
    h = begin("mass_casualty", 0.0, 0, 20)
    one = tired(h, LONG_SHIFT_H + 2)
    add(h, "over_long_shift", "hr_rostering", one.id, "", {})
    end_shifts(h)
    assert one.status == "on"


def test_in_a_long_episode_shifts_end_by_themselves() -> None:
    h = begin("staff_shortage", 0.5, 0, 50)
    while not h.done:
        h.step({})
    assert sum(one.status == "resting" for one in h.people) >= 10
    assert all(one.hours(h.minute) <= LONG_SHIFT_H for one in h.people if one.id not in h.incidents)


def crowd(protocol: bool = False, isolated: bool = False) -> Hospital:
    """Return an outbreak three hours on, with everybody infectious in a shared or an isolation area."""
    h = begin("disease_outbreak", 0.5, 1, 20)
    if protocol:
        h.protocols["isolation"] = 0.0
    h.beds["isolation"] = 100
    for _ in range(12):
        if isolated:
            for one in list(h.here.values()):
                if one.spec.archetype.infectious and one.area == "waiting":
                    h.move(one, "isolation")
        h.step({})
    return h


def sick(h: Hospital) -> int:
    return sum(one.status == "sick" for one in h.people)


def taken(h: Hospital) -> float:
    """Return the greatest exposure of anybody on the staff."""
    return max(one.exposure for one in h.people)


def infected(h: Hospital) -> int:
    return sum(one.infected for one in h.patients.values())


def test_staff_and_patients_catch_what_goes_round_and_isolation_and_the_protocol_stop_it() -> None:
    open_, masked, apart, both = crowd(), crowd(protocol=True), crowd(isolated=True), crowd(True, True)
    assert sick(open_) >= 4
    assert taken(masked) < 0.6 * taken(open_)
    assert taken(apart) < 0.6 * taken(open_)
    assert taken(both) < 0.3 * taken(open_)
    assert sick(both) < 0.5 * sick(open_)
    assert infected(open_) > infected(masked) >= infected(apart)
    assert infected(both) == 0


def test_nobody_is_infected_where_nothing_goes_round() -> None:
    h = begin("mass_casualty", 1.0, 0, 20)
    while not h.done:
        h.step({})
    assert infected(h) == 0
    assert sick(h) == 0


def test_sending_the_infectious_home_infects_those_at_home() -> None:
    """Discharge is no way round the outbreak: exposure at home is at least that of the waiting room."""
    home, stay = (begin("disease_outbreak", 0.5, 2, 20) for _ in range(2))
    for h in (home, stay):
        h.mortal = False
        for _ in range(10):
            h.step({})
    waiting = [one.id for one in home.here.values() if one.area == "waiting"]
    for name in waiting:
        home.move(home.patients[name], "home")
    before = [home.patients[name].exposure for name in waiting]
    spread(home, 1.0)
    spread(stay, 1.0)
    gained = sum(home.patients[name].exposure for name in waiting) - sum(before)
    assert gained > 0
    assert gained >= sum(stay.patients[name].exposure for name in waiting) - sum(before)
