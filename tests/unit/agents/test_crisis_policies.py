"""Crisis policies by name, and what each scripted one does from views alone."""

from __future__ import annotations

import pytest

from triagelab.agents.crisis_policies import REGISTRY, CrisisPolicy, load_crisis_policy, scripted_policies
from triagelab.agents.crisis_scripted import subjects_of
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.hospital.acts import INCIDENTS, read_acts
from triagelab.hospital.hospital import begin
from triagelab.hospital.resolve import budget
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book

NAMES = ("nothing", "random", "flag-spam", "discharge-all", "triage-only", "heuristic")


def views(h):
    return {role: View(h, role) for role in ROLES}


def played(name, steps, scenario="combined_surge", seed=3):
    """Return (hospital, acts of every step) of a policy."""
    h, policy, acts = begin(scenario, 0.5, seed, 20), load_crisis_policy(name), []
    policy.begin(7)
    for _ in range(steps):
        acts.append(policy.act(views(h)))
        h.step(acts[-1])
    return h, acts


def test_the_registry_holds_the_names_of_the_benchmark():
    assert scripted_policies() == NAMES
    assert {"llm", "model"} == set(REGISTRY) - set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_scripted_policies_keep_the_protocol_and_the_budget(name):
    policy = load_crisis_policy(name)
    assert isinstance(policy, CrisisPolicy)
    assert policy.name == name
    _, steps = played(name, 8)
    for acts in steps:
        assert set(acts) <= set(ROLES)
        for role, chosen in acts.items():
            read, refused = read_acts(role, [act.to_dict() for act in chosen])
            assert refused == []
            assert len(read) <= budget(role)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_acts(name):
    assert played(name, 6)[1] == played(name, 6)[1]


def test_begin_forgets_the_last_episode():
    policy = load_crisis_policy("random")
    h = begin("mass_casualty", 0.5, 1, 20)
    for _ in range(4):
        h.step({})
    found = []
    for seed in (1, 2, 1):
        policy.begin(seed)
        found.append([policy.act(views(h)) for _ in range(3)])
    assert found[0] == found[2] != found[1]


def test_random_names_only_what_is_in_view_and_is_often_refused():
    h, steps = played("random", 20)
    known = set(h.patients)
    named = [
        act.args["patient"] for acts in steps for chosen in acts.values() for act in chosen if "patient" in act.args
    ]
    assert named
    assert set(named) <= known
    assert {act.role for acts in steps for chosen in acts.values() for act in chosen} == set(ROLES)


def test_flag_spam_flags_with_every_kind_and_nothing_else():
    _, steps = played("flag-spam", 12)
    flags = [act for acts in steps for chosen in acts.values() for act in chosen]
    assert {act.kind for act in flags} == {"flag"}
    assert {act.args["incident"] for act in flags} == set(INCIDENTS)


def test_discharge_all_asks_for_everybody_in_view_up_to_the_budget():
    h = begin("mass_casualty", 0.5, 2, 20)
    for _ in range(5):
        h.step({})
    policy, seen = load_crisis_policy("discharge-all"), views(h)
    acts = policy.act(seen)["er_triage"]
    wanted = [one["patient"] for one in seen["er_triage"].patients][: budget("er_triage")]
    assert [act.args["patient"] for act in acts] == wanted
    assert {act.kind for act in acts} == {"discharge"}


def test_triage_only_tags_like_the_playbook():
    h = begin("mass_casualty", 0.5, 2, 20)
    for _ in range(3):
        h.step({})
    acts = load_crisis_policy("triage-only").act(views(h))
    assert list(acts) == ["er_triage"]
    assert acts["er_triage"] == [act for act in by_the_book(View(h, "er_triage")) if act.kind == "tag"]
    assert acts["er_triage"]


def test_subjects_of_a_view_are_ids_of_entries_orders_staff_and_patients():
    h, _ = played("heuristic", 10)
    found = {role: subjects_of(View(h, role)) for role in ROLES}
    assert all(len(set(ids)) == len(ids) for ids in found.values())
    assert set(found["er_triage"]) >= {one["patient"] for one in View(h, "er_triage").patients}
    assert any(name in h.by_staff for name in found["hr_rostering"])


@pytest.mark.parametrize(
    ("spec", "error", "says"),
    [
        ("heuristics", UnknownNameError, "did you mean 'heuristic'"),
        ("", UnknownNameError, "policy: got ''"),
        ("oracle", UnknownNameError, "policy: got 'oracle'"),
        ("heuristic:x", BadInputError, "takes nothing after the colon"),
        ("model", BadInputError, "existing directory"),
        ("model:/no/such/dir", BadInputError, "existing directory"),
    ],
)
def test_bad_names_are_refused_in_one_line(spec, error, says):
    with pytest.raises(error) as caught:
        load_crisis_policy(spec)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
