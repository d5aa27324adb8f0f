"""The hospital under random and hostile actions: nothing is raised, nothing appears or vanishes, nobody comes back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from triagelab.cases.draws import Draws
from triagelab.hospital.acts import ACTS, COMMON, fields_of
from triagelab.hospital.hospital import Hospital, Report, begin
from triagelab.hospital.ledger import Ledger
from triagelab.hospital.patient import GONE
from triagelab.hospital.plan import build_plan
from triagelab.hospital.tables import ROLES, resource_table, scenarios

BIG = "x" * 100_000
STEPS_IN_ALL = 10_000


def deep(levels: int) -> list[Any]:
    """Return a list nested so many levels deep."""
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


JUNK: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**400,
    -(10**400),
    math.nan,
    math.inf,
    -math.inf,
    1e308,
    "",
    BIG,
    b"\xff\xfe",
    bytearray(b"P-001"),
    "P-999",
    "P-001",
    "\ud800",
    "ignore previous instructions",
    [],
    {},
    ["P-001"],
    {"patient": "P-001"},
    deep(10_000),
    {1, 2},
    object(),
    1j,
)
ACT_KINDS = tuple(kind for acts in (*ACTS.values(), COMMON) for kind in acts)


def plausible(h: Hospital, role: str, draws: Draws) -> dict[str, Any]:
    """Return a well-formed act of a role on things that are there."""
    kind = draws.pick([*ACTS[role], *COMMON])
    ids = {
        "patient": list(h.here) or ["P-001"],
        "order": list(h.orders) or ["O-0001"],
        "staff": list(h.by_staff),
        "drug": list(h.stock),
        "unit": ["mg", "g", "units", "mcg"],
        "route": ["iv", "im", "po", "inhaled"],
        "record": list(h.incidents) or ["R-1"],
        "subject": [*h.incidents, *h.here, *h.orders] or ["X"],
        "blocked": list(h.blocks) or ["K-0001"],
        "conflict": list(h.conflicts) or ["C-001"],
        "keep": [*ROLES, "approve", "place"],
        "reason": ["he needs it now, I take it on me", "because"],
        "text": ["beds are short"],
    }
    act: dict[str, Any] = {"act": kind}
    for name, field in (fields_of(role, kind) or {}).items():
        if field.kind == "word":
            act[name] = draws.pick(field.words)
        elif field.kind == "flag":
            act[name] = draws.chance(0.5)
        elif field.kind in ("number", "count"):
            act[name] = draws.pick([1, 2, 3, int(min(field.most, 20))]) if field.kind == "count" else 10 ** draws.unit()
        else:
            act[name] = draws.pick(ids[name])
    return act


def hostile(h: Hospital, role: str, draws: Draws) -> Any:
    """Return something that is nearly an act, or nothing like one."""
    draw = draws.unit()
    if draw < 0.2:
        return draws.pick(JUNK)
    act = plausible(h, role, draws)
    if draw < 0.7:
        act[draws.pick(list(act))] = draws.pick(JUNK)
    elif draw < 0.85:
        act["act"] = draws.pick(ACT_KINDS)
    else:
        act[draws.pick(("extra", "role", "__class__", BIG))] = draws.pick(JUNK)
    return act


def stream_of(
    make: Callable[[Hospital, str, Draws], Any],
) -> Callable[[Hospital, Draws], dict[str, Any]]:
    def acts(h: Hospital, draws: Draws) -> dict[str, Any]:
        return {role: [make(h, role, draws) for _ in range(draws.whole(0, 5))] for role in ROLES}

    return acts


def odd_shapes(h: Hospital, draws: Draws) -> dict[str, Any]:
    """Return a step whose parts have the wrong shape."""
    found: dict[Any, Any] = {role: draws.pick(JUNK) for role in draws.sample(ROLES, 3)}
    found[draws.pick(("nurse", 7, None, BIG))] = [{"act": "tag"}]
    return found


STREAMS = (stream_of(plausible), stream_of(plausible), stream_of(hostile), odd_shapes)


class Watch:
    """What has to add up from step to step of one episode."""

    def __init__(self, h: Hospital) -> None:
        self.blood = sum(h.blood.values())
        self.stock = dict(h.stock)
        self.coming: dict[str, int] = {}
        self.staff = [one.id for one in h.people]
        self.hazard = {name: one.hazard for name, one in h.patients.items()}
        self.dead: set[str] = set()
        self.beds = dict(h.beds)

    def check(self, h: Hospital, report: Report) -> None:
        self._places(h)
        self._people(h)
        self._stores(h)
        assert all(one.status in ("done", "refused", "held", "blocked") for one in report.results)
        assert all(len(one.raw) <= 200 and one.reason for one in report.refusals)
        assert h.free_ventilators >= min(0, h.ventilators - h.ventilators_lost)
        assert_counts(h.ledger)

    def _places(self, h: Hospital) -> None:
        lying = [name for ids in h.occupied.values() for name in ids]
        assert len(lying) == len(set(lying)), "nobody lies in two places"
        assert set(lying) == set(h.here)
        for area, ids in h.occupied.items():
            assert all(h.patients[name].area == area for name in ids)
            assert h.free(area) + len(ids) + h.census.get(area, 0) == h.beds[area]
            assert h.free(area) >= 0
            assert h.beds[area] >= self.beds[area] if area == "overflow" else h.beds[area] == self.beds[area]
        for name, one in h.patients.items():
            assert (one.area in GONE) != (name in h.here)
            assert one.alive or one.area == "morgue" or not one.arrived or one.area == "home"

    def _people(self, h: Hospital) -> None:
        assert [one.id for one in h.people] == self.staff
        for name, one in h.patients.items():
            assert one.hazard >= self.hazard[name] - 1e-12, "hazard never falls"
            self.hazard[name] = one.hazard
            assert not (one.alive and name in self.dead), "the dead stay dead"
            if not one.alive:
                self.dead.add(name)
        assert sum(one.ventilator for one in h.patients.values()) <= h.ventilators

    def _stores(self, h: Hospital) -> None:
        protocol = h.protocols.get("massive_transfusion")
        came = 12 if protocol is not None and h.minute >= protocol + 30 else 0
        assert sum(h.blood.values()) + h.blood_used == self.blood + came
        assert min(h.blood.values()) >= 0
        for name, doses in list(self.coming.items()):
            if name not in h.restocking:
                self.stock[name] += doses
        self.coming = dict(h.restocking)
        for name, left in h.stock.items():
            given = sum(order.drug == name and order.status == "given" for order in h.orders.values())
            assert left == self.stock[name] - given >= 0


def assert_counts(ledger: Ledger) -> None:
    for counts in (ledger.done, ledger.wrong, ledger.missed):
        assert set(counts) == set(ROLES)
        assert min(counts.values()) >= 0


@pytest.mark.parametrize("number", range(len(STREAMS)))
def test_random_and_hostile_streams_leave_everything_adding_up(number: int) -> None:
    draws = Draws("test.crisis", number)
    names = list(scenarios())
    left = STEPS_IN_ALL // len(STREAMS)
    episode = 0
    while left > 0:
        steps = min(left, 50 if episode % 4 == 0 and left >= 50 else 20)
        if steps < 4:
            break
        h = begin(names[episode % len(names)], draws.unit(), episode, steps)
        h.guarded = episode % 3 != 0
        watch = Watch(h)
        while not h.done:
            watch.check(h, h.step(STREAMS[number](h, draws)))
        assert h.minute == steps * 15
        left -= steps
        episode += 1
    assert episode > 50


def test_a_stream_has_the_same_end_twice_and_a_clone_goes_on_alike() -> None:
    def play(cut: int | None) -> tuple[Any, ...]:
        draws = Draws("test.crisis", 5)
        h = begin("combined_surge", 0.7, 11, 20)
        while not h.done:
            if h.steps_done == cut:
                h, old = h.clone(), h
                old.step({})
            h.step(STREAMS[0](h, draws))
        return h.outcome()["deaths"], dict(h.stock), dict(h.blood), dict(h.ledger.wrong), dict(h.blocked_by)

    assert play(None) == play(None) == play(7)


def test_every_patient_of_a_plan_stands_in_the_hospital() -> None:
    h = begin("mass_casualty", 1.0, 3, 20)
    assert set(h.patients) == {one.id for one in build_plan("mass_casualty", 1.0, 3, 20).patients}
    assert set(resource_table().drugs.stock) == set(h.stock)
