"""`triagelab imaging evaluate`, `compare` and `judge-check`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from triagelab.cli.endpoint import endpoint_options, usage_lines
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.files import atomic_writer, check_output, write_json

if TYPE_CHECKING:
    from triagelab.cases.imaging.case import ImagingCase

RUBRIC = "rubric"


class Asked(StrEnum):
    test = "test"
    ood = "ood"
    both = "both"


def register(group: typer.Typer) -> None:
    group.command()(evaluate)
    group.command()(compare)
    group.command("judge-check")(judge_check)


def evaluate(
    agent: str = typer.Option(..., "--agent", metavar="A[,B]", help="Agents; a wrong name lists all."),
    out: Path = typer.Option(..., "--out", help="Folder; each agent has one of its own in it."),
    split: Asked = typer.Option(Asked.both, "--split", help="test: conditions of training; ood: held-out ones."),
    data: str = typer.Option("generated", "--data", help="generated, or acr:FILE for a licensed user's spreadsheet."),
    limit: int | None = typer.Option(None, "--limit", min=1, help="About N questions a split: whole variants, drawn."),
    repeat: int = typer.Option(1, "--repeat", min=1, max=1000, help="Answers a question."),
    seed: int = typer.Option(0, "--seed", min=0, help="Of sampling and of --limit."),
    dataset_seed: int = typer.Option(0, "--dataset-seed", min=0, help="Of the generated questions."),
    variants: int = typer.Option(20, "--variants", min=1, max=1000, help="Of the generated questions."),
    evidence: bool = typer.Option(False, "--evidence", help="llm, model: with lines of verified evidence."),
    encoder: bool = typer.Option(True, "--encoder/--no-encoder", help="Score reasoning by sentence encoder, too."),
    temperature: float | None = typer.Option(None, "--temperature", min=0.0, max=5.0, help="0 is greedy."),
    max_new_tokens: int | None = typer.Option(None, "--max-new-tokens", min=1, max=32_768),
    base_url: str | None = typer.Option(None, "--base-url", help="llm: endpoint up to and with /v1 [API_BASE_URL]."),
    model: str | None = typer.Option(None, "--model", help="llm: name of the served model [MODEL_NAME]."),
    concurrency: int | None = typer.Option(None, "--concurrency", help="llm: requests at once (8)."),
    timeout: float | None = typer.Option(None, "--timeout", help="llm: seconds for one request (60)."),
    cache: str | None = typer.Option(None, "--cache", help="llm: folder for replies; off (default) keeps none."),
    price: str | None = typer.Option(None, "--price", help="llm: IN,OUT dollars a million tokens, to count costs."),
    allow_remote: bool = typer.Option(False, "--allow-remote", help="llm: the data's terms allow this endpoint."),
    as_json: bool = typer.Option(False, "--json", help="Print the summaries as JSON."),
) -> None:
    """Ask agents imaging questions they have not seen; write records, scores of reasoning, summaries with intervals."""
    from triagelab.completions.imaging_evidence import evidence_lines
    from triagelab.evaluation.imaging.run import evaluate_imaging
    from triagelab.evaluation.imaging.summary import summary_lines
    from triagelab.training.imaging_fit import fitted_imaging_agent

    specs = _specs(agent)
    given = {"temperature": temperature, "max_new_tokens": max_new_tokens}
    endpoint = endpoint_options(
        ":".join(specs),
        base_url=base_url,
        model=model,
        concurrency=concurrency,
        timeout=timeout,
        cache=cache,
        price=price,
        allow_remote=allow_remote,
    )
    shown = {"evidence": evidence_lines} if evidence else {}
    fit = {"dataset_seed": dataset_seed, "variants": variants}
    players = {spec: fitted_imaging_agent(spec, **fit, **given, **shown, **endpoint) for spec in specs}
    cases = _cases(data, split, limit, seed, dataset_seed, variants)
    config = {key: value for key, value in given.items() if value is not None}
    config |= {"evidence": evidence, "data": data, **fit, "limit": limit}
    scorers = _scorers(encoder)
    found = []
    for spec, player in players.items():
        place = out / _slug(spec)
        asked = {**config, "spec": spec}
        found.append(evaluate_imaging(player, cases, place, seed=seed, repeat=repeat, scorers=scorers, config=asked))
        if not as_json:
            typer.echo("\n".join([*summary_lines(found[-1]), *usage_lines(player), f"-> {place}"]))
    if as_json:
        typer.echo(json.dumps(found, allow_nan=False))


def _specs(agent: str) -> list[str]:
    """Return the agents that are asked for. Raises: BadInputError for none, and for two that share a folder."""
    specs = [part.strip() for part in agent.split(",")]
    if not all(specs) or len({_slug(spec) for spec in specs}) < len(specs):
        raise BadInputError("--agent", agent, "different agents, separated by commas")
    return specs


def _slug(spec: str) -> str:
    return re.sub(r"[^\w.-]+", "-", spec).strip("-.") or "agent"


def _scorers(encoder: bool) -> Any:
    from triagelab.evaluation.imaging.run import Scorers
    from triagelab.rewards.imaging.encoding import shared_encoder
    from triagelab.rewards.imaging.rubric import RubricScorer

    return Scorers(shared_encoder() if encoder else None, RubricScorer())


def _cases(
    data: str, split: Asked, limit: int | None, seed: int, dataset_seed: int, variants: int
) -> list[ImagingCase]:
    """Return the questions that are asked. Raises: BadInputError, UnknownNameError, DataFormatError."""
    name, _, path = data.partition(":")
    if name == "acr":
        cases = _rated(data, path)
    elif data == "generated":
        from triagelab.cases.imaging.generator import imaging_dataset

        cases = imaging_dataset(seed=dataset_seed, variants=variants)
    else:
        raise UnknownNameError("--data", data, ("generated", "acr:FILE"))
    wanted = ("test", "ood") if split is Asked.both else (split.value,)
    return [case for part in wanted for case in _limited([one for one in cases if one.split == part], limit, seed)]


def _rated(data: str, path: str) -> Sequence[ImagingCase]:
    """Return the cases of a spreadsheet; how many rows were refused, and why, goes to standard error."""
    from collections import Counter

    from triagelab.datasets.acr import load

    if not path:
        raise BadInputError("--data", data, "acr:FILE")
    found = load(Path(path))
    typer.echo(f"{path}: {len(found.cases)} questions, {len(found.rejects)} rows refused", err=True)
    for reason, count in Counter(reject.reason for reject in found.rejects).most_common():
        typer.echo(f"  {count} refused: {reason}", err=True)
    return found.cases


def _limited(cases: list[ImagingCase], limit: int | None, seed: int) -> list[ImagingCase]:
    """Return whole variants, drawn until there are `limit` questions or more; all of them without a limit."""
    if limit is None or len(cases) <= limit:
        return cases
    from triagelab.seeding import stream

    names = list(dict.fromkeys(case.question.variant_id for case in cases))
    order = stream("cli/imaging/limit", seed).permutation(len(names))
    kept: set[str] = set()
    count = 0
    for place in order:
        if count >= limit:
            break
        kept.add(names[int(place)])
        count += sum(case.question.variant_id == names[int(place)] for case in cases)
    return [case for case in cases if case.question.variant_id in kept]


def compare(
    dirs: list[str] = typer.Argument(
        ..., metavar="DIR...", help="Evaluation folders, or folders of them. NAME=DIR: equal names are training seeds."
    ),
    out: Path | None = typer.Option(None, "--out", help="File to write: .md or .json."),
    seed: int = typer.Option(0, "--seed", min=0, help="Of the resamples."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Compare agents or reward designs on the same questions, and say what can and cannot be told apart."""
    from triagelab.evaluation.imaging.compare import compare_imaging

    if out is not None:
        check_output(out, "--out")
        if out.suffix.lower() not in (".md", ".json"):
            raise BadInputError("--out", str(out), "a file that ends in .md or .json")
    found = compare_imaging(dirs, seed=seed)
    if out is not None:
        if out.suffix.lower() == ".json":
            write_json(out, found.to_dict())
        else:
            with atomic_writer(out) as stream:
                stream.write(found.markdown())
    if as_json:
        typer.echo(json.dumps(found.to_dict(), allow_nan=False))
        return
    typer.echo("\n".join([*found.lines(), *([f"-> {out}"] if out is not None else [])]))


def judge_check(
    judge: str = typer.Option(RUBRIC, "--judge", help="rubric (the offline scorer), llm, llm:MODEL or model:DIR."),
    n: int = typer.Option(120, "--n", min=1, max=5000, help="Reasonings of known quality, of unseen questions."),
    calls: int = typer.Option(3, "--calls", min=1, max=100, help="How often each is marked."),
    seed: int = typer.Option(0, "--seed", min=0, help="Which reasonings."),
    temperature: float | None = typer.Option(None, "--temperature", min=0.0, max=5.0, help="llm, model: 0 is greedy."),
    base_url: str | None = typer.Option(None, "--base-url", help="llm: endpoint up to and with /v1 [API_BASE_URL]."),
    model: str | None = typer.Option(None, "--model", help="llm: name of the served model [MODEL_NAME]."),
    timeout: float | None = typer.Option(None, "--timeout", help="llm: seconds for one request (60)."),
    cache: str | None = typer.Option(None, "--cache", help="llm: folder for replies; off (default) keeps none."),
    out: Path | None = typer.Option(None, "--out", help="JSON file to write."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Check a judge: agreement over repeated calls, replies it cannot give, bias by order and by length."""
    from triagelab.cases.imaging.generator import dataset_split
    from triagelab.evaluation.imaging.judge_samples import judge_samples
    from triagelab.evaluation.imaging.judges import make_judge
    from triagelab.evaluation.imaging.judging import check_judge

    if out is not None:
        check_output(out, "--out")
    options = endpoint_options(judge, base_url=base_url, model=model, timeout=timeout, cache=cache)
    chosen = make_judge(judge, {**options, **({} if temperature is None else {"temperature": temperature})})
    items, clusters = judge_samples(dataset_split("test"), n, seed)
    found = check_judge(chosen, items, clusters=clusters, calls=calls, seed=seed)
    if out is not None:
        write_json(out, found.to_dict())
    typer.echo(json.dumps(found.to_dict(), allow_nan=False) if as_json else "\n".join(found.lines()))
