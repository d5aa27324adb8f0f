"""From an imaging question to the messages that a model gets, with or without evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.completions.prompts import fence, harmless
from triagelab.completions.sections import read_sections
from triagelab.errors import DataFormatError

TEMPLATES: tuple[str, ...] = ("imaging", "imaging-brief")
"""`imaging`: says everything, for models that were not trained here; `imaging-brief`: the question alone."""
_MARKS = ("{note}", "{procedure}", "{evidence}")


def imaging_messages(
    question: ImagingQuestion, template: str = "imaging", evidence: Sequence[str] = ()
) -> list[dict[str, str]]:
    """Return the chat messages for one question.

    Args:
        evidence: one line each, as `completions.imaging_evidence.retrieve` gives them; none for a prompt without.

    Raises: UnknownNameError for a template nobody knows.
    """
    told = "\n".join(["Evidence:", *(f"- {harmless(line)}" for line in evidence)]) if evidence else ""
    note = fence(question.note) if template == "imaging" else harmless(question.note)
    parts = {"{note}": note, "{procedure}": harmless(question.asked), "{evidence}": told}
    marks = re.compile("|".join(map(re.escape, parts)))
    return [
        {"role": role, "content": re.sub(r"\n{3,}", "\n\n", marks.sub(lambda found: parts[found[0]], body)).strip()}
        for role, body in _template(template).items()
    ]


@cache
def _template(name: str) -> Mapping[str, str]:
    """Return role of the message -> its text with marks."""
    sections = read_sections(name, TEMPLATES)
    user = sections.get("user", "")
    if set(sections) - {"system", "user"} or any(user.count(mark) != 1 for mark in _MARKS):
        raise DataFormatError(
            f"{name}.md: a section 'user' with {', '.join(_MARKS)} once each, at most 'system' beside"
        )
    return MappingProxyType(sections)


__all__ = ["TEMPLATES", "imaging_messages"]
