"""Scripted agents do what their names say, and the registry makes each of them."""

from __future__ import annotations

import pytest

from triagelab.agents.base import BedsideAgent
from triagelab.agents.bedside_registry import REGISTRY, bedside_agent_names, load_bedside_agent
from triagelab.agents.bedside_scripted import EVERYTHING, Constant, RandomAgent
from triagelab.cases.bedside.actions import TARGETS
from triagelab.cases.bedside.observation import BedsideObservation, Dialogue
from triagelab.errors import BadInputError, UnknownNameError

FIRST = Dialogue(BedsideObservation(message="A man with a cough.", complaint="cough", steps_left=20))
PLAIN = ("rules", "do-nothing", "ask-everything", "commit-at-once", "always-emergency", "random")


def turns(spec: str, count: int = 19, seed: int = 0) -> list[str]:
    agent, dialogue, labels = load_bedside_agent(spec), FIRST, []
    for left in range(count, -1, -1):
        (action,) = agent.act([dialogue], seed=seed)
        labels.append(action.label())
        if action.kind == "commit":
            break
        seen = FIRST.first.model_copy(update={"message": "Nothing of note.", "steps_left": left})
        dialogue = dialogue.then(action, seen)
    return labels


@pytest.mark.parametrize("name", PLAIN)
def test_every_plain_name_makes_an_agent(name):
    agent = load_bedside_agent(name)
    assert isinstance(agent, BedsideAgent)
    assert agent.name == name


def test_do_nothing_never_commits():
    assert set(turns("do-nothing")) == {"reassess"}


def test_ask_everything_asks_different_things_and_then_commits():
    labels = turns("ask-everything")
    assert len(labels) == len(set(labels)) == 20
    assert labels[-1].startswith("commit(")
    asked = {target for kind, targets in TARGETS.items() if kind != "intervene" for target in targets}
    assert {target for _, target in EVERYTHING} == asked


def test_those_who_commit_at_once_do():
    assert len(turns("commit-at-once")) == len(turns("always-emergency")) == 1
    assert turns("constant:4, urgent, burn") == ["commit(4,urgent,burn)"]


def test_random_is_a_function_of_seed_and_dialogue_and_takes_every_kind():
    assert turns("random", seed=3) == turns("random", seed=3)
    kinds = {RandomAgent().act([FIRST], seed=seed)[0].kind for seed in range(200)}
    assert kinds == {*TARGETS, "more_info", "reassess", "commit"}


@pytest.mark.parametrize(
    "text", ["", "2", "2,emergency", "6,emergency,stroke", "0,emergency,stroke", "two,urgent,burn", "1,2,3,4"]
)
def test_a_constant_that_is_none_is_refused(text):
    with pytest.raises(BadInputError, match=r"LEVEL,PATHWAY,PATTERN|pathway"):
        Constant.of(text)


def test_names_inside_a_constant_are_checked_with_the_nearest_one():
    with pytest.raises(UnknownNameError, match="stroke"):
        load_bedside_agent("constant:2,emergency,strok")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("rule", "did you mean 'rules'"),
        ("rules:x", "takes nothing"),
        ("constant", "LEVEL,PATHWAY,PATTERN"),
        ("safety", "AGENT"),
        ("safety:", "AGENT"),
        ("safety:rulez", "rules"),
        ("model:/no/such/folder", "existing directory"),
        ("", "allowed"),
    ],
)
def test_a_wrong_spec_says_what_is_right(spec, message):
    with pytest.raises(BadInputError, match=message):
        load_bedside_agent(spec)


def test_every_entry_has_a_factory_that_can_be_imported():
    assert set(bedside_agent_names()) == set(REGISTRY)
    for entry in REGISTRY.values():
        assert callable(entry.load_factory())


def test_options_that_an_agent_does_not_know_are_left_alone():
    assert load_bedside_agent("safety:rules", temperature=0.5, decision="cost").name == "safety:rules"
    assert load_bedside_agent("rules", decision="cost") != load_bedside_agent("rules")
    with pytest.raises(BadInputError, match="decision"):
        load_bedside_agent("rules", decision="rounding")
