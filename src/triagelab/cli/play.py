"""`triagelab play bedside|crisis`: a person sees, acts and commits; then come the truth, its reasons and the score."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import typer

from triagelab.cli.highlight import safe
from triagelab.errors import BadInputError, TriageLabError, UnknownNameError

GAMES = {"bedside": "bedside-v1", "crisis": "crisis-v1"}
ROLE = "er_triage"
"""The role that a person plays in a crisis where none is named."""
VERBS: Mapping[str, str] = {
    "ask": "ask",
    "measure": "measure",
    "examine": "examine",
    "test": "test",
    "give": "intervene",
    "intervene": "intervene",
    "more": "more_info",
    "look": "reassess",
    "reassess": "reassess",
    "commit": "commit",
}
"""What a player types -> kind of action."""
LEAVE = ("quit", "exit", "q")
SHORT_HELP = "ask, measure, examine, test, give, more, look, commit LEVEL PATHWAY PATTERN; help WORD lists names; quit"


def register(app: typer.Typer) -> None:
    app.command()(play)


def play(
    game: str = typer.Argument("bedside", help="What to play: bedside or crisis."),
    seed: int | None = typer.Option(None, "--seed", min=0, help="The case; left out, any case."),
    split: str | None = typer.Option(None, "--split", help="train (default), dev, test or tasks."),
    task: str | None = typer.Option(None, "--task", help="One of the named tasks; an unknown name lists all."),
    role: str | None = typer.Option(None, "--role", help="crisis: which of the six roles; er_triage is the default."),
) -> None:
    """Play one patient at the bedside, or one role in a crisis. For learning how it works, not for practice.

    In a crisis the playbook plays the other five roles.
    """
    if game not in GAMES:
        raise UnknownNameError("game", game, GAMES)
    if task is not None and (seed is not None or split not in (None, "tasks")):
        raise BadInputError("--task", task, "alone, or with --split tasks")
    if role is not None and game != "crisis":
        raise BadInputError("--role", role, "only with crisis")
    from triagelab.envs.registry import make

    with make(GAMES[game]) as env:
        options = {"role": _one_role(role)} if game == "crisis" else {}
        seen = env.reset(seed=seed, split="tasks" if task is not None else split, task=task, **options)
        try:
            if game == "crisis":
                from triagelab.cli.play_crisis import play_steps

                play_steps(env, seen, _lines(), complete)
            else:
                _prepare_completion()
                _play(env, seen)
        except KeyboardInterrupt:
            typer.echo("\nleft without an answer")


def _one_role(role: str | None) -> str:
    from triagelab.hospital.tables import ROLES

    if role is not None and role not in ROLES:
        raise UnknownNameError("role", role, ROLES)
    return role or ROLE


def _play(env: Any, seen: Any) -> None:
    _say(seen.message)
    typer.echo(f"({SHORT_HELP})")
    for line in _lines():
        words = line.lower().replace(",", " ").split()
        if not words:
            continue
        if words[0] in LEAVE:
            break
        if words[0] in ("help", "?", "h"):
            typer.echo("\n".join(help_lines(words[1:])))
            continue
        try:
            action = read_command(words)
        except TriageLabError as error:
            _say(str(error))
            continue
        seen = env.step(action)
        _say(seen.message)
        if seen.done:
            _say("\n".join(debrief_lines(seen.debrief or {}, env.record)))
            return
        typer.echo(f"[minute {seen.minute:g}, {seen.steps_left} actions left]")
    typer.echo("left without an answer")


def _lines() -> Iterator[str]:
    """Yield what is typed until the input ends; the prompt is for terminals only."""
    while True:
        try:
            yield input("> " if sys.stdin.isatty() else "")
        except EOFError:
            return
        except UnicodeDecodeError:
            typer.echo("this is not UTF-8 text")


def read_command(words: list[str]) -> Any:
    """Return the action of a typed line, in words; the start of a name is enough where only one name has it.

    Raises: UnknownNameError or BadInputError, in one line that says what is possible.
    """
    from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, TARGETS, BedsideAction

    verb = complete("command", words[0], VERBS)
    kind, rest = VERBS[verb], words[1:]
    if kind == "commit":
        if len(rest) != 3 or rest[0] not in ("1", "2", "3", "4", "5"):
            raise BadInputError("commit", " ".join(rest), "LEVEL PATHWAY PATTERN", "such as: commit 2 emergency stroke")
        pathway, pattern = complete("pathway", rest[1], PATHWAYS), complete("pattern", rest[2], PATTERNS)
        parts = {"kind": kind, "level": int(rest[0]), "pathway": pathway, "pattern": pattern}
        return BedsideAction.model_validate(parts)
    if kind not in TARGETS:
        if rest:
            raise BadInputError(verb, " ".join(rest), "nothing behind it")
        return BedsideAction.model_validate({"kind": kind})
    if not rest:
        raise BadInputError(verb, None, ", ".join(TARGETS[kind]))
    return BedsideAction.model_validate({"kind": kind, "target": complete(verb, "_".join(rest), TARGETS[kind])})


def complete(field: str, typed: str, names: Any) -> str:
    """Return the name that was typed, or the only one that begins so. Raises: UnknownNameError."""
    if typed in names:
        return typed
    begin = [name for name in names if name.startswith(typed)]
    if len(begin) == 1:
        return begin[0]
    raise UnknownNameError(field, typed, begin or names)


def help_lines(words: list[str]) -> list[str]:
    """Return what can be typed, or the names behind one word."""
    from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, TARGETS

    kind = VERBS.get(words[0], "") if words else ""
    if kind == "commit":
        return [
            "commit LEVEL PATHWAY PATTERN",
            "levels: 1 (most urgent) to 5",
            f"pathways: {', '.join(PATHWAYS)}",
            f"patterns: {', '.join(PATTERNS)}",
        ]
    if kind in TARGETS:
        return [f"{words[0]}: {', '.join(TARGETS[kind])}"]
    return [SHORT_HELP, "such as: ask pain · measure spo2 · examine chest · test ecg · commit 2 emergency stroke"]


def debrief_lines(debrief: Mapping[str, Any], record: Any) -> list[str]:
    """Return the truth, why, what went on meanwhile, and the score."""
    lines = ["", f"Truth: level {debrief.get('level')}, {debrief.get('pathway')}, {debrief.get('pattern')}"]
    answer = debrief.get("answer")
    said = "nothing" if not answer else f"level {answer['level']}, {answer['pathway']}, {answer['pattern']}"
    lines.append(f"You said: {said}, after {debrief.get('minutes', 0):g} minutes")
    sources: dict[str, None] = {}
    for reason in debrief.get("because", ()):
        lines.append(f"  {reason.get('rule')}: {reason.get('text')}")
        sources |= dict.fromkeys(str(reason.get("source") or "").split("; "))
    lines += [f"  [{source}]" for source in sources if source]
    if debrief.get("minimised"):
        lines.append(f"Played down at first: {'; '.join(debrief['minimised'])}")
    course = debrief.get("course")
    if course:
        lines.append(f"Meanwhile: {course.get('text', course) if isinstance(course, Mapping) else course}")
    total: dict[str, float] = {}
    for _, seen in record.turns:
        for name, value in seen.components.items():
            total[name] = total.get(name, 0.0) + value
    parts = ", ".join(f"{name} {value:+.3f}" for name, value in total.items())
    return [*lines, f"Score: {record.total:.3f} ({parts})"]


def _say(text: str) -> None:
    typer.echo(safe(text))


def _prepare_completion() -> None:
    """Let the tabulator complete names, where a person types in a terminal that can."""
    if not sys.stdin.isatty():
        return
    try:
        import readline
    except ImportError:  # no such library on this platform: names are typed out
        return
    from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, TARGETS

    names = sorted(
        {*VERBS, "help", "quit", *PATHWAYS, *PATTERNS, *(name for part in TARGETS.values() for name in part)}
    )

    def completer(text: str, state: int) -> str | None:
        found = [name for name in names if name.startswith(text)]
        return found[state] if state < len(found) else None

    readline.set_completer(completer)
    readline.parse_and_bind("tab: complete")
