"""The table of red flags: every row has a source and fires on somebody, and a wrong row is named."""

from __future__ import annotations

import pytest

from triagelab.agents import safety_rules
from triagelab.agents.safety import alarm
from triagelab.agents.safety_rules import RedFlagTable, red_flag_infos, red_flag_table
from triagelab.cases.generator import generate
from triagelab.cases.presentation import Presentation
from triagelab.clinical.esi import rule_info
from triagelab.clinical.knowledge import sources
from triagelab.errors import DataFormatError, UnknownNameError

NOT_GENERATED = {
    "S.psychiatric_evaluation": "34M brought by police for a psychiatric evaluation after behaviour problems",
    "S.stemi": "58M, ECG shows ST elevation in V2-V4",
}
"""Rules on wording that the generator has no phrase for."""


@pytest.fixture(scope="module")
def fired():
    cases = [*generate(900, 0, "train"), *generate(320, 0, "train", mix={1: 1.0})]  # a very slow pulse is rare
    alarms = [alarm(case.presentation) for case in cases]
    return {flag for found in alarms for flag in found.flags}, {name for found in alarms for name in found.asks}


def test_every_rule_fires_on_a_generated_patient(fired):
    flags, asks = fired
    seen = {flag.rule for flag in flags} | asks
    for rule, note in NOT_GENERATED.items():
        assert rule in {flag.rule for flag in alarm(Presentation("x", note)).flags}
    assert set(red_flag_infos()) - seen - set(NOT_GENERATED) == set()


def test_every_flag_says_why_and_where_it_stands(fired):
    own = red_flag_infos()
    for flag in fired[0]:
        info = own.get(flag.rule) or rule_info(flag.rule, 5)
        assert (flag.sentence, flag.source) == (info.text, info.source)
        assert flag.level in (1, 2)
        assert flag.source


def test_every_row_has_a_known_source_and_nothing_of_the_peer_or_ours_counts_as_checked():
    table = red_flag_table()
    known = {**sources(), **table.sources}
    for row in (*table.flag, *table.ask):
        assert set(row.source) <= set(known)
        if set(row.source) <= {"peer-table", "triagelab"}:
            assert not row.verified


GOOD = {
    "id": "S.x",
    "level": 2,
    "any": ["stridor"],
    "text": "A sentence of some length.",
    "source": ["news2"],
    "verified": False,
}
ASK = {
    "id": "Q.x",
    "any": ["fever"],
    "ask": ["temp_c"],
    "text": "A sentence of some length.",
    "source": ["news2"],
    "verified": False,
}


@pytest.mark.parametrize(
    ("flag", "ask", "error", "word"),
    [
        ({"any": ["stridorr"]}, {}, UnknownNameError, "stridor"),
        ({"above": {"pulse": 3.0}}, {}, UnknownNameError, "pulse"),
        ({"source": ["nowhere"]}, {}, UnknownNameError, "nowhere"),
        ({"any": []}, {}, DataFormatError, "no condition"),
        ({}, {"ask": ["temperature_c"]}, UnknownNameError, "temperature_c"),
        ({}, {"id": "S.x"}, DataFormatError, "twice"),
    ],
)
def test_a_wrong_row_is_named(monkeypatch, flag, ask, error, word):
    raw = {"sources": {"news2": "NEWS2"}, "flag": [{**GOOD, **flag}], "ask": [{**ASK, **ask}]}
    monkeypatch.setattr(safety_rules, "packaged_table", lambda *_: RedFlagTable.model_validate(raw))
    with pytest.raises(error, match=word):
        red_flag_table.__wrapped__()
