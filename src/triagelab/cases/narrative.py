"""Triage notes in five voices, rendered from one latent patient. The label is made elsewhere and never read here."""

from __future__ import annotations

from dataclasses import dataclass

from triagelab.cases.content import false_facts, fitting, stated, story, true_facts
from triagelab.cases.draws import Draws
from triagelab.cases.measures import measured_sentence, measured_words
from triagelab.cases.patient import Patient
from triagelab.cases.phrases import Distractor, phrase_bank, voices
from triagelab.cases.registers import capital, dictate, negations, sentences, shorthand
from triagelab.cases.speech import Person, age_words, article, person_of, sex_words, span_words

VOICES = ("terse", "prose", "ems", "patient", "dictated")
SHORTEST = 30
"""Notes with fewer words get a closing line."""


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


def _clinical(patient: Patient, person: Person, draws: Draws, voice: str) -> Plan:
    """Return the plan of a note in one of the clinical voices."""
    bank, frame = phrase_bank(), getattr(voices(), voice)
    abbreviate = draws.chance(0.8)

    def say(phrase: str) -> str:
        return (shorthand(phrase, abbreviate) if voice == "terse" else phrase).format_map(person.clinical)

    complaint = draws.pick(patient.archetype.complaint)
    true, false = true_facts(patient, draws), false_facts(patient, draws)
    phrases = story(patient, draws, lay=False)
    for name in true:
        forms = bank[name].short if voice == "terse" and bank[name].short and draws.chance(0.5) else bank[name].yes
        phrases.append(draws.pick(forms))
    denied = negations(patient, false, draws, voice)
    extras = [(item, draws.pick(item.say)) for item in fitting(patient, draws)]
    measured, names = measured_sentence(patient, voice, draws)
    return Plan(
        opener=opener_words(patient, frame.openers, complaint, person, draws, voice),
        body=sentences(voice, [say(phrase) for phrase in phrases], person, draws),
        negations=sentences(voice, [say(phrase) for phrase in denied], person, draws),
        optional=[
            (sentences(voice, [say(phrase)], person, draws)[0], _past(item, phrase, person)) for item, phrase in extras
        ],
        measured=measured,
        closer=draws.pick(frame.closers),
        said={*true, *false, *names, *stated(patient)},
        complaint=complaint.format_map(person.clinical),
    )


def _past(item: Distractor, phrase: str, person: Person) -> str:
    """Return the history a distractor tells, in short; '' for one that tells none."""
    return shorthand(phrase, False).format_map(person.clinical) if item.kind in ("history", "meds") else ""


def opener_words(
    patient: Patient, forms: tuple[str, ...], complaint: str, person: Person, draws: Draws, voice: str
) -> str:
    """Return the first sentence in a clinical voice: who it is, how the patient came, the complaint and since when."""
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
        "A_age": capital(f"{article(age)} {age}"),
        "age_cap": capital(age),
        "sex": sex_words(patient, {"terse": "short", "ems": "formal"}.get(voice, "full")),
        "arrival": draws.pick(table[arrival]),
        "complaint": said,
        "complaint_cap": capital(said),
        "dur": duration,
        "unit": draws.whole(2, 49),
    }
    return draws.pick(forms).format_map(values).replace("  ", " ")


def _lay(patient: Patient, person: Person, draws: Draws, show_vitals: bool) -> Plan:
    """Return the plan of a note in the words of the patient, or of who brought the patient."""
    bank, frame, tokens = phrase_bank(), voices().patient, person.lay

    def say(sentence: str) -> str:
        return capital(sentence.format_map(tokens))

    true, false = true_facts(patient, draws), false_facts(patient, draws)
    opening = [draws.pick(patient.archetype.lay)]
    if patient.onset is not None:
        forms = frame.happened if patient.archetype.event else frame.lasting
        opening.append(draws.pick(forms).replace("{dur}", span_words(patient.onset, "full")))
    body = opening + story(patient, draws, lay=True) + [draws.pick(bank[name].lay) for name in true]
    said_false = [name for name in false if bank[name].lay_no]
    pain = patient.facts.vitals.pain_score
    if pain is not None:
        body.append(draws.pick(frame.pain).replace("{pain}", str(int(pain))))
    items, names = measured_words(patient, "patient", draws)
    if items and show_vitals:
        measured = say(draws.pick(frame.checked).replace("{list}", ", ".join(items)))
    else:
        names = frozenset()
        measured = say(draws.pick(frame.unchecked)) if patient.not_taken and draws.chance(0.6) else ""
    extras = fitting(patient, draws)
    return Plan(
        opener=draws.pick(person.intro),
        body=[say(sentence) for sentence in body],
        negations=[say(draws.pick(bank[name].lay_no)) for name in said_false],
        optional=[(say(draws.pick(item.lay)), _past(item, item.say[0], person)) for item in extras],
        measured=measured,
        closer=say(draws.pick(frame.closers)),
        said={*true, *said_false, *names, *stated(patient), *(("pain_score",) if pain is not None else ())},
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
    early = voice in ("terse", "ems") and draws.chance(0.3)
    parts = [plan.opener, *measured, *plan.body, *late] if early else [plan.opener, *plan.body, *late, *measured]
    if count < SHORTEST + 6 or draws.chance(0.12):
        parts.append(plan.closer)
    return parts, tuple(history)


def render(patient: Patient, voice: str, draws: Draws, show_vitals: bool = True) -> Rendered:
    """Return the note of this patient in one voice; the same draws give the same words.

    Missing: a vital sign that was not recorded is not in the note. With `show_vitals` false the patient's voice leaves
    the numbers out; the caller makes sure that nothing then depends on them.
    """
    person = person_of(patient, draws)
    plan = _lay(patient, person, draws, show_vitals) if voice == "patient" else _clinical(patient, person, draws, voice)
    parts, history = _assemble(plan, draws, voice)
    if voice == "dictated":
        note = dictate(parts, {sentence for sentence, _ in plan.optional}, draws)
    else:
        note = " ".join(parts)
    return Rendered(note.strip(), voice, plan.complaint, frozenset(plan.said), history)
