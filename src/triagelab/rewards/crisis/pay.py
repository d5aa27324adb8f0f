"""What one step of a crisis pays: expected deaths, incidents caught, and acts that were wrong or blocked.

Expected deaths are the hazard that was added, so that luck neither pays nor costs: over many patients its sum is the
number of deaths, and letting somebody die ends no further cost that would have come out higher.
"""

from __future__ import annotations

from triagelab.hospital.hospital import Report
from triagelab.hospital.plan import Plan

COMPONENTS: tuple[str, ...] = ("survival", "detection", "safety")
"""Parts of the pay of a step."""
SURVIVAL, CAUGHT, FALSE_FLAG, WRONG, BLOCKED = 10.0, 1.0, -0.1, -0.01, -0.05
"""Weights: a lost share of all patients; a share of all incidents; one false flag; one wrong act; one blocked act."""


def step_pay(plan: Plan, report: Report) -> dict[str, float]:
    """Return the parts of the pay of one step, by name."""
    return {
        "survival": -SURVIVAL * report.hazard / max(1, len(plan.patients)),
        "detection": CAUGHT * report.caught / max(1, len(plan.incidents)) + FALSE_FLAG * report.false_flags,
        "safety": WRONG * report.wrong + BLOCKED * report.blocked,
    }


__all__ = ["COMPONENTS", "step_pay"]
