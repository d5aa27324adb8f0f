"""The environment as TRL takes it: tools with schemas, errors that tell nothing, rewards that are never made up."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from transformers.utils import get_json_schema

from triagelab.agents.bedside_calls import ENDED
from triagelab.cases.bedside.actions import PATTERNS
from triagelab.completions.bedside_tools import tool_schemas
from triagelab.envs.base import Environment
from triagelab.envs.registry import make
from triagelab.training.bedside_tools import BedsideTools, Sessions

ANSWER: dict[str, Any] = {"level": 3, "pathway": "urgent", "pattern": "belly_problem"}


def tools(seed: int = 5, split: str = "train") -> BedsideTools:
    made = BedsideTools(lambda: make("bedside-v1"))
    made.reset(prompt=[], seed=seed, split=split)
    return made


def public(kind: type) -> list[Any]:
    """As TRL looks for tools."""
    members = inspect.getmembers(kind, predicate=inspect.isfunction)
    return [f for name, f in members if not name.startswith("_") and name not in ("reset", "get_reward")]


def test_the_schemas_that_trl_shows_are_those_the_agent_shows() -> None:
    assert [get_json_schema(tool) for tool in public(BedsideTools)] == tool_schemas()
    assert not issubclass(BedsideTools, Environment)


def test_one_seed_is_one_patient() -> None:
    one, same, other = tools(7), tools(7), tools(8)
    again = one.reset(prompt=[], seed=7, split="train")
    assert again == same.reset(seed=7, split="train", anything="else")
    assert again != other.reset(seed=8, split="train")
    assert one.ask("story") == same.ask("story")
    assert one.measure("heart_rate") == same.measure("heart_rate")


def test_a_committed_episode_earns_what_the_environment_says() -> None:
    env = make("bedside-v1")
    env.reset(seed=5, split="train")
    for action in ({"kind": "ask", "target": "pain"}, {"kind": "commit", **ANSWER}):
        env.step(action)
    rollout = tools(5)
    rollout.ask("pain")
    assert rollout.commit(**ANSWER) == ENDED
    assert rollout.get_reward() == pytest.approx(env.record.total)
    told = rollout._rollout
    assert told.answer == 3
    assert told.level == env.record.turns[-1][1].debrief["level"]
    assert (told.questions, told.invalid, told.waited) == (1, 0, 0)
    assert sum(told.terms.values()) == pytest.approx(told.total)


def test_who_never_commits_gets_the_environments_own_score_for_it() -> None:
    env = make("bedside-v1")
    env.reset(seed=5, split="train")
    env.step({"kind": "ask", "target": "pain"})
    while not env.record.done:
        env.step({"kind": "reassess"})
    rollout = tools(5)
    rollout.ask("pain")
    assert rollout.get_reward() == pytest.approx(env.record.total)
    assert rollout._rollout.answer is None
    assert rollout._rollout.actions == ("ask(pain)",)
    assert rollout._rollout.waited == len(env.record.turns) - 1
    committed = tools(5)
    committed.commit(**ANSWER)
    earned, left = committed.get_reward(), rollout.get_reward()
    assert earned is not None
    assert left is not None
    assert left < earned


def test_errors_help_and_tell_nothing_of_the_patient() -> None:
    # What is wrong depends on the call alone, so two patients with different truths are told the same.
    bad: list[tuple[str, dict[str, Any]]] = [
        ("ask", {"target": "everything"}),
        ("measure", {"target": None}),
        ("test", {"target": ["ecg"]}),
        ("commit", {"level": 9, "pathway": "urgent", "pattern": PATTERNS[0]}),
        ("commit", {"level": "2", "pathway": "urgent", "pattern": PATTERNS[0]}),
        ("commit", {"level": 2, "pathway": "home", "pattern": PATTERNS[0]}),
        ("commit", {"level": 2, "pathway": "urgent", "pattern": "nothing"}),
    ]
    for name, arguments in bad:
        said = set()
        for seed in (1, 2, 3):
            rollout = tools(seed)
            with pytest.raises(ValueError, match=r"action|target|level|pathway|pattern") as caught:
                getattr(rollout, name)(**arguments)
            said.add(str(caught.value))
            assert rollout._rollout.invalid == 1
            assert caught.value.__cause__ is None
        assert len(said) == 1
        assert "allowed" in said.pop()


def test_after_the_end_every_tool_raises_without_the_truth() -> None:
    rollout = tools()
    rollout.commit(**ANSWER)
    before = rollout.get_reward()
    for tool in (rollout.more_info, rollout.reassess, lambda: rollout.commit(**ANSWER)):
        with pytest.raises(RuntimeError, match="the episode has ended: no more calls"):
            tool()
    assert rollout.get_reward() == before
    assert rollout._rollout.invalid == 3


@pytest.mark.parametrize("broken", ["reset", "step"])
def test_a_broken_environment_earns_none_and_never_zero(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError("the level was 2")

    rollout = tools()
    monkeypatch.setattr(rollout._env, broken, fail)
    if broken == "reset":
        assert "2" not in rollout.reset(seed=1, split="train")
    with pytest.raises(RuntimeError, match="not available") as caught:
        rollout.ask("pain")
    assert "level" not in str(caught.value)
    assert rollout.get_reward() is None
    monkeypatch.undo()
    rollout.reset(seed=1, split="train")
    rollout.commit(**ANSWER)
    assert rollout.get_reward() is not None


def test_sessions_are_closed_also_after_an_error_and_if_one_will_not_close(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError), Sessions(lambda: make("bedside-v1")) as sessions:
        first, second = sessions(), sessions()
        first.reset(seed=1, split="train")
        assert sessions.open_sessions() == 2

        def stuck() -> None:
            raise OSError("stuck")

        monkeypatch.setattr(first._env, "close", stuck)
        raise KeyError
    assert second._env.closed
    assert sessions.open_sessions() == 1
    monkeypatch.undo()
    sessions.close()
    assert sessions.open_sessions() == 0
    with pytest.raises(RuntimeError, match=r"not available|has ended"):
        second.ask("pain")
