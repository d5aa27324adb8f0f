"""Acts: what a role can do, as plain data; one table says which fields each takes.

An act from outside is one flat mapping such as `{"act": "place", "patient": "P-003", "area": "resus"}`. `read_acts`
turns it into `Act` or into a refusal with its reason; it never raises for what somebody sent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from triagelab.clinical.blood import GROUPS
from triagelab.hospital.tables import ROLES, SYSTEMS

INCIDENTS: tuple[str, ...] = (
    "contraindicated_order",
    "wrong_dose",
    "mislabelled_blood",
    "missing_allergy",
    "over_long_shift",
    "record_mismatch",
    "double_booked_ventilator",
    "unauthorised_override",
    "unsafe_discharge",
)
"""Kinds of incident that can be flagged."""

MAY_AUTHORISE: tuple[str, ...] = ("chief medical officer", "deputy chief medical officer", "duty consultant")
"""Who may authorise an override."""
SHORT_FORMS: Mapping[str, str] = MappingProxyType(
    {"PCN": "penicillin", "cephalosporins": "cephalosporin", "sulfa": "sulfonamide", "ASA": "aspirin"}
)
"""Short form of an allergen in a record -> the allergen that it means."""
TAGS: tuple[str, ...] = ("immediate", "delayed", "minor", "deceased")
PROCEDURES: tuple[str, ...] = ("open_airway", "stop_bleeding", "decompress_chest", "cpr", "defibrillate", "oxygen")
SERVICES: tuple[str, ...] = ("surgery", "critical_care")
STAFF_ROLES: tuple[str, ...] = ("nurse", "doctor", "surgeon", "anaesthetist")
PROTOCOLS: tuple[str, ...] = ("surge", "isolation", "massive_transfusion", "recall")
SHOWN = 80
"""Characters shown of something that was refused."""
TEXT = 280
"""Characters of the longest text field of an act."""

ID, WORD, NUMBER, COUNT, FLAG = "id", "word", "number", "count", "flag"


class Field(NamedTuple):
    """One field of an act: an id, one of `words`, a number above 0, a whole number above 0, or true/false."""

    kind: str
    words: tuple[str, ...] = ()
    most: float = 1e6
    optional: bool = False


_P = {"patient": Field(ID)}
_DOSE = {"dose": Field(NUMBER), "unit": Field(ID), "route": Field(ID)}
COMMON: dict[str, dict[str, Field]] = {
    "flag": {"incident": Field(WORD, INCIDENTS), "subject": Field(ID)},
    "message": {"to": Field(WORD, ROLES), "text": Field(ID)},
}
"""Acts of every role."""
ACTS: dict[str, dict[str, dict[str, Field]]] = {
    "er_triage": {
        "tag": {**_P, "tag": Field(WORD, TAGS)},
        "assess": _P,
        "place": {**_P, "area": Field(WORD, ("resus", "bay", "isolation", "overflow", "waiting"))},
        "treat": {**_P, "procedure": Field(WORD, PROCEDURES)},
        "call": {**_P, "service": Field(WORD, SERVICES)},
        "discharge": _P,
    },
    "icu_management": {
        "admit": {**_P, "unit": Field(WORD, ("icu", "ward", "overflow"))},
        "ventilate": _P,
        "wean": _P,
        "step_down": _P,
        "open_overflow": {"beds": Field(COUNT, most=24)},
    },
    "pharmacy": {
        "order": {**_P, "drug": Field(ID), **_DOSE},
        "approve": {"order": Field(ID)},
        "modify": {"order": Field(ID), **_DOSE},
        "reject": {"order": Field(ID)},
        "transfuse": {**_P, "group": Field(WORD, GROUPS), "units": Field(COUNT, most=6)},
        "restock": {"drug": Field(ID), "doses": Field(COUNT, most=20)},
    },
    "hr_rostering": {
        "call_in": {"staff_role": Field(WORD, STAFF_ROLES), "count": Field(COUNT, most=10)},
        "assign": {"staff": Field(ID), "area": Field(WORD, ("ed", "icu", "ward"))},
        "rest": {"staff": Field(ID)},
    },
    "it_systems": {
        "restore": {"system": Field(WORD, SYSTEMS)},
        "paper": {"system": Field(WORD, SYSTEMS)},
        "correct": {"record": Field(ID)},
    },
    "cmo_oversight": {
        "protocol": {"name": Field(WORD, PROTOCOLS)},
        "divert": {"on": Field(FLAG)},
        "override": {"blocked": Field(ID), "reason": Field(ID)},
        "resolve": {"conflict": Field(ID), "keep": Field(ID)},
    },
}
"""Role -> act -> its fields."""


class Act(NamedTuple):
    """One act that has the right shape. `args` has exactly the fields of the table."""

    role: str
    kind: str
    args: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {"act": self.kind, **self.args}


class Refusal(NamedTuple):
    """Something that was sent and is no act, with the reason."""

    role: str
    raw: str
    reason: str


def fields_of(role: str, kind: str) -> dict[str, Field] | None:
    """Return the fields of an act of a role, None where the role has no such act."""
    found = ACTS[role].get(kind)
    return COMMON.get(kind) if found is None else found


def read_acts(role: str, raw: object, most: int = 64) -> tuple[list[Act], list[Refusal]]:
    """Return the acts of one role and what was refused, with reasons. Never raises for what was sent.

    Args:
        raw: a list of mappings, or one mapping, or `Act`s that were read before.
        most: entries looked at; what comes after is refused unread.
    """
    if not isinstance(raw, list):
        if isinstance(raw, Mapping):
            raw = [raw]
        elif not isinstance(raw, Sequence) or isinstance(raw, str | bytes | bytearray):
            return [], [Refusal(role, _shown(raw), "a list of acts is asked for")]
    acts: list[Act] = []
    refused: list[Refusal] = []
    for item in islice(raw, most):
        read = _check(role, item) if isinstance(item, Act) else _read(role, item)
        if isinstance(read, Act):
            acts.append(read)
        else:
            refused.append(Refusal(role, _shown(item), read))
    if len(raw) > most:
        refused.append(Refusal(role, f"{len(raw) - most} more", f"no more than {most} entries are read in a step"))
    return acts, refused


def _check(role: str, act: Act) -> Act | str:
    """Return an act that was built by hand where it has the shape of the table, else why not."""
    if act.role != role:
        return f"an act of {_shown(act.role)}, not of {role}"
    fields = fields_of(role, act.kind) if isinstance(act.kind, str) and isinstance(act.args, dict) else None
    if fields is None or len(act.args) != len(fields):
        return _read(role, {**act.args, "act": act.kind}) if isinstance(act.args, dict) else "args: a dict"
    for name, field in fields.items():
        problem = _problem(field, act.args.get(name))
        if problem:
            return f"{act.kind}: {name}: {problem}"
    return act


def _read(role: str, item: object) -> Act | str:
    if not isinstance(item, Mapping):
        return "an act is one object with the field 'act'"
    kind = item.get("act")
    fields = fields_of(role, kind) if isinstance(kind, str) else None
    if fields is None or not isinstance(kind, str):
        known = ", ".join((*ACTS[role], *COMMON))
        other = next((name for name in ROLES if isinstance(kind, str) and kind in ACTS[name]), None)
        return f"{_shown(kind)} is an act of {other}, not of {role}" if other else f"act: one of {known}"
    args: dict[str, Any] = {}
    for name, field in fields.items():
        value = item.get(name)
        problem = _problem(field, value)
        if problem:
            return f"{kind}: {name}: {problem}"
        args[name] = value
    for name in item:
        if name != "act" and name not in fields:
            return f"{kind}: no field {_shown(name)}; it takes {', '.join(fields)}"
    return Act(role, kind, args)


def _problem(field: Field, value: object) -> str | None:
    kind = field.kind
    if kind == FLAG:
        return None if isinstance(value, bool) else "true or false"
    if kind in (NUMBER, COUNT):
        whole = kind == COUNT
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            return "a whole number" if whole else "a number"
        if not (0 < value <= field.most) or math.isnan(value):
            return f"above 0, at most {field.most:g}"
        return None
    if not isinstance(value, str) or not 0 < len(value) <= TEXT:
        return f"text of 1 to {TEXT} characters"
    return f"one of {', '.join(field.words)}" if kind == WORD and value not in field.words else None


def _shown(value: object) -> str:
    """Return the start of a value as text; how long that takes does not depend on how big the value is."""
    if isinstance(value, str | bytes | bytearray):
        return _cut(repr(bytes(value[:SHOWN]) if isinstance(value, bytearray) else value[:SHOWN]))
    if value is None or isinstance(value, bool | float):
        return repr(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() <= 64 else f"a whole number of {value.bit_length()} bits"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_word(key)}: {_word(item)}" for key, item in islice(value.items(), 6))
        return _cut("{" + pairs + ("}" if len(value) <= 6 else ", ...}"))
    if isinstance(value, list | tuple):
        return _cut("[" + ", ".join(map(_word, value[:6])) + ("]" if len(value) <= 6 else ", ...]"))
    return f"a {type(value).__name__[:40]}"


def _word(value: object) -> str:
    """Return a value inside another as text; what holds more values is only named."""
    plain = value is None or isinstance(value, str | bytes | bool | float | int)
    return _shown(value) if plain else f"a {type(value).__name__[:40]}"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
