"""Imaging cases by seed: one at a time for environments, or the whole dataset of so many variants a condition."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from triagelab.cases.imaging.case import ImagingCase, ImagingTruth
from triagelab.cases.imaging.narrative import write_note
from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.cases.imaging.variant import SPLITS, TRAIN_SHARE, Variant, draw_variant, variant_id
from triagelab.cases.imaging.wording import worded_conditions
from triagelab.clinical.imaging import condition, procedures
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.seeding import Generator, stream

VARIANTS = 20
"""Variants of each condition in the dataset: 14 train and 6 test, or 20 held out."""
_PATIENCE = 400


def split_conditions(split: str) -> tuple[str, ...]:
    """Return the conditions of a split. Raises: UnknownNameError."""
    if split not in SPLITS:
        raise UnknownNameError("split", split, SPLITS)
    return tuple(name for name in worded_conditions() if condition(name).held_out == (split == "ood"))


def imaging_case(split: str, seed: int) -> ImagingCase:
    """Return the case number `seed` of a split: any condition, variant and procedure of it."""
    rng = stream("cases.imaging.case", seed, split)
    names = split_conditions(split)
    name = names[int(rng.integers(len(names)))]
    variant = draw_variant(name, rng, split)
    asked = list(variant.labels)
    return cases_of(variant, split, rng, [asked[int(rng.integers(len(asked)))]])[0]


@lru_cache(maxsize=4)
def imaging_dataset(*, seed: int = 0, variants: int = VARIANTS) -> tuple[ImagingCase, ...]:
    """Return the dataset: every procedure of so many distinct variants of every condition, 70 % of them to train on.

    Raises: BadInputError for a number of variants that is none, or that a condition does not have.
    """
    if isinstance(variants, bool) or not isinstance(variants, int) or not 1 <= variants <= 1000:
        raise BadInputError("variants", variants, "a whole number from 1 to 1000")
    found: list[ImagingCase] = []
    for name in worded_conditions():
        quotas = {"ood": variants} if condition(name).held_out else _quotas(variants)
        for split, count in quotas.items():
            for variant, rng in _distinct(name, split, count, seed):
                found += cases_of(variant, split, rng, list(variant.labels))
    return tuple(found)


def dataset_split(split: str, *, seed: int = 0, variants: int = VARIANTS) -> tuple[ImagingCase, ...]:
    """Return one split of the dataset. Raises: UnknownNameError."""
    if split not in SPLITS:
        raise UnknownNameError("split", split, SPLITS)
    return tuple(case for case in imaging_dataset(seed=seed, variants=variants) if case.split == split)


def _quotas(variants: int) -> dict[str, int]:
    train = round(variants * TRAIN_SHARE)
    return {"train": train, "test": variants - train}


def _distinct(name: str, split: str, count: int, seed: int) -> Iterator[tuple[Variant, Generator]]:
    """Yield variants with distinct signatures, each with the stream that words it."""
    seen: set[str] = set()
    for number in range(_PATIENCE * count):
        rng = stream("cases.imaging.dataset", seed, name, split, number)
        variant = draw_variant(name, rng, split)
        if variant.signature not in seen:
            seen.add(variant.signature)
            yield variant, rng
        if len(seen) == count:
            return
    raise BadInputError("variants", count, f"at most {len(seen)} for {name} in {split}")


def cases_of(variant: Variant, split: str, rng: Generator, asked: list[str]) -> list[ImagingCase]:
    """Return one case a procedure that is asked for, all under one note of the variant that `rng` words."""
    unseen = split != "train"
    note = write_note(variant.condition, variant.facts, rng, unseen=unseen)
    name = variant_id(variant, note)
    found = []
    for procedure in asked:
        names = procedures()[procedure].names
        wording = names[int(rng.integers(len(names)))]
        truth = ImagingTruth(variant.condition, procedure, variant.facts, variant.labels[procedure])
        found.append(ImagingCase(ImagingQuestion(name, note, procedure, wording), truth, split))
    return found


__all__ = ["VARIANTS", "cases_of", "dataset_split", "imaging_case", "imaging_dataset", "split_conditions"]
