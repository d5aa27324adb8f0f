"""One HTML file of a replay that one can scrub: no network, its own script only, every text shown as text."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import Any

from triagelab.evaluation.crisis_replay import ActResult, PatientNow, Replay, Snapshot, Step
from triagelab.evaluation.pages import environment
from triagelab.evaluation.report import NOTICE
from triagelab.evaluation.report_cases import visible
from triagelab.files import atomic_writer

ROLE_NAMES: dict[str, str] = {
    "er_triage": "ER triage",
    "icu_management": "ICU management",
    "pharmacy": "Pharmacy",
    "hr_rostering": "HR rostering",
    "it_systems": "IT systems",
    "cmo_oversight": "CMO oversight",
}
"""Names of the roles for people."""
WORDS, SAID = 400, 4000
"""Longest sentence, and longest text of a role in one step, that the page shows."""


def write_replay_page(replay: Replay, out: Path | str) -> Path:
    """Write the page of a replay to `out`, whole or not at all, and return its path.

    A content policy inside the file allows the one script and style whose hashes it names: what a model wrote can
    neither run nor ask for anything. Raises: BadInputError for a place that cannot be written.
    """
    page = replay_page(replay)
    with atomic_writer(out) as stream:
        stream.write(page)
    return Path(out)


def replay_page(replay: Replay) -> str:
    """Return the page as text; the same replay gives the same page."""
    from markupsafe import Markup

    style = _template_text("report.css") + _template_text("crisis_replay.css")
    script = _template_text("crisis_replay.js")
    # Inside a script element only "<" could end it; the two separators would end a line in old parsers of JSON.
    data = json.dumps(_data(replay), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in ("<", ">", "&", "\u2028", "\u2029"):
        data = data.replace(sign, f"\\u{ord(sign):04x}")
    return (
        environment()
        .get_template("crisis_replay.html.jinja")
        .render(
            style=Markup(style),
            style_hash=_hash(style),
            script=Markup(script),
            script_hash=_hash(script),
            data=Markup(data),
            title=replay.header.scenario.replace("_", " "),
            header=replay.header,
            end=replay.end,
            notice=NOTICE,
            role_names=ROLE_NAMES,
        )
    )


def _template_text(name: str) -> str:
    return (resources.files("triagelab.evaluation") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _data(replay: Replay) -> dict[str, Any]:
    """Return what the script draws, as short as it can be: patients by their place in one list."""
    nothing = replay.end.nothing
    place = {card.id: number for number, card in enumerate(replay.header.patients)}
    return {
        "roles": ROLE_NAMES,
        "patients": [
            [card.id, visible(card.text, WORDS), card.age_years, card.sex, card.severity, card.archetype,
             nothing.get(card.id)]
            for card in replay.header.patients
        ],
        "frames": [_frame(state, place) for state in replay.states()],
        "steps": [_step(step) for step in replay.steps],
    }  # fmt: skip


def _frame(state: Snapshot, place: dict[str, int]) -> dict[str, Any]:
    return {
        "minute": _short(state.minute),
        "patients": [[place[name], *_now(one)] for name, one in state.patients.items()],
        "beds": state.beds,
        "queue": state.queue,
        "theatre": state.theatre_queue,
        "deaths": state.deaths,
        "ventilators": state.ventilators,
        "blood": state.blood,
        "staff": state.staff,
        "long": state.long_shifts,
        "cover": state.cover,
        "systems": state.systems,
        "protocols": state.protocols,
        "incidents": [state.caught, state.lapsed, state.open, state.false_flags],
    }


def _now(one: PatientNow) -> list[Any]:
    needs = [[need.kind, need.severity, int(need.met)] for need in one.needs]
    vitals = [_short(value) for value in one.vitals]
    return [one.area, one.tag, int(one.alive), int(one.ventilator), vitals, one.severity, needs]


def _short(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _step(step: Step) -> dict[str, Any]:
    return {
        "results": [_result(one) for one in step.results],
        "said": {role: visible(text, SAID) for role, text in step.said.items()},
        "unread": {role: visible(text, WORDS) for role, text in step.unread.items()},
        "happened": [[_short(minute), visible(words, WORDS)] for minute, words in step.happened],
    }


def _result(one: ActResult) -> list[Any]:
    """Return role, what was done, the patient it is about, status, reason, and whether it was right."""
    if one.act is None:
        return [one.role, "not an act", None, one.status, visible(one.reason, WORDS), one.right]
    about = one.act.get("patient")
    words = act_words(one.act)
    named = about if isinstance(about, str) else None
    return [one.role, visible(words, WORDS), named, one.status, visible(one.reason, WORDS), one.right]


def act_words(act: dict[str, Any]) -> str:
    """Return an act in one line, such as `place P-003 resus`."""
    kind = str(act.get("act", "")).replace("_", " ")
    return " ".join([kind, *(_value(value) for name, value in act.items() if name != "act")])


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)


__all__ = ["ROLE_NAMES", "act_words", "replay_page", "write_replay_page"]
