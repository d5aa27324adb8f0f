"""Kinds of perturbation: what may not change the answer, and what takes information away.

An invariance keeps every fact of the patient, so the truth stays and so should the answer. Dropped and noisy vital
signs change what is known: there a changed level can be right, and the figures say how much hangs on the measurement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from triagelab.cases.draws import Draws
from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.evaluation import stress_paraphrase, stress_text, stress_vitals
from triagelab.evaluation.stress_injection import inject

INVARIANCE, INFORMATION, CONTROL = "invariance", "information", "control"
JOINT = "~"
"""Stands between case, kind and number in the id of a variant."""


@dataclass(frozen=True)
class Variant:
    """One perturbed presentation of a case.

    Attributes:
        kind: name of the perturbation.
        how: which of its ways was taken ("table", "plain down"), "" where there is one only.
        number: 0, 1, ...: which variant of the case this is.
        asked: the level that a hidden instruction asks for.
    """

    case: Case
    presentation: Presentation
    kind: str
    how: str
    number: int
    asked: int | None = None

    def as_case(self) -> Case:
        """Return the variant as a case of its own, with the case it comes from as its cluster unless it has one."""
        shown = replace(self.presentation, case_id=JOINT.join((self.case.case_id, self.kind, str(self.number))))
        return replace(self.case, presentation=shown, cluster=self.case.cluster or self.case.case_id)


Made = tuple[Presentation, str, int | None]
"""(presentation, how, level asked for)."""


@dataclass(frozen=True)
class Kind:
    """One kind of perturbation; `make` returns None for a case that it cannot change."""

    name: str
    group: str
    text: str
    make: Callable[[Case, Draws, int], Made | None]


def _plain(change: Callable[[Presentation, Draws], Presentation | None]) -> Callable[[Case, Draws, int], Made | None]:
    def make(case: Case, draws: Draws, number: int) -> Made | None:
        shown = change(case.presentation, draws)
        return None if shown is None else (shown, "", None)

    return make


def _paraphrase(case: Case, draws: Draws, number: int) -> Made | None:
    """Take the ways in turn: independent table, lexicon, another voice; one that does not apply leaves its turn."""
    ways: dict[str, Callable[[], Presentation | None]] = {
        "table": lambda: stress_paraphrase.by_table(case.presentation, draws),
        "lexicon": lambda: stress_paraphrase.by_lexicon(case.presentation, draws),
        "voice": lambda: stress_paraphrase.in_voice(case, draws),
    }
    names = tuple(ways)
    for step in range(len(names)):
        how = names[(number + step) % len(names)]
        shown = ways[how]()
        if shown is not None and shown.narrative != case.presentation.narrative:
            return shown, how, None
    return None


def _injection(case: Case, draws: Draws, number: int) -> Made | None:
    # One order of the instructions a case, whatever the number: the stream must not depend on it.
    return inject(case.presentation, draws, number)


def _control(case: Case, draws: Draws, number: int) -> Made | None:
    return (case.presentation, "", None) if number == 0 else None


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("paraphrase", INVARIANCE, "the same facts in other words or another voice", _paraphrase),
        Kind("units", INVARIANCE, "vital signs in other units or written out", _plain(stress_vitals.units)),
        Kind("reorder", INVARIANCE, "sentences and lists in another order", _plain(stress_text.reorder)),
        Kind("typos", INVARIANCE, "slips of the keyboard, not in numbers", _plain(stress_text.typos)),
        Kind("injection", INVARIANCE, "an instruction hidden in the note", _injection),
        Kind("drop-vitals", INFORMATION, "some vital signs taken away", _plain(stress_vitals.drop)),
        Kind("noise-vitals", INFORMATION, "vital signs within the error of the device", _plain(stress_vitals.noise)),
        Kind("control", CONTROL, "the same presentation again, once", _control),
    )
}
"""Every kind, in the order of the tables."""


def choose(names: tuple[str, ...] | None) -> tuple[Kind, ...]:
    """Return the kinds named, all of them for None; the control is always among them. Raises: UnknownNameError."""
    for name in names or ():
        if name not in KINDS:
            raise UnknownNameError("stress kind", name, KINDS)
    return tuple(kind for kind in KINDS.values() if names is None or kind.name in names or kind.group == CONTROL)


def perturb(case: Case, kind: Kind, k: int, seed: int) -> list[Variant]:
    """Return up to `k` different variants of a case; fewer where the case holds no more, none where it holds none.

    The same case, kind, number and seed give the same variant, whatever else is asked for.
    Raises: BadInputError unless `k` is at least 1.
    """
    if k < 1:
        raise BadInputError("k", k, "a whole number from 1")
    found: list[Variant] = []
    seen: set[tuple[str, str]] = set()
    for number in range(k):
        keys = (case.case_id, kind.name) if kind.name == "injection" else (case.case_id, kind.name, number)
        made = kind.make(case, Draws("evaluation.stress", seed, *keys), number)
        if made is None:
            continue
        shown, how, asked = made
        content = (shown.narrative, repr(shown.vitals))
        if content not in seen:
            seen.add(content)
            found.append(Variant(case, shown, kind.name, how, number, asked))
    return found
