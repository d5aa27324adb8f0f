"""`triagelab infer`: a bedside agent over named or generated patients, in the lines that graders read."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from triagelab.cli.data import Split
from triagelab.cli.endpoint import endpoint_options, usage_lines
from triagelab.errors import BadInputError, TriageLabError

if TYPE_CHECKING:
    from triagelab.agents.base import BedsideAgent
    from triagelab.cli.infer_episodes import Job

BROKEN = 1
"""Exit code where an episode ended before its end."""


def register(app: typer.Typer) -> None:
    app.command()(infer)


def infer(
    agent: str | None = typer.Option(
        None, "--agent", help="rules, llm, ...; an unknown name lists all. Default: llm where API_BASE_URL is set."
    ),
    tasks: bool = typer.Option(False, "--tasks", help="The 15 named tasks; the default."),
    n: int | None = typer.Option(None, "--n", min=1, help="The first N generated patients instead."),
    split: Split | None = typer.Option(None, "--split", help="With --n: train, dev or test (default)."),
    seed: int = typer.Option(0, "--seed", min=0, help="Of agents that sample; the patients do not depend on it."),
    url: str | None = typer.Option(
        None, "--url", help="Play at this server, such as http://127.0.0.1:7860/bedside, instead of in process."
    ),
    base_url: str | None = typer.Option(None, "--base-url", help="llm: endpoint up to and with /v1 [API_BASE_URL]."),
    model: str | None = typer.Option(None, "--model", help="llm: name of the served model [MODEL_NAME]."),
    mode: str | None = typer.Option(None, "--mode", help="llm: json (default) or tools."),
    temperature: float | None = typer.Option(None, "--temperature", min=0.0, max=5.0, help="0 is greedy."),
    max_new_tokens: int | None = typer.Option(None, "--max-new-tokens", min=1, max=32_768),
    timeout: float | None = typer.Option(None, "--timeout", help="llm: seconds for one request (60)."),
    cache: str | None = typer.Option(None, "--cache", help="llm: folder for replies; off (default) keeps none."),
    price: str | None = typer.Option(None, "--price", help="llm: IN,OUT dollars a million tokens."),
) -> None:
    """Run an agent in bedside-v1 and print [START], [STEP] and [END] lines; the key comes from API_KEY or HF_TOKEN.

    success=true: a named task scored at least 0.45 (right tier of severity); a generated patient got a level that is
    right or acceptable. Exit code: 0 all episodes ended, 1 some broke off, 2 bad input or nothing answers.
    """
    if tasks and n is not None:
        raise BadInputError("--n", n, "either --tasks or --n, not both")
    if split is not None and n is None:
        raise BadInputError("--split", split.value, "only together with --n")
    from triagelab.agents.bedside_registry import load_bedside_agent
    from triagelab.cli.infer_episodes import generated_jobs, task_jobs

    chosen = agent or ("llm" if base_url or os.environ.get("API_BASE_URL", "").strip() else "rules")
    given = endpoint_options(
        chosen, base_url=base_url, model=model, mode=mode, timeout=timeout, cache=cache, price=price
    )
    options: dict[str, Any] = {"temperature": temperature, "max_new_tokens": max_new_tokens}
    loaded = load_bedside_agent(chosen, **given, **options)
    jobs = task_jobs() if n is None else generated_jobs(n, (split or Split.test).value)
    with _stopped_politely():
        broken = _play_all(loaded, jobs, seed, url)
    for line in usage_lines(loaded):
        print(line, file=sys.stderr)
    if broken:
        raise typer.Exit(BROKEN)


def _play_all(agent: BedsideAgent, jobs: Iterable[Job], seed: int, url: str | None) -> int:
    """Play every episode and return how many broke off. Raises: ChatError where going on is of no use."""
    from triagelab.agents.chat_client import ChatError
    from triagelab.cli.highlight import safe
    from triagelab.cli.infer_episodes import LocalSession, ServerSession, play

    model = agent.name.removeprefix("llm:")
    broken = 0
    for job in jobs:
        session = LocalSession() if url is None else ServerSession(url)
        try:
            play(agent, session, job, model, seed, _say)
        except ChatError:
            raise
        except Exception as error:  # whatever an agent does wrong costs its own episode only
            broken += 1
            kind = "" if isinstance(error, TriageLabError) else f"{type(error).__name__}: "
            print(f"triagelab: {safe(job.name)}: {kind}{safe(' '.join(str(error).split()))}", file=sys.stderr)
        finally:
            session.close()
    return broken


def _say(line: str) -> None:
    print(line, flush=True)  # a reader of the pipe sees every line, also of a run that is killed


@contextmanager
def _stopped_politely() -> Iterator[None]:
    """Let a polite kill end the block as Ctrl-C does, so that the running episode still gets its last line."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread: signals are somebody else's
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
