"""What a note says: which facts, which negations, which part of the story, and which lines beside the point."""

from __future__ import annotations

from functools import cache

from triagelab.cases.draws import Draws
from triagelab.cases.patient import Patient
from triagelab.cases.phrases import Distractor, distractors, phrase_bank
from triagelab.cases.speech import NOT_SPEAKING

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
_KIND_CHANCE = (
    ("history", 0.7),
    ("history", 0.35),
    ("family", 0.25),
    ("social", 0.5),
    ("meds", 0.4),
    ("worry", 0.25),
    ("social", 0.3),
)


def false_facts(patient: Patient, draws: Draws) -> list[str]:
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


def true_facts(patient: Patient, draws: Draws) -> list[str]:
    """Return the true facts the bank has to say, in random order."""
    bank = phrase_bank()
    names = [name for name in patient.told if not bank[name].silent]
    if patient.facts.flags.get("pain_corroborated") and "pain_corroborated" not in names:
        names.append("pain_corroborated")
    return draws.sample(names, len(names))


def fitting(patient: Patient, draws: Draws) -> list[Distractor]:
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


@cache
def _pool(kind: str) -> tuple[Distractor, ...]:
    return tuple(item for item in distractors() if item.kind == kind)


def story(patient: Patient, draws: Draws, lay: bool) -> list[str]:
    """Return one text of every group of the archetype and of its modifiers."""
    groups = patient.archetype.lay_story if lay else patient.archetype.story
    parts = [draws.pick(group) for group in groups]
    for modifier in patient.modifiers:
        parts += [draws.pick(group) for group in (modifier.lay_story if lay else modifier.story)]
    return parts


def stated(patient: Patient) -> set[str]:
    """Return the facts that complaint and story say, and those that go without saying."""
    named = {name for layer in (patient.archetype, *patient.modifiers) for name in layer.stated}
    return named | {name for name in patient.facts.flags if name in _silent_facts()}


@cache
def _silent_facts() -> frozenset[str]:
    return frozenset(name for name, phrase in phrase_bank().items() if phrase.silent)
