"""Agents by name (`rules`, `tabular:DIR`, `safety:rules`, ...); wrappers take their agent after a colon."""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triagelab.agents.base import Agent
from triagelab.agents.fingerprint import fingerprint
from triagelab.errors import BadInputError, UnknownNameError

NOTHING, DIRECTORY, AGENT, MODEL = "nothing", "a directory", "an agent", "nothing or a model"


@dataclass(frozen=True)
class AgentEntry:
    """How one kind of agent is made.

    Attributes:
        factory: `module:attribute`, imported only when the agent is asked for.
        takes: what stands after the colon: nothing, a directory, (wrappers) an agent, or the name of a served model.
        made_by: what the user runs to get the directory.
    """

    name: str
    factory: str
    takes: str
    text: str
    made_by: str = ""

    def load_factory(self) -> Callable[..., Agent]:
        """Return the callable that makes the agent."""
        return imported(self.factory)


REGISTRY: dict[str, AgentEntry] = {
    entry.name: entry
    for entry in (
        AgentEntry("rules", "triagelab.agents.rules:RulesAgent", NOTHING, "text -> findings -> facts -> engine"),
        AgentEntry(
            "majority",
            "triagelab.agents.majority:MajorityAgent.load",
            DIRECTORY,
            "always the commonest level",
            "evaluate --agent majority",
        ),
        AgentEntry(
            "tabular",
            "triagelab.agents.tabular:TabularAgent.load",
            DIRECTORY,
            "gradient boosting on structured fields",
            "evaluate --agent tabular",
        ),
        AgentEntry(
            "encoder",
            "triagelab.agents.encoder:EncoderAgent.load",
            DIRECTORY,
            "sentence encoder with an ordinal head",
            "triagelab train encoder-nhamcs",
        ),
        AgentEntry(
            "hybrid",
            "triagelab.agents.hybrid:HybridAgent.load",
            DIRECTORY,
            "engine, encoder and trees pooled; the engine's hard findings stand",
            "triagelab train hybrid-nhamcs",
        ),
        AgentEntry(
            "safety",
            "triagelab.agents.safety:SafetyAgent",
            AGENT,
            "any agent, its answer raised where a red flag says so",
        ),
        AgentEntry("red-flags", "triagelab.agents.safety:RedFlagsAgent", NOTHING, "the safety layer alone, no model"),
        AgentEntry(
            "model", "triagelab.agents.local:LocalAgent.load", DIRECTORY, "a local checkpoint", "triagelab train"
        ),
        AgentEntry("llm", "triagelab.agents.llm:LlmAgent.load", MODEL, "a model behind an OpenAI-compatible endpoint"),
    )
}
"""Every agent that `--agent` accepts."""

OPTIONS: Mapping[str, str] = {
    "version": "ESI handbook version, 4 or 5",
    "decision": "preferred, or cost: the level with the least expected clinical cost",
    "cost": "cost matrix by name",
    "reader": "whose labels the probabilities of `rules` speak of: auto, both, nurses or handbook",
    "temperature": "sampling temperature, 0 is greedy",
    "max_new_tokens": "longest completion",
    "batch_size": "completions generated at once",
    "template": "prompt template",
    "protocol": "standard or published",
    "base_url": "address of a chat endpoint, up to and with /v1",
    "model": "name of the served model",
    "api_key": "key of the endpoint",
    "stream": "read answers piece by piece",
    "concurrency": "requests at once",
    "timeout": "seconds for one request",
    "retries": "attempts beyond the first",
    "cache": "folder of replies, or off",
    "cache_credentialed": "keep replies to credentialed cases, too",
    "price": "IN,OUT: dollars a million tokens",
    "allow_remote": "credentialed cases may go to this endpoint, in this run",
}
"""Options that any caller may give; an agent takes those that its factory names and leaves the others alone."""


def agent_names() -> tuple[str, ...]:
    """Return the names that stand before the colon."""
    return tuple(REGISTRY)


def load_agent(spec: str, **options: Any) -> Agent:
    """Return the agent that `spec` names, `NAME` or `NAME:WHAT`.

    Args:
        spec: a name of REGISTRY, with its directory (`hybrid:DIR`) or agent (`WRAPPER:SPEC`) after a colon.
        options: see OPTIONS; None means "the agent's default".

    Raises: UnknownNameError with the nearest known name or option; BadInputError where the part after the colon is
        missing, superfluous or not there.
    """
    name, colon, rest = spec.strip().partition(":")
    if name not in REGISTRY:
        raise UnknownNameError("agent", name, REGISTRY)
    entry = REGISTRY[name]
    if entry.takes == AGENT:
        if not rest:
            raise BadInputError("agent", spec, f"{name}:AGENT, for example {name}:rules")
        inner = load_agent(rest, **options)
        return _make(entry, (inner,), options)
    if entry.takes == MODEL:
        return _make(entry, (), {**options, "model": one_model(spec, rest, options.get("model"))})
    if entry.takes == NOTHING:
        if colon:
            raise BadInputError("agent", spec, f"{name} alone: it takes nothing after the colon")
        return _make(entry, (), options)
    folder = _directory(entry, spec, rest)
    agent = _make(entry, (folder,), options)
    with contextlib.suppress(AttributeError):  # an agent without room for it is told apart by name only
        vars(agent).setdefault("fingerprint", fingerprint(folder))
    return agent


def one_model(spec: str, rest: str, option: str | None) -> str | None:
    """Return the model that `llm:NAME` or the option names. Raises: BadInputError where the two differ."""
    if rest and option is not None and rest != option:
        raise BadInputError("model", option, f"the model of {spec}, or one of both left out")
    return rest or option


def _directory(entry: AgentEntry, spec: str, rest: str) -> Path:
    hint = f"made by `triagelab {entry.made_by.removeprefix('triagelab ')}`"
    if not rest:
        raise BadInputError("agent", spec, f"{entry.name}:DIR", hint)
    folder = Path(rest)
    if not folder.is_dir():
        raise BadInputError("agent", spec, f"{entry.name}: with an existing directory after the colon", hint)
    return folder


def _make(entry: AgentEntry, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> Agent:
    factory = entry.load_factory()
    named = set(inspect.signature(factory).parameters)
    for option in options:
        if option not in OPTIONS and option not in named:
            raise UnknownNameError(f"option of agent {entry.name}", option, {*OPTIONS, *named} - {"directory", "path"})
    return made_with(factory, arguments, options)


def imported(place: str) -> Any:
    """Return what `module:attribute` names; the module is imported only now."""
    module, _, attribute = place.partition(":")
    found: Any = importlib.import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    return found


def made_with(factory: Callable[..., Any], arguments: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    """Return what a factory makes of the options that it names; the others are left alone, None means its default."""
    named = set(inspect.signature(factory).parameters)
    return factory(*arguments, **{key: value for key, value in options.items() if key in named and value is not None})
