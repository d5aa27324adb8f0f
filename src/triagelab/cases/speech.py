"""Who speaks and of whom: pronouns, verbs and ages as words."""

from __future__ import annotations

from dataclasses import dataclass

from triagelab.cases.draws import Draws
from triagelab.cases.patient import Age, Patient

SELF_FROM_YEARS = 13.0
NOT_SPEAKING = frozenset(
    (
        "intubated",
        "bag_valve_mask",
        "surgical_airway",
        "apneic",
        "severe_respiratory_distress",
        "ineffective_airway",
        "pulseless",
        "cpr_in_progress",
        "imminent_arrest",
        "unresponsive",
        "nonverbal_baseline",
        "active_seizure",
        "hypoglycaemia_altered",
        "obtunded",
        "open_thoracotomy",
        "prolonged_postictal",
        "new_confusion",
        "confusion_unknown_baseline",
        "confusion_at_baseline",
        "acute_mental_status_change",
        "tension_pneumothorax",
        "hypoventilation",
        "violent",
    )
)
"""With any of these true, somebody else speaks for the patient."""


class Verb:
    """`{v:feel}` gives "feel" after I and "feels" after he or she."""

    __slots__ = ("third",)

    def __init__(self, third: bool) -> None:
        self.third = third

    def __format__(self, verb: str) -> str:
        if not self.third:
            return verb
        if verb == "have":
            return "has"
        if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
            return verb + "es"
        if verb.endswith("y") and verb[-2] not in "aeiou":
            return verb[:-1] + "ies"
        return verb + "s"


@dataclass(frozen=True, slots=True)
class Person:
    """How one patient is spoken of.

    Attributes:
        clinical: tokens of the clinical voices; `lay`: tokens of the patient's words.
        own_voice: the patient speaks, nobody else.
        intro: who this is about, in the patient's words.
    """

    clinical: dict[str, object]
    lay: dict[str, object]
    own_voice: bool
    intro: tuple[str, ...]


_THIRD = {
    "female": {"I": "she", "My": "Her", "my": "her", "me": "her", "myself": "herself"},
    "male": {"I": "he", "My": "His", "my": "his", "me": "him", "myself": "himself"},
}
_THIRD_VERBS = {"am": "is", "have": "has", "was": "was", "do": "does", "dont": "doesn't"}
_FIRST = {"I": "I", "My": "My", "my": "my", "me": "me", "myself": "myself"}
_FIRST_VERBS = {"am": "am", "have": "have", "was": "was", "do": "do", "dont": "don't"}


def _relation(age_years: float, sex: str, draws: Draws) -> str:
    woman = sex == "female"
    if age_years < 1.0:
        return "my baby girl" if woman else "my baby boy"
    if age_years < 18.0:
        return "my daughter" if woman else "my son"
    if age_years < 30.0:
        return draws.pick(
            ("my sister", "my friend", "my roommate") if woman else ("my brother", "my friend", "my roommate")
        )
    if age_years < 60.0:
        return draws.pick(("my wife", "my sister", "my friend") if woman else ("my husband", "my brother", "my friend"))
    return draws.pick(("my mother", "my wife", "my aunt") if woman else ("my father", "my husband", "my uncle"))


def age_words(age: Age, style: str) -> str:
    """Return the age as a voice says it: "short" 67, 3mo, 12d; "noun" 67 years; "adjective" 67-year-old."""
    value, unit = age.value, age.unit
    if unit == "d" and value >= 14 and value % 7 == 0:
        value, unit = value // 7, "w"
    if style == "short":
        return {"y": f"{value}", "mo": f"{value}mo ", "w": f"{value}wk ", "d": f"{value}d "}[unit]
    word = {"y": "year", "mo": "month", "w": "week", "d": "day"}[unit]
    if style == "adjective":
        return f"{value}-{word}-old"
    return f"{value} {word}{'' if value == 1 else 's'}"


def article(word: str) -> str:
    """Return "an" before a word, or a number as it is spoken, that begins with a vowel; else "a"."""
    return "an" if word[:1] in "aeiou8" or word.split("-")[0] in ("11", "18") else "a"


def span_words(span: Age, style: str) -> str:
    """Return a duration: "short" 3h, 2d; otherwise 3 hours, 2 days."""
    if style == "short":
        return f"{span.value}{'min' if span.unit == 'min' else span.unit}"
    word = {"y": "year", "mo": "month", "w": "week", "d": "day", "h": "hour", "min": "minute"}[span.unit]
    return f"{span.value} {word}{'' if span.value == 1 else 's'}"


def sex_words(patient: Patient, style: str) -> str:
    """Return a noun for the patient: "short" M or F, "formal" male or female, otherwise by age (boy, woman)."""
    woman = patient.sex == "female"
    if style == "short":
        return "F" if woman else "M"
    if style == "formal":
        return "female" if woman else "male"
    years = patient.age.years
    if years < 1.0:
        return "baby girl" if woman else "baby boy"
    if years < 16.0:
        return "girl" if woman else "boy"
    return "woman" if woman else "man"


def _intro(patient: Patient, own_voice: bool, relation: str) -> tuple[str, ...]:
    age, noun = age_words(patient.age, "noun"), sex_words(patient, "full")
    if own_voice:
        return (
            f"I'm {article(str(patient.age.value))} {patient.age.value} year old {noun}.",
            f"I am {age} old, {sex_words(patient, 'formal')}.",
        )
    who = relation[0].upper() + relation[1:]
    return (f"{who} is {age} old.", f"This is about {relation}, {age} old.")


def person_of(patient: Patient, draws: Draws) -> Person:
    """Return the tokens for this patient; the same draws give the same relation."""
    flags = patient.facts.flags
    own_voice = (
        patient.age.years >= SELF_FROM_YEARS
        and not patient.archetype.bystander
        and not any(flags.get(name) for name in NOT_SPEAKING)
    )
    relation = _relation(patient.age.years, patient.sex, draws)
    third: dict[str, object] = {**_THIRD[patient.sex], **_THIRD_VERBS, "v": Verb(True)}
    first: dict[str, object] = {**_FIRST, **_FIRST_VERBS, "v": Verb(False)}
    weeks = patient.facts.pregnancy_weeks
    shared: dict[str, object] = {
        "side": patient.side,
        "other": "right" if patient.side == "left" else "left",
        "weeks": int(weeks) if weeks is not None else "some",
        "pp": patient.pp_days,
    }
    clinical = {**shared, "he": third["I"], "his": third["my"], "him": third["me"], "himself": third["myself"]}
    return Person(
        clinical, {**shared, **(first if own_voice else third)}, own_voice, _intro(patient, own_voice, relation)
    )
