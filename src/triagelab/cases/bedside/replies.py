"""What the bedside answers: words, numbers, and which facts have been told. Facts are kept back, never made up.

Only who plays symptoms down says what is not so, and only the first time. The same question is answered in the same
words as long as the same is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from triagelab.cases.bedside.actions import VITALS, BedsideAction
from triagelab.cases.bedside.patient import BedsidePatient
from triagelab.cases.bedside.results import Result, measure, point_of_care
from triagelab.cases.bedside.vocabulary import bedside_bank, bedside_table, channels
from triagelab.cases.bedside.voice import BYSTANDER_KNOWS, Voice, voice_of
from triagelab.cases.content import fitting
from triagelab.cases.draws import Draws
from triagelab.cases.narrative import opener_words
from triagelab.cases.phrases import voices
from triagelab.cases.speech import span_words
from triagelab.clinical.facts import Facts
from triagelab.errors import BadInputError

NOTHING = "Nothing of note."
NOTHING_ELSE = "Nothing else of note."
MORE_AT_ONCE = 2
"""Facts that one open question brings to light."""
_PAIN = frozenset(("ask(pain)", "measure(pain_score)"))
"""Either brings the number for pain; who played it down at one says the truth at the other."""
KINDS: Mapping[str, tuple[str, ...]] = {
    "story": ("social", "worry"),
    "past_illness": ("history", "family"),
    "medicines_and_allergies": ("meds",),
}
"""Topic -> kinds of lines that are beside the point (data/distractors.toml)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Attributes:
        measured: vital signs it gave, by the names of VitalSigns.
        refused: why nothing came of it; `text` says it, too.
        told: facts that were told or truly denied, and the label of the action; the caller hands the union back.
    """

    text: str
    measured: dict[str, float] = field(default_factory=dict)
    refused: str | None = None
    told: frozenset[str] = frozenset()


def opening(patient: BedsidePatient, facts_now: Facts) -> str:
    """Return what is known at the door: who comes how and why, and what everybody can see."""
    voice = voice_of(patient, facts_now)
    draws = Draws("cases.bedside.opening", 0, patient.case_id)
    first = opener_words(voice.patient, voices().prose.openers, patient.complaint, voice.person, draws, "prose")
    quoted = voice.own_words and not voice.silent
    said = [voice.lay(voice.pick(voice.patient.archetype.lay, "lay"))] if quoted else []
    return " ".join([first, *said, *_at_a_glance(voice)])


def reply(
    patient: BedsidePatient, facts_now: Facts, action: BedsideAction, *, told: frozenset[str], minute: float
) -> Reply:
    """Return the answer to one action, given the facts of now.

    Args:
        told: union of `Reply.told` so far: what is known, and what has been done.
        minute: since arrival; answers do not depend on it beyond `facts_now`.

    Raises: BadInputError for an action that nobody at the bedside answers (intervene, commit).
    """
    voice, label = voice_of(patient, facts_now), action.label()
    again = label in told or (label in _PAIN and bool(told & _PAIN))
    if action.kind == "ask":
        found = _asked(patient, facts_now, voice, action.target or "", again)
    elif action.kind == "more_info":
        found = _more(patient, voice, told)
    elif action.kind == "examine":
        found = _examined(voice, channels().examine[action.target or ""])
    elif action.kind == "reassess":
        found = _looked(patient, facts_now, voice, told)
    elif action.kind == "measure":
        found = _from(measure(patient, facts_now, voice, action.target or "", again=again))
    elif action.kind == "test":
        found = _from(point_of_care(patient, facts_now, voice, action.target or ""))
    else:
        raise BadInputError("action", action.kind, "ask, measure, examine, test, more_info or reassess")
    return Reply(found.text, found.measured, found.refused, found.told | {label})


def _from(result: Result) -> Reply:
    return Reply(result.text, result.measured, result.refused, result.tells)


def _split(voice: Voice, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the true and the known false facts among the names."""
    flags = voice.patient.facts.flags
    listed = list(names)
    return [name for name in listed if flags.get(name)], [name for name in listed if flags.get(name) is False]


def _at_a_glance(voice: Voice) -> list[str]:
    true, false = _split(voice, channels().visible)
    return [voice.seen(name) for name in true] + voice.excluded(_against(false))


def _against(names: Iterable[str]) -> list[str]:
    """Return the facts whose absence shows at a glance."""
    return [name for name in names if bedside_bank()[name].against]


def _examined(voice: Voice, names: Iterable[str]) -> Reply:
    true, false = _split(voice, names)
    parts = [voice.seen(name) for name in true] + voice.excluded(false)
    return Reply(_closed(parts), told=frozenset((*true, *voice.sayable(false))))


def _closed(parts: list[str]) -> str:
    return " ".join([*parts, NOTHING_ELSE if parts else NOTHING])


def _looked(patient: BedsidePatient, facts_now: Facts, voice: Voice, told: frozenset[str]) -> Reply:
    """Return the look from the door again, what has come about since arrival, and every vital sign taken before."""
    taken = [target for target in VITALS if f"measure({target})" in told]
    results = [measure(patient, facts_now, voice, target, again=True) for target in taken]
    now, _ = _split(voice, channels().visible_again)
    again = [name for name in now if not patient.start.flags.get(name)]
    true, false = _split(voice, channels().visible)
    values = {name: value for result in results for name, value in result.measured.items()}
    parts = [*_at_a_glance(voice), *map(voice.seen, again), *(result.text for result in results if result.measured)]
    return Reply(" ".join(parts) or NOTHING, values, told=frozenset((*true, *again, *_against(false))))


def _topic(voice: Voice, topic: str) -> list[str]:
    """Return the facts that a topic brings; who tells for a silent patient tells everything with the story."""
    names = list(channels().ask[topic])
    if voice.silent and topic == "story":
        known = {name for other in BYSTANDER_KNOWS for name in channels().ask[other]}
        names += [name for name in channels().only_told() if name not in known]
    return names


def _asked(patient: BedsidePatient, facts_now: Facts, voice: Voice, topic: str, again: bool) -> Reply:
    if voice.silent and topic not in BYSTANDER_KNOWS:
        refused = f"{str(voice.person.clinical['he']).capitalize()} cannot answer, and nobody here knows."
        return Reply(refused, refused=refused)
    true, false = _split(voice, _topic(voice, topic))
    plays_down = voice.person.own_voice and not again  # nobody else plays it down
    hidden = [name for name in true if plays_down and name in patient.minimised]
    open_facts = [name for name in true if name not in hidden]
    denied = [] if voice.silent else false
    flatly = [name for name in hidden if name in bedside_table().minimise.denied]
    parts = _story(voice) if topic == "story" else []
    parts += [voice.told(name) for name in open_facts]
    parts += voice.denied((*flatly, *denied)) + _beside_the_point(patient, voice, topic)
    score = measure(patient, facts_now, voice, "pain_score", again=again) if topic == "pain" else None
    measured = score.measured if score else {}
    if measured:
        parts.insert(0, _pain_words(voice, measured["pain_score"]))
    return Reply(_closed(parts), measured, told=frozenset((*open_facts, *voice.sayable(denied))))


def _pain_words(voice: Voice, score: float) -> str:
    form = voice.pick(voices().patient.pain, "pain") if voice.own_words else "Pain {pain}/10."
    return voice.lay(form.replace("{pain}", f"{score:.0f}"))


def _beside_the_point(patient: BedsidePatient, voice: Voice, topic: str) -> list[str]:
    """Return lines of the patient's life that belong to a topic and change nothing."""
    kinds = KINDS.get(topic)
    if kinds is None:
        return []
    flags, not_about = voice.patient.facts.flags, bedside_table().life.not_about
    chosen = [
        item
        for item in fitting(patient.patient, Draws("cases.bedside.life", 0, patient.case_id))
        if item.kind in kinds and not item.conflicts & not_about and not any(flags.get(name) for name in item.conflicts)
    ]
    if voice.own_words:
        return [voice.lay(voice.pick(item.lay, item.say[0])) for item in chosen]
    return [voice.clinical(voice.pick(item.say, item.say[0])) for item in chosen]


def _story(voice: Voice) -> list[str]:
    """Return what happened and since when."""
    patient, frame = voice.patient, voices().patient
    layers = (patient.archetype, *patient.modifiers)
    if not voice.own_words:
        groups = [group for layer in layers for group in layer.story]
        return [voice.clinical(voice.pick(group, "story", str(place))) for place, group in enumerate(groups)]
    parts = [voice.pick(patient.archetype.lay, "lay")]
    if patient.onset is not None:
        forms = frame.happened if patient.archetype.event else frame.lasting
        parts.append(voice.pick(forms, "onset").replace("{dur}", span_words(patient.onset, "full")))
    groups = [group for layer in layers for group in layer.lay_story]
    parts += [voice.pick(group, "story", str(place)) for place, group in enumerate(groups)]
    return [voice.lay(part) for part in parts]


def _more(patient: BedsidePatient, voice: Voice, told: frozenset[str]) -> Reply:
    """Return the history that nobody has told yet, a few facts at a time, what is played down at the very end."""
    stated = {name for layer in (voice.patient.archetype, *voice.patient.modifiers) for name in layer.stated}
    seen = set(channels().visible)
    history = dict.fromkeys(name for names in channels().ask.values() for name in names)
    true, _ = _split(voice, history)
    left = [name for name in true if name not in told and name not in stated and name not in seen]
    left.sort(key=lambda name: name in patient.minimised)
    now = left[:MORE_AT_ONCE]
    return Reply(" ".join([voice.told(name) for name in now] or [NOTHING_ELSE]), told=frozenset(now))


__all__ = ["NOTHING", "NOTHING_ELSE", "Reply", "opening", "reply"]
