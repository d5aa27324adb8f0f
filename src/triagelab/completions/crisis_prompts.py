"""From what a role sees in the hospital to the messages that a model gets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from triagelab.completions.crisis_lines import house_lines, patient_line, urgent
from triagelab.completions.sections import read_sections
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.hospital.acts import ACTS, COMMON, COUNT, FLAG, ID, NUMBER, Field
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View, dose_table

TEMPLATES: tuple[str, ...] = ("crisis", "crisis-seed", "crisis-brief")
"""`crisis`: for served models; `crisis-seed`: the seed's header, then the view; `crisis-brief`: the view alone."""
MOST_PATIENTS: Mapping[str, int] = MappingProxyType({"crisis": 30, "crisis-seed": 12, "crisis-brief": 9})
"""Template -> patients it shows; the rest are counted."""
MOST_ENTRIES = 24
"""Lines beside the patients that a prompt shows at most."""
DUTY: Mapping[str, str] = MappingProxyType(
    {
        "er_triage": "Treat what kills first, tag by START (JumpSTART under 8 years), place, call services, send the "
        "well home.",
        "icu_management": "Give beds and ventilators to who needs them, free beds early, open overflow before it is "
        "too late.",
        "pharmacy": "Give antidotes, drugs and blood that are needed, check every order, keep the stock up.",
        "hr_rostering": "Call in, assign and rest staff.",
        "it_systems": "Restore what is down, use paper meanwhile, correct records that the wristband contradicts.",
        "cmo_oversight": "Start protocols when the numbers call for them, judge overrides, resolve conflicts.",
    }
)
_KINDS = {ID: "text", NUMBER: "number", COUNT: "whole number", FLAG: "true or false"}


def crisis_messages(view: View, template: str = "crisis", most: int | None = None) -> list[dict[str, str]]:
    """Return the chat messages that show a role what it sees.

    Args:
        most: patients shown; None takes the template's number.

    Raises: UnknownNameError for a template nobody knows, BadInputError for a number of patients below 0.
    """
    sections = _template(template)
    shown = MOST_PATIENTS[template] if most is None else most
    if shown < 0:
        raise BadInputError("most", most, "a whole number from 0")
    parts = {
        "role": view.role,
        "duty": DUTY[view.role],
        "acts": acts_text(view.role),
        "acts_left": str(view.acts_left),
        "header": seed_header(view),
        "view": view_text(view, shown, full=template == "crisis"),
    }
    return [{"role": name, "content": _filled(body, parts)} for name, body in sections.items()]


def crisis_prompt(view: View, template: str = "crisis-brief", most: int | None = None) -> str:
    """Return the user message alone."""
    return crisis_messages(view, template, most)[-1]["content"]


def seed_header(view: View) -> str:
    """Return the header of the published prompts: step, crisis, beds of the intensive care unit, critical patients."""
    house = view.house
    return (
        f"Hospital Crisis Management System — Step {view.step}\n"
        f"Crisis: {house['scenario']} | ICU: {house['icu_used']}/{house['icu_beds']} beds | "
        f"Critical patients: {house['critical']}\n"
        f"Patients — Critical: {house['critical']}, Untreated Critical: {house['untreated_critical']}"
    )


def view_text(view: View, most: int, full: bool = False) -> str:
    """Return what a role sees as text, the most urgent patients only; what was left out is counted."""
    charts, hidden = urgent(view, most)
    lines = [f"{view.role} step {view.step}, {view.steps_left} left, {view.acts_left} acts"]
    if full:
        lines.append(f"Situation: {view.situation}")
    beside = house_lines(view)
    lines += beside[:MOST_ENTRIES]
    if len(beside) > MOST_ENTRIES:
        lines.append(f"and {len(beside) - MOST_ENTRIES} more lines")
    lines += [patient_line(view.role, one, full) for one in charts]
    if hidden:
        lines.append(f"and {hidden} more patients")
    if full and view.role == "pharmacy":
        lines.append(_doses())
    return "\n".join(lines)


@cache
def _doses() -> str:
    rows = (
        f"{name} {row['dose']:g} {row['unit']} {row['route']}, child {row['per_kg']:g} {row['unit']}/kg"
        for name, row in dose_table().items()
    )
    return f"usual doses: {'; '.join(rows)}"


@cache
def acts_text(role: str) -> str:
    """Return the acts of a role with their fields, as lines. Raises: UnknownNameError."""
    if role not in ACTS:
        raise UnknownNameError("role", role, ROLES)
    return "\n".join(_act_line(kind, fields) for kind, fields in {**ACTS[role], **COMMON}.items())


def _act_line(kind: str, fields: Mapping[str, Field]) -> str:
    told = [f'"{name}": {"|".join(field.words) or _KINDS[field.kind]}' for name, field in fields.items()]
    return f'- {{"act": "{kind}", {", ".join(told)}}}'


def _filled(body: str, parts: Mapping[str, str]) -> str:
    """Fill the marks of a template once; what is put in is never read as a mark itself."""
    return re.sub(r"\{(" + "|".join(parts) + r")\}", lambda found: parts[found[1]], body)


@cache
def _template(name: str) -> Mapping[str, str]:
    """Return role of the message -> its text with marks."""
    sections = read_sections(name, TEMPLATES)
    if not sections or set(sections) - {"system", "user"} or "{view}" not in sections.get("user", ""):
        raise DataFormatError(f"{name}.md: a section 'user' with {{view}}, and at most 'system' beside it")
    return MappingProxyType(sections)


__all__ = [
    "DUTY",
    "MOST_PATIENTS",
    "TEMPLATES",
    "acts_text",
    "crisis_messages",
    "crisis_prompt",
    "seed_header",
    "view_text",
]
