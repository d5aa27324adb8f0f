"""Bedside actions as tool calls of a model on this machine: the conversation, and how a call is read.

The same words are used where a model is trained (`training/bedside_tools.py`) and where it acts
(`agents/bedside_model.py`), so that it is asked the way it learnt.
"""

from __future__ import annotations

import json
import re
from typing import Any

from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, TARGETS, BedsideAction, read_action
from triagelab.cases.bedside.observation import BedsideObservation, Dialogue
from triagelab.completions.bedside_tools import TEXTS
from triagelab.errors import BadInputError

Message = dict[str, Any]

SYSTEM = "You triage an emergency patient. Learn what you need, one call at a time, then commit."
ENDED = "The episode has ended."
"""What is answered to the call that ends an episode: nothing of the truth, nothing left to do."""
LONGEST_CALL = 2_000
"""Characters of a completion in which a call is looked for."""

LONGEST_ERROR = 160
"""Characters of an answer to a call that is none."""

TERSE_TEMPLATE = """\
{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n' }}{%- endif %}
    {%- for tool in tools %}{{- ' ' + tool.function.name }}{%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- elif messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- if message.role == 'user' or (message.role == 'system' and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>\\n' }}
    {%- elif message.role == 'assistant' %}
        {{- '<|im_start|>assistant\\n' }}
        {%- generation %}
        {{- content }}
        {%- for call in (message.tool_calls or []) %}
            {%- set call = call.function or call %}
            {{- '<tool_call>{"name": "' + call.name + '", "arguments": ' }}
            {{- call.arguments if call.arguments is string else call.arguments | tojson }}
            {{- '}</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>' }}
        {%- endgeneration %}
        {{- '\\n' }}
    {%- elif message.role == 'tool' %}
        {{- '<tool_response>' + content + '</tool_response>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""
"""Qwen3's tool calls and special tokens with tools by name only: for a model that is too small to read schemas.

Earlier messages are rendered alike whatever follows, which TRL asks for, and assistant turns carry its marks.
"""


def call_pieces() -> list[str]:
    """Return what calls and turns are made of: one token each in a small model's tokenizer.

    A call is then five tokens long and a commit seven, each of them a choice: which tool, which target, which level.
    """
    tools = [f'{{"name": "{name}", "arguments": {{"target": "' for name in TARGETS]
    tools += [f'{{"name": "{name}", "arguments": {{}}}}' for name in TEXTS if name not in (*TARGETS, "commit")]
    answer = [
        '{"name": "commit", "arguments": {"level": ',
        *(f', "pathway": "{name}", "pattern": "' for name in PATHWAYS),
    ]
    ends = sorted({f'{name}"}}}}' for names in (*TARGETS.values(), PATTERNS) for name in names})
    return [SYSTEM, " " + " ".join(sorted(TEXTS)), "system", "assistant", "user", *tools, *answer, *ends]


def reply_text(seen: BedsideObservation) -> str:
    """Return what the model is told of an action: the message, or that the episode has ended; never the truth."""
    return ENDED if seen.done else seen.message


def error_text(error: Exception) -> str:
    """Return what the model is told of a call that is none: short, since every token of it counts as the episode's."""
    said = " ".join(str(error).split())
    return said if len(said) <= LONGEST_ERROR else said[: LONGEST_ERROR - 4] + " ..."


def opening(text: str) -> list[Message]:
    """Return the messages before the first action."""
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]


def call_message(action: BedsideAction) -> Message:
    """Return the assistant's message that makes an action."""
    arguments = action.to_dict()
    name = arguments.pop("kind")
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"type": "function", "function": {"name": name, "arguments": arguments}}],
    }


def reply_message(name: str, text: str) -> Message:
    """Return the message that answers a call."""
    return {"role": "tool", "name": name, "content": text}


def messages_of(dialogue: Dialogue) -> list[Message]:
    """Return a dialogue as the conversation that a model is shown."""
    messages = opening(dialogue.first.message)
    for action, seen in dialogue.turns:
        messages += [call_message(action), reply_message(action.kind, reply_text(seen))]
    return messages


_CALL = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)


def read_call(text: str) -> BedsideAction:
    """Return the first tool call in a completion as an action.

    Raises: BadInputError where there is no call, or one that is no action.
    """
    found = _CALL.search(text[:LONGEST_CALL])
    if found is None:
        raise BadInputError("call", text[:80], "<tool_call>{...}</tool_call> with a name and arguments")
    try:
        raw = json.loads(found[1])
        name, arguments = raw["name"], raw.get("arguments") or {}
        fields = {"kind": name, **arguments}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInputError("call", found[1][:80], "one JSON object with a name and arguments") from None
    if "kind" in arguments:
        raise BadInputError("call", found[1][:80], "no argument named kind")
    return read_action(fields)
