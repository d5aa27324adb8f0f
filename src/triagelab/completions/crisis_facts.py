"""What a view says, subject by subject: the facts that reasoning may state, and the ids that exist for a role.

A subject is a patient, an order, a member of staff, an entry of the board, a system, an area, a drug in stock, a blood
group or a number of the view. Its sheet holds words that are true of it and numbers by label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from triagelab.hospital.acts import PROCEDURES, PROTOCOLS, STAFF_ROLES, TAGS, Act
from triagelab.hospital.tables import SYSTEMS, needs, resource_table
from triagelab.hospital.views import View

VITALS: Mapping[str, tuple[str, ...]] = {
    "spo2_pct": ("spo2", "sats", "saturation"),
    "heart_rate_bpm": ("hr", "heart rate", "pulse"),
    "resp_rate_bpm": ("rr", "resp rate", "respiratory rate"),
    "sbp_mmhg": ("sbp", "bp", "systolic"),
    "temp_c": ("temp", "temperature"),
    "gcs": ("gcs",),
}
"""Vital sign -> short names that text may use for it, the first one is written."""
_BOARD_KEYS = ("record", "bag", "ventilator", "entry", "request")
_CHART_WORDS = ("area", "tag")
_CHART_LISTS = ("needs", "met", "called", "given", "antidotes")
_CHART_NUMBERS = {"age_years": "age", "weight_kg": "weight", "units_needed": "units"}


@dataclass(slots=True)
class Sheet:
    """What is true of one subject. `numbers`: label -> value; `words`: lower case, blanks for underscores."""

    words: set[str] = field(default_factory=set)
    numbers: dict[str, float] = field(default_factory=dict)
    lead: list[str] = field(default_factory=list)

    def say(self, value: object, lead: bool = False) -> None:
        """Add a word that is true of the subject; `lead` is worth saying first."""
        text = str(value).replace("_", " ")
        self.words.add(text.lower())
        if lead:
            self.lead.append(text)

    def count(self, label: str, value: float) -> None:
        self.numbers[label.lower().replace("_", " ")] = float(value)


@dataclass(slots=True)
class Facts:
    """The sheets of a view. `ids`: subjects with an id; `named`: subjects that are words, such as systems and areas."""

    role: str
    ids: dict[str, Sheet]
    named: dict[str, Sheet]

    def of(self, subject: str) -> Sheet | None:
        return self.ids.get(subject) or self.named.get(subject.lower().replace("_", " "))


def facts_of(view: View) -> Facts:
    """Return what a view says."""
    facts = Facts(view.role, {}, {})
    for one in view.patients:
        facts.ids[one["patient"]] = _patient(one)
    for order in view.orders:
        facts.ids[str(order["order"])] = _entry(order)
    for person in view.people:
        facts.ids[str(person["staff"])] = _entry(person)
    for entry in view.board:
        key = next((name for name in _BOARD_KEYS if name in entry), None)
        if key is not None:
            facts.ids[str(entry[key])] = _entry(entry)
    for label, values in (("free", view.beds), ("cover", view.cover)):
        for name, value in values.items():
            facts.named.setdefault(name, Sheet()).count(label, value)
    for name, value in view.counts.items():
        _count(facts, name, value)
    return facts


def _patient(one: Mapping[str, Any]) -> Sheet:
    sheet = Sheet()
    for name in _CHART_LISTS:
        for word in one.get(name) or ():
            sheet.say(word, lead=name in ("needs", "antidotes"))
    for name in _CHART_WORDS:
        if one[name] is not None:
            sheet.say(one[name], lead=True)
    if one["tag"] is None:
        sheet.say("untagged", lead=True)
    if one["ventilator"]:
        sheet.say("ventilator")
    for allergy in one["allergies"] or ():
        sheet.say(allergy.split(":")[0])
    for name, value in (one["vitals"] or {}).items():
        for short in VITALS.get(name, ()):
            sheet.count(short, value)
    for name, value in one.get("sight", {}).items():
        if name == "resp_rate_bpm":
            for short in VITALS[name]:
                sheet.numbers.setdefault(short, float(value))
        elif value is True:
            sheet.say(name)
    for name, label in _CHART_NUMBERS.items():
        if one.get(name) is not None:
            sheet.count(label, one[name])
    return sheet


def _entry(entry: Mapping[str, object]) -> Sheet:
    """Return the sheet of an order, a member of staff or an entry of the board: its own fields and values."""
    sheet = Sheet()
    for name, value in entry.items():
        if isinstance(value, bool):
            sheet.say(name if value else f"not {name}")
        elif isinstance(value, int | float):
            sheet.count(name, value)
        elif isinstance(value, list | tuple):
            for item in value:
                _say_all(sheet, item)
        elif isinstance(value, Mapping):
            _say_all(sheet, value)
        elif value is not None:
            sheet.say(value, lead=name not in ("by", "order", "staff", *_BOARD_KEYS))
    return sheet


def _say_all(sheet: Sheet, item: object) -> None:
    """Add an item of a list; of a mapping, such as an act that lost a conflict, the values that are words."""
    for value in item.values() if isinstance(item, Mapping) else (item,):
        if isinstance(value, str):
            sheet.say(value, lead=True)


def _count(facts: Facts, name: str, value: object) -> None:
    if isinstance(value, bool):
        facts.named.setdefault(name.replace("_", " "), Sheet()).say("yes" if value else "no")
    elif isinstance(value, int | float):
        facts.named.setdefault(name.replace("_", " "), Sheet()).count("count", value)
    elif isinstance(value, list):
        for item in value:
            facts.named.setdefault(str(item).lower().replace("_", " "), Sheet()).say(name, lead=True)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(item, int | float):
                facts.named.setdefault(str(key).lower().replace("_", " "), Sheet()).count(name, item)
            elif re.fullmatch(r"[A-Z]{1,3}-[\w-]{1,20}", str(key)):
                facts.ids[str(key)] = _entry(item) if isinstance(item, Mapping) else Sheet()


_EVIDENCE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("protocol", "surge"): ("waiting",),
    ("protocol", "isolation"): ("infectious",),
    ("protocol", "massive_transfusion"): ("group o",),
    ("protocol", "recall"): ("ed", "icu", "ward"),
    ("call_in", "nurse"): ("ed", "icu", "ward"),
    ("call_in", "doctor"): ("waiting for doctor",),
    ("call_in", "surgeon"): ("theatre queue",),
    ("call_in", "anaesthetist"): ("theatre queue",),
}
_SUBJECT_FIELDS = ("patient", "order", "staff", "record", "subject", "system", "drug", "blocked", "conflict")


def subjects_of(act: Act) -> tuple[str, ...]:
    """Return the subjects of which a fact can be the reason for an act; empty where none is asked for."""
    for name in _SUBJECT_FIELDS:
        if name in act.args:
            return (str(act.args[name]),)
    if act.kind == "open_overflow":
        return ("bay", "overflow")
    if act.kind == "divert":
        return ("bay", "waiting", "resus")
    word = act.args.get("name") or act.args.get("staff_role") or ""
    return _EVIDENCE.get((act.kind, str(word)), ())


@cache
def checkable_words() -> frozenset[str]:
    """Return the words whose presence in reasoning is a claim: needs, places, tags, drugs, states of systems."""
    table = resource_table()
    words: set[str] = {*needs(), *table.areas, *TAGS, *table.drug, *PROCEDURES, "down", "untagged", "ventilator"}
    words |= {"home", "resting", "coming", "repairing", "paper", *SYSTEMS, *PROTOCOLS, *STAFF_ROLES, "none", "overdue"}
    return frozenset(word.replace("_", " ") for word in words)


def words_of(act: Act) -> Iterable[str]:
    """Return the words of an act's own fields, lower case, blanks for underscores."""
    yield act.kind.replace("_", " ")
    for value in act.args.values():
        if isinstance(value, str):
            yield value.lower().replace("_", " ")


__all__ = ["VITALS", "Facts", "Sheet", "checkable_words", "facts_of", "subjects_of", "words_of"]
