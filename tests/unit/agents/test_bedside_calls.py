"""Actions as tool calls: written, shown and read back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triagelab.agents.bedside_calls import (
    ENDED,
    TERSE_TEMPLATE,
    call_message,
    messages_of,
    read_call,
    reply_text,
)
from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, TARGETS, BedsideAction, read_action
from triagelab.cases.bedside.observation import BedsideObservation, Dialogue
from triagelab.completions.bedside_tools import tool_schemas
from triagelab.errors import BadInputError


def every_action() -> list[BedsideAction]:
    plain = [{"kind": "more_info"}, {"kind": "reassess"}]
    targets = [{"kind": kind, "target": target} for kind, names in TARGETS.items() for target in names]
    commits = [
        {"kind": "commit", "level": level, "pathway": pathway, "pattern": PATTERNS[0]}
        for level in range(1, 6)
        for pathway in PATHWAYS
    ]
    return [read_action(raw) for raw in [*plain, *targets, *commits]]


def written(action: BedsideAction) -> str:
    return f"<tool_call>{json.dumps(call_message(action)['tool_calls'][0]['function'])}</tool_call>"


def test_every_action_is_read_back_from_its_call() -> None:
    for action in every_action():
        assert read_call(written(action)) == action
        assert read_call(f"I think so.\n{written(action)}\n{written(BedsideAction(kind='reassess'))}") == action


@pytest.mark.parametrize(
    "text",
    [
        "",
        "commit level 2",
        "<tool_call></tool_call>",
        "<tool_call>null</tool_call>",
        "<tool_call>[]</tool_call>",
        '<tool_call>{"name": "ask"}</tool_call>',
        '<tool_call>{"name": "ask", "arguments": 3}</tool_call>',
        '<tool_call>{"name": "ask", "arguments": [1]}</tool_call>',
        '<tool_call>{"name": ["ask"], "arguments": {"target": "pain"}}</tool_call>',
        '<tool_call>{"name": "ask", "arguments": {"kind": "commit", "target": "pain"}}</tool_call>',
        '<tool_call>{"name": "commit", "arguments": {"level": "2"}}</tool_call>',
        '<tool_call>{"name": "ask", "arguments": {"target": "pain"}}',
        "<tool_call>" + "[" * 50_000 + "</tool_call>",
    ],
)
def test_what_is_no_call_says_so_in_one_line(text: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read_call(text)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    for whole in (text, f"<tool_call>{text}</tool_call>"):
        try:
            assert isinstance(read_call(whole), BedsideAction)
        except BadInputError:
            continue


def test_a_dialogue_is_shown_as_calls_and_replies_without_its_end() -> None:
    first = BedsideObservation(message="Pale.", complaint="chest pain")
    reply = BedsideObservation(message="It presses.", complaint="chest pain")
    end = BedsideObservation(message="It was level 2.", complaint="chest pain", done=True, debrief={"level": 2})
    asked = BedsideAction(kind="ask", target="pain")
    answer = BedsideAction(kind="commit", level=3, pathway="urgent", pattern="heart_attack")
    messages = messages_of(Dialogue(first, ((asked, reply), (answer, end))))
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "tool", "assistant", "tool"]
    assert [m["content"] for m in messages][1::2] == ["Pale.", "It presses.", ENDED]
    assert reply_text(end) == ENDED


def test_tools_name_every_action_with_its_closed_list() -> None:
    tools = {tool["function"]["name"]: tool["function"]["parameters"]["properties"] for tool in tool_schemas()}
    assert {"ask", "measure", "examine", "test", "more_info", "reassess", "intervene", "commit"} == set(tools)
    for name, targets in TARGETS.items():
        assert tools[name]["target"]["enum"] == list(targets)
    assert tools["commit"]["pattern"]["enum"] == list(PATTERNS)
    assert "generation" in TERSE_TEMPLATE
