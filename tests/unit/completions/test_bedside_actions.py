"""One action or the reason why there is none: every action survives the way there and back, nothing else is guessed."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, TARGETS, BedsideAction
from triagelab.completions.answers import ParseStatus
from triagelab.completions.bedside_actions import LONGEST, action_of_call, parse_action

MEASURE = BedsideAction(kind="measure", target="spo2")
ONE = '{"kind": "measure", "target": "spo2"}'
EVERY = [
    *(BedsideAction(kind=kind, target=target) for kind, targets in TARGETS.items() for target in targets),
    BedsideAction(kind="more_info"),
    BedsideAction(kind="reassess"),
    *(
        BedsideAction(kind="commit", level=1 + place % 5, pathway=PATHWAYS[place % 4], pattern=pattern)
        for place, pattern in enumerate(PATTERNS)
    ),
]


def test_every_action_is_read_as_text_as_call_and_as_call_in_text():
    for action in EVERY:
        rest = {key: value for key, value in action.to_dict().items() if key != "kind"}
        call = json.dumps({"name": action.kind, "arguments": rest})
        assert parse_action(json.dumps(action.to_dict())).action == action
        assert parse_action(f"<tool_call>\n{call}\n</tool_call>").action == action
        assert action_of_call(action.kind, json.dumps(rest)).action == action


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (ONE, ParseStatus.CLEAN),
        (f"  {ONE}\n", ParseStatus.CLEAN),
        (f"```json\n{ONE}\n```", ParseStatus.REPAIRED),
        (f"I need the oxygen.\n{ONE}", ParseStatus.REPAIRED),
        (f'He said "wait": {ONE} That is all.', ParseStatus.REPAIRED),
        (f"<think>{ONE} or maybe {{}}</think>{ONE}", ParseStatus.CLEAN),
        (f"<think>{{</think>\n{ONE}", ParseStatus.CLEAN),
    ],
)
def test_one_object_is_the_action(text, status):
    found = parse_action(text)
    assert (found.action, found.status) == (MEASURE, status)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", ParseStatus.EMPTY),
        (" \n\t", ParseStatus.EMPTY),
        ("measure spo2", ParseStatus.MALFORMED),
        ("measure(spo2)", ParseStatus.MALFORMED),
        (f"{ONE}{ONE}", ParseStatus.CONFLICTING),
        (f"First {ONE}, then {ONE}", ParseStatus.CONFLICTING),
        (f"{ONE} {{}}", ParseStatus.CONFLICTING),
        (f"[{ONE}]", ParseStatus.MALFORMED),
        (f"[{ONE}, 1]", ParseStatus.MALFORMED),
        (f"{{{ONE}}}", ParseStatus.MALFORMED),
        (f'{{"action": {ONE}}}', ParseStatus.MALFORMED),
        (f"<think>{ONE}", ParseStatus.TRUNCATED),
        (f"<think>no</think> <thinking> {ONE}", ParseStatus.TRUNCATED),
        ('{"kind": "measure", "target": "spo2"', ParseStatus.MALFORMED),
        ('{"kind": "measure", "target": "spo2}', ParseStatus.MALFORMED),
        ('{"kind": "measure", "kind": "ask", "target": "spo2"}', ParseStatus.MALFORMED),
        ('{"kind": "measure", "target": "SPO2"}', ParseStatus.MALFORMED),
        ('{"kind": "measure", "target": "spo2", "why": "cyanosis"}', ParseStatus.MALFORMED),
        ('{"kind": "measure", "target": ["spo2", "gcs"]}', ParseStatus.MALFORMED),
        ('{"kind": "measure"}', ParseStatus.MALFORMED),
        ('{"kind": "more_info", "target": "pain"}', ParseStatus.MALFORMED),
        ("{'kind': 'measure', 'target': 'spo2'}", ParseStatus.MALFORMED),
        ('{"kind": "commit", "level": NaN, "pathway": "urgent", "pattern": "burn"}', ParseStatus.MALFORMED),
        ('{"kind": "commit", "level": "2", "pathway": "urgent", "pattern": "burn"}', ParseStatus.MALFORMED),
        ('{"kind": "commit", "level": true, "pathway": "urgent", "pattern": "burn"}', ParseStatus.MALFORMED),
        ('{"kind": "commit", "level": 0, "pathway": "urgent", "pattern": "burn"}', ParseStatus.MALFORMED),
        ('{"kind": "commit", "level": 2}', ParseStatus.MALFORMED),
        ('{"name": "measure", "arguments": "{\\"target\\": \\"spo2\\"}"}', ParseStatus.MALFORMED),
        ('{"name": "ask", "arguments": {"kind": "measure", "target": "spo2"}}', ParseStatus.MALFORMED),
        ("{}", ParseStatus.MALFORMED),
        ("{" * 5000, ParseStatus.MALFORMED),
        ('{"a":' * 5000 + "1" + "}" * 5000, ParseStatus.MALFORMED),
        (ONE + " " * LONGEST, ParseStatus.MALFORMED),
        ('{"kind": "measure", "target": "spo2\ud83d"}', ParseStatus.MALFORMED),
    ],
)
def test_anything_else_is_no_action(text, status):
    found = parse_action(text)
    assert (found.action, found.status) == (None, status)
    assert found.reason
    assert len(found.reason) <= 400


def test_an_object_that_the_limit_cut_off_is_truncated():
    assert parse_action('{"kind": "measure", "tar', truncated=True).status is ParseStatus.TRUNCATED
    assert parse_action(ONE, truncated=True).action == MEASURE


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("measure", ""),
        ("measure", "{"),
        ("measure", "[]"),
        ("measure", '"spo2"'),
        ("measure", '{"target": "spo2", "target": "gcs"}'),
        ("measure", '{"kind": "commit", "target": "spo2"}'),
        ("Measure", '{"target": "spo2"}'),
        ("commit", '{"level": 2, "pathway": "urgent"}'),
        ("rm -rf", "{}"),
        ("", '{"kind": "more_info"}'),
        ("measure", "[" * 100_000),
        ("measure", '{"target": "spo2"}' + " " * LONGEST),
    ],
)
def test_calls_that_are_no_action(name, arguments):
    assert action_of_call(name, arguments).action is None


def test_a_call_without_arguments_where_none_are_needed():
    assert action_of_call("reassess", "").action == BedsideAction(kind="reassess")


@given(st.text(alphabet='{}[]",:\\ <>/thinkmeasurspo2', max_size=200))
def test_any_text_is_read_without_an_error_and_two_are_never_one(text):
    found = parse_action(text)
    assert (found.action is None) == (found.status not in (ParseStatus.CLEAN, ParseStatus.REPAIRED))
    if found.action is not None:
        assert parse_action(f"{text} {text}").action is None


@pytest.mark.parametrize("part", ["{", "}", '{"a":', '"', "\\", "<think>", "</think>", "{}", ONE, '{"', "a"])
def test_time_is_linear(part):
    text = part * (LONGEST // len(part))
    started = time.perf_counter()
    parse_action(text)
    assert time.perf_counter() - started < 1.0
