"""`triagelab generate` and `triagelab data load`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import typer


class Split(StrEnum):
    train = "train"
    dev = "dev"
    test = "test"


def register(app: typer.Typer) -> None:
    app.command()(generate)
    group = typer.Typer(help="Load public data sets from their original files.")
    group.command("load")(load)
    app.add_typer(group, name="data")


def generate(
    n: int = typer.Option(..., "--n", min=1, max=5_000_000, help="How many patients."),
    seed: int = typer.Option(0, "--seed", min=0, help="Same seed, same patients."),
    split: Split = typer.Option(Split.train, "--split", help="Splits share no archetype family."),
    out: Path = typer.Option(..., "--out", help="JSONL file to write, one case a line."),
) -> None:
    """Generate patients with notes and engine-made labels."""
    from triagelab.cases.generator import generate_iter
    from triagelab.cli.progress import track
    from triagelab.files import write_jsonl

    cases = track(generate_iter(n, seed, split.value), total=n, label="generating")
    count = write_jsonl(out, (case.to_dict() for case in cases))
    typer.echo(f"{count} cases ({split.value}, seed {seed}) -> {out}")


def load(
    name: str = typer.Argument(
        ..., help="nhamcs, mimic-iv-ed, ktas, ktas-nurse, mietic, fhir, vignettes or generated."
    ),
    path: Path = typer.Argument(..., help="Folder or file as its publisher distributes it."),
    out: Path = typer.Option(..., "--out", help="Parquet file to write."),
) -> None:
    """Read a data set, print accepted and rejected rows with reasons, write Parquet."""
    from triagelab.datasets.parquet import write_parquet
    from triagelab.datasets.registry import load_dataset
    from triagelab.datasets.summary import summary_lines

    dataset = load_dataset(name, path)
    write_parquet(dataset, out)
    for line in summary_lines(dataset):
        typer.echo(line)
    typer.echo(f"-> {out}")
