"""`triagelab imaging`: whether an imaging procedure is appropriate, and the data that asks models the same."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from triagelab.cli import imaging_eval
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.files import atomic_writer, check_output, write_jsonl

if TYPE_CHECKING:
    from triagelab.cases.imaging.case import ImagingCase
    from triagelab.clinical.imaging import Condition, ImagingDecision


class Split(StrEnum):
    train = "train"
    test = "test"
    ood = "ood"


_YES, _NO, _UNKNOWN = ("yes", "true"), ("no", "false"), ("unknown", "")


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Imaging appropriateness: rules with a trace, data, agents. Research and education only.")
    for command in (decide, conditions, dataset, card):
        group.command()(command)
    imaging_eval.register(group)
    app.add_typer(group, name="imaging")


def decide(
    condition: str = typer.Argument(..., help="Condition; `imaging conditions` lists all."),
    procedure: str = typer.Argument(..., help="Procedure; an unknown one lists those of the condition."),
    fact: list[str] = typer.Option(
        [], "--fact", metavar="NAME=VALUE", help="yes, no, unknown or a number; repeatable."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Say how appropriate a procedure is, which criteria held or failed, and what would change it."""
    from triagelab.clinical.imaging import condition as find
    from triagelab.clinical.imaging import decide_imaging

    one = find(condition)
    found = decide_imaging(one.id, procedure, _facts(one, fact))
    if as_json:
        typer.echo(json.dumps(_plain(found), ensure_ascii=False, allow_nan=False))
        return
    typer.echo("\n".join(_lines(one, found)))


def _facts(one: Condition, given: list[str]) -> dict[str, Any]:
    """Return facts as they were given. Raises: BadInputError, UnknownNameError."""
    facts: dict[str, Any] = {}
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals):
            raise BadInputError("--fact", text, "NAME=VALUE, such as pregnant=yes or age_years=34")
        if name not in one.features and name not in one.numbers:
            raise UnknownNameError("--fact", name, (*one.features, *one.numbers))
        if name in facts:
            raise BadInputError("--fact", text, "each fact once")
        facts[name] = _value(name, value.lower(), number=name in one.numbers)
    return facts


def _value(name: str, value: str, *, number: bool) -> bool | float | None:
    if value in _UNKNOWN:
        return None
    if not number:
        if value in (*_YES, *_NO):
            return value in _YES
        raise BadInputError(f"--fact {name}", value, "yes, no or unknown")
    try:
        found = float(value)
    except ValueError:
        found = float("nan")
    if not abs(found) < 1e6:  # NaN and infinity, too
        raise BadInputError(f"--fact {name}", value, "a number or unknown")
    return found


def _plain(found: ImagingDecision) -> dict[str, Any]:
    row = asdict(found)
    row["safety"] = [{"id": rule.id, "text": rule.text, "source": rule.source} for rule in found.safety]
    row["possible"] = sorted(found.possible)
    return {"kind": "imaging decision", **row, "held": found.held, "failed": found.failed}


def _lines(one: Condition, found: ImagingDecision) -> list[str]:
    """Return a decision with its trace for a terminal."""
    from triagelab.clinical.imaging import procedures
    from triagelab.clinical.imaging_rows import sources

    lines = [
        f"{procedures()[found.procedure].title} for {one.title}: {found.label.value}",
        f"because: {found.text} (rule {found.rule})",
    ]
    lines += [f"lowered: {rule.text} ({rule.id})" for rule in found.safety]
    decided = {step.criterion for step in found.decided_by}
    for title, wanted in (("held", True), ("failed", False), ("not known", None)):
        for step in found.criteria:
            if step.held is wanted:
                mark = " [decides]" if step.criterion in decided else ""
                lines.append(f"{title}: {step.text.removeprefix('Not known: ')} ({step.criterion}){mark}")
    if len(found.possible) > 1:
        others = ", ".join(sorted(found.possible - {found.label}))
        lines.append(f"open: {others}, depending on {', '.join(found.unknown) or 'what is not known'}")
    lines += [
        f"would change it: {_change(change.feature, change.to)}: {change.label.value}" for change in found.changes
    ]
    if not found.changes:
        lines.append("no single stated fact would change it")
    said = "all that decides stands in a source that was read"
    if not found.verified:
        said = "some or all of what decides was recalled or is this project's own, not checked"
    return [*lines, f"source of the rule: {sources()[found.source].citation}", said]


def _change(feature: str, to: bool | float) -> str:
    return f"{feature} = {('no', 'yes')[to] if isinstance(to, bool) else f'{to:g}'}"


def conditions(
    name: str | None = typer.Argument(None, metavar="[CONDITION]", help="Show one: its facts and procedures."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """List the conditions with their procedures, or what can be said about one."""
    from triagelab.clinical.imaging import condition as find
    from triagelab.clinical.imaging import conditions as every

    chosen = [find(name)] if name is not None else list(every().values())
    rows = [
        {
            "id": one.id,
            "title": one.title,
            "area": one.area,
            "ages": list(one.ages),
            "held_out": one.held_out,
            "verified": one.verified,
            "procedures": list(one.procedures),
            **({"features": dict(one.features), "numbers": dict(one.numbers)} if name is not None else {}),
        }
        for one in chosen
    ]
    if as_json:
        typer.echo(json.dumps(rows[0] if name is not None else rows, ensure_ascii=False))
        return
    for row in rows:
        marks = f"{' [held out]' if row['held_out'] else ''}{' [verified]' if row['verified'] else ''}"
        typer.echo(f"{row['id']} ({row['area']}){marks}: {row['title']}; {', '.join(row['procedures'])}")
        for key, words in {**row.get("features", {}), **row.get("numbers", {})}.items():
            typer.echo(f"  {key}: {words}")


def dataset(
    out: Path = typer.Option(..., "--out", help="JSONL file for the questions, one a line."),
    split: Split | None = typer.Option(None, "--split", help="Only this one; ood: conditions that are held out."),
    seed: int = typer.Option(0, "--seed", min=0, help="Same seed, same questions."),
    variants: int = typer.Option(20, "--variants", min=1, max=1000, help="Patient variants a condition."),
    truth: Path | None = typer.Option(
        None, "--with-truth", help="Another JSONL file for labels, facts and gold reasoning by row id."
    ),
) -> None:
    """Write the questions; truth goes to a separate file, and only where it is asked for."""
    from triagelab.cases.imaging.generator import imaging_dataset

    for name, path in (("--out", out), ("--with-truth", truth)):
        if path is not None:
            check_output(path, name)
    if truth is not None and truth.resolve() == out.resolve():
        raise BadInputError("--with-truth", str(truth), "another file than --out")
    cases = imaging_dataset(seed=seed, variants=variants)
    chosen = [case for case in cases if split is None or case.split == split.value]
    count = write_jsonl(out, ({**case.question.row(), "split": case.split} for case in chosen))
    typer.echo(f"{count} questions ({split.value if split else 'train, test, ood'}, seed {seed}) -> {out}")
    if truth is not None:
        write_jsonl(truth, (_truth_row(case) for case in chosen))
        typer.echo(f"{count} truths -> {truth}")


def _truth_row(case: ImagingCase) -> dict[str, Any]:
    decision = case.truth.decision
    return {
        "id": case.id,
        "variant_id": case.question.variant_id,
        "split": case.split,
        "condition": case.truth.condition,
        "procedure": case.truth.procedure,
        "facts": dict(case.truth.facts),
        "label": case.truth.label.value,
        "rule": decision.rule if decision is not None else None,
        "verified": decision.verified if decision is not None else False,
        "reasoning": list(case.truth.reasoning),
    }


def card(
    out: Path = typer.Option(..., "--out", help="File to write: .md, .html or .json."),
    seed: int = typer.Option(0, "--seed", min=0, help="Of the dataset."),
    variants: int = typer.Option(20, "--variants", min=1, max=1000, help="Of the dataset."),
) -> None:
    """Write the dataset card: what is in it, what its splits share, and what a model could exploit."""
    from triagelab.cases.imaging.generator import imaging_dataset
    from triagelab.evaluation.imaging.card import make_card
    from triagelab.evaluation.imaging.card_page import markdown, page

    check_output(out)
    kind = out.suffix.lower()
    if kind not in (".md", ".html", ".json"):
        raise BadInputError("--out", str(out), "a file that ends in .md, .html or .json")
    found = make_card(imaging_dataset(seed=seed, variants=variants), seed=seed, variants=variants)
    with atomic_writer(out) as stream:
        if kind == ".json":
            json.dump(found.to_dict(), stream, indent=2, ensure_ascii=False, allow_nan=False)
        else:
            stream.write(page(found) if kind == ".html" else markdown(found))
    total = sum(part.triplets for part in found.splits)
    clean = all(one.clean for one in found.overlaps) and not found.kept.in_train
    typer.echo(
        f"{total} triplets of {found.knowledge.conditions} conditions; {'no overlap' if clean else 'OVERLAP'} -> {out}"
    )
