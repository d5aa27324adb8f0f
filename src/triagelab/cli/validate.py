"""`triagelab validate`: whether an environment, here or on a server, keeps the contract that RFC 008 names."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from triagelab.cli.progress import track

if TYPE_CHECKING:
    from rich.console import Console

    from triagelab.envs.check.report import CheckResult, Report

STYLES = {"pass": "green", "fail": "bold red", "skip": "yellow"}


def register(app: typer.Typer) -> None:
    app.command()(validate)


def validate(
    target: str = typer.Argument(
        ..., metavar="ENV|URL", help="Id such as bedside-v1, or address of an OpenEnv server."
    ),
    policy: Path | None = typer.Option(
        None, "--policy", help="TOML file with what the checker must know; ours need none."
    ),
    episodes: int | None = typer.Option(None, "--episodes", min=1, help="Cases of each suite for checks of scores."),
    level: str = typer.Option("full", "--level", help="How much is tried: quick or full."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object."),
) -> None:
    """Check seeds, isolation, rewards, oracle, floors, leaks and gameability; exit code 1 where a check fails."""
    from triagelab.envs.check.checker import CHECKS, open_lab, run_checks
    from triagelab.envs.check.report import Report

    bench = open_lab(target, policy=policy, level=level, episodes=episodes)
    results = tuple(track(run_checks(bench), total=len(CHECKS), label=f"checks of {target}"))
    report = Report(bench.target.name, results)
    if as_json:
        typer.echo(json.dumps(report.row(), indent=2))
    elif sys.stdout.isatty():
        from rich.console import Console

        show(report, Console(highlight=False))
    else:
        typer.echo("\n".join(plain_lines(report)))
    if not report.passed:
        raise typer.Exit(1)


def headline(report: Report) -> str:
    """Return how many checks passed, failed and were skipped."""
    counts = {status: sum(check.status == status for check in report.checks) for status in STYLES}
    return f"{report.target}: {counts['pass']} passed, {counts['fail']} failed, {counts['skip']} skipped"


def plain_lines(report: Report) -> list[str]:
    """Return the report as lines for a pipe or a file."""
    return [*(f"{check.status}  {check.id}: {_safe(check)}" for check in report.checks), headline(report)]


def show(report: Report, console: Console) -> None:
    """Print the report to a terminal."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("", "check", "what was found", "s"):
        table.add_column(name, justify="right" if name == "s" else "left", overflow="fold")
    for check in report.checks:
        status = Text(check.status, style=STYLES[check.status])
        table.add_row(status, Text(check.id, no_wrap=True), Text(_safe(check)), Text(f"{check.seconds:.1f}"))
    console.print(table)
    console.print(Text(headline(report), style="bold"))


def _safe(check: CheckResult) -> str:
    """Return the detail as one line that a terminal never obeys: it quotes what a server said."""
    from triagelab.cli.highlight import one_line

    return one_line(check.detail, 600)
