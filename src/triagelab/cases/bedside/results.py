"""What instruments say: vital signs as they are now, and point-of-care tests, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from triagelab.cases.bedside.actions import VITALS
from triagelab.cases.bedside.patient import COMA, BedsidePatient
from triagelab.cases.bedside.vocabulary import Finding, bedside_table, result_table
from triagelab.cases.bedside.voice import Voice
from triagelab.cases.patient import PAIN_FROM_YEARS
from triagelab.clinical.facts import Facts

FERTILE_YEARS = (11.0, 56.0)
_WORDS = {
    "heart_rate": "Heart rate {heart_rate_bpm:.0f}/min.",
    "resp_rate": "Respiratory rate {resp_rate_bpm:.0f}/min.",
    "blood_pressure": "Blood pressure {sbp_mmhg:.0f}/{dbp_mmhg:.0f} mmHg.",
    "spo2": "Oxygen saturation {spo2_pct:.0f}%.",
    "temperature": "Temperature {temp_c:.1f} C.",
    "pain_score": "Pain {pain_score:.0f}/10.",
    "gcs": "GCS {gcs:.0f}.",
}
_REFUSED = {
    "heart_rate": "No pulse can be counted.",
    "resp_rate": "No breaths of {his} own to count.",
    "blood_pressure": "No blood pressure can be measured.",
    "spo2": "The sensor finds no signal.",
    "temperature": "The temperature cannot be taken now.",
    "gcs": "The coma score cannot be given.",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What one reading or test gave.

    Attributes:
        measured: vital signs by the names of VitalSigns; empty where the words are all.
        refused: why there is no result.
        tells: true facts that the words say.
    """

    text: str
    measured: dict[str, float] = field(default_factory=dict)
    refused: str | None = None
    tells: frozenset[str] = frozenset()


def _refusal(text: str) -> Result:
    return Result(text, refused=text)


def _vitals_now(bedside: BedsidePatient, facts_now: Facts) -> dict[str, float]:
    """Return the vital signs of now; a coma score is never better than what is true allows."""
    values = facts_now.vitals.measured()
    coma = values.get("gcs")
    if coma is not None:
        new = [high for name, (_, high) in COMA if facts_now.flags.get(name) and not bedside.start.flags.get(name)]
        values["gcs"] = float(min([coma, *new]))
    return values


def measure(bedside: BedsidePatient, facts_now: Facts, voice: Voice, target: str, *, again: bool) -> Result:
    """Return one reading now.

    Args:
        again: it was taken before; pain that was played down then is told as it is.
    """
    values = _vitals_now(bedside, facts_now)
    if target == "pain_score" and voice.unconscious:
        return _refusal("Nobody can say how much it hurts.")
    given = {name: values[name] for name in VITALS[target] if name in values}
    if len(given) < len(VITALS[target]):
        if target == "pain_score":
            young = bedside.patient.age.years < PAIN_FROM_YEARS
            return _refusal("Too young to give a number." if young else "Gives no number.")
        return _refusal(_REFUSED[target].format_map(voice.person.clinical))
    if target == "pain_score" and "pain_score" in bedside.minimised and not again and voice.person.own_voice:
        low, high = bedside_table().minimise.pain_less
        given["pain_score"] = max(1.0, given["pain_score"] - voice.pick(tuple(range(low, high + 1)), "pain_less"))
    return Result(_WORDS[target].format_map(given), given)


def point_of_care(bedside: BedsidePatient, facts_now: Facts, voice: Voice, target: str) -> Result:
    """Return the result of one point-of-care test."""
    if target == "glucose":
        value = facts_now.vitals.glucose_mg_dl
        if value is None:
            return _refusal("The sample was not enough.")
        return Result(f"Blood glucose {value:.0f} mg/dL.", {"glucose_mg_dl": value})
    if target == "ketones":
        return Result(_ketones(facts_now, voice))
    if target == "pregnancy_test":
        return _pregnancy(bedside, facts_now)
    return _finding(bedside, facts_now, voice, getattr(result_table(), target))


def _ketones(facts_now: Facts, voice: Voice) -> str:
    high = facts_now.flags.get("dka_suspected")
    steps = range(38, 68) if high else range(1, 6)
    value = voice.pick(tuple(steps), "ketones") / 10.0
    return f"High blood ketones, {value:.1f} mmol/L." if high else f"No ketones in the blood, {value:.1f} mmol/L."


def _pregnancy(bedside: BedsidePatient, facts_now: Facts) -> Result:
    patient = bedside.patient
    if patient.sex != "female" or not FERTILE_YEARS[0] <= patient.age.years <= FERTILE_YEARS[1]:
        return _refusal("Not a test for this patient.")
    carries = facts_now.flags.get("pregnant") or facts_now.flags.get("ectopic_suspected")
    if carries:
        return Result("Pregnancy test positive.", tells=frozenset({"pregnant"}))
    return Result("Pregnancy test negative.")


def _fits(item: Finding, bedside: BedsidePatient, facts_now: Facts) -> bool:
    if not all(facts_now.flags.get(name) for name in item.beside):
        return False
    if not item.when and not item.archetypes:
        return True
    return bedside.patient.archetype.id in item.archetypes or any(facts_now.flags.get(name) for name in item.when)


def _finding(bedside: BedsidePatient, facts_now: Facts, voice: Voice, items: tuple[Finding, ...]) -> Result:
    item = next(item for item in items if _fits(item, bedside, facts_now))
    rate = facts_now.vitals.heart_rate_bpm
    text = item.text.format(hr=f"{rate:.0f}" if rate is not None else "not countable")
    return Result(text, tells=frozenset(name for name in item.tells if facts_now.flags.get(name)))
