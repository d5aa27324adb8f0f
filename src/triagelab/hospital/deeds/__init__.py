"""What each act does: one function an act, one file a role. A deed never raises for what an agent sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from triagelab.hospital.acts import Act
from triagelab.hospital.deeds import cmo, common, er, hr, icu, it, pharmacy
from triagelab.hospital.results import Result
from triagelab.hospital.tables import ROLES

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

Deed = Callable[["Hospital", Act], Result]
DEEDS: Mapping[tuple[str, str], Deed] = MappingProxyType(
    {
        **{(role, kind): deed for role in ROLES for kind, deed in common.DEEDS.items()},
        **{("er_triage", kind): deed for kind, deed in er.DEEDS.items()},
        **{("icu_management", kind): deed for kind, deed in icu.DEEDS.items()},
        **{("pharmacy", kind): deed for kind, deed in pharmacy.DEEDS.items()},
        **{("hr_rostering", kind): deed for kind, deed in hr.DEEDS.items()},
        **{("it_systems", kind): deed for kind, deed in it.DEEDS.items()},
        **{("cmo_oversight", kind): deed for kind, deed in cmo.DEEDS.items()},
    }
)
"""(role, act) -> what it does."""
