"""Where a note says a vital sign, so that a number in the text and in the fields can be changed together.

Read by patterns of its own and not by the extractor: what the extractor misses must be changed all the same, and a
perturbation must not favour the agent that uses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from triagelab.clinical.vitals import VitalSigns, fahrenheit_to_celsius

TOLERANCE: Mapping[str, float] = {"temp_c": 0.06, "glucose_mg_dl": 1.0}
"""How far the text may stand from the field and still be the same reading; 0.51 for what is not named here."""

_IS = r"(?:\s{0,3}(?:is|was|of|at|:|=|-)?\s{0,3})"
_COUNT = r"(\d{1,3}(?:\.0)?)"
_NUMBER = r"(\d{1,3}(?:\.\d{1,2})?)"
_A_MINUTE = r"(?:\s{0,3}(?:/\s?min\b|bpm\b|(?:beats |breaths )?(?:per|a) minute\b))?"
_PERCENT = r"(?:\s{0,3}(?:%|percent\b))?"
_MASS = r"(?:\s{0,3}(?:mg\s?/\s?dL\b|mmol\s?/\s?L\b))?"
_END = r"(?![\d/.]*\d)"
_PAIR = r"(\d{2,3})\s{0,3}(?:/|\s{1,3}over\s{1,3})\s{0,3}(\d{2,3})(?![\d/])(?:\s{0,3}mm\s?Hg\b)?"
_AIR = r"(?:\s{0,3}(?:on\s{1,3})?(?:RA\b|room air\b))?"


@dataclass(frozen=True)
class _Form:
    """One way of writing: the pattern's groups hold the numbers of `names`, in order."""

    names: tuple[str, ...]
    pattern: re.Pattern[str]


def _form(names: str, pattern: str, *, capitals: bool = False) -> _Form:
    return _Form(tuple(names.split()), re.compile(pattern, 0 if capitals else re.IGNORECASE))


_FORMS: tuple[_Form, ...] = (
    _form(
        "pain_score",
        rf"\bpain(?: level| score| rated| is| at)?{_IS}(\d{{1,2}})"
        r"\s{0,3}(?:/\s{0,3}10\b|(?:out )?of (?:10\b|ten\b))",
    ),
    _form("pain_score", r"\b(\d{1,2})\s{0,3}(?:/\s{0,3}10\b|out of (?:10\b|ten\b))(?:\s{1,3}pain\b)?"),
    _form("pain_score", r"\bon a scale (?:up to|of|from [01] to) (?:10|ten)\b[^.\d]{0,30}?\b(\d{1,2})\b(?![./]\d)"),
    _form("sbp_mmhg dbp_mmhg", rf"\b(?:blood pressure|B\.?P\.?|b p|pressure){_IS}{_PAIR}"),
    _form("sbp_mmhg dbp_mmhg", rf"(?<![\d/.])(?=[4-9]\d\b|[12]\d\d\b){_PAIR}"),
    _form(
        "sbp_mmhg",
        rf"\b(?:blood pressure|BP|pressure){_IS}(\d{{2,3}})"
        r"\s{0,3}(?:/|over\s{1,3})\s{0,3}palp\w*(?:\s{0,3}mm\s?Hg\b)?",
    ),
    _form("sbp_mmhg", rf"\b(?:SBP|systolic(?: blood pressure| BP)?){_IS}{_COUNT}{_END}(?:\s{{0,3}}mm\s?Hg\b)?"),
    _form("dbp_mmhg", rf"\b(?:DBP|diastolic(?: blood pressure| BP)?){_IS}{_COUNT}{_END}(?:\s{{0,3}}mm\s?Hg\b)?"),
    _form(
        "heart_rate_bpm",
        rf"\b(?:HR|heart\s?rate|pulse(?: rate)?|P(?=\s?\d)){_IS}{_COUNT}{_END}{_A_MINUTE}",
    ),
    _form(
        "resp_rate_bpm",
        rf"\b(?:RR|resp(?:iratory)? rate|respirations?|resps?|breathing){_IS}{_COUNT}{_END}{_A_MINUTE}",
    ),
    _form("resp_rate_bpm", r"\bR (\d{1,2})\b(?![./]\d)", capitals=True),
    _form("resp_rate_bpm", r"\b(\d{1,3}) breaths (?:per|a) minute\b"),
    _form(
        "spo2_pct",
        r"\b(?:SpO2|SaO2|O2\s?sats?|oxygen sat(?:uration)?s?|saturations?|pulse ox|sats?|oxygen)"
        rf"{_IS}{_COUNT}{_END}{_PERCENT}{_AIR}",
    ),
    _form(
        "temp_c",
        rf"\b(?:temp(?:erature)?|T(?=\s?\d)){_IS}{_NUMBER}{_END}"
        r"(?:\s{0,3}(?:°\s?[CF]\b|degrees?(?:\s{1,3}(?:[CF]\b|celsius\b|fahrenheit\b))?|[CF]\b|celsius\b|fahrenheit\b))?",
    ),
    _form("gcs", rf"\b(?:GCS|g c s|coma score){_IS}(\d{{1,2}}){_END}(?:\s{{0,3}}(?:/\s{{0,3}}15\b|out of 15\b))?"),
    _form(
        "glucose_mg_dl",
        rf"\b(?:BGL|FSBS|gluc(?:ose)?|blood (?:sugar|glucose)|sugar){_IS}{_NUMBER}{_END}{_MASS}",
    ),
)


@dataclass(frozen=True)
class Sighting:
    """One vital sign (or a pair of pressures) in a note: `note[start:end]` is the phrase, label and unit included.

    Attributes:
        names: vital signs that the phrase says, in order.
        values: their values in the units of VitalSigns.
        places: (start, end) of the digits of each.
        fahrenheit, mmol: the unit in which the number stands.
    """

    start: int
    end: int
    names: tuple[str, ...]
    values: tuple[float, ...]
    places: tuple[tuple[int, int], ...]
    fahrenheit: bool = False
    mmol: bool = False


def sightings(note: str) -> list[Sighting]:
    """Return every vital sign that the note writes in a usual form, in order, without overlaps."""
    found: list[Sighting] = []
    taken = bytearray(len(note))
    for form in _FORMS:
        for match in form.pattern.finditer(note):
            start, end = match.span()
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(_sighting(form, match))
    return sorted(found, key=lambda item: item.start)


def _sighting(form: _Form, match: re.Match[str]) -> Sighting:
    values = [float(text) for text in match.groups()]
    phrase = match.group().lower()
    fahrenheit = form.names == ("temp_c",) and values[0] > 45
    mmol = form.names == ("glucose_mg_dl",) and "mmol" in phrase
    if fahrenheit:
        values = [fahrenheit_to_celsius(values[0])]
    if mmol:
        values = [values[0] * MG_DL_PER_MMOL]
    places = tuple(match.span(group) for group in range(1, len(values) + 1))
    return Sighting(*match.span(), form.names, tuple(values), places, fahrenheit, mmol)


MG_DL_PER_MMOL = 18.016
"""Molar mass of glucose, 180.16 g/mol, in the units of a meter."""


def same(name: str, text: float, field: float) -> bool:
    """Return whether a number of the text is the reading that the field holds."""
    return abs(text - field) <= TOLERANCE.get(name, 0.51)


def current(note: str, vitals: VitalSigns) -> list[Sighting]:
    """Return the sightings that say the vital signs of now: those equal to the fields, or of what the fields lack.

    A number that differs from its field is another reading ("BP 90/60 on scene") and is none of them. Where the fields
    lack a vital sign, only the first sighting of it counts.
    """
    fields = vitals.measured()
    kept: list[Sighting] = []
    seen: set[str] = set()
    for item in sightings(note):
        known = [name in fields for name in item.names]
        if all(known):
            if all(same(name, value, fields[name]) for name, value in zip(item.names, item.values, strict=True)):
                kept.append(item)
        elif not any(known) and not seen & set(item.names):
            kept.append(item)
            seen |= set(item.names)
    return kept


def hidden(note: str, vitals: VitalSigns, items: list[Sighting]) -> frozenset[str]:
    """Return vital signs whose number stands in the text in a form that is not recognised.

    They are left alone everywhere: changing the field alone would make the case contradict itself.
    """
    covered = [(item.start, item.end) for item in items]
    said = {name for item in items for name in item.names}
    loose = list(_loose_numbers(note, covered))
    return frozenset(
        name
        for name, value in vitals.measured().items()
        if name not in said
        and any(
            same(name, number, value) or (name == "temp_c" and abs(number - (value * 1.8 + 32)) < 0.11)
            for number in loose
        )
    )


def _loose_numbers(note: str, covered: list[tuple[int, int]]) -> Iterator[float]:
    """Yield the numbers of the text that no recognised vital sign covers."""
    for match in re.finditer(r"(?<![\w.])\d{1,3}(?:\.\d+)?(?!\d)", note):
        if not any(start <= match.start() < end for start, end in covered):
            yield float(match.group())
