"""A fingerprint of a hospital: equal for two that are in the same state, different as soon as anything differs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

_NOT_STATE = frozenset(
    {"charts", "charts_now", "plan", "happened", "last_results", "last_refusals", "by_staff", "here"}
)
"""What is derived from the rest, tells of the step that is over, or is the plan, which is named by its seed."""


def digest_of(h: Hospital) -> str:
    """Return 32 hexadecimal digits over the whole state and the plan it comes from."""
    plan = h.plan
    state = {name: value for name, value in vars(h).items() if name not in _NOT_STATE}
    whole = ((plan.scenario, plan.difficulty, plan.seed, plan.steps), list(h.here), _plain(state))
    return hashlib.blake2b(repr(whole).encode(), digest_size=16).hexdigest()


def _plain(value: Any) -> Any:
    """Return a value as nested lists whose `repr` is the same in every process."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return [(key, _plain(item)) for key, item in value.items()]
    if isinstance(value, set | frozenset):
        return sorted(map(repr, map(_plain, value)))
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    slots = getattr(value, "__slots__", None)
    if slots is None:
        return repr(value)
    return [type(value).__name__, *(_plain(_name_or(value, name)) for name in slots)]


def _name_or(value: Any, name: str) -> Any:
    """Return an attribute; for what the tables and the plan hold, its id alone."""
    found = getattr(value, name, None)
    if name in ("spec", "row", "archetype"):
        return getattr(found, "id", None) or getattr(found, "text", None)
    return found


__all__ = ["digest_of"]
