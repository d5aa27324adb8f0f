"""`triagelab doctor`: what a training run is doing, in words."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from triagelab.training.doctor.diagnosis import Diagnosis

BARS = "▁▂▃▄▅▆▇█"
SHARES = ("exact", "within one", "no answer", *(f"answers {k}" for k in range(1, 6)), "dead groups", "clipped")
OTHERS = ("cost", "reward", "entropy", "kl", "length", "loss", "accuracy", "held-out loss")
_KEYS = {
    "exact": ("real/exact", "exact"),
    "within one": ("real/within_one", "within_one"),
    "no answer": ("no_answer",),
    "dead groups": ("dead",),
    "cost": ("real/cost",),
    "held-out loss": ("eval_loss",),
    **{f"answers {k}": (f"real/answers/{k}", f"answers/{k}") for k in range(1, 6)},
}


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    run: Path = typer.Argument(..., help="Training folder, finished or running: ours, or plain TRL output."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object."),
    follow: bool = typer.Option(False, "--follow", help="Look again whenever there are new steps, until the run ends."),
    every: float = typer.Option(10.0, "--every", min=0.1, help="With --follow: seconds between two looks."),
    strict: bool = typer.Option(False, "--strict", help="Exit code 1 where something severe is found."),
) -> None:
    """Say what a training run is doing: dead groups, hacked rewards, hedging, collapse, and what to change."""
    from triagelab.training.doctor.diagnosis import diagnose

    found = diagnose(run)
    _print(found, as_json, compact=follow)
    try:
        while follow and found.state == "running":
            time.sleep(every)
            later = diagnose(run)
            if (later.done, later.state) != (found.done, found.state):
                _print(later, as_json, compact=True)
            found = later
    except KeyboardInterrupt:
        pass  # Ctrl-C is how following ends; nothing was left half done.
    if strict and found.severe:
        raise typer.Exit(1)


def _print(found: Diagnosis, as_json: bool, *, compact: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found.row(), allow_nan=False, indent=None if compact else 2))
    elif sys.stdout.isatty():
        from rich.console import Console

        show(found, Console(highlight=False))
    else:
        typer.echo("\n".join(plain_lines(found)))
        sys.stdout.flush()


def headline(found: Diagnosis) -> str:
    """Return which run this is and how far it went."""
    from triagelab.cli.highlight import one_line

    steps = f"{found.done} steps" if found.total is None else f"{found.done} of {found.total} steps"
    return f"{one_line(found.run)}: {found.kind} {one_line(found.phase, 20) or 'training'} run, {found.state}, {steps}"


def trends(found: Diagnosis) -> list[tuple[str, list[float | None]]]:
    """Return (figure, its value in each window) for every figure that is known."""
    rows = []
    for name in (*SHARES, *OTHERS):
        keys = _KEYS.get(name, (name,))
        key = next((k for k in keys if any(w.mean(k) is not None for w in found.windows)), None)
        if key is not None:
            rows.append((name, [window.mean(key) for window in found.windows]))
    return rows


def weighed(found: Diagnosis) -> str:
    """Return the line that says to which mix of levels the answers are weighed, empty where they are as sampled."""
    if not any(window.mean("real/exact") is not None for window in found.windows):
        return ""
    return "exact, within one, answers and cost: as at the level mix of a real department (training may oversample)"


def plain_lines(found: Diagnosis) -> list[str]:
    """Return the report as lines for a pipe or a file."""
    lines = [headline(found)]
    for finding in found.findings:
        lines += [f"{finding.severity.value}: {finding.what} [{finding.id}]", f"  {finding.evidence}"]
        lines.append(f"  change: {finding.change}")
    if not found.findings:
        lines.append("nothing wrong was found")
    if len(found.windows) > 1:
        lines.append("")
        lines.append("steps".ljust(14) + " ".join(f"{w.name:>9}" for w in found.windows))
        for name, values in trends(found):
            lines.append(name.ljust(14) + " ".join(f"{_short(value):>9}" for value in values))
        lines += [note] if (note := weighed(found)) else []
    return lines


def show(found: Diagnosis, console: Console) -> None:
    """Print the report to a terminal: findings, then one row with a small trend for each figure."""
    from rich.table import Table
    from rich.text import Text

    colours = {"severe": "bold red", "warning": "yellow", "note": "dim"}
    console.print(Text(headline(found), style="bold"))
    for finding in found.findings:
        console.print()
        console.print(Text(finding.severity.value, style=colours[finding.severity.value]) + Text(f"  {finding.what}"))
        console.print(Text(finding.evidence, style="dim"))
        console.print(Text(f"-> {finding.change}"))
    if not found.findings:
        console.print(Text("nothing wrong was found", style="green"))
    if len(found.windows) > 1:
        table = Table(box=None, pad_edge=False)
        last = found.windows[-1]
        for head in ("", f"steps {found.windows[0].name}", "trend", f"steps {last.name}"):
            table.add_column(head, justify="left" if head in ("", "trend") else "right")
        for name, values in trends(found):
            bars = sparkline(values, share=name in SHARES)
            table.add_row(Text(name), Text(_short(values[0])), Text(bars), Text(_short(values[-1])))
        console.print()
        console.print(table)
        if note := weighed(found):
            console.print(Text(note, style="dim"))


def sparkline(values: Sequence[float | None], *, share: bool) -> str:
    """Return one bar a value between the least and the most; shares need a quarter of the whole to fill the height."""
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    high = max(high, low + 0.25) if share else high
    bars = []
    for value in values:
        place = 0.0 if value is None or high <= low else (value - low) / (high - low)
        bars.append(" " if value is None else BARS[min(7, max(0, int(place * 8)))])
    return "".join(bars)


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
