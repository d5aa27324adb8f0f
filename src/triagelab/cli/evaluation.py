"""`triagelab evaluate`, `compare` and `report`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from triagelab.cli.data import Split
from triagelab.cli.endpoint import endpoint_options, usage_lines
from triagelab.cli.triage import Decision, decision_options
from triagelab.errors import BadInputError, UnknownNameError


class Protocol(StrEnum):
    standard = "standard"
    published = "published"


def register(app: typer.Typer) -> None:
    app.command()(evaluate)
    app.command()(compare)
    app.command()(report)


def parse_data(spec: str) -> tuple[str, Path | None]:
    """Return (name, path) from NAME or NAME:PATH."""
    name, colon, path = spec.partition(":")
    if colon and not path:
        raise BadInputError("--data", spec, "NAME or NAME:PATH")
    return name, Path(path) if path else None


def evaluate(
    agent: str = typer.Option(
        ...,
        "--agent",
        help="rules, encoder:DIR, hybrid:DIR, majority, tabular, tabular:DIR, model:DIR, llm; a wrong name lists all.",
    ),
    data: str | None = typer.Option(None, "--data", help="NAME or NAME:PATH; an unknown name lists all."),
    env: str | None = typer.Option(None, "--env", help="Environment instead of data, such as bedside-v1."),
    n: int | None = typer.Option(None, "--n", min=1, help="Episodes, with --env (default: 1000)."),
    out: Path = typer.Option(..., "--out", help="Folder for records.jsonl and summary.json."),
    split: str | None = typer.Option(None, "--split", help="train, dev, test (default); tasks with --env."),
    limit: int | None = typer.Option(None, "--limit", min=1, help="At most N cases, drawn by --seed."),
    temperature: float | None = typer.Option(None, "--temperature", min=0.0, max=5.0, help="0 is greedy."),
    max_new_tokens: int | None = typer.Option(None, "--max-new-tokens", min=1, max=32_768),
    repeat: int = typer.Option(1, "--repeat", min=1, max=1000, help="Samples a case."),
    seed: int = typer.Option(0, "--seed", min=0),
    version: int = typer.Option(5, "--version", min=4, max=5, help="ESI handbook version, for the rules agent."),
    protocol: Protocol = typer.Option(
        Protocol.standard, "--protocol", help="published: temperature 0.1, 1 024 new tokens, the published regexes."
    ),
    decision: Decision | None = typer.Option(
        None, "--decision", help="How probabilities become a level; cost: the least expected clinical cost."
    ),
    cost: str | None = typer.Option(None, "--cost", help="Cost matrix for --decision cost: standard or sensitivity."),
    stress: bool = typer.Option(False, "--stress", help="Also perturb every case and report how the level moves."),
    stress_k: int | None = typer.Option(
        None, "--stress-k", min=1, max=64, help="Variants a case and kind, with --stress (default: 4)."
    ),
    stress_kind: list[str] = typer.Option(
        [], "--stress-kind", help="Only this kind of perturbation; may be repeated. An unknown one lists all."
    ),
    base_url: str | None = typer.Option(None, "--base-url", help="llm: endpoint up to and with /v1 [API_BASE_URL]."),
    model: str | None = typer.Option(None, "--model", help="llm: name of the served model [MODEL_NAME]."),
    concurrency: int | None = typer.Option(None, "--concurrency", help="llm: requests at once (8)."),
    timeout: float | None = typer.Option(None, "--timeout", help="llm: seconds for one request (60)."),
    cache: str | None = typer.Option(None, "--cache", help="llm: folder for replies; off (default) keeps none."),
    price: str | None = typer.Option(None, "--price", help="llm: IN,OUT dollars a million tokens, to count costs."),
    allow_remote: bool = typer.Option(
        False, "--allow-remote", help="llm: the data's terms allow this endpoint, in this run only."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the summary as JSON."),
) -> None:
    """Run an agent over a data set, or in an environment, and write records and a summary with intervals."""
    endpoint = endpoint_options(
        agent,
        base_url=base_url,
        model=model,
        concurrency=concurrency,
        timeout=timeout,
        cache=cache,
        price=price,
        allow_remote=allow_remote,
    )
    if env is not None:
        _check_env_options(data, limit, repeat, protocol, stress or bool(stress_kind) or stress_k is not None)
        options = {"version": version, "temperature": temperature, "max_new_tokens": max_new_tokens}
        options |= decision_options(decision, cost)
        wanted = 1000 if n is None else n
        _episodes(agent, env, out, split or Split.test.value, wanted, seed, options, endpoint, as_json)
        return
    if data is None:
        raise BadInputError("--data", None, "NAME or NAME:PATH", "or --env NAME for an environment")
    if n is not None:
        raise BadInputError("--n", n, "only together with --env", "with --data it is --limit")
    if stress_kind and not stress:
        raise BadInputError("--stress-kind", ", ".join(stress_kind), "only together with --stress")
    if stress_k is not None and not stress:
        raise BadInputError("--stress-k", stress_k, "only together with --stress")
    from triagelab.agents.registry import load_agent
    from triagelab.datasets.registry import draw, load_dataset
    from triagelab.evaluation import runner
    from triagelab.training.tabular import fitted_spec

    name, path = parse_data(data)
    if split is not None and split not in tuple(Split):
        raise UnknownNameError("--split", split, tuple(Split))
    chosen = split or Split.test.value
    if stress:
        from triagelab.evaluation.perturbations import choose

        choose(tuple(stress_kind) or None)
    options: dict[str, Any] = {"version": version, "temperature": temperature, "max_new_tokens": max_new_tokens}
    options |= decision_options(decision, cost)
    if protocol is Protocol.published:
        options |= {"temperature": 0.1, "max_new_tokens": 1024}
    dataset = load_dataset(name, path, seed=seed)
    loaded = load_agent(fitted_spec(agent, dataset), **options, **endpoint)
    cases = draw(dataset.split(chosen), limit, seed)
    config = {"agent": agent, "data": data, "limit": limit, **options}
    summary = runner.evaluate(
        loaded, cases, out, split=chosen, repeat=repeat, seed=seed, protocol=protocol.value, config=config
    )
    lines = runner.summary_lines(summary)
    if stress:
        from triagelab.evaluation import stress as stress_test

        found = stress_test.stress(
            loaded,
            cases,
            out,
            kinds=tuple(stress_kind) or None,
            k=stress_k or 4,
            seed=seed,
            protocol=protocol.value,
            config=config,
        )
        summary = {**summary, "stress": found}
        lines += stress_test.stress_lines(found)
    if as_json:
        typer.echo(json.dumps(summary, allow_nan=False))
        return
    for line in [*lines, *usage_lines(loaded)]:
        typer.echo(line)
    typer.echo(f"-> {out}")


def _check_env_options(data: str | None, limit: int | None, repeat: int, protocol: Protocol, stress: bool) -> None:
    """Raise BadInputError for an option that speaks of notes and has no meaning for episodes."""
    if data is not None:
        raise BadInputError("--data", data, "either --data or --env, not both")
    if limit is not None:
        raise BadInputError("--limit", limit, "only together with --data", "with --env it is --n")
    given = {"--repeat": repeat != 1, "--protocol": protocol is not Protocol.standard, "--stress": stress}
    for name, wrong in given.items():
        if wrong:
            raise BadInputError(name, "given", "only together with --data")


def _episodes(
    agent: str,
    env: str,
    out: Path,
    split: str,
    n: int,
    seed: int,
    options: dict[str, Any],
    endpoint: dict[str, Any],
    as_json: bool,
) -> None:
    from triagelab.agents.bedside_registry import ORACLE, load_bedside_agent
    from triagelab.evaluation.episode_summary import episode_lines
    from triagelab.evaluation.episodes import evaluate_episodes

    given = {key: value for key, value in options.items() if value is not None}
    player = agent if agent == ORACLE else load_bedside_agent(agent, **given, **endpoint)
    config = {"agent": agent, **given}
    summary = evaluate_episodes(player, out, env=env, split=split, n=n, seed=seed, config=config)
    if as_json:
        typer.echo(json.dumps(summary, allow_nan=False))
        return
    for line in [*episode_lines(summary), *usage_lines(player)]:
        typer.echo(line)
    typer.echo(f"-> {out}")


def compare(
    dir_a: Path = typer.Argument(..., help="Evaluation folder."),
    dir_b: Path = typer.Argument(..., help="Evaluation folder on the same cases."),
    intersect: bool = typer.Option(False, "--intersect", help="Compare only the cases that both have, and say so."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Compare two agents on the same cases: paired differences, McNemar, and how many cases would settle it."""
    from triagelab.evaluation.episode_paired import compare_folders

    result = compare_folders(dir_a, dir_b, intersect=intersect)
    if as_json:
        typer.echo(json.dumps(result.to_dict(), allow_nan=False))
        return
    for line in result.lines():
        typer.echo(line)


def report(
    dirs: list[Path] = typer.Argument(..., help="Evaluation and training folders."),
    out: Path = typer.Option(..., "--out", help="HTML file to write."),
) -> None:
    """Write one static HTML report."""
    from triagelab.evaluation.report import build_report

    typer.echo(f"-> {build_report(dirs, out)}")
