"""The errors a user can meet. Each also subclasses the builtin it refines."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SHOWN_NAMES = 40
"""How many known names an error lists; a vocabulary of hundreds would bury the nearest one."""


class TriageLabError(Exception):
    """Base of every error that triagelab raises on purpose; the command line prints it as one line, exit code 2."""


class BadInputError(TriageLabError, ValueError):
    """A value from outside is not acceptable: names the field, the value, what is allowed and what to do."""

    def __init__(self, field: str, value: object, allowed: str, hint: str = "") -> None:
        shown = _shown(value)
        if len(shown) > 120:
            shown = shown[:117] + "..."
        message = f"{field}: got {shown}; allowed: {allowed}"
        super().__init__(" ".join((message + (f"; {hint}" if hint else "")).split()))
        self.field, self.value, self.allowed, self.hint = field, value, allowed, hint


def _shown(value: object) -> str:
    try:
        return repr(value)
    except RecursionError:  # JSON may be nested just deep enough to be read and too deep to be shown
        return f"a {type(value).__name__} nested too deep to show"


class UnknownNameError(BadInputError, LookupError):
    """A name that no registry holds; answers with the nearest known one."""

    def __init__(self, field: str, value: object, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(str(value), names, n=5, cutoff=0.4)
        # Of a long list the nearest names say more than the first of the alphabet.
        listed = names if len(names) <= SHOWN_NAMES else near or names[:SHOWN_NAMES]
        shown = ", ".join(listed) + (f", and {len(names) - len(listed)} more" if len(listed) < len(names) else "")
        super().__init__(field, value, shown or "(none)", f"did you mean {near[0]!r}?" if near else "")


class DataFormatError(TriageLabError, ValueError):
    """A file is not in the format it claims: names the file, the place in it and what was expected."""


class MissingDependencyError(TriageLabError, ImportError):
    """An optional package is not installed; says which extra brings it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package {package!r}: pip install 'triagelab[{extra}]'")


class RunStateError(TriageLabError, RuntimeError):
    """A run cannot go on as asked: its folder, configuration or checkpoint does not match."""
