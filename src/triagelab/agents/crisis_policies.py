"""Policies for a hospital crisis by name (`nothing`, `heuristic`, `llm`, ...): they see views and return acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from triagelab.agents.registry import imported, made_with, one_model
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.hospital.acts import Act
from triagelab.hospital.views import View

Acts = Mapping[str, Sequence[Act | Mapping[str, Any]]]
"""Role -> acts of one step."""
NOTHING, MODEL, DIRECTORY = "nothing", "nothing or a model", "DIR"


@runtime_checkable
class CrisisPolicy(Protocol):
    """Plays every role of one episode, step by step.

    Attributes:
        name: as in the registry.
    """

    name: str

    def begin(self, seed: int) -> None:
        """Forget the last episode; `seed` decides what a policy draws."""
        ...

    def act(self, views: Mapping[str, View]) -> Acts:
        """Return the acts of each role for the step, from what the role sees; a role left out does nothing."""
        ...


@dataclass(frozen=True)
class CrisisEntry:
    """How one kind of policy is made.

    Attributes:
        factory: `module:attribute`, imported only when the policy is asked for.
        takes: what stands after the colon.
        scripted: whether it needs nothing from outside and gives the same acts for the same seed.
    """

    name: str
    factory: str
    text: str
    takes: str = NOTHING
    scripted: bool = True

    def load_factory(self) -> Callable[..., CrisisPolicy]:
        """Return the callable that makes the policy."""
        return imported(self.factory)


_SCRIPTED, _MODELS = "triagelab.agents.crisis_scripted", "triagelab.agents.crisis"
REGISTRY: dict[str, CrisisEntry] = {
    entry.name: entry
    for entry in (
        CrisisEntry("nothing", f"{_SCRIPTED}:Nothing", "no role ever acts"),
        CrisisEntry("random", f"{_SCRIPTED}:RandomActs", "acts drawn from what is in view, seeded"),
        CrisisEntry("flag-spam", f"{_SCRIPTED}:FlagSpam", "flags everything in view, up to the budget"),
        CrisisEntry("discharge-all", f"{_SCRIPTED}:DischargeAll", "sends everybody home"),
        CrisisEntry("triage-only", f"{_SCRIPTED}:TriageOnly", "tags by START and does nothing else"),
        CrisisEntry("heuristic", f"{_SCRIPTED}:Heuristic", "the playbook in every role"),
        CrisisEntry(
            "llm", "triagelab.agents.crisis_llm:CrisisLlm.load", "a model behind an API in every role", MODEL, False
        ),
        CrisisEntry(
            "model",
            "triagelab.agents.crisis_model:CrisisModel.load",
            "a local checkpoint in every role",
            DIRECTORY,
            False,
        ),
    )
}
"""Every policy that `--policies` accepts; the oracle is none, it is searched for by `evaluation.crisis.oracle`."""


def scripted_policies() -> tuple[str, ...]:
    """Return the names of the policies that need nothing from outside, in the order of the registry."""
    return tuple(name for name, entry in REGISTRY.items() if entry.scripted)


def load_crisis_policy(spec: str, **options: Any) -> CrisisPolicy:
    """Return the policy that `spec` names, `NAME`, `llm:MODEL` or `model:DIR`.

    Args:
        options: what the factory takes; an option that it does not name is left alone, None means its default.

    Raises: UnknownNameError with the nearest known name; BadInputError where the part after the colon is missing,
        superfluous or not there.
    """
    name, colon, rest = spec.strip().partition(":")
    if name not in REGISTRY:
        raise UnknownNameError("policy", name, REGISTRY)
    entry = REGISTRY[name]
    if entry.takes == NOTHING:
        if colon:
            raise BadInputError("policy", spec, f"{name} alone: it takes nothing after the colon")
        return entry.load_factory()()
    if entry.takes == MODEL:
        return _make(entry, (), {**options, "model": one_model(spec, rest, options.get("model"))})
    folder = Path(rest)
    if not rest or not folder.is_dir():
        raise BadInputError("policy", spec, f"{name}: with an existing directory after the colon")
    return _make(entry, (folder,), options)


def _make(entry: CrisisEntry, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> CrisisPolicy:
    return made_with(entry.load_factory(), arguments, options)


__all__ = ["REGISTRY", "Acts", "CrisisEntry", "CrisisPolicy", "load_crisis_policy", "scripted_policies"]
