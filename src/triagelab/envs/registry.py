"""Environments by versioned id; `triagelab.make` looks here."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass
from typing import Any

from triagelab.envs.base import Environment, EnvKind
from triagelab.errors import UnknownNameError


@dataclass(frozen=True)
class EnvEntry:
    """How one kind of environment is made.

    Attributes:
        factory: `module:attribute` of a callable that returns its EnvKind, imported only when asked for.
        mount: where the server mounts it.
    """

    env_id: str
    factory: str
    mount: str
    text: str

    def load(self, **options: Any) -> EnvKind[Any, Any]:
        """Return the kind. Raises: BadInputError or UnknownNameError for an option."""
        module, _, attribute = self.factory.partition(":")
        factory = getattr(importlib.import_module(module), attribute)
        known = tuple(inspect.signature(factory).parameters)
        for name in options:
            if name not in known:
                raise UnknownNameError(f"option of {self.env_id}", name, known)
        return factory(**options)


REGISTRY: dict[str, EnvEntry] = {
    entry.env_id: entry
    for entry in (
        EnvEntry("esi-v1", "triagelab.envs.esi:EsiKind", "/esi", "one triage note, one answer in text"),
        EnvEntry(
            "bedside-v1",
            "triagelab.envs.bedside:BedsideKind",
            "/bedside",
            "ask, measure, examine and test before you commit, while the patient changes",
        ),
        EnvEntry(
            "crisis-v1", "triagelab.envs.crisis:CrisisKind", "/crisis", "six roles run a hospital through a disaster"
        ),
        EnvEntry(
            "imaging-v1",
            "triagelab.envs.imaging:ImagingKind",
            "/imaging",
            "is this imaging procedure appropriate for this patient? one answer with reasons",
        ),
    )
}
"""Every environment that `make`, `triagelab serve` and `triagelab validate` know."""


def env_ids() -> tuple[str, ...]:
    """Return every id."""
    return tuple(REGISTRY)


def make(env_id: str, **options: Any) -> Environment[Any, Any]:
    """Return a new environment.

    Args:
        options: what the kind takes, such as `reward` (a preset).

    Raises: UnknownNameError with the nearest known id.
    """
    if env_id not in REGISTRY:
        raise UnknownNameError("environment", env_id, REGISTRY)
    return Environment(REGISTRY[env_id].load(**options))
