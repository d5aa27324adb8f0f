"""Whatever a bundle holds, it is read or refused in one line; there is no third way."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_samples import bundle, encounter, known_before, observation, patient, usual_observations
from triagelab.cases.presentation import Presentation
from triagelab.datasets.fhir import read_bundle
from triagelab.errors import BadInputError, DataFormatError

SAID = observation("8661-1", None, None, valueString="tight chest")
TIMES = {"statusHistory": [{"status": "triaged", "period": {"start": "2026-11-21T10:00:00Z"}}]}
WHOLE = bundle(patient(), encounter(**TIMES), *usual_observations(), *known_before(), SAID)
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=True),
    st.text(max_size=20),
    st.just("Patient/p1"),
    st.sampled_from(["", "2026", "2026-13-45", "2026-11-21T25:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["coding", "text", "value", "code", "reference"]), st.text(max_size=5), max_size=2),
)  # fmt: skip


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield (*path, key)
        yield from places(node[key], (*path, key))


PLACES = list(places(WHOLE))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), st.booleans(), JUNK), min_size=1, max_size=3))
def test_any_bundle_is_read_or_refused(changes):
    raw = copy.deepcopy(WHOLE)
    for path, drop, value in changes:
        holder = raw
        try:
            for key in path[:-1]:
                holder = holder[key]
            if drop:
                del holder[path[-1]]
            else:
                holder[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    try:
        outcome = read_bundle(raw)
    except (BadInputError, DataFormatError) as error:
        outcome = error
    assert isinstance(outcome, Presentation) or "\n" not in str(outcome)
