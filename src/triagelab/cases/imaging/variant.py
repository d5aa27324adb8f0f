"""A patient variant: what is told of a patient with a condition; its signature decides the split."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from triagelab.cases.imaging.wording import Wording, wording
from triagelab.clinical.imaging import FERTILE, Appropriateness, condition, label_of, limits_of, procedures
from triagelab.seeding import Generator, derive_seed

TRAIN_SHARE = 0.7
SPLITS = ("train", "test", "ood")
"""`ood`: conditions that are held out entirely."""
LEFT_OUT = 0.25
"""How often a feature that decides nothing is not mentioned at all."""
_PREGNANT_AGES = (15.0, 48.0)
"""Ages of the pregnant patients that are drawn. Units: years."""
_SHARES: Mapping[str, float] = MappingProxyType({"contrast_reaction": 0.05, "unsafe_implant": 0.05, "pregnant": 0.06})
_ASKED = 0.2
"""How often the absence of a common feature is said."""
_EGFR_STATED, _EGFR_LOW = 0.3, 0.25
_TRIES = 4000


@dataclass(frozen=True, slots=True)
class Variant:
    """What is told of one patient.

    Attributes:
        facts: told features and numbers; what is not told is not there.
        labels: procedure -> label, settled by what is told.
    """

    condition: str
    facts: Mapping[str, Any]
    labels: Mapping[str, Appropriateness]

    @property
    def signature(self) -> str:
        """Return what decides: told features, and between which limits each number lies. Wording is no part of it."""
        return signature(self.condition, self.facts)

    @property
    def split(self) -> str:
        return split_of(self.condition, self.signature)


def signature(name: str, facts: Mapping[str, Any]) -> str:
    """Return the signature of told facts: absent common features count as told to be absent."""
    limits = limits_of(name)
    common = set(_SHARES) | {"dialysis", "female"}
    parts = []
    for key in sorted(facts):
        value = facts[key]
        if isinstance(value, bool):
            if value or key not in common:
                parts.append(f"{key}={'yes' if value else 'no'}")
        elif key in limits:
            parts.append(f"{key}@{bisect_right(limits[key], value)}{'=' if value in limits[key] else ''}")
    return f"{name}|{','.join(parts)}"


def split_of(name: str, text: str) -> str:
    """Return the split of a signature: by hash, whoever asks, so that no variant is in two."""
    if condition(name).held_out:
        return "ood"
    share = derive_seed("cases.imaging.split", 0, text, bits=53) / (1 << 53)
    return "train" if share < TRAIN_SHARE else "test"


def variant_id(variant: Variant, note: str) -> str:
    """Return an id that depends on what is shown."""
    digest = hashlib.blake2b(f"{variant.signature}\x1f{note}".encode(), digest_size=6)
    return f"{variant.condition}-{digest.hexdigest()}"


def draw_variant(name: str, rng: Generator, split: str) -> Variant:
    """Return a variant of a split. Raises: RuntimeError where the condition has hardly any."""
    words = wording(name)
    for _ in range(_TRIES):
        facts = _complete(name, words, rng)
        settled = all(label_of(name, procedure, facts)[1] for procedure in condition(name).procedures)
        if not settled or any(predicate.reading()(facts) for predicate in words.never):
            continue
        told = _told(name, facts, rng)
        if split_of(name, signature(name, told)) == split:
            labels = {procedure: label_of(name, procedure, told)[0] for procedure in condition(name).procedures}
            return Variant(name, MappingProxyType(told), MappingProxyType(labels))
    raise RuntimeError(f"{name}: hardly any variant is in {split}")


def _complete(name: str, words: Wording, rng: Generator) -> dict[str, Any]:
    """Return every feature and number of a patient."""
    one = condition(name)
    low, high = words.ages
    age = low + (high - low) * float(rng.random())
    facts: dict[str, Any] = {"age_years": told_age(age), "female": float(rng.random()) < words.females}
    for feature, row in words.say.items():
        if feature in one.features and feature not in _SHARES and feature != "dialysis":
            facts[feature] = float(rng.random()) < row.share
    for number, row in words.number.items():
        if number == "egfr":
            continue
        value = row.low + (row.high - row.low) * float(rng.random())
        if float(rng.random()) < row.share:
            facts[number] = float(round(value)) if row.whole else round(value, 1)
    facts.update(_common(name, words, facts, rng))
    return facts


def told_age(age: float) -> float:
    """Return an age as notes give it: months below two years, else whole years."""
    return max(1, round(age * 12)) / 12 if age < 2 else float(round(age))


def _common(name: str, words: Wording, facts: Mapping[str, Any], rng: Generator) -> dict[str, Any]:
    """Return the common features that matter for the procedures of the condition."""
    tags = frozenset(tag for key in condition(name).procedures for tag in procedures()[key].tags)
    found: dict[str, Any] = {}
    fertile = facts["female"] and FERTILE[0] <= facts["age_years"] <= FERTILE[1]
    drawn = _PREGNANT_AGES[0] <= facts["age_years"] <= _PREGNANT_AGES[1]
    decides = any("pregnant" in row.when.names() for row in condition(name).criteria.values())
    radiates = any({"ionising", "trunk"} <= procedures()[key].tags for key in condition(name).procedures)
    asked = {
        "pregnant": fertile and (decides or words.pregnant is not None or radiates or "gadolinium" in tags),
        "contrast_reaction": "iodinated" in tags,
        "unsafe_implant": "mri" in tags,
    }
    for feature, share in _SHARES.items():
        chance = words.pregnant if feature == "pregnant" and words.pregnant is not None else share
        draw, say = float(rng.random()), float(rng.random())
        there = draw < chance and (feature != "pregnant" or drawn)
        must = feature == "pregnant" and decides
        if asked[feature] and (there or must or say < _ASKED):
            found[feature] = there
    stated, low, value, treated = (float(rng.random()) for _ in range(4))
    if {"iodinated", "gadolinium"} & tags and facts["age_years"] >= 18 and stated < _EGFR_STATED:
        found["egfr"] = float(round(8 + 20 * value if low < _EGFR_LOW else 35 + 70 * value))
        if found["egfr"] < 15 and treated < 0.5:
            found["dialysis"] = True
    return found


def _told(name: str, facts: Mapping[str, Any], rng: Generator) -> dict[str, Any]:
    """Return the facts without some that decide nothing: what is told still settles every label, and the same one."""
    one = condition(name)
    told = dict(facts)
    wanted = {procedure: label_of(name, procedure, told)[0] for procedure in one.procedures}
    own = [key for key in facts if key not in _SHARES and key not in ("age_years", "female", "egfr", "dialysis")]
    for place in rng.permutation(len(own)):
        if float(rng.random()) >= LEFT_OUT:
            continue
        without = {key: value for key, value in told.items() if key != own[int(place)]}
        if all(label_of(name, procedure, without) == (label, True) for procedure, label in wanted.items()):
            told = without
    return told


__all__ = ["SPLITS", "TRAIN_SHARE", "Variant", "draw_variant", "signature", "split_of", "told_age", "variant_id"]
