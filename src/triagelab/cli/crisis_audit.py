"""`triagelab audit` for rewards of the hospital crisis: how the audit looks in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from triagelab.rewards.audit.crisis_audit import CrisisAudit, audit_crisis
from triagelab.rewards.crisis.preset import load_crisis_preset

STYLES = {"severe": "bold red", "warning": "yellow", "note": "cyan", "none": "bold green"}


def audit_named(reward: str) -> CrisisAudit:
    """Return the audit of a crisis reward. Raises: UnknownNameError, DataFormatError."""
    return audit_crisis(load_crisis_preset(reward))


def show(audit: CrisisAudit, out: Console) -> None:
    """Print one audit, findings first. Fits 80 columns."""
    out.print(Text.assemble((audit.preset.name, "bold"), "  ", (audit.verdict, STYLES[audit.verdict])))
    out.print(audit.preset.title)
    clean = "no findings" if not audit.findings else f"{len(audit.findings)} findings, {len(audit.severe)} severe"
    out.print(f"{clean}; {audit.states} states with scripted completions of six roles", style="dim")
    for finding in audit.findings:
        out.print(Text.assemble("\n", (f"{finding.severity.value}  {finding.id}", STYLES[finding.severity.value])))
        for line in (finding.what, finding.evidence, finding.change):
            out.print(f"  {line}")
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
    attacks = Table("text attacks", "ceiling", "beaten", "excess", box=None, title="Text attacks")
    for one in audit.attacks:
        attacks.add_row(one.place, one.ceiling, f"{one.beaten}/{one.tried}", f"{one.excess:+.3f}")
    for table in (earned, signal, attacks):
        out.print()
        out.print(table)


__all__ = ["audit_named", "show"]
