"""Strategies for facts of a patient: sparse flags over a background, numbers that like the limits of the tables."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from triagelab.clinical.clauses import FOREVER
from triagelab.clinical.esi import EsiOptions
from triagelab.clinical.esi_options import CHOICES
from triagelab.clinical.facts import NUMBERS, vocabulary
from triagelab.clinical.knowledge import esi_table
from triagelab.clinical.predicates import Banded, Compare, walk
from triagelab.clinical.vitals import RANGES

RANGE = {"age_years": (0.0, 125.0), "pregnancy_weeks": (0.0, 45.0), **{k: (r.low, r.high) for k, r in RANGES.items()}}
FLAGS = tuple(vocabulary())


def limits(name: str) -> list[float]:
    """Return the limits of the tables for one number, each with its neighbours, inside the range of the number."""
    low, high = RANGE[name]
    found = {low, high}
    for version in (4, 5):
        for row in (*esi_table(version).rules, *esi_table(version).resources):
            for leaf in walk(row.when):
                if isinstance(leaf, Compare) and leaf.name == name:
                    found.add(leaf.limit)
                if isinstance(leaf, Banded) and leaf.name == name:
                    found.update(band.limit for band in leaf.bands)
                if isinstance(leaf, Banded) and name == "age_years":
                    found.update(band.high for band in leaf.bands if band.high < FOREVER)
    step = 1e-9 if name == "age_years" else 0.5
    return sorted(v for limit in found for v in (limit - step, limit, limit + step) if low <= v <= high)


def number(name: str) -> st.SearchStrategy[float]:
    low, high = RANGE[name]
    return st.sampled_from(limits(name)) | st.floats(low, high, allow_nan=False)


@st.composite
def patients(draw, names: tuple[str, ...] = FLAGS) -> dict[str, Any]:
    """Return facts: a background of no or of unknown, a few flags, and numbers of which any may be missing."""
    facts: dict[str, Any] = dict.fromkeys(FLAGS, draw(st.sampled_from([False, None])))
    facts.update(draw(st.dictionaries(st.sampled_from(names), st.sampled_from([True, False, None]), max_size=7)))
    resources = [name for name in FLAGS if name.startswith("res_")]
    facts.update(draw(st.dictionaries(st.sampled_from(resources), st.sampled_from([True, False, None]), max_size=3)))
    for name in NUMBERS:
        facts[name] = draw(st.none() | number(name))
    return facts


versions = st.sampled_from([4, 5])
options = st.builds(EsiOptions, **{name: st.sampled_from(values) for name, values in CHOICES.items()})
