"""A note with its evidence marked: in colour for a terminal, in brackets for everything else.

Text of a note is data: nothing in it is read as markup, and no control character reaches the terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from triagelab.agents.base import Prediction
from triagelab.cases.presentation import Presentation
from triagelab.clinical.vitals import RANGES
from triagelab.errors import UnknownNameError

if TYPE_CHECKING:
    from rich.text import Text

DECISIVE, FINDING, NUMBER = "decisive", "finding", "number"
STYLES = {DECISIVE: "bold white on red", FINDING: "black on yellow", NUMBER: "black on cyan"}
MAX_SHOWN = 6000
NOT_FINDINGS = frozenset((*RANGES, "age_years", "sex", "pregnancy_weeks"))


@dataclass(frozen=True)
class Span:
    """One piece of evidence: `narrative[start:end] == text`; `kind` is decisive, finding or number."""

    start: int
    end: int
    label: str
    text: str
    kind: str


def safe(text: str) -> str:
    """Return text that a terminal shows and never obeys: line breaks stay, every other control character is replaced.

    Escape sequences, NUL, text-direction marks and invisible characters all become the replacement character.
    """
    kept = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(sign if sign == "\n" or sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in kept)


def one_line(text: str, limit: int = 200) -> str:
    """Return safe text without line breaks, of bounded length."""
    return safe(" ".join(text[: 4 * limit].split()))[:limit]


def evidence(presentation: Presentation, prediction: Prediction, version: int) -> list[Span]:
    """Return the spans an agent gave, in order of the note; spans outside of the narrative are left out."""
    note, wanted = presentation.narrative, _decisive_names(prediction, version)
    found = []
    for start, end, label in sorted(set(prediction.evidence)):
        if 0 <= start < end <= len(note):
            found.append(Span(start, end, label, note[start:end], _kind(label, wanted)))
    return found


def _kind(label: str, wanted: frozenset[str]) -> str:
    from triagelab.cases.lexicon import lexicon

    if wanted & lexicon().closure((label,)):
        return DECISIVE
    return NUMBER if label in NOT_FINDINGS else FINDING


def _decisive_names(prediction: Prediction, version: int) -> frozenset[str]:
    """Return what the rules behind the answer look at: facts, vital signs, and what derived facts came from."""
    from triagelab.cases.derivation import rules
    from triagelab.clinical.knowledge import esi_table

    fired = set(prediction.because)
    names = {name for rule in esi_table(version).rules if rule.id in fired for name in rule.when.names()}
    derived = prediction.extra.get("derived") or {}
    for rule in reversed(rules()):  # a later rule may rest on what an earlier one concluded
        if rule.fact in names and derived.get(rule.fact) == rule.reason:
            names |= {*rule.names(), *rule.numbers()}
    return frozenset(names)


def pieces(note: str, spans: Sequence[Span]) -> list[tuple[str, tuple[Span, ...]]]:
    """Return the note cut where evidence begins or ends, each piece with the spans over it; the pieces add up to it."""
    edges = sorted({0, len(note), *(edge for span in spans for edge in (span.start, span.end))})
    return [
        (note[start:end], tuple(span for span in spans if span.start <= start and end <= span.end))
        for start, end in pairwise(edges)
    ]


def _shown(note: str, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    return note[:MAX_SHOWN], [span for span in spans if span.end <= MAX_SHOWN]


def _left_out(note: str) -> str:
    return f" ... ({len(note) - MAX_SHOWN} more characters)" if len(note) > MAX_SHOWN else ""


def coloured(note: str, spans: Sequence[Span]) -> Text:
    """Return the note for a terminal, the strongest kind of evidence giving the colour."""
    from rich.text import Text

    shown, kept = _shown(note, spans)
    text = Text()
    for piece, over in pieces(shown, kept):
        kind = next((kind for kind in STYLES if any(span.kind == kind for span in over)), None)
        text.append(safe(piece), style=STYLES[kind] if kind else None)
    text.append(_left_out(note))
    return text


def bracketed(note: str, spans: Sequence[Span]) -> str:
    """Return the note with evidence in brackets, `[...]`, and `[*...*]` where a rule that decided looks at it."""
    shown, kept = _shown(note, spans)
    parts = []
    for group in _merged(kept):
        start, end, decisive = group
        parts.append((start, end, f"[*{safe(shown[start:end])}*]" if decisive else f"[{safe(shown[start:end])}]"))
    out, place = [], 0
    for start, end, words in parts:
        out += [safe(shown[place:start]), words]
        place = end
    return "".join([*out, safe(shown[place:]), _left_out(note)])


def _merged(spans: Sequence[Span]) -> list[tuple[int, int, bool]]:
    """Return (start, end, decisive) of spans, those that overlap put together."""
    merged: list[tuple[int, int, bool]] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        decisive = span.kind == DECISIVE
        if merged and span.start < merged[-1][1]:
            start, end, before = merged[-1]
            merged[-1] = (start, max(end, span.end), before or decisive)
        else:
            merged.append((span.start, span.end, decisive))
    return merged


def words(name: str) -> str:
    """Return a fact, vital sign or concept in words."""
    from triagelab.clinical.facts import vocabulary

    known = vocabulary()
    if name in known:
        return known[name].text
    if name in RANGES:
        return VITAL_WORDS.get(name, RANGES[name].label)
    return one_line(name.replace("_", " "))


VITAL_WORDS = {
    "heart_rate_bpm": "heart rate",
    "resp_rate_bpm": "respiratory rate",
    "sbp_mmhg": "systolic blood pressure",
    "dbp_mmhg": "diastolic blood pressure",
    "spo2_pct": "oxygen saturation",
    "temp_c": "temperature",
    "pain_score": "pain score",
    "gcs": "Glasgow coma score",
    "glucose_mg_dl": "glucose",
}


def rule_words(rule_id: str, version: int) -> str:
    """Return the wording of a rule with its id; an id of no table (another kind of agent) stands for itself."""
    from triagelab.clinical.esi import rule_info

    try:
        rule = rule_info(rule_id, version)
    except UnknownNameError:
        return one_line(rule_id)
    return f"{rule.text} [{rule_id}{'' if rule.verified else ', not verified'}]"
