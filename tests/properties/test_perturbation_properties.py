"""Whatever the text: perturbations raise nothing and keep what they promise to keep."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.clinical.vitals import VitalSigns
from triagelab.evaluation.perturbations import KINDS, perturb
from triagelab.evaluation.stress_sightings import sightings

PARTS = st.sampled_from(
    ["HR 118", "BP 92/58", "T 38.4 C", "T 101.2F", "pain 7/10", "sat 93%", "chest pain", "denies", "fever", ".", ", ",
     "\n", "PMH:", "Then", "and ", "x", "118", "over", "glucose 3.1 mmol/L", "b p 92 over 58", "%", "VS ",
     "\u200b", "é"]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PARTS, max_size=30).map(" ".join), st.text(max_size=200))


def case(text: str, pulse: float | None = None) -> Case:
    shown = Presentation("x", text, vitals=VitalSigns(heart_rate_bpm=pulse))
    return Case(shown, Truth(3, "esi-v5", "experts"), "made-up", "test")


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from([None, 118.0, 93.0]), st.integers(0, 99))
def test_no_text_raises_and_invariances_keep_the_fields(text, pulse, seed):
    for kind in KINDS.values():
        for variant in perturb(case(text, pulse), kind, 2, seed):
            assert variant.presentation.narrative != text or kind.name in ("control", "drop-vitals", "noise-vitals")
            if kind.group != "information":
                assert variant.presentation.vitals.heart_rate_bpm == pulse


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.integers(0, 99))
def test_order_and_typing_errors_keep_every_number(text, seed):
    numbers = sorted(re.findall(r"\d+", text))
    for name in ("reorder", "typos"):
        for variant in perturb(case(text), KINDS[name], 1, seed):
            assert sorted(re.findall(r"\d+", variant.presentation.narrative)) == numbers


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_sightings_lie_in_the_text_in_order_and_apart(text):
    end = 0
    for item in sightings(text):
        assert end <= item.start < item.end <= len(text)
        assert all(text[slice(*place)].strip() for place in item.places)
        end = item.end
