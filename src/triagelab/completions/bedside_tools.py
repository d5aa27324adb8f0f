"""Bedside actions as tools of a chat model: one text and one schema for each, for every model that calls tools."""

from __future__ import annotations

from typing import Any

from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, TARGETS

TEXTS: dict[str, tuple[str, str]] = {
    "ask": ("Ask the patient, or whoever came along, about one topic.", "The topic."),
    "measure": ("Measure one vital sign.", "The vital sign."),
    "examine": ("Examine one region of the body.", "The region."),
    "test": ("Do one test at the bedside.", "The test."),
    "more_info": ("Ask whether there is anything else.", ""),
    "reassess": ("Look at the patient again and repeat the vital signs that were measured before.", ""),
    "intervene": ("Begin one treatment that cannot wait.", "The treatment."),
    "commit": ("Answer: this ends the episode.", ""),
}
"""Tool -> (what it does, what its target is); the docstrings of the tools in training say the same."""
ANSWER_TEXTS = {
    "level": "ESI level, 1 is the most urgent.",
    "pathway": "Where the patient goes next.",
    "pattern": "What the picture looks like.",
}


def tool_schemas() -> list[dict[str, Any]]:
    """Return the tools in the order of their names, as chat templates take them."""
    return [_schema(name) for name in sorted(TEXTS)]


def api_tools() -> list[dict[str, Any]]:
    """Return the same tools as the chat-completions API takes them: closed, and without what a tool returns."""
    tools = []
    for schema in tool_schemas():
        function = schema["function"]
        parameters = {"required": [], **function["parameters"], "additionalProperties": False}
        about = {"name": function["name"], "description": function["description"], "parameters": parameters}
        tools.append({"type": "function", "function": about})
    return tools


def _schema(name: str) -> dict[str, Any]:
    text, target = TEXTS[name]
    properties: dict[str, Any] = {}
    if name in TARGETS:
        properties["target"] = {"type": "string", "enum": list(TARGETS[name]), "description": target}
    if name == "commit":
        for field, values in (("level", [1, 2, 3, 4, 5]), ("pathway", list(PATHWAYS)), ("pattern", list(PATTERNS))):
            kind = "integer" if field == "level" else "string"
            properties[field] = {"type": kind, "enum": values, "description": ANSWER_TEXTS[field]}
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    if properties:
        parameters["required"] = list(properties)
    return {
        "type": "function",
        "function": {"name": name, "description": text, "parameters": parameters, "return": {"type": "string"}},
    }
