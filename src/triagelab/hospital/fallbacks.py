"""Safe fallbacks of the safety constitution: what is done in place of an act that was blocked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from triagelab.hospital.acts import Act
from triagelab.hospital.conditions import patient_here
from triagelab.hospital.incidents import lapse
from triagelab.hospital.orders import PENDING, REJECTED

if TYPE_CHECKING:
    from triagelab.hospital.constitution import Rule
    from triagelab.hospital.hospital import Hospital


def stay(h: Hospital, act: Act, rule: Rule) -> str:
    """Leave everything as it is."""
    return ""


def stop_order(h: Hospital, act: Act, rule: Rule) -> str:
    """Stop a physician's order; nobody has caught it, but nobody is harmed."""
    order = h.orders.get(act.args.get("order", ""))
    if order is None or order.status != PENDING:
        return ""
    order.status = REJECTED
    h.ledger.drop("pharmacy", "review", order.id)
    lapse(h, order.id)
    return f"{order.id} is stopped"


def next_place(h: Hospital, act: Act, rule: Rule) -> str:
    """Put a patient who lies nowhere, or keeps a theatre busy, into the next place with a free bed."""
    patient = patient_here(h, act)
    if patient is None or patient.area not in ("waiting", "theatre"):
        return ""
    for area in rule.names["places"]:
        if h.free(area) > 0:
            h.move(patient, area)
            return f"{patient.id} is placed in {area}"
    return ""


FALLBACKS: Mapping[str, Callable[[Hospital, Act, Rule], str]] = MappingProxyType(
    {"stay": stay, "stop_order": stop_order, "next_place": next_place}
)
"""Name in the data -> fallback; each says what it did."""

__all__ = ["FALLBACKS"]
