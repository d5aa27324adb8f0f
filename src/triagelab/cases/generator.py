"""Generated cases: archetype and seed in, a labelled case out. The engine labels; the sampler never does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

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
def _archetype_weights(split: str, share_families: bool, mix: tuple[float, ...]) -> tuple[float, ...]:
    """Return one weight an archetype such that the levels they usually get come near the mix.

    Archetypes with the same usual level weigh the same; the five weights solve shares.T @ weights = mix.
    """
    members = pool(split, share_families)
    usual = [item.usual_level for item in members]
    shares = np.zeros((5, 5))
    for item, level in zip(members, usual, strict=True):
        for other, share in item.level_shares().items():
            shares[level - 1, other - 1] += share / usual.count(level)
    weights, _ = nnls(shares.T, np.asarray(mix))
    return tuple(float(weights[level - 1]) / usual.count(level) for level in usual)


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
    return (without.level, without.acceptable) != (decision.level, decision.acceptable)


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


def make(
    archetype: Archetype, seed: int, split: str, index: int, *, voice: str | None = None, case_id: str | None = None
) -> Generated:
    """Return one patient of an archetype as a case; facts and words come from separate streams.

    The stream of the facts does not know the voice, so a patient has the same label in every voice.
    """
    patient = draw_patient(archetype, Draws("cases.patient", seed, split, archetype.id, index))
    truth, decision = label(patient.facts)
    words = Draws("cases.narrative", seed, split, archetype.id, index)
    chosen = words.pick(VOICES)
    if voice is not None:
        if voice not in VOICES:
            raise UnknownNameError("voice", voice, VOICES)
        chosen = voice
    show = chosen != "patient" or words.chance(0.4) or _depends_on_numbers(patient.facts, decision)
    rendered = render(patient, chosen, words, show)
    presentation = Presentation(
        case_id=case_id or f"gen-{split}-{seed}-{archetype.id}-{index:06d}",
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
    weights = _archetype_weights(split, share_families, _checked_mix(mix))
    tag = f"{split}+shared" if share_families else split

    def made() -> Iterator[Generated]:
        for index in range(start, start + n):
            archetype = Draws("cases.choice", seed, tag, index).weighted(members, weights)
            yield make(archetype, seed, split, index, case_id=f"gen-{tag}-{seed}-{index:06d}")

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


__all__ = ["DEFAULT_MIX", "Generated", "generate", "generate_iter", "iter_detailed", "label", "make", "pool"]
