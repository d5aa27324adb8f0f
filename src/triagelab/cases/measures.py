"""Vital signs as words, one way for each voice."""

from __future__ import annotations

from collections.abc import Callable

from triagelab.cases.draws import Draws
from triagelab.cases.patient import Patient
from triagelab.cases.phrases import voices

_ON_OXYGEN = ("supplemental_oxygen", "home_oxygen", "emergent_niv", "intubated", "bag_valve_mask", "surgical_airway")
_WORDS: dict[str, tuple[tuple[str, ...], ...]] = {
    # BP, HR, RR, SpO2, T, pain, GCS, glucose
    "terse": (
        ("BP {bp}", "bp {bp}"),
        ("HR {hr}", "P {hr}", "hr {hr}"),
        ("RR {rr}", "R {rr}", "rr {rr}"),
        ("SpO2 {spo2}%{air}", "O2 sat {spo2}{air}", "sat {spo2}%{air}"),
        ("T {temp}{unit}", "temp {temp}{unit}"),
        ("pain {pain}/10", "{pain}/10 pain"),
        ("GCS {gcs}",),
        ("BGL {glucose}", "FSBS {glucose}", "gluc {glucose}"),
    ),
    "prose": (
        ("blood pressure {bp} mmHg", "BP {bp}"),
        ("heart rate {hr}/min", "pulse {hr}", "heart rate {hr}"),
        ("respiratory rate {rr}/min", "respirations {rr}", "respiratory rate {rr}"),
        ("oxygen saturation {spo2}%{air}", "SpO2 {spo2}%{air}"),
        ("temperature {temp} °{unit}", "temperature {temp} {unit}"),
        ("pain rated {pain}/10", "pain {pain} out of 10"),
        ("GCS {gcs}",),
        ("glucose {glucose} mg/dL",),
    ),
    "ems": (
        ("BP {bp_over}", "pressure {bp_over}"),
        ("pulse {hr}", "heart rate {hr}"),
        ("resps {rr}", "respirations {rr}"),
        ("sats {spo2}{air}", "SpO2 {spo2} percent{air}"),
        ("temp {temp}{unit}", "temp {temp}"),
        ("pain {pain} of 10", "pain {pain}/10"),
        ("GCS {gcs}",),
        ("glucose {glucose}", "BGL {glucose}"),
    ),
    "dictated": (
        ("blood pressure {bp_over}", "b p {bp_over}"),
        ("heart rate {hr}", "pulse {hr}"),
        ("respirations {rr}", "respiratory rate {rr}"),
        ("oxygen saturation {spo2} percent{air}", "sats {spo2} percent{air}"),
        ("temp {temp} {scale}", "temperature {temp}"),
        ("pain {pain} out of 10", "pain level {pain} out of 10"),
        ("g c s {gcs}", "GCS {gcs}"),
        ("blood sugar {glucose}", "glucose {glucose}"),
    ),
    "patient": (
        ("blood pressure {bp_over}",),
        ("pulse {hr}", "heart rate {hr}"),
        ("breathing {rr} a minute", "{rr} breaths a minute"),
        ("oxygen {spo2} percent", "oxygen {spo2}%"),
        ("temperature {temp}", "temperature {temp} degrees"),
        (),
        ("coma score {gcs}", "coma score {gcs} out of 15"),
        ("sugar {glucose}", "blood sugar {glucose}"),
    ),
}
_NAMES = (
    "sbp_mmhg",
    "heart_rate_bpm",
    "resp_rate_bpm",
    "spo2_pct",
    "temp_c",
    "pain_score",
    "gcs",
    "glucose_mg_dl",
)


def _values(patient: Patient) -> dict[str, object]:
    vitals = patient.facts.vitals
    out: dict[str, object] = {}
    for key, name in (("hr", "heart_rate_bpm"), ("rr", "resp_rate_bpm"), ("spo2", "spo2_pct"), ("gcs", "gcs")):
        value = getattr(vitals, name)
        out[key] = None if value is None else int(value)
    for key, name in (("pain", "pain_score"), ("glucose", "glucose_mg_dl")):
        value = getattr(vitals, name)
        out[key] = None if value is None else int(value)
    if vitals.sbp_mmhg is not None and vitals.dbp_mmhg is not None:
        out["bp"] = f"{vitals.sbp_mmhg:.0f}/{vitals.dbp_mmhg:.0f}"
        out["bp_over"] = f"{vitals.sbp_mmhg:.0f} over {vitals.dbp_mmhg:.0f}"
    if vitals.temp_c is not None:
        out["temp"] = f"{vitals.temp_c * 1.8 + 32.0:.1f}" if patient.fahrenheit else f"{vitals.temp_c:.1f}"
    out["unit"], out["scale"] = ("F", "fahrenheit") if patient.fahrenheit else ("C", "celsius")
    return out


def measured_words(patient: Patient, voice: str, draws: Draws) -> tuple[list[str], frozenset[str]]:
    """Return one phrase for each recorded vital sign, and the names of those that were said.

    Missing: what was not recorded gives no phrase. The patient's voice says pain elsewhere, in a sentence of its own.
    """
    measured = patient.facts.vitals.measured()
    values = _values(patient)
    on_oxygen = any(patient.facts.flags.get(name) for name in _ON_OXYGEN)
    air = {"terse": " RA", "prose": " on room air", "ems": " on room air", "dictated": " on room air"}.get(voice, "")
    values["air"] = "" if on_oxygen or draws.chance(0.3) else air
    said: list[str] = []
    names: set[str] = set()
    for name, forms in zip(_NAMES, _WORDS[voice], strict=True):
        if name in measured and forms:
            said.append(draws.pick(forms).format_map(values))
            names.add(name)
    if "sbp_mmhg" in names:
        names.add("dbp_mmhg")
    return said, frozenset(names)


def _terse(items: list[str], draws: Draws) -> str:
    return draws.pick(("VS ", "Vitals: ", "")) + draws.pick((" ", ", ")).join(items) + "."


def _prose(items: list[str], draws: Draws) -> str:
    listed = ", ".join(items[:-1]) + f" and {items[-1]}" if len(items) > 1 else items[0]
    return draws.pick(("Vital signs: ", "Measured at triage: ", "On arrival: ")) + listed + "."


def _ems(items: list[str], draws: Draws) -> str:
    return draws.pick(("Last set: ", "Vitals ", "En route ")) + ", ".join(items) + "."


def _dictated(items: list[str], draws: Draws) -> str:
    return draws.pick(("vitals ", "vital signs are ", "")) + draws.pick((" ", ", ")).join(items)


_JOIN: dict[str, Callable[[list[str], Draws], str]] = {
    "terse": _terse,
    "prose": _prose,
    "ems": _ems,
    "dictated": _dictated,
}


def measured_sentence(patient: Patient, voice: str, draws: Draws) -> tuple[str, frozenset[str]]:
    """Return the sentence with all vital signs in one clinical voice ('' if nothing is to be said), and their names."""
    items, names = measured_words(patient, voice, draws)
    missing = voices().missing[voice]
    if patient.not_taken:
        note = draws.pick(missing) if draws.chance(0.7) else ""
        said = [_JOIN[voice](items, draws)] if items else []
        said += [note if voice == "dictated" else f"{note}."] if note else []
        return " ".join(said), names
    if "sbp_mmhg" not in names and items and draws.chance(0.3):
        items.append({"terse": "BP not done"}.get(voice, "blood pressure not recorded"))
    return (_JOIN[voice](items, draws), names) if items else ("", names)
