"""What the encoder and the hybrid learn from: real visits in two views, and generated notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from triagelab.agents.pooling import KINDS, Kind, kind_of
from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case
from triagelab.datasets.notes import note, patient_words, vital_words
from triagelab.datasets.registry import load_dataset
from triagelab.errors import BadInputError
from triagelab.seeding import derive_seed
from triagelab.training.hybrid_config import HybridRecipe

CLAUSE = "; "


@dataclass(frozen=True)
class HybridData:
    """Cases to learn from and cases to calibrate on.

    Attributes:
        train: all training cases, every visit in both views.
        dev: dev cases by kind of presentation.
        scale: scale of the labels.
        sources: dataset, split and number of cases, for the manifest.
    """

    train: tuple[Case, ...]
    dev: dict[Kind, tuple[Case, ...]]
    scale: str
    sources: dict[str, int]


def load_data(recipe: HybridRecipe) -> HybridData:
    """Return the cases of a recipe.

    Raises: BadInputError where a split is missing or too small to learn from.
    """
    train: list[Case] = []
    dev: list[Case] = []
    sources: dict[str, int] = {}
    scale = "esi-v5"
    visits, notes = recipe.visits, recipe.notes
    if visits.name:
        for split, limit, into in (("train", visits.n, train), ("dev", visits.n_dev, dev)):
            loaded = load_dataset(visits.name, visits.path, split=split, limit=limit, seed=recipe.seed)
            sources[f"{visits.name} {split}"] = len(loaded)
            into.extend(loaded)
            into.extend(_plain_case(case, recipe.seed) for case in loaded if kind_of(case.presentation) == "coded")
            scale = loaded.scale
    if notes.n:
        train.extend(load_dataset("generated", split="train", n=notes.n, seed=notes.seed))
        sources["generated train"] = notes.n
    if notes.dev == "generated":
        calibration = load_dataset("generated", split="dev", n=notes.n_dev, seed=notes.seed)
    else:
        calibration = load_dataset("written", split="dev", limit=notes.n_dev)
    sources[f"{notes.dev} dev"] = len(calibration)
    dev.extend(calibration)
    by_kind: dict[Kind, tuple[Case, ...]] = {
        kind: tuple(case for case in dev if kind_of(case.presentation) == kind) for kind in KINDS
    }
    if len({case.truth.level for case in train}) < 2:
        raise BadInputError("training cases", len(train), "cases of two or more levels")
    return HybridData(tuple(train), {kind: cases for kind, cases in by_kind.items() if cases}, scale, sources)


def _plain_case(case: Case, seed: int) -> Case:
    """Return the visit as most departments write it; the label stays."""
    one = derive_seed("hybrid.plain", seed, case.case_id) % 2 == 0
    return replace(case, presentation=plain(case.presentation, 1 if one else 2))


def plain(presentation: Presentation, clauses: int) -> Presentation:
    """Return the patient with a short complaint, age, sex, arrival and vital signs, and nothing else.

    A survey knows more than a triage desk elsewhere writes down (five coded reasons, a list of chronic diseases); a
    model that saw nothing but the survey leans on that, and has nothing to lean on elsewhere.
    """
    said = presentation.chief_complaint
    short = CLAUSE.join(said.split(CLAUSE)[:clauses]) if said else said
    opening = patient_words(presentation.age_years, presentation.sex, presentation.arrival)
    told = note(opening, short, (), vital_words(presentation.vitals), (), none_known=False)
    return replace(presentation, narrative=told, chief_complaint=short or "", history=(), structured={})


def levels_of(cases: Sequence[Case]) -> list[int]:
    """Return the labels."""
    return [case.truth.level for case in cases]
