"""`triagelab demo`, `train` and `export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import typer

from triagelab.errors import BadInputError


class DemoData(StrEnum):
    generated = "generated"
    nhamcs = "nhamcs"


def register(app: typer.Typer) -> None:
    app.command()(demo)
    app.command()(train)
    app.command()(export)


def demo(
    data: DemoData = typer.Option(DemoData.generated, "--data", help="generated needs nothing; nhamcs needs --path."),
    path: Path | None = typer.Option(None, "--path", help="Folder with CDC's files."),
    out: Path = typer.Option(Path("runs/demo"), "--out", help="Folder of the run; the same folder resumes."),
) -> None:
    """Run the main job: patients, reward check, SFT, GRPO, evaluation before and after, report."""
    from triagelab.training.demo import run_demo

    run_demo(data.value, path, out)


def train(
    recipe: str = typer.Argument(..., help="Recipe name or TOML file; an unknown name lists all."),
    settings: list[str] = typer.Option([], "--set", metavar="a.b=1", help="Override one setting; may be repeated."),
    out: Path | None = typer.Option(None, "--out", help="Folder of the run (default runs/RECIPE)."),
    resume: bool = typer.Option(False, "--resume", help="Go on from the last complete checkpoint."),
    accept_exploits: bool = typer.Option(
        False, "--accept-exploits", help="Train on a reward with a severe audit finding; the run records it."
    ),
) -> None:
    """Train by a recipe: checkpoints, curves, completions log, resolved configuration."""
    from triagelab.training.machine import process_index
    from triagelab.training.run import train as run

    place = run(
        recipe,
        out or Path("runs") / Path(recipe).name.removesuffix(".toml"),
        resume=resume,
        overrides=parse_settings(settings),
        accept_exploits=accept_exploits,
    )
    if process_index() == 0:
        typer.echo(f"-> {place}")


def parse_settings(settings: list[str]) -> dict[str, str]:
    """Return dotted key -> text from `a.b=1`; the recipe's model checks key and type."""
    parsed: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise BadInputError("--set", setting, "key=value, such as optim.learning_rate=1e-4")
        parsed[key.strip()] = value.strip()
    return parsed


def export(
    run: Path = typer.Argument(..., help="Training run folder."),
    out: Path = typer.Option(..., "--out", help="Folder to write."),
    merge: bool = typer.Option(False, "--merge", help="Merge the adapter into the weights."),
) -> None:
    """Export a trained model with tokenizer, chat template and model card."""
    from triagelab.training.export import export as run_export

    typer.echo(f"-> {run_export(run, out, merge=merge)}")
