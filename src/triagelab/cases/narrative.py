"""Triage notes in five voices, rendered from one latent patient. The label is made elsewhere and never read here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from triagelab.cases.draws import Draws
from triagelab.cases.measures import measured_sentence, measured_words
from triagelab.cases.patient import Patient
from triagelab.cases.phrases import Distractor, distractors, phrase_bank, voices
from triagelab.cases.speech import NOT_SPEAKING, Person, age_words, article, person_of, sex_words, span_words

VOICES = ("terse", "prose", "ems", "patient", "dictated")
ALWAYS_SAID = frozenset(
    (
        "pain_corroborated",
        "immunised_fully",
        "fever_source_obvious",
        "spo2_baseline_low",
        "respiratory_compromise",
        "hypoperfusion",
    )
)
"""False facts that weigh as much as true ones: their negation is never left out."""
SHORTEST, LONGEST = 30, 110


@dataclass(frozen=True, slots=True)
class Rendered:
    """A note and what it says.

    Attributes:
        said: facts (true or false) and vital signs that the words carry.
        history: what it says of the past, as short clinical phrases.
    """

    note: str
    voice: str
    complaint: str
    said: frozenset[str]
    history: tuple[str, ...]


@dataclass(slots=True)
class Plan:
    """What a note is going to say, in parts; every part is a finished sentence (or, dictated, a clause).

    Attributes:
        optional: (sentence, the history it tells or '').
    """

    opener: str
    body: list[str]
    negations: list[str]
    optional: list[tuple[str, str]]
    measured: str
    closer: str
    said: set[str]
    complaint: str

    def words(self) -> int:
        parts = (self.opener, *self.body, *self.negations, self.measured)
        return sum(part.count(" ") + 1 for part in parts if part)


def _capital(text: str) -> str:
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


def _false_facts(patient: Patient, draws: Draws) -> list[str]:
    """Return the false facts this note says: all that weigh, and some of the rest.

    Of a patient who cannot speak only signs are excluded, never symptoms denied.
    """
    bank, flags = phrase_bank(), patient.facts.flags
    false = [name for name, value in flags.items() if value is False and name in bank]
    must = [name for name in false if name in ALWAYS_SAID]
    silent = any(flags.get(name) for name in NOT_SPEAKING)
    rest = [
        name
        for name in false
        if name not in ALWAYS_SAID
        and (bank[name].no or bank[name].against)
        and bank[name].sex in (None, patient.sex)
        and not (silent and not bank[name].sign)
    ]
    return must + draws.sample(rest, draws.whole(1, 4))


def _true_facts(patient: Patient, draws: Draws) -> list[str]:
    """Return the true facts the bank has to say, in random order."""
    bank = phrase_bank()
    names = [name for name in patient.told if not bank[name].silent]
    if patient.facts.flags.get("pain_corroborated") and "pain_corroborated" not in names:
        names.append("pain_corroborated")
    return draws.sample(names, len(names))


def _fitting(patient: Patient, draws: Draws) -> list[Distractor]:
    """Return a few distractors that contradict nothing, at most one of a kind but two of history."""
    flags, years = patient.facts.flags, patient.age.years
    silent = any(flags.get(name) for name in NOT_SPEAKING)
    wanted = [kind for kind, p in _KIND_CHANCE if draws.chance(p)]
    chosen: list[Distractor] = []
    for kind in draws.sample(wanted, len(wanted)):
        pool = _pool(kind)
        for _ in range(6):
            item = draws.pick(pool)
            if (
                item.min_age <= years <= item.max_age
                and item.sex in (None, patient.sex)
                and not (silent and item.alert)
                and not any(flags.get(name) for name in item.conflicts)
                and not any(_clash(item, other) for other in chosen)
            ):
                chosen.append(item)
                break
    return chosen


def _clash(item: Distractor, other: Distractor) -> bool:
    past = ("history", "meds")
    return item is other or ((item.alone or other.alone) and item.kind in past and other.kind in past)


_KIND_CHANCE = (
    ("history", 0.7),
    ("history", 0.35),
    ("family", 0.25),
    ("social", 0.5),
    ("meds", 0.4),
    ("worry", 0.25),
    ("social", 0.3),
)


@cache
def _pool(kind: str) -> tuple[Distractor, ...]:
    return tuple(item for item in distractors() if item.kind == kind)


def _story(patient: Patient, draws: Draws, lay: bool) -> list[str]:
    groups = patient.archetype.lay_story if lay else patient.archetype.story
    parts = [draws.pick(group) for group in groups]
    for modifier in patient.modifiers:
        parts += [draws.pick(group) for group in (modifier.lay_story if lay else modifier.story)]
    return parts


def _negated(name: str, draws: Draws) -> tuple[str, str]:
    """Return how one false fact is said: ("phrase", verb phrase) or ("sign" | "symptom", noun phrase)."""
    phrase = phrase_bank()[name]
    if phrase.against and (not phrase.no or draws.chance(0.75)):
        return "phrase", draws.pick(phrase.against)
    return ("sign" if phrase.sign else "symptom"), draws.pick(phrase.no)


def _negations(patient: Patient, names: list[str], draws: Draws, voice: str) -> list[str]:
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
        parts.append(
            ("denies " if voice != "ems" or draws.chance(0.5) else "negative for ") + _or_list(symptoms, draws)
        )
    if signs:
        parts.append("no " + _or_list(signs, draws))
    return parts


SPEAKS_FROM_YEARS = 4.0


def _or_list(items: list[str], draws: Draws) -> str:
    if len(items) == 1:
        return items[0]
    return ", ".join(items[:-1]) + draws.pick((" or ", ", or ", " or ")) + items[-1]


def _clinical(patient: Patient, person: Person, draws: Draws, voice: str) -> Plan:
    """Return the plan of a note in one of the clinical voices."""
    bank, frame = phrase_bank(), getattr(voices(), voice)
    abbreviate = draws.chance(0.8)

    def say(phrase: str) -> str:
        return (shorthand(phrase, abbreviate) if voice == "terse" else phrase).format_map(person.clinical)

    complaint = draws.pick(patient.archetype.complaint)
    true, false = _true_facts(patient, draws), _false_facts(patient, draws)
    phrases = _story(patient, draws, lay=False)
    for name in true:
        forms = bank[name].short if voice == "terse" and bank[name].short and draws.chance(0.5) else bank[name].yes
        phrases.append(draws.pick(forms))
    negations = _negations(patient, false, draws, voice)
    extras = [(item, draws.pick(item.say)) for item in _fitting(patient, draws)]
    measured, names = measured_sentence(patient, voice, draws)
    finish = _FINISH[voice]
    return Plan(
        opener=_opener(patient, frame.openers, complaint, person, draws, voice),
        body=finish([say(phrase) for phrase in phrases], person, draws),
        negations=finish([say(phrase) for phrase in negations], person, draws),
        optional=[(finish([say(phrase)], person, draws)[0], _past(item, phrase, person)) for item, phrase in extras],
        measured=measured,
        closer=draws.pick(frame.closers),
        said={*true, *false, *names, *_stated(patient)},
        complaint=complaint,
    )


def _past(item: Distractor, phrase: str, person: Person) -> str:
    """Return the history a distractor tells, in short; '' for one that tells none."""
    return shorthand(phrase, False).format_map(person.clinical) if item.kind in ("history", "meds") else ""


def _stated(patient: Patient) -> set[str]:
    named = {name for layer in (patient.archetype, *patient.modifiers) for name in layer.stated}
    return named | {name for name in patient.facts.flags if name in _silent_facts()}


@cache
def _silent_facts() -> frozenset[str]:
    return frozenset(name for name, phrase in phrase_bank().items() if phrase.silent)


def _opener(patient: Patient, forms: tuple[str, ...], complaint: str, person: Person, draws: Draws, voice: str) -> str:
    table = voices().arrival_short if voice == "terse" else voices().arrival
    arrival = "ambulance" if voice == "ems" and patient.arrival == "walk_in" else patient.arrival
    said = complaint.format_map(person.clinical)
    if voice == "terse":
        said = shorthand(said, True)
    duration = ""
    if patient.onset is not None:
        span = span_words(patient.onset, "short" if voice == "terse" else "full")
        if patient.archetype.event:
            duration = f" {span} ago" if voice != "prose" else f", {span} ago"
        else:
            duration = f" x {span}" if voice == "terse" else f" for {span}"
    age = age_words(patient.age, "short" if voice == "terse" else "adjective")
    values = {
        "age": age,
        "a_age": f"{article(age)} {age}",
        "A_age": _capital(f"{article(age)} {age}"),
        "age_cap": _capital(age),
        "sex": sex_words(patient, {"terse": "short", "ems": "formal"}.get(voice, "full")),
        "arrival": draws.pick(table[arrival]),
        "complaint": said,
        "complaint_cap": _capital(said),
        "dur": duration,
        "unit": draws.whole(2, 49),
    }
    return draws.pick(forms).format_map(values)


def _finish_terse(phrases: list[str], person: Person, draws: Draws) -> list[str]:
    return [_capital(phrase) + "." for phrase in phrases]


def _finish_prose(phrases: list[str], person: Person, draws: Draws) -> list[str]:
    """Return sentences with a subject, some of them joined by "and"; a negation "no ..." becomes "There is no ..."."""
    sentences: list[str] = []
    subjects = (_capital(str(person.clinical["he"])), "The patient", _capital(str(person.clinical["he"])))
    left = list(phrases)
    while left:
        phrase = left.pop(0)
        if phrase.startswith("no "):
            sentences.append(
                _capital(draws.pick(("there is evidence of ", "triage finds ", "")) + phrase + ".").replace(
                    "evidence of no", "no evidence of"
                )
            )
            continue
        if (
            left
            and not left[0].startswith("no ")
            and len(phrase) + len(left[0]) < 90
            and " and " not in phrase + left[0]
            and draws.chance(0.5)
        ):
            phrase += " and " + left.pop(0)
        sentences.append(f"{draws.pick(subjects)} {phrase}.")
    return sentences


def _finish_ems(phrases: list[str], person: Person, draws: Draws) -> list[str]:
    subjects = ("Patient", "Pt", _capital(str(person.clinical["he"])))
    return [
        _capital(p) + "." if p.startswith(("no ", "negative ")) else f"{draws.pick(subjects)} {p}." for p in phrases
    ]


def _finish_dictated(phrases: list[str], person: Person, draws: Draws) -> list[str]:
    subjects = ("patient", str(person.clinical["he"]), str(person.clinical["he"]))
    return [
        draws.pick(("", "i see ", "there is evidence of ")).join(("", p)).replace("evidence of no", "no evidence of")
        if p.startswith("no ")
        else f"{draws.pick(subjects)} {p}"
        for p in phrases
    ]


_FINISH: dict[str, Callable[[list[str], Person, Draws], list[str]]] = {
    "terse": _finish_terse,
    "prose": _finish_prose,
    "ems": _finish_ems,
    "dictated": _finish_dictated,
}


def _lay(patient: Patient, person: Person, draws: Draws, show_vitals: bool) -> Plan:
    """Return the plan of a note in the words of the patient, or of who brought the patient."""
    bank, frame, tokens = phrase_bank(), voices().patient, person.lay

    def say(sentence: str) -> str:
        return _capital(sentence.format_map(tokens))

    true, false = _true_facts(patient, draws), _false_facts(patient, draws)
    opening = [draws.pick(patient.archetype.lay)]
    if patient.onset is not None:
        forms = frame.happened if patient.archetype.event else frame.lasting
        opening.append(draws.pick(forms).replace("{dur}", span_words(patient.onset, "full")))
    body = opening + _story(patient, draws, lay=True) + [draws.pick(bank[name].lay) for name in true]
    said_false = [name for name in false if bank[name].lay_no]
    pain = patient.facts.vitals.pain_score
    if pain is not None:
        body.append(draws.pick(frame.pain).replace("{pain}", str(int(pain))))
    measured, names = "", frozenset()
    items, names = measured_words(patient, "patient", draws)
    if items and show_vitals:
        measured = say(draws.pick(frame.checked).replace("{list}", ", ".join(items)))
    else:
        names = frozenset()
        measured = say(draws.pick(frame.unchecked)) if patient.not_taken and draws.chance(0.6) else ""
    extras = _fitting(patient, draws)
    return Plan(
        opener=draws.pick(person.intro),
        body=[say(sentence) for sentence in body],
        negations=[say(draws.pick(bank[name].lay_no)) for name in said_false],
        optional=[(say(draws.pick(item.lay)), _past(item, item.say[0], person)) for item in extras],
        measured=measured,
        closer=say(draws.pick(frame.closers)),
        said={*true, *said_false, *names, *_stated(patient), *(("pain_score",) if pain is not None else ())},
        complaint=patient.archetype.complaint[0].format_map(person.clinical),
    )


def _assemble(plan: Plan, draws: Draws, voice: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the sentences in order, optional ones only up to a length, and the history that they tell."""
    target = draws.whole(42, 92)
    count = plan.words()
    kept: list[str] = []
    history: list[str] = []
    for sentence, past in plan.optional:
        if count < target:
            kept.append(sentence)
            count += sentence.count(" ") + 1
            history += [past] if past else []
    late = [*plan.negations, *kept]
    if draws.chance(0.5):
        late = [*kept, *plan.negations]
    measured = [plan.measured] if plan.measured else []
    if voice in ("terse", "ems") and draws.chance(0.3):
        sentences = [plan.opener, *measured, *plan.body, *late]
    else:
        sentences = [plan.opener, *plan.body, *late, *measured]
    if count < SHORTEST + 6 or draws.chance(0.12):
        sentences.append(plan.closer)
    return sentences, tuple(history)


@cache
def _typos() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(rf"\b{re.escape(right)}\b"), wrong) for right, wrong in voices().words.typos)


def _dictate(sentences: list[str], optional: set[str], draws: Draws) -> str:
    """Return one run-on text as a speech recogniser leaves it; its errors spare numbers and the words of findings."""
    out: list[str] = []
    errors = 0
    for place, sentence in enumerate(sentences):
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


def render(patient: Patient, voice: str, draws: Draws, show_vitals: bool = True) -> Rendered:
    """Return the note of this patient in one voice; the same draws give the same words.

    Missing: a vital sign that was not recorded is not in the note. With `show_vitals` false the patient's voice leaves
    the numbers out; the caller makes sure that nothing then depends on them.
    """
    person = person_of(patient, draws)
    plan = _lay(patient, person, draws, show_vitals) if voice == "patient" else _clinical(patient, person, draws, voice)
    sentences, history = _assemble(plan, draws, voice)
    if voice == "dictated":
        note = _dictate(sentences, {sentence for sentence, _ in plan.optional}, draws)
    else:
        note = " ".join(sentences)
    return Rendered(note.strip(), voice, plan.complaint, frozenset(plan.said), history)
