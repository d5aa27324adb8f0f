"""Perturbations of vital signs, in the text and in the fields alike: dropped, noisy, in other units and words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from triagelab.cases.draws import Draws
from triagelab.cases.presentation import Presentation
from triagelab.clinical.vitals import RANGES, VitalSigns, fahrenheit_to_celsius
from triagelab.evaluation.stress_sightings import MG_DL_PER_MMOL, Sighting, current, hidden
from triagelab.evaluation.stress_tables import strength

Edit = tuple[int, int, str]
"""(start, end, words): what replaces `note[start:end]`."""

FIELDS_THAT_SAY: Mapping[str, tuple[str, ...]] = {"pain_score": ("pain_text",)}
"""Other structured fields in which a source repeats a vital sign."""


def edited(note: str, edits: list[Edit]) -> str:
    """Return the note with every edit made; edits do not overlap."""
    for start, end, words in sorted(edits, reverse=True):
        note = note[:start] + words + note[end:]
    return note


def drop(shown: Presentation, draws: Draws) -> Presentation | None:
    """Return the presentation without some of its vital signs, None if there is none to drop.

    Each is dropped by chance, at least one; a pressure goes as a pair. One whose number stands in the text in a form
    that is not recognised stays, in the field too.
    """
    items = current(shown.narrative, shown.vitals)
    groups = _groups(shown.vitals, items, hidden(shown.narrative, shown.vitals, items))
    if not groups:
        return None
    gone = [group for group in groups if draws.chance(strength().drop.probability)] or [draws.pick(groups)]
    names = {name for group in gone for name in group}
    note = shown.narrative
    edits = [_cut(note, item) for item in items if set(item.names) & names]
    structured = {
        key: value
        for key, value in shown.structured.items()
        if key not in {field for name in names for field in FIELDS_THAT_SAY.get(name, ())}
    }
    missing = dict.fromkeys(names & set(shown.vitals.measured()))
    return replace(
        shown, narrative=_tidy(edited(note, _apart(edits))), vitals=shown.vitals.with_(**missing), structured=structured
    )


def _groups(vitals: VitalSigns, items: list[Sighting], left_alone: frozenset[str]) -> list[tuple[str, ...]]:
    """Return what can be dropped, each vital sign on its own and the pressures together."""
    names = dict.fromkeys((*vitals.measured(), *(name for item in items for name in item.names)))
    pressures = tuple(name for name in names if name in ("sbp_mmhg", "dbp_mmhg"))
    single = [(name,) for name in names if name not in pressures and name not in left_alone]
    whole = bool(pressures) and not set(pressures) & left_alone
    return [*single, pressures] if whole else single


def _cut(note: str, item: Sighting) -> Edit:
    """Return the edit that takes a phrase out together with the comma or "and" that binds it."""
    start, end = item.start, item.end
    after = re.compile(r"\s*,\s*(?:and\s+)?").match(note, end)
    if after is not None:
        return start, after.end(), ""
    before = _BEFORE.search(note, max(0, start - 20), start)
    return (before.start() if before else start), end, ""


_BEFORE = re.compile(r"(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+)\Z")


def _apart(edits: list[Edit]) -> list[Edit]:
    """Return the edits without overlaps: a later one begins where the one before ends."""
    done: list[Edit] = []
    for start, end, words in sorted(edits):
        done.append((max(start, done[-1][1]) if done else start, end, words))
    return done


_EMPTY = re.compile(
    r"(?:\b(?:VS|Vitals|Vital signs(?: are)?|Measured at triage|On arrival|Last set|En route|vitals|vital signs are|"
    r"The nurse wrote down|At the desk they measured|They checked (?:me|him|her|them)|The numbers they got were|"
    r"I(?: would|'d) (?:call|rate|say)(?: the| it| my)?)"
    r"[:\s]*)(?=[.;]|$)"
)


def _tidy(note: str) -> str:
    """Return the note without the punctuation and headings that cuts leave behind."""
    note = _EMPTY.sub("", note)
    note = re.sub(r"(?<!\s)\s+([,.;])", r"\1", note)
    note = re.sub(r"([.;:,])(?:\s*,)+", r"\1", note)
    note = re.sub(r",\s*([.;])", r"\1", note)
    note = re.sub(r"\.(?:\s*\.)+", ".", note)
    return re.sub(r"[ \t]{2,}", " ", note).strip(" ,")


def noise(shown: Presentation, draws: Draws) -> Presentation | None:
    """Return the presentation as another measurement within the error of the devices would have left it.

    Text and field get the same new number, rounded as the text rounds it. Zero stays zero: no pulse is no reading.
    None if nothing was measured by a device.
    """
    items = current(shown.narrative, shown.vitals)
    left_alone = hidden(shown.narrative, shown.vitals, items)
    fields, edits = shown.vitals.measured(), []
    said = {name: value for item in items for name, value in zip(item.names, item.values, strict=True)}
    known = {
        name: value
        for name, value in {**said, **fields}.items()
        if name in strength().noise and name not in left_alone and value > 0
    }
    new = next((moved for _ in range(8) if (moved := _moved(known, draws)) != known), None)
    if new is None:
        return None
    for item in items:
        for place, name in zip(item.places, item.names, strict=True):
            if name in new:
                words, new[name] = _written(shown.narrative[slice(*place)], name, new[name], item)
                edits.append((*place, words))
    changed = {name: value for name, value in new.items() if name in fields}
    return replace(shown, narrative=edited(shown.narrative, edits), vitals=shown.vitals.with_(**changed))


def _moved(known: Mapping[str, float], draws: Draws) -> dict[str, float]:
    new = {name: _noisy(name, value, draws) for name, value in known.items()}
    if "sbp_mmhg" in new and "dbp_mmhg" in new:
        new["dbp_mmhg"] = min(new["dbp_mmhg"], new["sbp_mmhg"])
    return new


def _noisy(name: str, value: float, draws: Draws) -> float:
    device, limits = strength().noise[name], RANGES[name]
    reach = max(device.limit, value * device.percent / 100)
    moved = value + reach * (2 * draws.unit() - 1)
    return min(limits.high, max(limits.low, round(moved, 1) if name == "temp_c" else float(round(moved))))


def _written(old: str, name: str, value: float, item: Sighting) -> tuple[str, float]:
    """Return the number in the unit and with the digits of the text, and the value that a reader takes from it."""
    digits = len(old.partition(".")[2])
    shown = value * 1.8 + 32 if item.fahrenheit else value / MG_DL_PER_MMOL if item.mmol else value
    words = f"{shown:.{digits}f}"
    back = float(words)
    if item.fahrenheit:
        back = round(fahrenheit_to_celsius(back), 2)
    return words, back * MG_DL_PER_MMOL if item.mmol else back


def units(shown: Presentation, draws: Draws) -> Presentation | None:
    """Return the presentation with its vital signs in other units or written out; fields keep their one unit.

    Celsius and Fahrenheit change places, glucose goes to mmol/L or back, the rest is spelled out or abbreviated.
    None if the text says no vital sign in a form that is recognised.
    """
    items = current(shown.narrative, shown.vitals)
    edits: list[Edit] = []
    for item in items:
        words = _other_unit(item, draws)
        if words is not None:
            air = _AIR.search(shown.narrative[item.start : item.end])
            edits.append((item.start, item.end, f"{words} on room air" if air else words))
    changed = edited(shown.narrative, edits)
    return None if changed == shown.narrative else replace(shown, narrative=changed)


_AIR = re.compile(r"(?:RA|room air)\Z", re.IGNORECASE)
"""What the patient breathes is a fact beside the saturation; it stays in every form."""

_FORMS: Mapping[str, tuple[str, ...]] = {
    "heart_rate_bpm": ("heart rate {0:g} beats per minute", "HR {0:g} bpm", "pulse rate {0:g}/min"),
    "resp_rate_bpm": ("respiratory rate {0:g} breaths per minute", "RR {0:g}/min", "respirations {0:g} per minute"),
    "spo2_pct": ("oxygen saturation {0:g} percent", "SpO2 {0:g}%", "O2 sat {0:g} %"),
    "pain_score": ("pain {0:g} out of 10", "pain {0:g}/10", "pain score {0:g}/10"),
    "gcs": ("GCS {0:g}/15", "GCS {0:g}"),
    "sbp_mmhg": ("systolic blood pressure {0:g} mmHg", "SBP {0:g}"),
    "dbp_mmhg": ("diastolic blood pressure {0:g} mmHg", "DBP {0:g}"),
}
_PAIRS = ("blood pressure {0:g} over {1:g}", "BP {0:g}/{1:g} mmHg", "blood pressure {0:g}/{1:g}")


def _other_unit(item: Sighting, draws: Draws) -> str | None:
    """Return the same reading in other words; temperature and glucose always change their unit."""
    if item.names == ("temp_c",):
        if item.fahrenheit:
            return draws.pick(("temperature {0:.1f} C", "T {0:.1f} °C", "temp {0:.1f} degrees Celsius")).format(
                item.values[0]
            )
        return draws.pick(("temperature {0:.1f} F", "T {0:.1f} °F", "temp {0:.1f} degrees Fahrenheit")).format(
            item.values[0] * 1.8 + 32
        )
    if item.names == ("glucose_mg_dl",):
        if item.mmol:
            return f"glucose {item.values[0]:.0f} mg/dL"
        words = f"{item.values[0] / MG_DL_PER_MMOL:.1f}"
        exact = abs(float(words) * MG_DL_PER_MMOL - item.values[0]) < 0.5
        return f"glucose {words} mmol/L" if exact else f"blood glucose {item.values[0]:.0f} mg/dL"
    forms = _PAIRS if len(item.names) == 2 else _FORMS[item.names[0]]
    return draws.pick(forms).format(*item.values)
