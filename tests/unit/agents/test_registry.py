"""The agent registry: every entry keeps the contract, and a wrong name is answered with the nearest one."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from triagelab.agents import registry
from triagelab.agents.base import Agent, Prediction
from triagelab.agents.registry import AGENT, MODEL, NOTHING, OPTIONS, REGISTRY, AgentEntry, agent_names, load_agent
from triagelab.cases.presentation import Presentation
from triagelab.errors import BadInputError, UnknownNameError


class Loud:
    """A wrapper for the tests: calls everybody one level more urgent."""

    def __init__(self, inner: Agent, shout: int = 1) -> None:
        self.inner, self.shout, self.name = inner, shout, f"loud:{inner.name}"

    def predict(self, presentations, *, seed=0):
        return [
            Prediction(level=max(1, one.level - self.shout)) for one in self.inner.predict(presentations, seed=seed)
        ]


class Fixed:
    def __init__(self, directory: Path | None = None, version: int = 5) -> None:
        self.name, self.directory, self.version = "fixed", directory, version

    def predict(self, presentations, *, seed=0):
        return [Prediction(level=self.version) for _ in presentations]


@pytest.fixture
def made_up(monkeypatch):
    """Register a wrapper, a plain agent and one with a directory."""
    monkeypatch.setattr(AgentEntry, "load_factory", lambda entry: {"loud": Loud}.get(entry.name, Fixed))
    for name, takes in (("loud", AGENT), ("fixed", NOTHING), ("folder", "a directory")):
        monkeypatch.setitem(registry.REGISTRY, name, AgentEntry(name, "nowhere:Nothing", takes, "for tests"))


def test_names():
    assert {"rules", "majority", "tabular", "model"} <= set(agent_names())


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_factory_exists_and_takes_what_the_entry_says(name):
    entry = REGISTRY[name]
    parameters = list(inspect.signature(entry.load_factory()).parameters.values())
    required = [one for one in parameters if one.default is inspect.Parameter.empty]
    assert not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters), "would swallow a misspelt option"
    assert len(required) == (0 if entry.takes in (NOTHING, MODEL) else 1)


def test_every_agent_that_needs_nothing_answers_in_order():
    notes = [
        Presentation(case_id=str(index), narrative=note) for index, note in enumerate(("cardiac arrest", "", "rash"))
    ]
    for name, entry in REGISTRY.items():
        if entry.takes == NOTHING:
            agent = load_agent(name)
            assert isinstance(agent, Agent)
            found = agent.predict(notes)
            assert len(found) == 3
            assert all(one.level in (None, 1, 2, 3, 4, 5) for one in found)
            assert agent.predict(notes) == found
            assert agent.predict([]) == []


@pytest.mark.parametrize(("spec", "near"), [("rule", "rules"), ("majorty:x", "majority"), ("Tabular:x", "tabular")])
def test_unknown_name_gets_the_nearest(spec, near):
    with pytest.raises(UnknownNameError, match=f"did you mean '{near}'"):
        load_agent(spec)


@pytest.mark.parametrize("spec", ["", ":", "  "])
def test_empty_name(spec):
    with pytest.raises(UnknownNameError):
        load_agent(spec)


@pytest.mark.parametrize("spec", ["majority", "tabular:", "model", "model:/nowhere/at/all", "rules:what"])
def test_wrong_part_after_the_colon(spec):
    with pytest.raises(BadInputError, match="agent"):
        load_agent(spec)


def test_wrappers_take_their_agent_after_the_colon(made_up):
    agent = load_agent("loud:loud:fixed", version=4)
    assert agent.name == "loud:loud:fixed"
    assert agent.predict([Presentation("1", "note")])[0].level == 2
    with pytest.raises(BadInputError, match="loud:AGENT"):
        load_agent("loud")
    with pytest.raises(UnknownNameError, match="did you mean 'fixed'"):
        load_agent("loud:fixd")


def test_options_reach_only_agents_that_name_them(made_up, tmp_path):
    assert load_agent(f"folder:{tmp_path}", version=3, temperature=0.5).version == 3
    assert load_agent("fixed", version=None).version == 5
    assert load_agent("loud:fixed", version=4).inner.version == 4


def test_misspelt_option_is_refused(made_up):
    with pytest.raises(UnknownNameError, match="did you mean 'temperature'"):
        load_agent("fixed", temprature=0.5)
    assert "temperature" in OPTIONS


def test_path_with_a_colon(made_up, tmp_path):
    folder = tmp_path / "a:b"
    folder.mkdir()
    assert load_agent(f"folder:{folder}").directory == folder


def test_import_is_light():
    heavy = "{'torch', 'sklearn', 'transformers'}"
    code = f"import triagelab.agents.registry, sys; sys.exit(int(bool({heavy} & set(sys.modules))))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_agents_from_a_folder_carry_its_fingerprint(made_up, tmp_path):
    (tmp_path / "model.json").write_text("1")
    before = load_agent(f"folder:{tmp_path}").fingerprint
    assert before == load_agent(f"folder:{tmp_path}").fingerprint
    (tmp_path / "model.json").write_text("2")
    assert load_agent(f"folder:{tmp_path}").fingerprint != before
