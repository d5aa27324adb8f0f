"""What the roles sent for one step, read: acts by role, and a refusal with its reason for everything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from triagelab.hospital.acts import Act, Refusal, read_acts
from triagelab.hospital.tables import ROLES

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

MOST_STRANGE = 8
"""Roles that are none and are refused one by one in a step."""
ACT_ROLES = frozenset(ROLES)


def read_step(h: Hospital, acts: object) -> tuple[dict[str, list[Act]], list[Refusal]]:
    """Return the acts that can be read, by role, and a refusal for everything else."""
    if not isinstance(acts, Mapping):
        return {}, [Refusal("", type(acts).__name__, "acts are a mapping from roles to lists of acts")]
    read: dict[str, list[Act]] = {}
    refusals: list[Refusal] = []
    for role in ROLES:
        given = acts.get(role)
        if given is None:
            continue
        read[role], refused = read_acts(role, given)
        if refused:
            refusals += refused
            h.ledger.wrong[role] += len(refused)
    if not acts.keys() <= ACT_ROLES:
        strange = [role for role in acts if role not in ACT_ROLES]
        for role in strange[:MOST_STRANGE]:
            shown = role[:40] if isinstance(role, str) else type(role).__name__
            refusals.append(Refusal(shown, "", f"role: one of {', '.join(ROLES)}"))
        if len(strange) > MOST_STRANGE:
            refusals.append(Refusal("", "", f"{len(strange) - MOST_STRANGE} more roles that are none"))
    return read, refusals


__all__ = ["read_step"]
