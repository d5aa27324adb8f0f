"""Incidents stand in view among decoys, harm when nobody catches them, and flags on anything else cost."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from hospital_samples import act, adult, do, hospital_of, one, tagged
from triagelab.hospital.acts import INCIDENTS
from triagelab.hospital.hospital import Hospital, begin
from triagelab.hospital.incidents import LIMIT_MIN, OWNER, Incident, detection
from triagelab.hospital.orders import flaw_of
from triagelab.hospital.plan import IncidentSpec
from triagelab.hospital.results import REFUSED
from triagelab.hospital.tables import ROLES, scenarios
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book


def hospital_with(kind: str, index: int = 0) -> Hospital:
    """Return a hospital with patients in beds in which an incident of a kind has just come up."""
    ill = {"allergies": (("cephalosporin", "anaphylaxis"),), "active": ("warfarin",)}
    specs = [adult("septic-shock", place, **(ill if place == 2 else {})) for place in range(1, 4)]
    later = tuple(IncidentSpec(place, kind, 1e9) for place in range(index))
    incidents = (*later, IncidentSpec(index, kind, 100.0))
    h = hospital_of(adult("viral-pneumonia"), *specs, adult("cuts-bruises", 4), incidents=incidents)
    tagged(h, "delayed")
    h.patients["P-005"].tag = "minor"
    for name in list(h.patients)[:4]:
        h.move(h.patients[name], "resus")
    one(h, "ventilate", patient="P-001")
    while not any(found.kind for found in h.incidents.values()):
        h.step({})
    return h


def incident(h: Hospital) -> Incident:
    return next(found for found in h.incidents.values() if found.kind is not None)


@pytest.mark.parametrize("kind", INCIDENTS)
def test_the_owner_sees_the_evidence_and_catching_it_counts_once(kind: str) -> None:
    h = hospital_with(kind)
    found = incident(h)
    assert found.kind == kind
    assert OWNER[kind] == found.role
    assert found.subject in str(View(h, found.role).to_dict())
    flag = act("flag", found.role, incident=kind, subject=found.subject)
    before = h.ledger.done[found.role]
    first, second = do(h, flag, flag)
    assert (first.right, second.right) == (True, False)
    assert h.ledger.done[found.role] == before + 1
    counts = detection(h)
    assert (counts["caught"], counts["injected"], counts["false_flags"]) == (1, 1, 1)
    assert (counts["precision"], counts["recall"]) == (0.5, 1.0)
    assert counts["f1"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("kind", INCIDENTS)
def test_uncaught_it_harms_somebody_and_caught_it_does_not(kind: str) -> None:
    outcomes: list[tuple[tuple[bool, float], int]] = []
    for caught in (False, True):
        h = hospital_with(kind)
        found = incident(h)
        if caught:
            one(h, "flag", role=found.role, incident=kind, subject=found.subject)
        while h.minute < found.minute + LIMIT_MIN + 60:
            h.step({})
        assert found.status == ("caught" if caught else "lapsed")
        sent_home = any(patient.area == "home" for patient in h.patients.values())
        hazard = sum(patient.hazard for patient in h.patients.values())
        outcomes.append(((sent_home, hazard), h.ledger.missed[found.role]))
    (harm, missed), (none, not_missed) = outcomes
    assert harm > none
    assert (missed, not_missed) == (1, 0)


@pytest.mark.parametrize("kind", INCIDENTS)
def test_a_flag_of_the_wrong_kind_or_on_a_decoy_is_false(kind: str) -> None:
    h = hospital_with(kind)
    found = incident(h)
    other = next(name for name in INCIDENTS if name != kind)
    assert one(h, "flag", role=found.role, incident=other, subject=found.subject).status == REFUSED
    decoys = [name for name, entry in h.incidents.items() if entry.kind is None]
    for name in decoys:
        assert one(h, "flag", role=found.role, incident=kind, subject=name).right is False
    assert h.false_flags == 1 + len(decoys) == h.ledger.wrong[found.role]
    assert detection(h)["precision"] == 0.0


@pytest.mark.parametrize("kind", [name for name in INCIDENTS if name not in ("contraindicated_order", "wrong_dose")])
def test_every_kind_has_variety(kind: str) -> None:
    seen = set()
    for index in range(6):
        found = incident(hospital_with(kind, index))
        seen.add(f"{found.evidence}" if found.evidence else found.subject)
    assert len(seen) >= 4


@cache
def injected() -> tuple[tuple[Hospital, Incident], ...]:
    """Return hospitals at the moment at which an incident stands in view, over scenarios and seeds."""
    found: list[tuple[Hospital, Incident]] = []
    for name in scenarios():
        for seed in range(5):
            h = begin(name, 1.0, seed, 20)
            while not h.done:
                h.step({role: by_the_book(View(h, role)) for role in ("er_triage", "icu_management")})
            found += [(h, one_) for one_ in h.incidents.values()]
    return tuple(found)


def test_bad_orders_break_real_rules_with_many_drugs() -> None:
    drugs: dict[str, Counter[str]] = {"contraindicated_order": Counter(), "wrong_dose": Counter()}
    for h, found in injected():
        if found.kind in drugs:
            order = h.orders[found.subject]
            assert flaw_of(h.patients[order.patient].spec, order) == found.kind
            drugs[found.kind][order.drug] += 1
    assert len(drugs["contraindicated_order"]) >= 2
    assert len(drugs["wrong_dose"]) >= 8
    assert max(drugs["wrong_dose"].values()) < 0.5 * sum(drugs["wrong_dose"].values())


def test_neither_ids_nor_their_order_tell_an_incident_from_a_decoy() -> None:
    last = {"mislabelled_blood": Counter(), "unauthorised_override": Counter(), "double_booked_ventilator": Counter()}
    for kind, counts in last.items():
        for index in range(12):
            h = hospital_with(kind, index)
            board = [next(iter(entry.values())) for entry in View(h, OWNER[kind]).board]
            counts[board.index(incident(h).subject)] += 1
    for kind, counts in last.items():
        assert len(counts) >= 2, f"{kind} always stands at the same place"


def test_nothing_to_find_and_nothing_flagged_is_not_a_number() -> None:
    h = hospital_of(adult("sprain"))
    counts = detection(h)
    assert (counts["precision"], counts["recall"], counts["f1"]) == (None, None, None)
    one(h, "flag", role="pharmacy", incident="wrong_dose", subject="P-001")
    assert detection(h)["precision"] == 0.0
    assert detection(h)["recall"] is None


def test_whoever_has_gone_takes_his_incident_with_him() -> None:
    h = hospital_with("missing_allergy")
    found = incident(h)
    h.move(h.patients[found.about], "home")
    for _ in range(7):
        h.step({})
    assert found.status == "void"
    assert detection(h)["injected"] == 0
    assert h.ledger.missed["it_systems"] == 0


@pytest.mark.parametrize("scenario", list(scenarios()))
def test_flagging_everything_in_view_loses(scenario: str) -> None:
    h = begin(scenario, 0.5, 2, 20)
    step = 0
    while not h.done:
        acts = {}
        for role in ROLES:
            view = View(h, role)
            ids = [str(next(iter(entry.values()))) for entry in view.board]
            ids += [str(order["order"]) for order in view.orders] + [one_["patient"] for one_ in view.patients]
            ids += [str(member["staff"]) for member in view.people]
            flags = [act("flag", role, incident=kind, subject=name) for name in ids for kind in INCIDENTS]
            acts[role] = flags[step * 6 % max(1, len(flags)) :][:12]
        h.step(acts)
        step += 1
    counts = detection(h)
    assert counts["precision"] is not None
    assert counts["precision"] < 0.1
    shares = [share for share in h.ledger.share(h.minute).values() if share is not None]
    assert max(shares) < 0.25
    assert sum(shares) / len(shares) < 0.1
