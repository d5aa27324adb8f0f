"""`triagelab score`: completions from a file through a reward preset."""

from __future__ import annotations

import json
from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    app.command()(score)


def score(
    preset: str = typer.Option(..., "--preset", help="Preset name or TOML file."),
    file: Path = typer.Option(..., "--file", help="JSONL file of {id, gold, completion, note?}."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object a line."),
) -> None:
    """Score completions: parse status, predicted level, and every reward term with its weight applied."""
    from triagelab.rewards.file import score_file

    for row in score_file(file, preset):
        if as_json:
            typer.echo(json.dumps(row, allow_nan=False))
            continue
        terms = "  ".join(f"{name} {_number(value)}" for name, value in row["terms"].items())
        predicted = row["predicted"] if row["predicted"] is not None else "-"
        typer.echo(
            f"{row['id']}\t{row['status']}\tpredicted {predicted}\ttotal {_number(row['total'], 'unscorable')}\t{terms}"
        )


def _number(value: float | None, missing: str = "-") -> str:
    return missing if value is None else f"{value:+.3f}"
