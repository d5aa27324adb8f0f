"""`triagelab audit` and `triagelab design`: what a reward will teach, and one that teaches the right thing."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from triagelab.errors import BadInputError

if TYPE_CHECKING:
    from rich.console import Console

    from triagelab.clinical.costs import Costs
    from triagelab.rewards.audit.audit import Audit
    from triagelab.rewards.spec import RewardSpec

SKILL = 0.65


def register(app: typer.Typer) -> None:
    app.command()(audit)
    app.command()(design)


def audit(
    rewards: list[str] = typer.Argument(..., metavar="REWARD...", help="Preset, TOML file, or module:function."),
    prior: str = typer.Option(
        "real", "--prior", help="Level mix of the patients: real, generated, uniform, or a,b,c,d,e."
    ),
    skill: float = typer.Option(SKILL, "--skill", help="How often a policy's signal is right."),
    confusion: Path | None = typer.Option(
        None, "--confusion", help="Evaluation folder of your own start policy, in place of --skill."
    ),
    costs: str = typer.Option("standard", "--costs", help="Cost matrix: standard, sensitivity, or a TOML file."),
    weights: str | None = typer.Option(None, "--weights", help="Sampling weights, in place of the reward's own."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON: one object, or a list for several rewards."),
    html: Path | None = typer.Option(None, "--html", help="Also write a self-contained page."),
    strict: bool = typer.Option(False, "--strict", help="Exit 1 where a finding is severe."),
) -> None:
    """Tell what a reward will teach before anyone trains on it: findings, lazy policies, optimum, GRPO, attacks."""
    from triagelab.clinical.costs import load_costs
    from triagelab.rewards.audit.audit import audit as run_audit
    from triagelab.rewards.audit.signal import check_skill, parse_prior
    from triagelab.rewards.audit.subjects import load_subject
    from triagelab.rewards.crisis.names import is_crisis
    from triagelab.rewards.imaging.names import is_imaging

    shares, checked, prices = parse_prior(prior), check_skill(skill), load_costs(costs)
    measured = None if confusion is None else load_confusion(confusion)
    crises = [name for name in rewards if is_crisis(name)]
    images = [name for name in rewards if is_imaging(name)]
    if (crises or images) and html is not None:
        about = f"{crises[0]} is one of the hospital crisis" if crises else f"{images[0]} is one of imaging"
        raise BadInputError("--html", str(html), "rewards of levels", about)
    if html is not None:
        _check_folder(html, "--html")
    if crises:
        from triagelab.cli import crisis_audit as crisis

        made = (crisis.audit_named, crisis.show)
        return _audit_task(rewards, crises, "the hospital crisis", made, as_json, strict)
    if images:
        from triagelab.cli import imaging_audit as imaging

        return _audit_task(rewards, images, "imaging", (imaging.audit_named, imaging.show), as_json, strict)
    subjects = [load_subject(name) for name in rewards]
    if weights is not None:
        subjects = [replace(subject, sampling=parse_weights(weights)) for subject in subjects]
    audits = [run_audit(subject, prior=shares, skill=checked, costs=prices, confusion=measured) for subject in subjects]
    if html is not None:
        from triagelab.evaluation.audit_page import write_audit_page

        write_audit_page(audits, html)
    if as_json:
        _echo(audits)
    else:
        _print(audits, html)
    _exit(audits, strict)


def design(
    costs: str = typer.Option(..., "--costs", help="Cost matrix: standard, sensitivity, or a TOML file."),
    weights: str = typer.Option("1,1,1,1,1", "--weights", help="Sampling weights of levels 1-5 in training."),
    out: Path = typer.Option(..., "--out", help="Preset file to write."),
    name: str | None = typer.Option(None, "--name", help="Name of the reward (default: that of the file)."),
    force: bool = typer.Option(False, "--force", help="Replace a file that is there."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Derive a reward from what wrong levels cost and prove it by its own audit; a severe one is not written."""
    from triagelab.clinical.costs import load_costs
    from triagelab.rewards.audit.audit import audit as run_audit
    from triagelab.rewards.audit.regions import regions
    from triagelab.rewards.audit.subject import subject_of
    from triagelab.rewards.design import design_reward, write_reward

    _check_folder(out, "--out")
    if out.exists() and not force:
        raise BadInputError("--out", str(out), "the name of a new file", "--force replaces this one")
    prices = load_costs(costs)
    spec = design_reward(prices, parse_weights(weights), name=out.stem if name is None else name)
    subject = subject_of(spec)
    proof = run_audit(subject, costs=prices)
    found = regions(subject.table, subject.sampling, prices)
    beliefs = sum(len(region.paid) for region in found)
    differ = sum(int((region.paid != region.cheapest).sum()) for region in found)
    refused = bool(proof.severe) or differ > 0
    if not refused:
        write_reward(spec, prices, out)
    if as_json:
        row = {"preset": spec.name, "costs": prices.name, "out": None if refused else str(out)}
        counted = {"beliefs": beliefs, "beliefs_differ": differ, "audit": plain(proof.row())}
        typer.echo(json.dumps({**row, **counted}, allow_nan=False))
    else:
        _print_design(spec, prices, proof, f"{differ} of {beliefs}", None if refused else out)
    if refused:
        raise typer.Exit(1)


def parse_weights(text: str) -> tuple[float, ...]:
    """Return five sampling weights. Raises: BadInputError."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) != 5 or not all(0 < weight <= 1000 for weight in found):
        raise BadInputError("--weights", text, "five numbers a,b,c,d,e for levels 1-5, above 0, at most 1000")
    return found


def load_confusion(folder: Path) -> list[list[float]]:
    """Return truth x answer counts of an evaluation, answers 1-5."""
    from triagelab.evaluation.summary import read_summary

    return [row[:5] for row in read_summary(folder)["confusion"]["counts"]]


def plain(value: Any) -> Any:
    """Return JSON values; a ratio to a cost of zero is infinite, which JSON has no word for, and becomes null."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _check_folder(path: Path, field: str) -> None:
    """Raise BadInputError before any work is done where a file cannot be written."""
    from triagelab.files import check_output

    check_output(path, field)
    if not path.parent.is_dir():
        raise BadInputError(field, str(path), "a file in a folder that is there")


def _print(audits: list[Audit], html: Path | None) -> None:
    from triagelab.cli import audit_terminal as terminal

    out = terminal.console()
    if len(audits) > 1:
        terminal.compare(audits, out)
    for number, one in enumerate(audits):
        if number:
            out.rule(style="dim")
        terminal.show(one, out)
    if html is not None:
        out.print(f"-> {html}", soft_wrap=True)


def _audit_task(
    rewards: list[str],
    own: list[str],
    task: str,
    made: tuple[Callable[[str], Any], Callable[[Any, Console], None]],
    as_json: bool,
    strict: bool,
) -> None:
    """Audit rewards of a task beside levels. `made`: what audits one of them, and what prints the audit."""
    if len(own) < len(rewards):
        other = next(name for name in rewards if name not in own)
        raise BadInputError("REWARD", other, "rewards of one task", f"{own[0]} is one of {task}")
    audit_named, show = made
    audits = [audit_named(name) for name in own]
    if as_json:
        _echo(audits)
    else:
        from triagelab.cli.audit_terminal import console

        out = console()
        for number, one in enumerate(audits):
            if number:
                out.rule(style="dim")
            show(one, out)
    _exit(audits, strict)


def _echo(audits: Sequence[Any]) -> None:
    """Print audits as JSON: one object, or a list."""
    rows = [plain(one.row()) for one in audits]
    typer.echo(json.dumps(rows[0] if len(rows) == 1 else rows, allow_nan=False))


def _exit(audits: Sequence[Any], strict: bool) -> None:
    if strict and any(one.severe for one in audits):
        raise typer.Exit(1)


def _print_design(spec: RewardSpec, costs: Costs, proof: Audit, differ: str, out: Path | None) -> None:
    from triagelab.cli import audit_terminal as terminal
    from triagelab.cli.highlight import one_line

    screen = terminal.console()
    terminal.show_findings(proof, screen)
    weights = ",".join(f"{weight:g}" for weight in spec.sampling_weights)
    screen.print(
        f"Costs: {one_line(costs.name)}. Sampling weights {weights}. Beliefs at which the reward and these costs "
        f"choose different answers: {differ}. scale_rewards = {spec.scale_rewards}."
    )
    if out is None:
        screen.print("Nothing was written.", style="bold red")
    else:
        screen.print(f"-> {out}", soft_wrap=True)
