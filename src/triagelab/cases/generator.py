"""Generated cases: archetype and seed in, a labelled case out. The engine labels; the sampler never does."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate

import numpy as np
from scipy.optimize import nnls

from triagelab.cases.archetypes import Archetype, load_archetypes
from triagelab.cases.draws import Draws
from triagelab.cases.narrative import VOICES, Rendered, render
from triagelab.cases.patient import Patient, draw_patient
from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import LEVELS, Case, Truth
from triagelab.cases.splits import SPLITS, families_of
from triagelab.clinical.esi import EsiDecision, decide
from triagelab.clinical.facts import Facts
from triagelab.errors import BadInputError, UnknownNameError

DEFAULT_MIX: Mapping[int, float] = {1: 0.08, 2: 0.25, 3: 0.35, 4: 0.20, 5: 0.12}
"""Share of each level aimed at; near the mix of emergency departments, with level 1 and 5 made less rare."""
VERSION = 5


@dataclass(frozen=True)
class Generated:
    """A case with everything that made it; for tests and for those who study the generator.

    Attributes:
        patient: the latent patient; `rendered`: the note with what it says; `decision`: what the engine made of it.
    """

    case: Case
    patient: Patient
    rendered: Rendered
    decision: EsiDecision


@cache
def pool(split: str, share_families: bool = False) -> tuple[Archetype, ...]:
    """Return the archetypes a split draws from: those of its families, or all of them."""
    if split not in SPLITS:
        raise UnknownNameError("split", split, SPLITS)
    everyone = tuple(load_archetypes().values())
    if share_families:
        return everyone
    families = families_of(split)
    return tuple(item for item in everyone if item.family in families)


@lru_cache(maxsize=64)
def _shares_up_to(split: str, share_families: bool, mix: tuple[float, ...]) -> tuple[float, ...]:
    """Return the running sums of one weight an archetype, such that the levels they usually get come near the mix.

    Archetypes with the same usual level weigh the same; the five weights solve shares.T @ weights = mix.
    """
    members = pool(split, share_families)
    usual = [item.usual_level for item in members]
    shares = np.zeros((5, 5))
    for item, level in zip(members, usual, strict=True):
        for other, share in item.level_shares().items():
            shares[level - 1, other - 1] += share / usual.count(level)
    weights, _ = nnls(shares.T, np.asarray(mix))
    return tuple(accumulate(float(weights[level - 1]) / usual.count(level) for level in usual))


def _chosen(members: tuple[Archetype, ...], shares: tuple[float, ...], draws: Draws) -> Archetype:
    return members[min(bisect_right(shares, draws.unit() * shares[-1]), len(members) - 1)]


def draw_archetype(split: str, draws: Draws) -> Archetype:
    """Return one kind of patient of a split, drawn such that the levels come near the default mix.

    Raises: UnknownNameError for a split that does not exist.
    """
    return _chosen(pool(split), _shares_up_to(split, False, _checked_mix(None)), draws)


def _checked_mix(mix: Mapping[int, float] | None) -> tuple[float, ...]:
    chosen = DEFAULT_MIX if mix is None else mix
    if set(chosen) - set(LEVELS) or any(share < 0 for share in chosen.values()) or sum(chosen.values()) <= 0:
        raise BadInputError("mix", dict(chosen), "levels 1-5 with shares of at least 0 that do not sum to 0")
    total = sum(chosen.values())
    return tuple(chosen.get(level, 0.0) / total for level in LEVELS)


def _depends_on_numbers(facts: Facts, decision: EsiDecision) -> bool:
    """Return whether the label would change if the vital signs (pain apart) were not known."""
    hidden = {name: None for name in facts.vitals.measured() if name != "pain_score"}
    if not hidden:
        return False
    without = decide(
        Facts(facts.age_years, facts.vitals.with_(**hidden), facts.flags, facts.pregnancy_weeks), version=VERSION
    )
    return (without.level, without.acceptable, without.point) != (decision.level, decision.acceptable, decision.point)


def label(facts: Facts) -> tuple[Truth, EsiDecision]:
    """Return the truth the engine gives to latent facts."""
    decision = decide(facts, version=VERSION)
    truth = Truth(
        level=decision.level,
        acceptable=decision.acceptable,
        scale=f"esi-v{VERSION}",
        labelled_by="engine",
        because=tuple(decision.because),
        point=decision.point,
        facts=facts.to_mapping(),
    )
    return truth, decision


def make(archetype: Archetype, seed: int, index: int, *, split: str = "train", voice: str | None = None) -> Generated:
    """Return patient number `index` of one archetype as a case, in a voice of your choice or a drawn one.

    The stream of the facts does not know the voice, so a patient has the same label in every voice.

    Raises: UnknownNameError for a voice that does not exist.
    """
    if voice is not None and voice not in VOICES:
        raise UnknownNameError("voice", voice, VOICES)
    draws = Draws("cases.patient", seed, "one", archetype.id, index)
    words = Draws("cases.narrative", seed, "one", archetype.id, index)
    return _made(archetype, draws, words, split, f"gen-one-{seed}-{archetype.id}-{index:06d}", voice)


def _made(
    archetype: Archetype, draws: Draws, words: Draws, split: str, case_id: str, voice: str | None = None
) -> Generated:
    """Return the case that two streams make: `draws` for the patient, `words` for voice and note."""
    patient = draw_patient(archetype, draws)
    truth, decision = label(patient.facts)
    drawn = words.pick(VOICES)
    chosen = voice or drawn
    show = chosen != "patient" or words.chance(0.4) or _depends_on_numbers(patient.facts, decision)
    rendered = render(patient, chosen, words, show)
    presentation = Presentation(
        case_id=case_id,
        narrative=rendered.note,
        age_years=patient.facts.age_years,
        sex=patient.sex,
        arrival="ambulance" if chosen == "ems" and patient.arrival == "walk_in" else patient.arrival,
        chief_complaint=rendered.complaint,
        vitals=patient.facts.vitals,
        history=rendered.history,
    )
    case = Case(presentation, truth, dataset="generated", split=split, family=archetype.family)
    return Generated(case, patient, rendered, decision)


def iter_detailed(
    n: int,
    seed: int,
    split: str = "train",
    *,
    share_families: bool = False,
    mix: Mapping[int, float] | None = None,
    start: int = 0,
) -> Iterator[Generated]:
    """Yield `n` cases from place `start` on, each with its latent patient, words and decision.

    Raises: as `generate`, at once and not at the first case.
    """
    for name, value in (("n", n), ("seed", seed), ("start", start)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise BadInputError(name, value, "a whole number of at least 0")
    members = pool(split, share_families)
    shares = _shares_up_to(split, share_families, _checked_mix(mix))
    tag = f"{split}+shared" if share_families else split

    def made() -> Iterator[Generated]:
        for index in range(start, start + n):
            draws = Draws("cases.patient", seed, tag, index)
            archetype = _chosen(members, shares, draws)
            words = Draws("cases.narrative", seed, tag, index)
            yield _made(archetype, draws, words, split, f"gen-{tag}-{seed}-{index:06d}")

    return made()


def generate_iter(
    n: int, seed: int, split: str = "train", *, share_families: bool = False, mix: Mapping[int, float] | None = None
) -> Iterator[Case]:
    """Yield the cases of `generate` one by one, with bounded memory."""
    return (item.case for item in iter_detailed(n, seed, split, share_families=share_families, mix=mix))


def generate(
    n: int, seed: int, split: str = "train", *, share_families: bool = False, mix: Mapping[int, float] | None = None
) -> list[Case]:
    """Return `n` cases of one split; case i depends on (split, seed, i) alone, so a longer list begins with a shorter.

    Args:
        share_families: draw from the archetypes of all splits (for studies inside the distribution).
        mix: share of each level aimed at, default `DEFAULT_MIX`; the engine's label decides what comes out.

    Raises: UnknownNameError for a split that does not exist, BadInputError for a number out of range.
    """
    return list(generate_iter(n, seed, split, share_families=share_families, mix=mix))


__all__ = [
    "DEFAULT_MIX",
    "Generated",
    "draw_archetype",
    "generate",
    "generate_iter",
    "iter_detailed",
    "label",
    "make",
    "pool",
]
