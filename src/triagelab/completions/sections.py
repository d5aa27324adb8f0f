"""Templates of prompts as their files hold them: a section a message."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import resources

from triagelab.errors import UnknownNameError


def read_sections(name: str, known: Iterable[str]) -> dict[str, str]:
    """Return the sections of a template, heading -> text. Raises: UnknownNameError for one that is not known."""
    if name not in known:
        raise UnknownNameError("template", name, known)
    source = resources.files("triagelab.completions") / "templates" / f"{name}.md"
    parts = re.split(r"^# (\w+)$", source.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


__all__ = ["read_sections"]
