"""Imaging agents by name (`majority`, `rules`, `llm:MODEL`, `model:DIR`, ...)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triagelab.agents.imaging_base import ImagingAgent, Table
from triagelab.agents.registry import OPTIONS, imported, made_with, one_model
from triagelab.errors import BadInputError, UnknownNameError

NOTHING, MODEL, DIRECTORY = "nothing", "nothing or a model", "a directory"
MORE_OPTIONS = {
    "evidence": "what gives the lines of evidence for a question; none by default",
    "k": "how many neighbours",
    "encoder": "sentence encoder",
}
"""Options of imaging agents beside those of every agent; an agent that does not name one leaves it alone."""


@dataclass(frozen=True)
class ImagingEntry:
    """How one kind of imaging agent is made.

    Attributes:
        factory: `module:attribute`, imported only when the agent is asked for.
        takes: what stands after the colon.
        fitted: whether it needs labelled questions.
    """

    name: str
    factory: str
    text: str
    takes: str = NOTHING
    fitted: bool = False

    def load_factory(self) -> Callable[..., ImagingAgent]:
        """Return the callable that makes the agent."""
        return imported(self.factory)


_HERE = "triagelab.agents.imaging_"
REGISTRY: dict[str, ImagingEntry] = {
    entry.name: entry
    for entry in (
        ImagingEntry("majority", f"{_HERE}majority:ImagingMajority", "always the commonest label", fitted=True),
        ImagingEntry(
            "procedure-majority",
            f"{_HERE}majority:ImagingProcedureMajority",
            "the commonest label of the procedure; the note is not read",
            fitted=True,
        ),
        ImagingEntry(
            "neighbour", f"{_HERE}neighbour:ImagingNeighbour", "the labels of the nearest questions", fitted=True
        ),
        ImagingEntry("rules", f"{_HERE}rules:ImagingRules", "text -> condition and features -> rules"),
        ImagingEntry("llm", f"{_HERE}llm:ImagingLlm.load", "a model behind an OpenAI-compatible endpoint", MODEL),
        ImagingEntry("model", f"{_HERE}model:ImagingModel.load", "a local checkpoint", DIRECTORY),
    )
}
"""Every imaging agent."""


def imaging_agent_names() -> tuple[str, ...]:
    """Return the names that stand before the colon."""
    return tuple(REGISTRY)


def make_imaging_agent(spec: str, *, table: Table | None = None, **options: Any) -> ImagingAgent:
    """Return the agent that `spec` names, `NAME`, `llm:MODEL` or `model:DIR`.

    Args:
        table: labelled questions, or what makes them, for agents that are fitted; others leave it alone.
        options: of `agents.registry.OPTIONS` or MORE_OPTIONS; None means the agent's default.

    Raises: UnknownNameError with the nearest known name or option; BadInputError where the table, or the part after
        the colon, is missing, superfluous or not there.
    """
    name, colon, rest = spec.strip().partition(":")
    if name not in REGISTRY:
        raise UnknownNameError("agent", name, REGISTRY)
    entry = REGISTRY[name]
    arguments: tuple[Any, ...] = (table,) if entry.fitted else ()
    if entry.takes == NOTHING and colon:
        raise BadInputError("agent", spec, f"{name} alone: it takes nothing after the colon")
    if entry.takes == MODEL:
        options = {**options, "model": one_model(spec, rest, options.get("model"))}
    if entry.takes == DIRECTORY:
        if not rest or not Path(rest).is_dir():
            raise BadInputError("agent", spec, f"{name}: with an existing directory after the colon")
        arguments = (Path(rest),)
    factory = entry.load_factory()
    named = set(inspect.signature(factory).parameters)
    for option in options:
        if option not in OPTIONS and option not in MORE_OPTIONS and option not in named:
            raise UnknownNameError(f"option of agent {name}", option, {*OPTIONS, *MORE_OPTIONS, *named} - {"table"})
    return made_with(factory, arguments, options)


__all__ = ["MORE_OPTIONS", "REGISTRY", "ImagingEntry", "imaging_agent_names", "make_imaging_agent"]
