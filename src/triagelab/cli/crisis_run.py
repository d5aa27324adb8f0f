"""`triagelab crisis run` and `triagelab crisis replay`: one episode to watch, to keep and to prove."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from triagelab.errors import BadInputError
from triagelab.files import check_output

if TYPE_CHECKING:
    from triagelab.evaluation.crisis_replay import Header, Replay, Step

SPEED = 2.0
"""Steps a second on a terminal where nobody says otherwise."""
DIFFERS = 1
"""Exit code of a replay that is not what its seed and acts give."""


def register(app: typer.Typer) -> None:
    app.command("run")(run)
    app.command("replay")(replay)


def run(
    scenario: str = typer.Option("mass_casualty", "--scenario", help="What happens; an unknown name lists all."),
    policy: str = typer.Option("heuristic", "--policy", help="Who plays every role; an unknown name lists all."),
    role: list[str] = typer.Option([], "--role", metavar="ROLE=POLICY", help="Another policy in one role; repeatable."),
    difficulty: float = typer.Option(0.5, "--difficulty", help="0 to 1."),
    seed: int = typer.Option(0, "--seed", min=0, help="The episode."),
    steps: int = typer.Option(20, "--steps", help="Steps of 15 minutes: 20 and 50 are the published lengths."),
    watch: bool = typer.Option(False, "--watch", help="Live board; one line a step where there is no terminal."),
    speed: float | None = typer.Option(None, "--speed", help="With --watch: steps a second (2); 0 does not wait."),
    keep: Path | None = typer.Option(None, "--replay", help="Write the replay file."),
    html: Path | None = typer.Option(None, "--html", help="Write the replay as one page that can be scrubbed."),
    base_url: str | None = typer.Option(None, "--base-url", help="llm: endpoint up to and with /v1 [API_BASE_URL]."),
    model: str | None = typer.Option(None, "--model", help="llm: name of the served model [MODEL_NAME]."),
    timeout: float | None = typer.Option(None, "--timeout", help="llm: seconds for one request."),
    as_json: bool = typer.Option(False, "--json", help="Print the summary as JSON."),
) -> None:
    """Play one episode of a hospital crisis and say what came of it. Research and education only."""
    from triagelab.cli.crisis_roles import Mixed, build_policy, read_roles
    from triagelab.cli.endpoint import endpoint_options, usage_lines
    from triagelab.evaluation.crisis_replay_record import record_episode
    from triagelab.hospital.plan import build_plan

    roles = read_roles(role)
    asked = ":".join([policy, *roles.values()])
    options = endpoint_options(asked, base_url=base_url, model=model, timeout=timeout)
    pace = _pace(watch, speed)
    build_plan(scenario, difficulty, seed, steps)  # says what is wrong before a model is loaded
    _check_outputs(keep, html)
    player = build_policy(policy, roles, (scenario, difficulty, seed, steps), **options)
    named = {role: one.name for role, one in player.roles.items()} if isinstance(player, Mixed) else {}
    with _shown(watch, pace, (scenario, difficulty, seed, steps), player.name, as_json) as on_step:
        found = record_episode(player, scenario, difficulty, seed, steps, on_step, named)
    _write(found, keep, html)
    _print(found, as_json)
    for one in dict.fromkeys([player, *(player.policies() if isinstance(player, Mixed) else ())]):
        for line in usage_lines(one):
            typer.echo(line, err=True)


def replay(
    file: Path = typer.Argument(..., metavar="FILE", help="A file of `crisis run --replay`."),
    html: Path | None = typer.Option(None, "--html", help="Write the replay as one page that can be scrubbed."),
    check: bool = typer.Option(False, "--check", help="Play it again from the seed; exit 1 where a state differs."),
    watch: bool = typer.Option(False, "--watch", help="Show it on the live board."),
    speed: float | None = typer.Option(None, "--speed", help="With --watch: steps a second (2); 0 does not wait."),
    as_json: bool = typer.Option(False, "--json", help="Print the summary as JSON."),
) -> None:
    """Read a recorded episode: print it, prove it, watch it, or make a page of it."""
    from triagelab.evaluation.crisis_replay import read_replay

    pace = _pace(watch, speed)
    _check_outputs(None, html)
    if html is not None and html.resolve() == file.resolve():
        raise BadInputError("--html", str(html), "another file than the replay itself")
    found = read_replay(file)
    header = found.header
    episode = (header.scenario, header.difficulty, header.seed, header.steps)
    with _shown(watch, pace, episode, header.policy, as_json, header) as on_step:
        if on_step is not None:
            for step in found.steps:
                on_step(step)
    _write(found, None, html)
    proof = None
    if check:
        from triagelab.evaluation.crisis_replay_check import prove

        proof = prove(found)
    _print(found, as_json, None if proof is None else proof._asdict() | {"agrees": proof.agrees})
    if proof is not None and not proof.agrees:
        raise typer.Exit(DIFFERS)


def _pace(watch: bool, speed: float | None) -> float:
    """Return seconds between two steps. Raises: BadInputError for a speed without --watch, below 0 or not finite."""
    if speed is None:
        return 1 / SPEED if watch and sys.stdout.isatty() else 0.0
    if not watch:
        raise BadInputError("--speed", speed, "only with --watch")
    if not 0 <= speed <= 1000:
        raise BadInputError("--speed", speed, "0 to 1000 steps a second")
    return 1 / speed if speed > 0.001 else 0.0


def _check_outputs(keep: Path | None, html: Path | None) -> None:
    for name, path in (("--replay", keep), ("--html", html)):
        if path is not None:
            check_output(path, name)
    if keep is not None and html is not None and keep.resolve() == html.resolve():
        raise BadInputError("--html", str(html), "another file than --replay")


@contextmanager
def _shown(
    watch: bool,
    pace: float,
    episode: tuple[str, float, int, int],
    policy: str,
    as_json: bool,
    header: Header | None = None,
) -> Iterator[Callable[[Step], Any] | None]:
    """Give what is to be called with each step: the live board, plain lines, or None where nobody watches."""
    if not watch:
        yield None
        return
    from rich.console import Console

    from triagelab.cli.crisis_board import Board
    from triagelab.cli.crisis_words import Nothing, plain_line

    nothing = Nothing(*episode)
    console = Console(stderr=as_json)
    if not console.is_terminal:

        def say(step: Step) -> None:
            typer.echo(plain_line(step, episode[3], nothing.wait().at(step.state.minute)), err=as_json)
            time.sleep(pace)

        yield say
        return
    from rich.live import Live

    board = Board(header or _header(episode, policy), nothing)
    with Live(board, console=console, auto_refresh=False, screen=True) as live:
        live.refresh()

        def show(step: Step) -> None:
            board.add(step)
            live.refresh()
            time.sleep(pace)

        yield show


def _header(episode: tuple[str, float, int, int], policy: str) -> Header:
    from triagelab.evaluation.crisis_replay_record import Recorder
    from triagelab.hospital.hospital import begin

    return Recorder(begin(*episode), policy).header


def _write(found: Replay, keep: Path | None, html: Path | None) -> None:
    if keep is not None:
        from triagelab.evaluation.crisis_replay import write_replay

        write_replay(keep, found)
    if html is not None:
        from triagelab.evaluation.crisis_replay_page import write_replay_page

        write_replay_page(found, html)


def _print(found: Replay, as_json: bool, proof: dict[str, Any] | None = None) -> None:
    from triagelab.cli.crisis_summary import lines, summary

    if as_json:
        row = summary(found) | ({} if proof is None else {"check": proof})
        typer.echo(json.dumps(row, indent=2, ensure_ascii=False, allow_nan=False))
        return
    typer.echo("\n".join(lines(found, proof)))
