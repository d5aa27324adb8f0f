"""Policy files: grids, ours cover all actions, and every mistake is named."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from triagelab.cases.bedside.actions import TARGETS
from triagelab.envs.check.policy import Actions, CheckPolicy, policy_of, read_policy, shipped_policy
from triagelab.envs.registry import REGISTRY
from triagelab.errors import BadInputError, DataFormatError

ACTIONS = {"each": [{"kind": "look"}]}


def shipped(env_id: str) -> CheckPolicy:
    found = shipped_policy(env_id)
    assert found is not None
    return found


@pytest.mark.parametrize("env_id", REGISTRY)
def test_every_environment_has_a_policy_whose_actions_are_legal(env_id: str) -> None:
    policy, kind = shipped(env_id), REGISTRY[env_id].load()
    players = [policy.nothing, *policy.constants.values(), *policy.canaries.values(), *policy.degenerate.values()]
    actions = [*policy.actions.all(), *policy.probes, *(a for p in players if p is not None for a in p.actions)]
    for action in actions:
        assert kind.read_action(action)
    assert {suite.options["split"] for suite in policy.suites} <= set(kind.splits)


def test_the_bedside_policy_knows_every_target() -> None:
    listed = {(action["kind"], action.get("target")) for action in shipped("bedside-v1").actions.all()}
    assert {(kind, target) for kind, targets in TARGETS.items() for target in targets} <= listed


def test_a_grid_is_every_combination() -> None:
    actions = Actions(each=({"a": 0},), grids=({"a": [1, 2], "b": ["x", "y"], "c": 3},))
    assert actions.groups()[0] == [{"a": 0}]
    assert actions.groups()[1] == [
        {"a": 1, "b": "x", "c": 3}, {"a": 1, "b": "y", "c": 3}, {"a": 2, "b": "x", "c": 3}, {"a": 2, "b": "y", "c": 3},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"actions": ACTIONS, "reward_rnage": [0, 1]}, "reward_rnage: unknown key; did you mean 'reward_range'?"),
        ({"actions": ACTIONS, "ceilings": {"constnat": 1}}, "ceilings.constnat: unknown key; did you mean 'constant'?"),
        ({"actions": {}}, "actions: at least one legal action is needed"),
        ({}, "actions: Field required"),
        ({"actions": ACTIONS, "floor_margin": 0.01}, "floor_margin"),
        ({"actions": ACTIONS, "text_answers": "esi"}, "needs text_field"),
        ({"actions": ACTIONS, "suites": [{"name": "a", "tiers": {"easy": [0]}}]}, "no task at place 0; there are 0"),
    ],
)
def test_a_mistake_is_named(raw: dict, said: str) -> None:
    with pytest.raises(DataFormatError, match="FILE: ") as caught:
        policy_of(raw, "FILE")
    assert said in str(caught.value)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="not there"):
        read_policy(tmp_path / "none.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text("[actions\n")
    with pytest.raises(DataFormatError, match="not TOML"):
        read_policy(bad)


def test_the_example_of_the_documentation_is_a_policy() -> None:
    page = (Path(__file__).parents[4] / "docs" / "validate.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    raw = tomllib.loads(example)
    policy = policy_of(raw, "docs/validate.md")
    assert len(policy.actions.all()) == 7
    assert set(policy.oracle.by_case) == {"0", "1", "2"}
    assert set(raw) == set(CheckPolicy.model_fields) - {"text_answers"}
