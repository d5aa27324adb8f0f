"""From a presentation to the messages a model gets. The note is data: it cannot end its fence or fake a turn."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from triagelab.cases.presentation import Presentation
from triagelab.errors import DataFormatError, UnknownNameError

NOTE_OPEN, NOTE_CLOSE = "<note>", "</note>"
_VERSIONED = re.compile(r"(?P<name>[a-z][a-z-]*)-(?P<version>[0-9]+)\.md")
# "<" before a letter, slash or bar begins a tag or a chat-template token; "pain <5" and "< 90" stay as they are.
_TAG_OPENS = re.compile(r"[<\uff1c](?=[A-Za-z/|!_<\uff5c\uff0f\\]|\s*[/\uff0f]?\s*note)", re.IGNORECASE)
_BRACKET_TOKENS = re.compile(r"\[(?=/?(?:INST|SYS|AVAILABLE_TOOLS|TOOL_CALLS)\b)", re.IGNORECASE)
_BAR_CLOSES = re.compile(r"[|\uff5c](?=[>\uff1e])")


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a prompt.

    Attributes:
        template_id: name and version, as it is recorded beside results.
        system: system message, None for a template without one.
        user: user message with the place of the fenced note marked `{note}`.
    """

    template_id: str
    system: str | None
    user: str


def template_names() -> tuple[str, ...]:
    """Return the names of the templates; each stands for its newest version."""
    return tuple(sorted(_versions()))


def load_template(name: str = "esi") -> Template:
    """Return a template by name (newest version) or by exact id such as `esi-1`.

    Raises: UnknownNameError with the nearest known name.
    """
    versions = _versions()
    exact = {f"{known}-{number}" for known, numbers in versions.items() for number in numbers}
    if name in versions:
        name = f"{name}-{max(versions[name])}"
    if name not in exact:
        raise UnknownNameError("template", name, [*versions, *exact])
    return _read(name)


def build_messages(presentation: Presentation, template: str = "esi") -> list[dict[str, str]]:
    """Return the chat messages for one patient: system message where the template has one, then the fenced note."""
    chosen = load_template(template)
    user = chosen.user.replace("{note}", fence(presentation.narrative))
    messages = [{"role": "system", "content": chosen.system}] if chosen.system else []
    return [*messages, {"role": "user", "content": user}]


def fence(note: str) -> str:
    """Return the note between its marks, with every tag and chat-template token in it made harmless."""
    return f"{NOTE_OPEN}\n{harmless(note)}\n{NOTE_CLOSE}"


def harmless(note: str) -> str:
    """Return the note as plain words: invisible characters dropped, openings of tags and special tokens as "("."""
    if not note.isascii():
        note = "".join(char for char in note if unicodedata.category(char) != "Cf")
    note = "".join(char if char in "\n\t" or char >= " " else " " for char in note.replace("\r\n", "\n"))
    return _BAR_CLOSES.sub(")", _BRACKET_TOKENS.sub("(", _TAG_OPENS.sub("(", note))).strip()


def note_of(prompt: str | Sequence[Mapping[str, object]]) -> str | None:
    """Return the note inside a prompt made by `build_messages`, or the last user message where there is no fence.

    Missing: None where there is no user message.
    """
    if isinstance(prompt, str):
        text = prompt
    else:
        users = [message.get("content") for message in prompt if message.get("role") == "user"]
        if not users:
            return None
        text = _text(users[-1])
    start, end = text.find(NOTE_OPEN + "\n"), text.rfind(NOTE_CLOSE)
    return text[start + len(NOTE_OPEN) + 1 : end].rstrip("\n") if 0 <= start < end else text


def _text(content: object) -> str:
    """Return the text of a message whose content is a string or a list of typed parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(
        str(part.get("text", "")) for part in parts if isinstance(part, dict) and part.get("type") == "text"
    )


@cache
def _versions() -> Mapping[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for entry in (resources.files("triagelab.completions") / "templates").iterdir():
        if match := _VERSIONED.fullmatch(entry.name):
            found.setdefault(match["name"], []).append(int(match["version"]))
    return {name: tuple(sorted(numbers)) for name, numbers in found.items()}


@cache
def _read(template_id: str) -> Template:
    text = (resources.files("triagelab.completions") / "templates" / f"{template_id}.md").read_text(encoding="utf-8")
    sections: dict[str, str] = {}
    for part in re.split(r"^# (?=system$|user$)", text, flags=re.MULTILINE)[1:]:
        role, _, body = part.partition("\n")
        sections[role.strip()] = body.strip()
    if sections.get("user", "").count("{note}") != 1:
        raise DataFormatError(f"template {template_id}: the user section must hold {{note}} exactly once")
    return Template(template_id, sections.get("system") or None, sections["user"])
