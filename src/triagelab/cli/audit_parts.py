"""Parts of an audit in a terminal that the tasks beside levels share. Fits 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from triagelab.rewards.audit.finding import Finding
from triagelab.rewards.audit.placed import PlacedAttack

STYLES = {"severe": "bold red", "warning": "yellow", "note": "cyan", "none": "bold green"}


def show_head(name: str, title: str, verdict: str, findings: Sequence[Finding], tried: str, out: Console) -> None:
    """Print the verdict and every finding. `tried`: what the findings rest on."""
    out.print(Text.assemble((name, "bold"), "  ", (verdict, STYLES[verdict])))
    out.print(title)
    severe = sum(finding.severity.value == "severe" for finding in findings)
    counted = f"{len(findings)} findings, {severe} severe" if findings else "no findings"
    out.print(f"{counted}; {tried}", style="dim")
    for finding in findings:
        out.print(Text.assemble("\n", (f"{finding.severity.value}  {finding.id}", STYLES[finding.severity.value])))
        for line in (finding.what, finding.evidence, finding.change):
            out.print(f"  {line}")


def attack_table(attacks: Iterable[PlacedAttack]) -> Table:
    """Return what the text attacks earn, a row a place."""
    table = Table("text attacks", "ceiling", "beaten", "excess", box=None, title="Text attacks")
    for one in attacks:
        table.add_row(one.place, one.ceiling, f"{one.beaten}/{one.tried}", f"{one.excess:+.3f}")
    return table


def show_tables(tables: Iterable[Table], out: Console) -> None:
    """Print the tables that have rows, a line between them."""
    for table in tables:
        if table.row_count:
            out.print()
            out.print(table)


__all__ = ["STYLES", "attack_table", "show_head", "show_tables"]
