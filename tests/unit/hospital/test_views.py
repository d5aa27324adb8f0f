"""Views: each role sees what staff can know, as plain data, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from triagelab.hospital.hospital import Hospital, begin
from triagelab.hospital.incidents import OWNER
from triagelab.hospital.tables import ROLES, archetypes, needs, scenarios
from triagelab.hospital.views import PARTS, View, urgency
from triagelab.playbook import by_the_book

SECRET_KEYS = {
    "frailty",
    "resistance",
    "hazard",
    "severity",
    "archetype",
    "salvageable",
    "flaw",
    "kind",
    "decoy",
    "s",
    "lethal",
    "rise",
    "right",
    "comfort_drug",
    "exposure",
    "status_of_incident",
}


def walk(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every key and every leaf with the way to it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, "#key"), key
            yield from walk(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from walk(item, (*path, place))
    else:
        yield path, value


def views_of_an_episode(scenario: str, seed: int) -> Iterator[tuple[Hospital, str, dict[str, Any]]]:
    h = begin(scenario, 0.7, seed, 20)
    while not h.done:
        for role in ROLES:
            yield h, role, View(h, role).to_dict()
        h.step({role: by_the_book(View(h, role)) for role in ROLES})


@pytest.mark.parametrize("scenario", list(scenarios()))
def test_nothing_secret_is_in_any_view_of_an_episode(scenario: str) -> None:
    archetype_ids = set(archetypes()) - set(needs())  # a need that is known may be called as an archetype is
    severities = {row.severity for row in archetypes().values()}
    for h, role, seen in views_of_an_episode(scenario, 5):
        luck = {patient.spec.frailty for patient in h.patients.values()}
        luck |= {patient.spec.resistance for patient in h.patients.values()}
        luck |= {need.s for patient in h.patients.values() for need in patient.needs}
        luck = {value for value in luck if round(value, 4) != value}  # what is round is met by chance
        incident_ids = {incident.id for incident in h.incidents.values()}
        for path, value in walk(seen):
            if path[-1] == "#key":
                assert value not in SECRET_KEYS, (role, path, value)
                continue
            if isinstance(value, str):
                assert value not in archetype_ids, (role, path, value)
                assert value not in severities, (role, path, value)
                assert value not in incident_ids, (role, path, value)
                told = "last_results" in path  # what a role flagged itself is named there
                assert told or value not in OWNER, (role, path, value)
            elif isinstance(value, float):
                assert value not in luck, (role, path, value)


@pytest.mark.parametrize("scenario", list(scenarios()))
def test_charts_hold_known_needs_only_and_records_only_while_they_can_be_read(scenario: str) -> None:
    unread = 0
    for h, _, seen in views_of_an_episode(scenario, 6):
        readable = h.systems["ehr"] is None or "ehr" in h.paper
        for one in seen.get("patients", ()):
            patient = h.patients[one["patient"]]
            known = sorted(need.kind for need in patient.needs if need.known)
            assert sorted(one["needs"] + one["met"]) == known
            assert set(one["fit"]) <= set(one["met"])
            assert one["group"] in (None, patient.spec.group)
            if not patient.spec.group_known:
                assert one["group"] is None
            if not (patient.spec.weight_known or patient.weighed or patient.worked_up):
                assert one["weight_kg"] is None
            if not readable:
                unread += 1
                assert one["allergies"] is None
                assert one["history"] is None
                assert one["group"] is None
            assert ("sight" in one) == (patient.tag is None)
            assert one["vitals"] == patient.seen
    assert unread == 0 or scenario in ("equipment_failure", "combined_surge")


@pytest.mark.parametrize("scenario", ["mass_casualty", "combined_surge"])
def test_a_view_is_json_and_bounded(scenario: str) -> None:
    for h, role, seen in views_of_an_episode(scenario, 7):
        text = json.dumps(seen, allow_nan=False)
        assert json.loads(text) == seen
        assert len(text) < 4_000 + 1_000 * len(h.here) + 300 * len(h.people), role


def test_a_view_is_trimmed_to_the_most_urgent() -> None:
    h = begin("mass_casualty", 1.0, 3, 20)
    for _ in range(8):
        h.step({})
    whole = View(h, "er_triage").to_dict()
    short = View(h, "er_triage").to_dict(most_patients=5)
    assert len(whole["patients"]) > 10
    assert "patients_left_out" not in whole
    assert len(short["patients"]) == 5
    assert short["patients_left_out"] == len(whole["patients"]) - 5
    kept = {one["patient"] for one in short["patients"]}
    least = max(urgency(one) for one in short["patients"])
    assert all(urgency(one) >= least for one in whole["patients"] if one["patient"] not in kept)
    assert View(h, "er_triage").to_dict(most_patients=0)["patients_left_out"] == len(whole["patients"])


@pytest.mark.parametrize("role", ROLES)
def test_what_a_reader_does_to_its_copy_changes_nothing(role: str) -> None:
    h = begin("combined_surge", 0.6, 2, 20)
    for _ in range(6):
        h.step({name: by_the_book(View(h, name)) for name in ROLES})
    before, state = View(h, role).to_dict(), h.digest()
    spoilt = View(h, role).to_dict()

    def spoil(value: Any) -> None:
        for item in value.values() if isinstance(value, dict) else value:
            if isinstance(item, dict | list):
                spoil(item)
        value.clear()

    spoil(spoilt)
    assert View(h, role).to_dict() == before
    assert h.digest() == state


def test_charts_follow_what_happens() -> None:
    h = begin("mass_casualty", 0.6, 1, 20)
    while not h.occupied["waiting"]:
        h.step({})
    name = next(iter(h.occupied["waiting"]))
    first = next(one for one in View(h, "er_triage").patients if one["patient"] == name)
    assert first["tag"] is None
    assert first["vitals"] is None
    h.step({"er_triage": [{"act": "tag", "patient": name, "tag": "immediate"}]})
    second = next(one for one in View(h, "er_triage").patients if one["patient"] == name)
    assert second["tag"] == "immediate"
    assert second["vitals"] is not None
    assert "sight" not in second


def test_a_role_is_told_what_was_not_done_and_why() -> None:
    h = begin("mass_casualty", 0.5, 0, 20)
    h.step(
        {
            "er_triage": [{"act": "place", "patient": "P-999", "area": "bay"}, {"act": "dance"}],
            "pharmacy": [{"act": "restock", "drug": "morphine", "doses": 5}],
        }
    )
    told = View(h, "er_triage").to_dict()["last_results"]
    assert [item["status"] for item in told] == ["refused", "refused"]
    assert "P-999" in told[0]["reason"]
    assert "act: one of" in told[1]["reason"]
    assert "last_results" not in View(h, "pharmacy").to_dict()
    h.step({})
    assert "last_results" not in View(h, "er_triage").to_dict()


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_the_house_and_its_own_parts(role: str) -> None:
    h = begin("combined_surge", 0.6, 4, 20)
    for _ in range(5):
        h.step({})
    seen = View(h, role).to_dict()
    assert seen["house"]["icu_beds"] == h.beds["icu"] >= seen["house"]["icu_used"] > 0
    assert seen["house"]["scenario"] == "combined_surge"
    assert set(seen) - set(PARTS) == {"role", "minute", "step", "steps_left", "acts_left", "situation"}
    own = {
        "er_triage": {"patients", "beds"},
        "icu_management": {"patients", "beds", "cover"},
        "pharmacy": {"counts"},
        "hr_rostering": {"people", "cover"},
        "it_systems": {"counts"},
        "cmo_oversight": {"beds", "cover", "counts"},
    }
    assert own[role] <= set(seen)
