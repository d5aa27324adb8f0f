"""`triagelab audit` for imaging rewards: how the audit looks in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.rewards.audit.imaging_audit import ImagingAudit, audit_imaging
from triagelab.rewards.imaging.preset import load_imaging_preset

if TYPE_CHECKING:
    from rich.console import Console


def audit_named(reward: str) -> ImagingAudit:
    """Return the audit of an imaging reward.

    Raises: UnknownNameError, BadInputError, DataFormatError; MissingDependencyError without an encoder that it needs.
    """
    return audit_imaging(load_imaging_preset(reward))


def show(audit: ImagingAudit, out: Console) -> None:
    """Print one audit, findings first. Fits 80 columns."""
    from triagelab.cli.audit_parts import show_head

    scored = "; the judge is the rubric scorer" if audit.preset.needs("judge") else ""
    tried = f"{audit.rows} rows with scripted completions{scored}"
    show_head(audit.preset.name, audit.preset.title, audit.verdict, audit.findings, tried, out)
    _tables(audit, out)
    changed, compared = audit.misplaced
    out.print(f"\nGold by row id: {changed} of {compared} totals changed with the order of the batch.", style="dim")
    out.print(f"{audit.seconds:.2f} s. Research and education only.", style="dim")


def _tables(audit: ImagingAudit, out: Console) -> None:
    from rich.table import Table

    from triagelab.cli.audit_parts import attack_table, show_tables

    earned = Table("completion", "kind", "mean", "over gold", "over wrong", box=None, title="What completions earn")
    for one in audit.earned:
        counts = (f"{one.beats_gold}/{one.rows}", f"{one.beats_wrong}/{one.rows}")
        honest = one.kind.value.startswith("honest")
        earned.add_row(one.name, one.kind.value, f"{one.mean:.3f}", *counts, style="" if honest else "dim")
    signal = Table("term", "variance", "constant", "least", "most", box=None, title="Signal within groups")
    for row in audit.signal:
        signal.add_row(row.term, f"{row.variance:.4f}", f"{row.constant:.0%}", f"{row.low:.2f}", f"{row.high:.2f}")
    used = Table("term", "unrelated", "gold", "range used", box=None, title="Range of terms that read the reasoning")
    for row in audit.ranges:
        used.add_row(row.term, f"{row.unrelated:.2f}", f"{row.gold:.2f}", f"{row.used:.0%}")
    show_tables((earned, signal, used, attack_table(audit.attacks)), out)


__all__ = ["audit_named", "show"]
