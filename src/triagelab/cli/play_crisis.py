"""`triagelab play crisis`: a person plays one role, an act a line, `next` ends the step; then come truth and score."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import typer

from triagelab.cli.highlight import safe
from triagelab.errors import BadInputError, TriageLabError

LEAVE = ("quit", "exit", "q")
SHORT_HELP = "an act a line, such as: tag P-012 immediate · next ends the step · undo · help ACT · quit"


def play_steps(env: Any, seen: Any, lines: Iterable[str], complete: Callable[[str, str, Any], str]) -> None:
    """Play one episode from typed lines, as the one role of the session."""
    role = seen.roles[0]
    _say(seen.message)
    typer.echo(f"({SHORT_HELP})")
    noted: list[dict[str, Any]] = []
    for line in lines:
        words = line.split()
        word = words[0].lower() if words else ""
        if word in LEAVE:
            break
        if word in ("help", "?", "h"):
            typer.echo("\n".join(help_lines(role, words[1:])))
        elif word == "undo":
            typer.echo(f"dropped: {shown(noted.pop())}" if noted else "nothing is noted")
        elif word in ("next", "n"):
            seen, noted = env.step({"acts": noted}), []
            _say(seen.message)
            if seen.done:
                _say("\n".join(debrief_lines(seen)))
                return
        elif words:
            try:
                noted.append(read_act(role, words, complete))
            except TriageLabError as error:
                _say(str(error))
                continue
            typer.echo(f"noted {len(noted)}: {shown(noted[-1])}")
    typer.echo("left before the end")


def read_act(role: str, words: list[str], complete: Callable[[str, str, Any], str]) -> dict[str, Any]:
    """Return the act of a typed line: its name, then its fields in their order; the last text takes the rest.

    Raises: UnknownNameError or BadInputError, in one line that says what is possible.
    """
    from triagelab.hospital.acts import ACTS, COMMON, COUNT, FLAG, NUMBER, WORD

    acts = {**ACTS[role], **COMMON}
    kind = complete("act", words[0].lower(), acts)
    fields, rest = acts[kind], words[1:]
    if len(rest) > len(fields):
        rest = [*rest[: len(fields) - 1], " ".join(rest[len(fields) - 1 :])]
    if len(rest) < len(fields):
        raise BadInputError(kind, " ".join(rest), usage(kind, fields))
    act: dict[str, Any] = {"act": kind}
    for typed, (name, field) in zip(rest, fields.items(), strict=True):
        if field.kind == WORD:
            names = {word.lower(): word for word in field.words}
            act[name] = names[complete(name, typed.lower(), names)]
        elif field.kind in (NUMBER, COUNT):
            act[name] = _number(name, typed, whole=field.kind == COUNT)
        elif field.kind == FLAG:
            act[name] = complete(name, typed.lower(), ("true", "false", "on", "off")) in ("true", "on")
        else:
            act[name] = typed.upper() if "-" in typed and " " not in typed else typed
    return act


def _number(name: str, typed: str, *, whole: bool) -> int | float:
    try:
        return int(typed) if whole else float(typed)
    except ValueError:
        raise BadInputError(name, typed, "a whole number" if whole else "a number") from None


def usage(kind: str, fields: Mapping[str, Any]) -> str:
    """Return how an act is typed."""
    return " ".join([kind, *("|".join(field.words) or name.upper() for name, field in fields.items())])


def help_lines(role: str, words: list[str]) -> list[str]:
    """Return what can be typed, or how one act is."""
    from triagelab.hospital.acts import ACTS, COMMON

    acts = {**ACTS[role], **COMMON}
    chosen = [kind for kind in acts if not words or kind.startswith(words[0].lower())]
    return [SHORT_HELP, *(usage(kind, acts[kind]) for kind in chosen)]


def shown(act: Mapping[str, Any]) -> str:
    """Return an act as it is typed."""
    return " ".join(str(value) for value in act.values())


def debrief_lines(seen: Any) -> list[str]:
    """Return how it ended: deaths, incidents, what each role did of what was due, and the score."""
    told = seen.debrief or {}
    outcome = told.get("outcome", {})
    lines = [
        "",
        f"Truth: {told.get('scenario')} at difficulty {told.get('difficulty'):g}; {outcome.get('deaths')} of "
        f"{outcome.get('patients')} died, {told.get('expected_deaths'):.1f} expected of what was done",
    ]
    lines += [
        f"  {one['patient']}: {one['had']} ({one['severity']}), died at minute {one['died_min']:g}"
        for one in told.get("patients", ())
        if one["died_min"] is not None
    ]
    lines += [
        f"  {one['kind']} at {one['subject']} ({one['role']}): {one['became']}" for one in told.get("incidents", ())
    ]
    shares = ", ".join(
        f"{role} {'-' if value is None else format(value, '.0%')}" for role, value in told.get("shares", {}).items()
    )
    parts = ", ".join(f"{name} {value:+.3f}" for name, value in told.get("parts", {}).items())
    return [*lines, f"Done of what was due: {shares}", f"Score: {sum(told.get('parts', {}).values()):.3f} ({parts})"]


def _say(text: str) -> None:
    typer.echo(safe(text))


__all__ = ["debrief_lines", "help_lines", "play_steps", "read_act", "shown", "usage"]
