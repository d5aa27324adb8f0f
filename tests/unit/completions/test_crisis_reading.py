"""A role's answer: acts only where exactly one object says them; anything else is a status with a reason."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.completions.answers import ParseStatus as S
from triagelab.completions.crisis_reading import LONGEST, read_completion
from triagelab.hospital.acts import ACTS
from triagelab.hospital.tables import ROLES

TAG = {"act": "tag", "patient": "P-001", "tag": "minor"}
ONE = json.dumps({"reasoning": "P-001 walks.", "acts": [TAG]})
TWO = json.dumps({"reasoning": "P-001 walks.", "acts": [{**TAG, "tag": "delayed"}]})

TEXTS = [
    (ONE, S.CLEAN, 1),
    (f"  {ONE}\n", S.CLEAN, 1),
    ('{"reasoning": "calm", "acts": []}', S.CLEAN, 0),
    (f"```json\n{ONE}\n```", S.REPAIRED, 1),
    (f"I would tag him.\n{ONE}", S.REPAIRED, 1),
    (f"<think>first {TWO}</think>{ONE}", S.CLEAN, 1),
    (f"{ONE}\n{ONE}", S.REPAIRED, 1),
    (json.dumps({"acts": [TAG]}), S.REPAIRED, 1),
    (f"{ONE}\n{TWO}", S.CONFLICTING, 0),
    ("\n".join([ONE] * 9), S.CONFLICTING, 0),
    ("", S.EMPTY, 0),
    (" \n\t", S.EMPTY, 0),
    ("<think>so many patients", S.TRUNCATED, 0),
    (ONE[:-3], S.MALFORMED, 0),
    (f"[{ONE}]", S.MALFORMED, 0),
    ("tag P-001 minor", S.MALFORMED, 0),
    ('{"reasoning": "x"}', S.MALFORMED, 0),
    ('{"reasoning": 3, "acts": []}', S.MALFORMED, 0),
    ('{"reasoning": "x", "acts": {"act": "tag"}}', S.MALFORMED, 0),
    ('{"reasoning": "x", "acts": [], "score": 1.0}', S.MALFORMED, 0),
    ('{"reasoning": "x", "acts": [], "acts": []}', S.MALFORMED, 0),
    ('{"reasoning": "x", "acts": [{"act": "open_overflow", "beds": NaN}]}', S.MALFORMED, 0),
    ('{"reasoning": "x", "acts": ' + "[" * 400 + "]" * 400 + "}", S.MALFORMED, 0),
    ("{" * 20_000, S.MALFORMED, 0),
    ('{"reasoning": "' + "x" * LONGEST + '", "acts": []}', S.MALFORMED, 0),
]


@pytest.mark.parametrize(("text", "status", "count"), TEXTS, ids=range(len(TEXTS)))
def test_reads_one_object_or_says_why_not(text: str, status: S, count: int) -> None:
    found = read_completion(text, "er_triage")
    assert (found.status, len(found.acts)) == (status, count)
    assert found.reason
    assert found.readable == (status in (S.CLEAN, S.REPAIRED))


def test_a_cut_off_object_is_truncated_only_where_the_writer_was_cut_off() -> None:
    assert read_completion(ONE[:-3], "er_triage", truncated=True).status is S.TRUNCATED
    assert read_completion("so", "er_triage", truncated=True).status is S.TRUNCATED


def test_refused_acts_stand_beside_the_good_ones_with_reasons() -> None:
    acts = [TAG, {"act": "admit", "patient": "P-001", "unit": "icu"}, {"act": "tag", "patient": "P-1", "tag": "red"}, 7]
    found = read_completion(json.dumps({"reasoning": "", "acts": acts}), "er_triage")
    assert [act.to_dict() for act in found.acts] == [TAG]
    assert len(found.refused) == 3
    assert "icu_management" in found.refused[0].reason
    assert all(refusal.reason for refusal in found.refused)


def test_no_more_than_64_acts_are_read() -> None:
    found = read_completion(json.dumps({"reasoning": "", "acts": [TAG] * 100}), "er_triage")
    assert len(found.acts) == 64
    assert found.refused


def test_ten_megabytes_are_refused_at_once() -> None:
    begun = time.process_time()
    assert not read_completion('{"acts": [' * 1_000_000, "pharmacy").readable
    assert time.process_time() - begun < 0.5


_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_KINDS = st.sampled_from([kind for acts in ACTS.values() for kind in acts])


@settings(max_examples=120, deadline=None)
@given(role=st.sampled_from(ROLES), acts=_VALUES, kind=_KINDS, fields=st.dictionaries(st.text(max_size=8), _VALUES))
def test_never_raises_and_gives_only_acts_of_the_role(role: str, acts: object, kind: str, fields: dict) -> None:
    for sent in (acts, [acts], [{"act": kind, **fields}]):
        found = read_completion(json.dumps({"reasoning": "", "acts": sent}), role)
        assert all(act.role == role for act in found.acts)
        assert found.readable == isinstance(sent, list) or not found.readable


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet='{}[]":,\\ abc<>/think`\n', max_size=200))
def test_any_text_gets_a_status(text: str) -> None:
    found = read_completion(text, "er_triage")
    assert isinstance(found.status, S)
    assert found.readable or not found.acts
