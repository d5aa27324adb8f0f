"""`triagelab crisis states`, `pairs` and `states-eval`: training data of the hospital crisis, and checkpoints on it."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from triagelab.errors import BadInputError
from triagelab.files import atomic_writer, check_output, write_json

if TYPE_CHECKING:
    from triagelab.evaluation.intervals import Interval
    from triagelab.training.crisis_eval import StateScores


class Part(StrEnum):
    train = "train"
    dev = "dev"
    test = "test"


def register(app: typer.Typer) -> None:
    app.command("states")(states)
    app.command("pairs")(pairs)
    app.command("states-eval")(states_eval)


def states(
    out: Path = typer.Option(..., "--out", help="JSONL file to write."),
    n: int = typer.Option(1000, "--n", min=1, help="How many states."),
    split: Part = typer.Option(Part.train, "--split", help="Splits share no episode."),
    seed: int = typer.Option(0, "--seed", min=0, help="Which episodes of the split."),
    template: str = typer.Option("crisis", "--template", help="Prompt; an unknown name lists all."),
) -> None:
    """Write states of the simulator as prompts, with the playbook's answer to each."""
    from triagelab.training.crisis_data import examples, lines
    from triagelab.training.recipe_files import load_recipe

    check_output(out)
    found = examples(load_recipe("tiny-crisis-sft", _chosen(n, split, seed, template)))
    with atomic_writer(out) as stream:
        for line in lines(found):
            stream.write(line + "\n")
    typer.echo(f"{len(found)} states -> {out}")


def pairs(
    out: Path = typer.Option(..., "--out", help="JSONL file to write."),
    n: int = typer.Option(200, "--n", min=1, help="How many states are looked at; ties give no pair."),
    split: Part = typer.Option(Part.train, "--split", help="Splits share no episode."),
    seed: int = typer.Option(0, "--seed", min=0, help="Which episodes of the split."),
    template: str = typer.Option("crisis", "--template", help="Prompt; an unknown name lists all."),
    margin: float = typer.Option(0.1, "--margin", help="Least difference of the scores of a pair."),
    preset: str = typer.Option("crisis-v1", "--preset", help="Verifiers that rank."),
) -> None:
    """Write preference pairs of scripted answers, ranked by verifiers and simulator."""
    from triagelab.training.crisis_data import examples
    from triagelab.training.crisis_pairs import pairs as rank_pairs
    from triagelab.training.crisis_pairs import scripted_answers, write_pairs
    from triagelab.training.recipe_files import load_recipe

    if not margin > 0:
        raise BadInputError("--margin", margin, "a number above 0")
    check_output(out)
    found = examples(load_recipe("tiny-crisis-sft", {**_chosen(n, split, seed, template), "crisis.quiet": 0.0}))
    answers = [scripted_answers(one.key, template, None, seed) for one in found]
    count = write_pairs(rank_pairs(found, answers, preset, margin), out)
    typer.echo(f"{count} pairs of {len(found)} states -> {out}")


def _chosen(n: int, split: Part, seed: int, template: str) -> dict[str, Any]:
    return {"data.n": n, "data.split": split.value, "data.seed": seed, "data.template": template}


def states_eval(
    policy: list[str] = typer.Option([], "--policy", metavar="model:DIR", help="Checkpoint; may be repeated."),
    n: int = typer.Option(400, "--n", min=1, help="How many states."),
    split: Part = typer.Option(Part.test, "--split", help="Splits share no episode."),
    seed: int = typer.Option(0, "--seed", min=0, help="Which episodes of the split."),
    preset: str = typer.Option("crisis-v1", "--preset", help="Verifiers that score."),
    out: Path | None = typer.Option(None, "--out", help="JSON file to write."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Score answers to unseen states, normalised: 0 is doing nothing, 100 the playbook."""
    from triagelab.training.crisis_eval import evaluate_states, unseen_states

    if out is not None:
        check_output(out)
    keys = unseen_states(n, seed=seed, split=split.value)
    found = evaluate_states(keys, policy, preset=preset, seed=seed)
    told = {"preset": preset, "split": split.value, "seed": seed, "policies": [one.row() for one in found]}
    if out is not None:
        write_json(out, told)
    if as_json:
        typer.echo(json.dumps(told))
        return
    typer.echo(
        f"{len(keys)} states of {found[0].episodes} episodes, split {split.value}, {preset}; 0 nothing, 100 playbook"
    )
    for one in found:
        _tell(one)


def _tell(one: StateScores) -> None:
    parts = [f"{name} {_percent(kinds['normalised'])}" for name, kinds in one.figures.items()]
    mean = one.figures["score"]["mean"].value
    typer.echo(f"{one.policy}: score {mean:.3f}, readable {one.readable:.1%}; normalised: {', '.join(parts)}")
    if one.gained:
        typer.echo(f"  over the first: {', '.join(f'{name} {_percent(value)}' for name, value in one.gained.items())}")
    typer.echo(f"  by role: {', '.join(f'{role} {_percent(value)}' for role, value in one.roles.items())}")


def _percent(one: Interval) -> str:
    if one.value is None:
        return "-"
    between = "" if one.low is None or one.high is None else f" ({100 * one.low:.1f} to {100 * one.high:.1f})"
    return f"{100 * one.value:.1f}{between}"
