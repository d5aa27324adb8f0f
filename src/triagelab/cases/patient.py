"""One latent patient: an archetype with its chances drawn. Knows nothing of voices and nothing of levels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from triagelab.cases.archetypes import DAYS_PER_UNIT, Archetype, Modifier, Pain, Span
from triagelab.cases.draws import Draws
from triagelab.cases.physiology import sample_vitals
from triagelab.clinical.facts import Facts, vocabulary
from triagelab.clinical.vitals import VitalSigns, fahrenheit_to_celsius

MONTHS_UNTIL = 36
"""From here on an age is said in whole years."""
WARM_C = 37.8
"""Nobody denies a fever above this reading."""
PAIN_FROM_YEARS = 5.0
"""Below this age a number for pain is not asked for."""


@cache
def _resource_facts() -> tuple[str, ...]:
    return tuple(name for name, spec in vocabulary().items() if spec.group.startswith("resource"))


@dataclass(frozen=True, slots=True)
class Age:
    """An age as it is spoken: a whole number of days, weeks, months or years."""

    value: int
    unit: str

    @property
    def years(self) -> float:
        return round(self.value * DAYS_PER_UNIT[self.unit] / DAYS_PER_UNIT["y"], 4)


@dataclass(frozen=True, slots=True)
class Patient:
    """What is true of one patient, and how it was written down where the voice has no say.

    Attributes:
        told: true facts the phrase bank has to say; facts that complaint and story say are not among them.
        onset: how long it has lasted.
        fahrenheit: the temperature was read in Fahrenheit.
        pp_days: days since delivery, where that matters.
        not_taken: no vital signs were taken.
    """

    archetype: Archetype
    modifiers: tuple[Modifier, ...]
    age: Age
    sex: str
    arrival: str
    facts: Facts
    told: tuple[str, ...]
    onset: Age | None
    fahrenheit: bool
    side: str
    pp_days: int
    not_taken: bool = False


def _draw_span(draws: Draws, spans: tuple[Span, ...]) -> Age:
    span = spans[0] if len(spans) == 1 else draws.weighted(spans, [item.weight for item in spans])
    value = draws.whole(span.low, span.high)
    if span.unit == "min" and value > 10:
        return Age(5 * round(value / 5), "min")
    if span.unit == "mo" and value >= MONTHS_UNTIL:
        return Age(value // 12, "y")
    return Age(value, span.unit)


def _draw_modifiers(draws: Draws, archetype: Archetype, age_years: float, sex: str) -> tuple[Modifier, ...]:
    chosen: list[Modifier] = []
    points: dict[str, float] = {}
    for modifier in archetype.modifiers:
        if modifier.group is None:
            happens = draws.unit() < modifier.p
        else:
            left = points.setdefault(modifier.group, draws.unit())
            happens = 0.0 <= left < modifier.p
            points[modifier.group] = -1.0 if happens else left - modifier.p
        allowed = modifier.min_age <= age_years <= modifier.max_age and modifier.sex in (None, sex)
        if happens and allowed:
            chosen.append(modifier)
    return tuple(chosen)


def _draw_pain(draws: Draws, pain: Pain | None, age_years: float, flags: dict[str, bool | None]) -> int | None:
    """Return the pain score and note what severe pain means; None where pain is not scored."""
    if pain is None or age_years < PAIN_FROM_YEARS:
        return None
    score = draws.whole(*pain.score)
    seen = draws.chance(pain.corroborated)
    if score >= 7:
        flags.setdefault("pain_central", pain.site == "central")
        flags.setdefault("pain_corroborated", seen)
    return score


def _recorded(draws: Draws, values: dict[str, float], archetype: Archetype) -> tuple[dict[str, float], bool]:
    """Return what was written down of the vital signs, and whether none were taken at all."""
    habit = draws.unit()
    if archetype.complete:
        return values, False
    if draws.chance(archetype.unmeasured):
        return {name: values[name] for name in ("pain_score", "gcs", "glucose_mg_dl") if name in values}, True
    left_out: set[str] = set()
    if habit < 0.18:
        left_out = {draws.pick(("heart_rate_bpm", "resp_rate_bpm", "sbp_mmhg", "spo2_pct", "temp_c"))}
    elif habit < 0.26:
        left_out = set(draws.sample(("resp_rate_bpm", "sbp_mmhg", "spo2_pct", "temp_c"), 2))
    if "sbp_mmhg" in left_out:
        left_out.add("dbp_mmhg")
    return {name: value for name, value in values.items() if name not in left_out}, False


def draw_patient(archetype: Archetype, draws: Draws, *, recorded: bool = True) -> Patient:
    """Return one patient of this kind; the same draws give the same patient.

    Args:
        recorded: only the vital signs that somebody wrote down; otherwise all that can be measured.
    """
    age = _draw_span(draws, archetype.age)
    sex = "female" if draws.chance(archetype.female) else "male"
    modifiers = _draw_modifiers(draws, archetype, age.years, sex)
    layers = (archetype, *modifiers)
    told = tuple(dict.fromkeys(name for layer in layers for name in layer.facts))
    flags: dict[str, bool | None] = {name: False for layer in layers for name in layer.absent}
    flags.update({name: True for layer in layers for name in (*layer.facts, *layer.stated)})
    needed = {name for layer in layers for name in layer.resources} - {
        name for modifier in modifiers for name in modifier.without
    }
    flags.update({name: name in needed for name in _resource_facts()})
    profile = next((item.physiology for item in reversed(modifiers) if item.physiology), archetype.physiology)
    replaced = {name: limits for layer in layers for name, limits in layer.vitals.items()}
    values = sample_vitals(draws, age.years, profile, replaced)
    pain = next((item.pain for item in reversed(modifiers) if item.pain), archetype.pain)
    score = _draw_pain(draws, pain, age.years, flags)
    if score is not None:
        values["pain_score"] = float(score)
    if values.get("temp_c", 0.0) > WARM_C and flags.get("fever") is False:
        del flags["fever"]
    written, not_taken = _recorded(draws, values, archetype)
    values = written if recorded else values
    fahrenheit = draws.chance(0.6)
    if fahrenheit and "temp_c" in values:
        values["temp_c"] = round(fahrenheit_to_celsius(round(values["temp_c"] * 1.8 + 32.0, 1)), 2)
    weeks = next((layer.weeks for layer in reversed(layers) if layer.weeks), None)
    facts = Facts(
        age_years=age.years,
        vitals=VitalSigns(**values),
        flags=flags,
        pregnancy_weeks=float(round(draws.between(*weeks))) if weeks else None,
    )
    return Patient(
        archetype=archetype,
        modifiers=modifiers,
        age=age,
        sex=sex,
        arrival=draws.pick(archetype.arrival),
        facts=facts,
        told=told,
        onset=_draw_span(draws, (archetype.onset,)) if archetype.onset else None,
        fahrenheit=fahrenheit,
        side=draws.pick(("left", "right")),
        pp_days=draws.whole(3, 24),
        not_taken=not_taken,
    )
