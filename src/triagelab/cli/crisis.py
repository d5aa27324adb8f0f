"""`triagelab crisis`: the hospital crisis, its benchmark, and what there is to watch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from triagelab.cli import crisis_eval, crisis_run
from triagelab.errors import BadInputError

group = typer.Typer(
    name="crisis",
    help="A hospital in a crisis: six roles, five scenarios, a benchmark from doing nothing (0) to the oracle (100).",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    app.add_typer(group)


@group.command()
def benchmark(
    policies: str | None = typer.Option(
        None, "--policies", help="Names, with commas between (default: all scripted ones and the oracle)."
    ),
    scenarios: str | None = typer.Option(None, "--scenarios", help="Names, with commas between (default: all five)."),
    episodes: int = typer.Option(20, "--episodes", min=1, help="Episodes a scenario."),
    steps: int = typer.Option(20, "--steps", help="Steps of 15 minutes: 20 or 50."),
    difficulty: float = typer.Option(0.5, "--difficulty", help="0 to 1."),
    seed: int = typer.Option(0, "--seed", min=0, help="The first seed; the others follow it."),
    workers: int = typer.Option(1, "--workers", min=1, max=256, help="Processes of this machine."),
    ray: str | None = typer.Option(None, "--ray", help="A Ray cluster: local, auto or an address."),
    out: Path | None = typer.Option(None, "--out", help="Folder for records.jsonl and summary.json."),
    resume: bool = typer.Option(False, "--resume", help="Go on with what the folder holds."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Play policies and the oracle in the same episodes; print survival, composites with intervals, and grades."""
    from triagelab.evaluation.crisis.benchmark import (
        BenchmarkConfig,
        default_policies,
        default_scenarios,
        run_benchmark,
    )

    if steps not in (20, 50):
        raise BadInputError("--steps", steps, "20 or 50")
    if ray is not None and workers != 1:
        raise BadInputError("--workers", workers, "1 together with --ray", "the cluster has its own workers")
    if resume and out is None:
        raise BadInputError("--resume", True, "only together with --out")
    config = BenchmarkConfig(
        policies=_names("--policies", policies) or default_policies(),
        scenarios=_names("--scenarios", scenarios) or default_scenarios(),
        episodes=episodes,
        steps=steps,
        difficulty=difficulty,
        seed=seed,
    )
    summary = run_benchmark(config, workers=workers, ray=ray, out=out, resume=resume)
    if as_json:
        typer.echo(json.dumps(summary, allow_nan=False))
        return
    _show(summary)
    if out is not None:
        typer.echo(f"-> {out}")


def _names(option: str, text: str | None) -> tuple[str, ...]:
    """Return the names of a list with commas; none for an option that was not given."""
    if text is None:
        return ()
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise BadInputError(option, text, "names with commas between")
    return names


def _show(summary: Mapping[str, Any]) -> None:
    """Print one table a scenario and one over all of them."""
    from rich.console import Console

    from triagelab.cli.crisis_tables import overall_table, scenario_table

    console = Console(width=None if Console().is_terminal else 160)
    for name, entries in summary["scenarios"].items():
        console.print(scenario_table(name, entries))
    console.print(overall_table(summary))


crisis_run.register(group)
crisis_eval.register(group)

__all__ = ["group", "register"]
