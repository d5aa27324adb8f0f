"""crisis-v1: one role or all six, refusals inside an episode, pay, determinism, what is told and when."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.envs.base import Environment
from triagelab.envs.crisis import CrisisKind, case_of, named_tasks
from triagelab.envs.crisis_actions import MOST_ACTS, read_action
from triagelab.envs.crisis_pay import BOUNDS, Purse
from triagelab.envs.registry import make
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.hospital.acts import ACTS
from triagelab.hospital.tables import ROLES, scenarios

NOTHING = {"acts": []}


def play(env, act, **where):
    """Return every observation of an episode; `act` takes the environment and the newest observation."""
    seen = [env.reset(**where)]
    while not seen[-1].done:
        seen.append(env.step(act(env, seen[-1])))
    return seen


def total(seen):
    return math.fsum(one.reward or 0.0 for one in seen)


def best(env, _):
    return env.best()


def nothing(_env, _seen):
    return NOTHING


@pytest.mark.parametrize("role", ["all", *ROLES])
def test_a_session_sees_the_views_of_its_roles_only(role):
    env = make("crisis-v1")
    seen = env.reset(seed=3, role=role)
    wanted = list(ROLES) if role == "all" else [role]
    assert seen.roles == wanted
    assert list(seen.views) == wanted
    for name in wanted:
        assert seen.views[name]["role"] == name
        assert f"{name} step" in seen.message
    for other in set(ROLES) - set(wanted):
        assert f"{other} step" not in seen.message


def test_the_role_of_a_session_can_be_chosen_at_reset_or_for_the_kind():
    env = make("crisis-v1", role="pharmacy")
    assert env.reset(seed=1).roles == ["pharmacy"]
    assert env.reset(seed=1, role="it_systems").roles == ["it_systems"]
    assert env.record.to_dict()["options"] == {"role": "it_systems"}
    with pytest.raises(UnknownNameError, match="er_triage"):
        env.reset(seed=1, role="er_triag")
    with pytest.raises(UnknownNameError, match="role"):
        env.reset(seed=1, rolle="pharmacy")
    with pytest.raises(UnknownNameError):
        make("esi-v1").reset(seed=1, role="pharmacy")
    for options in ({"role": "surgeon"}, {"pay": "never"}, {"steps": 21}, {"steps": True}):
        with pytest.raises((UnknownNameError, BadInputError)):
            make("crisis-v1", **options)


def test_the_playbook_plays_the_other_roles():
    alone = make("crisis-v1")
    idle = total(play(alone, nothing, split="tasks", task=0, role="hr_rostering"))
    nobody = total(play(alone, nothing, split="tasks", task=0))
    assert idle > nobody + 1.0  # five roles by the book save more than none


def test_whoever_knows_earns_more_than_nobody_in_every_named_task():
    env = make("crisis-v1")
    for index in range(0, env.kind.task_count("tasks"), 4):
        rewards = [total(play(env, act, split="tasks", task=index)) for act in (best, nothing)]
        assert rewards[0] > rewards[1] + 0.5


def test_acts_that_cannot_be_are_refused_with_a_reason_and_the_episode_goes_on():
    env = make("crisis-v1")
    env.reset(seed=5, role="er_triage")
    sent = [
        {"act": "tag", "patient": "P-999", "tag": "minor"},
        {"act": "approve", "order": "O-0001"},
        {"act": "treat", "patient": "P-001", "procedure": ["cpr"]},
        {"act": "place", "patient": math.nan, "area": "bay"},
        {"act": {"deep": [[[[1]]]]}},
        {},
    ]
    seen = env.step(
        {"acts": sent, "roles": {"pharmacy": [{"act": "restock", "drug": "morphine", "doses": 2}], "x": [{}]}}
    )
    assert len(seen.results) == 8
    assert {one["status"] for one in seen.results} == {"refused"}
    assert all(one["reason"] for one in seen.results)
    assert any("played by the playbook" in one["reason"] for one in seen.results)
    assert seen.steps_left == env.kind.max_steps - 1
    json.dumps(env.record.to_dict(), allow_nan=False)


def test_acts_without_a_role_are_nobodys_where_all_six_are_played():
    env = make("crisis-v1")
    env.reset(seed=5)
    seen = env.step({"acts": [{"act": "protocol", "name": "surge"}]})
    assert seen.results[0]["status"] == "refused"
    assert '"roles"' in seen.results[0]["reason"]
    assert env._episode.purse.raw["safety"] < 0.0  # counted, and told at the end


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"acts": "place P-001"},
        {"acts": [1]},
        {"acts": None},
        {"acts": [], "more": 1},
        {"roles": {"er_triage": {"act": "tag"}}},
        {"roles": [[]]},
        {"acts": [{}] * (MOST_ACTS + 1)},
        {"acts": [], "reasoning": "x" * 1_000_000},
        {"roles": {str(number): [] for number in range(50)}},
    ],
)
def test_what_is_no_action_at_all_is_refused_in_one_line_and_nothing_happens(raw):
    env = make("crisis-v1")
    env.reset(seed=2)
    with pytest.raises(BadInputError) as caught:
        env.step(raw)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert env.state.step_count == 0


def test_ten_megabytes_in_an_act_are_cut_before_they_are_kept():
    action = read_action({"acts": [{"act": "message", "to": "pharmacy", "text": "x" * 10_000_000, "n": 10**40}]})
    assert len(action.model_dump_json()) < 2_000
    env = make("crisis-v1", role="er_triage")
    env.reset(seed=2)
    assert env.step(action).results[0]["status"] == "refused"


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
kinds = st.sampled_from([kind for acts in ACTS.values() for kind in acts] + ["flag", "message", "hack"])
ids = st.sampled_from(["P-001", "P-011", "P-015", "O-0001", "S-001", "ehr", "nobody"])
acts = st.fixed_dictionaries(
    {"act": kinds | scalars}, optional=dict.fromkeys(("patient", "order", "area", "tag", "dose", "text"), ids | scalars)
)
streams = st.lists(st.dictionaries(st.sampled_from([*ROLES, "x"]), st.lists(acts, max_size=5), max_size=4), max_size=4)


@settings(max_examples=40, deadline=None)
@given(streams, st.sampled_from(["all", "pharmacy"]), st.integers(0, 1000))
def test_nothing_that_is_sent_breaks_an_episode(steps, role, seed):
    env = make("crisis-v1")
    env.reset(seed=seed, role=role)
    for sent in steps:
        seen = env.step({"roles": sent})
        assert math.isfinite(seen.reward)
        assert seen.reward == pytest.approx(sum(seen.components.values()))
        seen.model_dump_json()
    json.dumps(env.record.to_dict(), allow_nan=False)


def test_pay_at_the_end_and_step_by_step_have_the_same_sum_and_neither_tells_what_was_wrong():
    ends = play(make("crisis-v1", pay="end"), nothing, seed=9, split="dev")
    steps = play(make("crisis-v1"), nothing, seed=9, split="dev")
    assert [seen.reward for seen in ends[1:-1]] == [0.0] * (len(ends) - 2)
    assert any(seen.reward for seen in steps[1:-1])
    assert not any(seen.components["safety"] for seen in steps[1:-1])
    for name in BOUNDS:
        total = math.fsum(seen.components[name] for seen in steps[1:])
        assert ends[-1].components[name] == pytest.approx(total)
    assert [seen.views for seen in ends] == [seen.views for seen in steps]


def test_a_purse_stays_in_its_bounds_and_spam_earns_nothing_back():
    for pay in ("end", "steps"):
        purse = Purse(pay)
        steps = [
            {"survival": -9.0, "detection": -3.0, "safety": -2.0},
            {"survival": -9.0, "detection": 0.5, "safety": 0.0},
        ]
        paid = [purse.add(parts, last=place == 1) for place, parts in enumerate(steps)]
        assert {name: sum(part[name] for part in paid) for name in BOUNDS} == {
            "survival": -10.0, "detection": -1.0, "safety": -1.0,
        }  # fmt: skip


def test_the_end_tells_what_everybody_had_and_nothing_tells_it_before():
    env = make("crisis-v1")
    seen = play(env, best, split="tasks", task=3)
    assert all(one.debrief is None for one in seen[:-1])
    told = seen[-1].debrief
    json.dumps(told, allow_nan=False)
    assert told["scenario"] in scenarios()
    assert told["planned_incidents"] > 0
    assert {one["severity"] for one in told["patients"]} >= {"severe", "mild"}
    assert sum(one["died_min"] is not None for one in told["patients"]) == told["outcome"]["deaths"]
    assert told["caught"] == sum(one["became"] == "caught" for one in told["incidents"])
    assert set(told["shares"]) == set(ROLES)
    assert math.fsum(told["parts"].values()) == pytest.approx(total(seen))


def test_an_act_that_was_done_is_not_said_to_be_right_or_wrong():
    env = make("crisis-v1")
    for seen in play(env, best, seed=4)[1:]:
        for one in seen.results:
            assert set(one) == {"role", "act", "status", "reason"}
            assert bool(one["reason"]) == (one["status"] != "done")


def test_two_environments_share_nothing():
    alone = [seen.model_dump_json() for seen in play(make("crisis-v1"), best, seed=6)]
    left, right = make("crisis-v1"), make("crisis-v1")
    seen = [left.reset(seed=6)]
    right.reset(seed=7, role="pharmacy")
    while not seen[-1].done:
        right.step(NOTHING)
        seen.append(left.step(left.best()))
    assert [one.model_dump_json() for one in seen] == alone


def test_cases_are_the_same_for_the_same_seed_and_never_shared_between_splits():
    drawn = {split: [case_of(split, seed) for seed in range(200)] for split in ("train", "dev", "test")}
    assert drawn["dev"] == [case_of("dev", seed) for seed in range(200)]
    seeds = [case.seed for cases in drawn.values() for case in cases]
    assert len(set(seeds)) == 600
    assert min(seeds) > 1_000_000  # small numbers are what people tune on
    for cases in drawn.values():
        assert {case.scenario for case in cases} == set(scenarios())
        assert 0.4 < sum(case.difficulty for case in cases) / len(cases) < 0.6


def test_the_named_tasks_are_every_scenario_in_three_tiers():
    names = [name for name, _, _ in named_tasks()]
    assert len(set(names)) == 15
    assert [tier for _, tier, _ in named_tasks()] == ["easy"] * 5 + ["medium"] * 5 + ["hard"] * 5
    env = Environment(CrisisKind())
    assert "mass_casualty" in env.reset(split="tasks", task="mass-casualty-hard").message


def test_fifty_steps_are_fifty():
    assert len(play(make("crisis-v1", steps=50), nothing, seed=1)) == 51
