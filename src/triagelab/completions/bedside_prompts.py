"""From a bedside dialogue to the messages that a chat model gets."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any, Literal

from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, TARGETS, BedsideAction
from triagelab.cases.bedside.observation import BedsideObservation, Dialogue
from triagelab.completions.prompts import harmless
from triagelab.errors import DataFormatError

Mode = Literal["tools", "json"]
MODES: tuple[Mode, ...] = ("tools", "json")
TEMPLATE = "bedside"
_SECTIONS = ("system", "tools", "json", "again")


def bedside_messages(dialogue: Dialogue, mode: Mode = "json") -> list[dict[str, Any]]:
    """Return the conversation so far: the task, then what was seen and done in turns.

    What patients and the environment say is data: it cannot fake a turn of the conversation.
    """
    system = _section("system").replace("{form}", _section(mode)).replace("{names}", names())
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": system},
        {"role": "user", "content": _first(dialogue.first)},
    ]
    for number, (action, seen) in enumerate(dialogue.turns):
        if mode == "json":
            messages.append({"role": "assistant", "content": json.dumps(action.to_dict())})
            messages.append({"role": "user", "content": _seen(seen)})
        else:
            name = f"step_{number}"
            messages.append({"role": "assistant", "content": "", "tool_calls": [_call(name, action)]})
            messages.append({"role": "tool", "tool_call_id": name, "content": _seen(seen)})
    return messages


def again_message(reason: str) -> dict[str, Any]:
    """Return what a model is told after something that was no action."""
    return {"role": "user", "content": _section("again").replace("{reason}", harmless(reason))}


@cache
def names() -> str:
    """Return all names of actions and answers as lines for a prompt."""
    lines = [f"- {kind}: {', '.join(targets)}" for kind, targets in TARGETS.items()]
    lines += ["- more_info and reassess: no target"]
    return "\n".join([*lines, f"- pathway: {', '.join(PATHWAYS)}", f"- pattern: {', '.join(PATTERNS)}"])


def _call(name: str, action: BedsideAction) -> dict[str, Any]:
    given = {key: value for key, value in action.to_dict().items() if key != "kind"}
    return {"id": name, "type": "function", "function": {"name": action.kind, "arguments": json.dumps(given)}}


def _first(seen: BedsideObservation) -> str:
    known = [f"Complaint: {harmless(seen.complaint)}"]
    if seen.age_years is not None:
        known.append(f"Age: {seen.age_years:g} years")
    known += [f"{name}: {harmless(value)}" for name, value in (("Sex", seen.sex), ("Arrival", seen.arrival)) if value]
    return "\n".join([*known, _seen(seen)])


def _seen(seen: BedsideObservation) -> str:
    return f"{harmless(seen.message)}\n(minute {seen.minute:g}, {seen.steps_left} actions left)"


@cache
def _section(name: str) -> str:
    source = resources.files("triagelab.completions") / "templates" / f"{TEMPLATE}.md"
    parts = re.split(r"^# (\w+)$", source.read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
    if set(sections) != set(_SECTIONS):
        raise DataFormatError(f"{TEMPLATE}.md: sections {', '.join(sections)}; expected {', '.join(_SECTIONS)}")
    return sections[name]
