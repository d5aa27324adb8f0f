"""What one step of a crisis pays: deaths, incidents caught, and acts that were wrong or blocked.

Deaths cost when they happen, wherever the patient is by then. The hazard of a step would be the smoother signal, but it
would tell a player how sick those are of whom nobody knows; for expected deaths see `verifiers.py`.
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
        "survival": -SURVIVAL * len(report.deaths) / max(1, len(plan.patients)),
        "detection": CAUGHT * report.caught / max(1, len(plan.incidents)) + FALSE_FLAG * report.false_flags,
        "safety": WRONG * report.wrong + BLOCKED * report.blocked,
    }


__all__ = ["COMPONENTS", "step_pay"]
