"""The playbook: what each role does by the book, from its view alone. Deterministic, without any state of its own.

It is the reference policy of the verifiers, the stand-in for roles nobody plays, and the policy `heuristic`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from triagelab.hospital.acts import Act
from triagelab.hospital.views import View
from triagelab.playbook import cmo, er, hr, icu, it, pharmacy

Play = Callable[[View], list[Act]]
PLAYBOOK: Mapping[str, Play] = MappingProxyType(
    {
        "er_triage": er.play,
        "icu_management": icu.play,
        "pharmacy": pharmacy.play,
        "hr_rostering": hr.play,
        "it_systems": it.play,
        "cmo_oversight": cmo.play,
    }
)
"""Role -> its play."""


def by_the_book(view: View) -> list[Act]:
    """Return the acts of the role whose view it is."""
    return PLAYBOOK[view.role](view)


__all__ = ["PLAYBOOK", "Play", "by_the_book"]
