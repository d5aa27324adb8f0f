"""`triagelab audit` for rewards of the hospital crisis: how the audit looks in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from triagelab.cli.audit_parts import attack_table, show_head, show_tables
from triagelab.rewards.audit.crisis_audit import CrisisAudit, audit_crisis
from triagelab.rewards.crisis.preset import load_crisis_preset


def audit_named(reward: str) -> CrisisAudit:
    """Return the audit of a crisis reward. Raises: UnknownNameError, DataFormatError."""
    return audit_crisis(load_crisis_preset(reward))


def show(audit: CrisisAudit, out: Console) -> None:
    """Print one audit, findings first. Fits 80 columns."""
    tried = f"{audit.states} states with scripted completions of six roles"
    show_head(audit.preset.name, audit.preset.title, audit.verdict, audit.findings, tried, out)
    _tables(audit, out)
    out.print(f"\n{audit.seconds:.2f} s. Research and education only.", style="dim")


def _tables(audit: CrisisAudit, out: Console) -> None:
    earned = Table("completion", "mean", "over nothing", "over honest", box=None, title="What completions earn")
    for one in audit.earned:
        counts = (f"{one.above_nothing}/{one.states}", f"{one.above_honest}/{one.states}")
        earned.add_row(one.name, f"{one.mean:.3f}", *counts, style="" if one.honest else "dim")
    signal = Table("verifier", "variance", "constant", "least", "most", box=None, title="Signal within groups")
    for row in audit.variance:
        signal.add_row(row.verifier, f"{row.variance:.4f}", f"{row.constant:.0%}", f"{row.low:.2f}", f"{row.high:.2f}")
    show_tables((earned, signal, attack_table(audit.attacks)), out)


__all__ = ["audit_named", "show"]
