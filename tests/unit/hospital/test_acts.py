"""Whatever is sent is read or refused with a reason, in bounded time, and never raises."""

from __future__ import annotations

import math
import time
from typing import Any, cast

import pytest

from triagelab.hospital.acts import ACTS, COMMON, SHOWN, Act, fields_of, read_acts
from triagelab.hospital.tables import ROLES

PLACE = {"act": "place", "patient": "P-001", "area": "resus"}
ORDER = {"act": "order", "patient": "P-001", "drug": "naloxone", "dose": 0.4, "unit": "mg", "route": "iv"}


def nested(levels: int) -> Any:
    found: Any = {}
    for _ in range(levels):
        found = {"patient": [found]}
    return found


def test_a_good_act_is_read_and_comes_back_as_it_was() -> None:
    (act,), refused = read_acts("er_triage", [PLACE])
    assert refused == []
    assert act.to_dict() == PLACE
    assert read_acts("er_triage", PLACE)[0] == [act]
    assert read_acts("er_triage", [act])[0] == [act]


@pytest.mark.parametrize("dose", [0, -1, -0.1, math.nan, math.inf, -math.inf, 10**400, 1e300, True, "2", None, [2], 2j])
def test_a_dose_that_is_none_is_refused(dose: object) -> None:
    acts, (refusal,) = read_acts("pharmacy", [{**ORDER, "dose": dose}])
    assert acts == []
    assert refusal.reason.startswith("order: dose: ")
    assert refusal.role == "pharmacy"


@pytest.mark.parametrize("role", ROLES)
def test_an_act_of_another_role_is_refused_and_says_whose_it_is(role: str) -> None:
    for other in ROLES:
        for kind in ACTS[other]:
            if other != role and kind not in ACTS[role]:
                (refusal,) = read_acts(role, [{"act": kind}])[1]
                assert f"an act of {other}, not of {role}" in refusal.reason
    assert all(fields_of(role, kind) is not None for kind in COMMON)


HOSTILE = {
    "nothing": None,
    "a number": 7,
    "text": "place P-001 in resus",
    "10 MB of text": "x" * 10_000_000,
    "bytes": b"\x00" * 1_000_000,
    "a set": {1, 2, 3},
    "nested 10 000 deep": nested(10_000),
    "a list in a list": [[PLACE]],
    "a huge number": [{**ORDER, "dose": 10**100_000}],
    "a huge id": [{**PLACE, "patient": "P" * 10_000_000}],
    "a huge kind": [{"act": "p" * 10_000_000}],
    "a kind that is a list": [{"act": ["place"]}],
    "a million entries": [None] * 1_000_000,
    "a million fields": [{**PLACE, **{str(key): key for key in range(300_000)}}],
    "a field more": [{**PLACE, "because": nested(10_000)}],
    "keys that are no text": [{1: 2, None: 3, **PLACE}],
    "an unpaired surrogate": [{**PLACE, "area": "\ud800"}],
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_what_is_no_act_is_refused_quickly_and_briefly(name: str) -> None:
    begun = time.process_time()
    acts, refused = read_acts("er_triage", HOSTILE[name])
    assert time.process_time() - begun < 0.5
    assert acts == []
    assert refused
    for refusal in refused:
        assert len(refusal.raw) <= 2 * SHOWN
        assert 0 < len(refusal.reason) <= 400
        refusal.reason.encode("utf-8", "backslashreplace")


@pytest.mark.parametrize(
    "act",
    [
        Act("pharmacy", "place", {"patient": "P-001", "area": "resus"}),
        Act("er_triage", "place", {}),
        Act("er_triage", "place", {"patient": "P-001", "area": "roof"}),
        Act("er_triage", "place", {"patient": ["P-001"], "area": "resus"}),
        Act("er_triage", "approve", {"order": "O-0001"}),
        Act("er_triage", "place", {"patient": "P-001", "area": "resus", "x": 1}),
        Act("er_triage", "place", cast("Any", None)),
        Act("er_triage", cast("Any", 3), {}),
    ],
)
def test_an_act_built_by_hand_is_checked_like_any_other(act: Act) -> None:
    acts, refused = read_acts("er_triage", [act])
    assert acts == []
    assert len(refused) == 1


def test_what_comes_after_the_last_entry_that_is_read_is_refused_as_one() -> None:
    acts, refused = read_acts("er_triage", [PLACE] * 100, most=10)
    assert len(acts) == 10
    assert [refusal.raw for refusal in refused] == ["90 more"]
