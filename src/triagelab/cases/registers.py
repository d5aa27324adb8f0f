"""How each clinical voice makes sentences out of verb phrases whose subject is the patient."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from triagelab.cases.draws import Draws
from triagelab.cases.patient import Patient
from triagelab.cases.phrases import phrase_bank, voices
from triagelab.cases.speech import NOT_SPEAKING, Person

SPEAKS_FROM_YEARS = 4.0
"""Below this age nothing is denied, only not found."""
_EXCLUDED = {
    "prose": ("there is no evidence of ", "triage finds no ", "no "),
    "dictated": ("no ", "i see no ", "there is no evidence of "),
}


def capital(text: str) -> str:
    """Return the text with its first letter in upper case and the rest as it is."""
    return text[:1].upper() + text[1:]


@cache
def _terse_rules() -> tuple[re.Pattern[str], re.Pattern[str], tuple[tuple[re.Pattern[str], str], ...]]:
    words = voices().words
    leading = re.compile(rf"^(?:{'|'.join(words.leading)}) ")
    articles = "|".join(re.escape(word) for word in words.dropped)
    dropped = re.compile(rf"(?<![\w-])(?:{articles}) (?!lot|little|few|bit|day|week|month|half)")
    short = tuple(
        (re.compile(rf"(?<!{{)\b{re.escape(long)}" + (r"\b" if long[-1] != " " else "")), to)
        for long, to in words.abbreviations
    )
    return leading, dropped, short


@cache
def shorthand(template: str, abbreviate: bool) -> str:
    """Return a verb phrase as nurse shorthand: no subject, no articles, abbreviations."""
    leading, dropped, short = _terse_rules()
    text = dropped.sub("", leading.sub("", template))
    if abbreviate:
        for pattern, to in short:
            text = pattern.sub(to, text)
    return text


def _negated(name: str, draws: Draws) -> tuple[str, str]:
    """Return how one false fact is said: ("phrase", verb phrase) or ("sign" | "symptom", noun phrase)."""
    phrase = phrase_bank()[name]
    if phrase.against and (not phrase.no or draws.chance(0.75)):
        return "phrase", draws.pick(phrase.against)
    return ("sign" if phrase.sign else "symptom"), draws.pick(phrase.no)


def negations(patient: Patient, names: list[str], draws: Draws, voice: str) -> list[str]:
    """Return clinical sentences that deny or exclude; noun phrases go into one list each."""
    told = [_negated(name, draws) for name in names]
    parts = [text for kind, text in told if kind == "phrase"]
    symptoms = [text for kind, text in told if kind == "symptom"]
    signs = [text for kind, text in told if kind == "sign"]
    if patient.age.years < SPEAKS_FROM_YEARS or any(patient.facts.flags.get(name) for name in NOT_SPEAKING):
        signs, symptoms = signs + symptoms, []
    if symptoms and signs and draws.chance(0.35):
        signs, symptoms = signs + symptoms, []
    if symptoms:
        denies = voice != "ems" or draws.chance(0.5)
        parts.append(("denies " if denies else "negative for ") + _or_list(symptoms, draws))
    if signs:
        parts.append("no " + _or_list(signs, draws))
    return parts


def _or_list(items: list[str], draws: Draws) -> str:
    if len(items) == 1:
        return items[0]
    return ", ".join(items[:-1]) + draws.pick((" or ", ", or ", " or ")) + items[-1]


def _sentences_terse(phrases: list[str], person: Person, draws: Draws) -> list[str]:
    return [capital(phrase) + "." for phrase in phrases]


def _sentences_prose(phrases: list[str], person: Person, draws: Draws) -> list[str]:
    """Return sentences with a subject, some of them joined by "and"; "no ..." gets an observer instead."""
    sentences: list[str] = []
    pronoun = capital(str(person.clinical["he"]))
    left = list(phrases)
    while left:
        phrase = left.pop(0)
        if phrase.startswith("no "):
            sentences.append(capital(draws.pick(_EXCLUDED["prose"]) + phrase[3:]) + ".")
            continue
        if left and _joins(phrase, left[0]) and draws.chance(0.5):
            phrase += " and " + left.pop(0)
        sentences.append(f"{draws.pick((pronoun, 'The patient', pronoun))} {phrase}.")
    return sentences


def _joins(one: str, other: str) -> bool:
    return not other.startswith("no ") and len(one) + len(other) < 90 and " and " not in one + other


def _sentences_ems(phrases: list[str], person: Person, draws: Draws) -> list[str]:
    subjects = ("Patient", "Pt", capital(str(person.clinical["he"])))
    return [
        capital(phrase) + "." if phrase.startswith(("no ", "negative ")) else f"{draws.pick(subjects)} {phrase}."
        for phrase in phrases
    ]


def _sentences_dictated(phrases: list[str], person: Person, draws: Draws) -> list[str]:
    pronoun = str(person.clinical["he"])
    return [
        draws.pick(_EXCLUDED["dictated"]) + phrase[3:]
        if phrase.startswith("no ")
        else f"{draws.pick(('patient', pronoun, pronoun))} {phrase}"
        for phrase in phrases
    ]


_SENTENCES: dict[str, Callable[[list[str], Person, Draws], list[str]]] = {
    "terse": _sentences_terse,
    "prose": _sentences_prose,
    "ems": _sentences_ems,
    "dictated": _sentences_dictated,
}


def sentences(voice: str, phrases: list[str], person: Person, draws: Draws) -> list[str]:
    """Return sentences of one clinical voice for finished verb phrases ("denies ..." and "no ..." among them)."""
    return _SENTENCES[voice](phrases, person, draws)


@cache
def _typos() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(rf"\b{re.escape(right)}\b"), wrong) for right, wrong in voices().words.typos)


def dictate(parts: list[str], optional: set[str], draws: Draws) -> str:
    """Return one run-on text as a speech recogniser leaves it; its errors spare numbers and the words of findings."""
    out: list[str] = []
    errors = 0
    for place, sentence in enumerate(parts):
        text = sentence
        if (place == 0 or sentence in optional) and errors < 2:
            for pattern, wrong in _typos():
                changed = pattern.sub(wrong, text, count=1)
                if changed != text and draws.chance(0.6):
                    text, errors = changed, errors + 1
                    break
        if place and draws.chance(0.12):
            text = f"{draws.pick(voices().words.fillers)} {text}"
        out.append(text + draws.pick((" period", ".", "", ",", " comma", ".", ".")))
    return " ".join(out)
