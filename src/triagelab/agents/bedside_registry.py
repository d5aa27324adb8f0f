"""Bedside agents by name (`rules`, `random`, `constant:2,emergency,stroke`, `safety:rules`, `model:DIR`, ...)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triagelab.agents.base import BedsideAgent
from triagelab.agents.fingerprint import fingerprint
from triagelab.agents.registry import imported, made_with, one_model
from triagelab.errors import BadInputError, UnknownNameError

NOTHING, ANSWER, DIRECTORY, AGENT, MODEL = "nothing", "LEVEL,PATHWAY,PATTERN", "DIR", "AGENT", "nothing or a model"
ORACLE = "oracle"
"""Not an agent: the evaluation lets the environment itself say what is best. See `evaluation.episode_play`."""


@dataclass(frozen=True)
class BedsideEntry:
    """How one kind of bedside agent is made.

    Attributes:
        factory: `module:attribute`, imported only when the agent is asked for.
        takes: what stands after the colon.
    """

    name: str
    factory: str
    takes: str
    text: str

    def load_factory(self) -> Callable[..., BedsideAgent]:
        """Return the callable that makes the agent."""
        return imported(self.factory)


_SCRIPTED = "triagelab.agents.bedside_scripted"
REGISTRY: dict[str, BedsideEntry] = {
    entry.name: entry
    for entry in (
        BedsideEntry("rules", "triagelab.agents.bedside_rules:BedsideRules.load", NOTHING, "asks what pays"),
        BedsideEntry("safety", "triagelab.agents.bedside_safety:SafeBedside", AGENT, "red flags over another agent"),
        BedsideEntry("do-nothing", f"{_SCRIPTED}:DoNothing", NOTHING, "never commits"),
        BedsideEntry("ask-everything", f"{_SCRIPTED}:AskEverything", NOTHING, "asks all there is, then commits"),
        BedsideEntry("commit-at-once", f"{_SCRIPTED}:CommitAtOnce", NOTHING, "the rules on the first look"),
        BedsideEntry("always-emergency", f"{_SCRIPTED}:always_emergency", NOTHING, "everybody is an emergency"),
        BedsideEntry("constant", f"{_SCRIPTED}:Constant.of", ANSWER, "the same answer to everybody"),
        BedsideEntry("random", f"{_SCRIPTED}:RandomAgent", NOTHING, "any action, seeded"),
        BedsideEntry("llm", "triagelab.agents.bedside_llm:BedsideLlm.load", MODEL, "a model behind an API"),
        BedsideEntry("model", "triagelab.agents.bedside_model:BedsideModel.load", DIRECTORY, "a local checkpoint"),
    )
}
"""Every bedside agent that `--agent` accepts."""


def bedside_agent_names() -> tuple[str, ...]:
    """Return the names that stand before the colon."""
    return tuple(REGISTRY)


def load_bedside_agent(spec: str, **options: Any) -> BedsideAgent:
    """Return the bedside agent that `spec` names, `NAME` or `NAME:WHAT`.

    Args:
        options: what the factory takes; an option that it does not name is left alone, None means its default.

    Raises: UnknownNameError with the nearest known name; BadInputError where the part after the colon is missing,
        superfluous or not there.
    """
    name, colon, rest = spec.strip().partition(":")
    if name not in REGISTRY:
        raise UnknownNameError("bedside agent", name, REGISTRY)
    entry = REGISTRY[name]
    if entry.takes == NOTHING:
        if colon:
            raise BadInputError("agent", spec, f"{name} alone: it takes nothing after the colon")
        return _make(entry, (), options)
    if entry.takes == MODEL:
        return _make(entry, (), {**options, "model": one_model(spec, rest, options.get("model"))})
    if not rest:
        raise BadInputError("agent", spec, f"{name}:{entry.takes}")
    if entry.takes == AGENT:
        return _make(entry, (load_bedside_agent(rest, **options),), options)
    if entry.takes == ANSWER:
        return _make(entry, (rest,), {})
    folder = Path(rest)
    if not folder.is_dir():
        raise BadInputError("agent", spec, f"{name}: with an existing directory after the colon")
    agent = _make(entry, (folder,), options)
    if not hasattr(agent, "fingerprint") and hasattr(agent, "__dict__"):
        vars(agent)["fingerprint"] = fingerprint(folder)
    return agent


def _make(entry: BedsideEntry, arguments: tuple[Any, ...], options: dict[str, Any]) -> BedsideAgent:
    return made_with(entry.load_factory(), arguments, options)
