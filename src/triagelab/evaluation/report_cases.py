"""Ten cases worth reading: chosen by rule, with the evidence marked and every agent's answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from triagelab.evaluation.records import Record
from triagelab.evaluation.report_sources import Evaluation
from triagelab.seeding import derive_seed

CASES = 10
MAX_SHOWN = 6000


@dataclass(frozen=True)
class Answer:
    """One agent's answer to one case, in words."""

    agent: str
    record: Record
    verdict: str
    kind: str
    completion: str | None


@dataclass(frozen=True)
class InstructiveCase:
    """One case for the report.

    Attributes:
        why: why it is worth reading.
        note: the note with its evidence marked, or None where the source forbids showing it.
        marked: whose evidence that is, in words; empty where nothing is marked.
    """

    case_id: str
    level: int
    scale: str
    acceptable: tuple[int, ...] | None
    why: str
    note: Markup | None
    marked: str
    answers: tuple[Answer, ...]


def visible(text: str, limit: int = MAX_SHOWN) -> str:
    """Return text without control characters and of bounded length; says how much is left out."""
    kept = "".join(
        sign if sign in "\n\t" or sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text[:limit]
    )
    return kept if len(text) <= limit else f"{kept} ... ({len(text) - limit} more characters)"


def highlight(note: str, spans: Sequence[tuple[int, int, str]]) -> Markup:
    """Return the note, escaped, with each span marked; where spans overlap the mark names all of them.

    Spans outside the note are cut to it.
    """
    shown = note[:MAX_SHOWN]
    cut = [(max(0, start), min(len(shown), end), label) for start, end, label in spans]
    kept = [(start, end, label) for start, end, label in cut if start < end]
    edges = sorted({0, len(shown), *(edge for start, end, _ in kept for edge in (start, end))})
    parts = []
    for start, end in pairwise(edges):
        labels = list(dict.fromkeys(label for low, high, label in kept if low <= start and end <= high))
        text = visible(shown[start:end])
        if labels:
            parts.append(Markup('<mark title="{}">{}</mark>').format("; ".join(labels), text))
        else:
            parts.append(escape(text))
    if len(note) > len(shown):
        parts.append(escape(f" ... ({len(note) - len(shown)} more characters)"))
    return Markup("").join(parts)


def verdict(record: Record) -> tuple[str, str]:
    """Return (words, kind) of an answer: kind is right, defensible, under, severe, over or silent."""
    if record.predicted is None:
        return f"no answer ({record.status})", "silent"
    off = record.predicted - record.level
    if off == 0:
        return "right", "right"
    size = f"{abs(off)} level{'s' if abs(off) > 1 else ''}"
    if record.acceptable is not None and record.predicted in record.acceptable:
        return f"{size} {'under' if off > 0 else 'over'}, defensible", "defensible"
    if off > 0:
        return f"{size} under", "severe" if off >= 2 else "under"
    return f"{size} over", "over"


Answers = Mapping[str, Record]
Rule = Callable[[Answers], bool]


def _kinds(answers: Answers) -> list[str]:
    return [verdict(record)[1] for record in answers.values()]


RULES: tuple[tuple[str, Rule], ...] = (
    ("An emergency that an agent sent to wait", lambda a: _level(a) <= 2 and "severe" in _kinds(a)),
    ("The agents disagree by two levels or more", lambda a: _spread(a) >= 2),
    ("No agent is right", lambda a: not {"right", "defensible"} & set(_kinds(a))),
    ("Only one agent is right", lambda a: len(a) > 1 and _kinds(a).count("right") == 1),
    ("An agent gave no answer", lambda a: "silent" in _kinds(a)),
    (
        "Over-triage by two levels or more",
        lambda a: any(r.predicted and r.level - r.predicted >= 2 for r in a.values()),
    ),
    ("A level 1 or 2 that every agent found", lambda a: _level(a) <= 2 and set(_kinds(a)) == {"right"}),
    ("Wrong, yet defensible", lambda a: "defensible" in _kinds(a)),
    ("A plain case that every agent got right", lambda a: _level(a) >= 4 and set(_kinds(a)) == {"right"}),
    ("An ordinary case", lambda a: True),
)
"""Why a case is worth reading, in order; the choice goes round, so that ten cases show ten sides where there are."""


def _level(answers: Answers) -> int:
    return next(iter(answers.values())).level


def _spread(answers: Answers) -> int:
    given = [record.predicted for record in answers.values() if record.predicted is not None]
    return max(given) - min(given) if given else 0


def instructive_cases(group: Sequence[Evaluation], count: int = CASES) -> list[InstructiveCase]:
    """Return up to `count` cases that every agent of the group answered, the same ones for the same records."""
    tables = [{one.case_id: one for one in reversed(item.records)} for item in group]
    shared = [case_id for case_id in tables[0] if all(case_id in table for table in tables)]
    order = sorted(shared, key=lambda case_id: derive_seed("report/cases", 0, case_id))
    answers = {
        case_id: {item.label: table[case_id] for item, table in zip(group, tables, strict=True)} for case_id in order
    }
    found: dict[str, str] = {}
    queues = [(why, iter([case_id for case_id in order if rule(answers[case_id])])) for why, rule in RULES]
    while len(found) < min(count, len(order)):
        before = len(found)
        for why, queue in queues:
            fresh = next((case_id for case_id in queue if case_id not in found), None)
            if fresh is not None and len(found) < count:
                found[fresh] = why
        if len(found) == before:
            break
    return [_case(case_id, why, answers[case_id]) for case_id, why in found.items()]


def _case(case_id: str, why: str, answers: Answers) -> InstructiveCase:
    first = next(iter(answers.values()))
    hidden = any(record.credentialed for record in answers.values())
    note = next((record.note for record in answers.values() if record.note), None)
    shown, marked = None, ""
    if note is not None and not hidden:
        named = _spans(answers)
        shown = highlight(note, named or _extracted(note))
        marked = (
            ("evidence named by the agents" if named else "findings read from the note") if "<mark" in shown else ""
        )
    return InstructiveCase(
        case_id=visible(case_id, 200),
        level=first.level,
        scale=first.scale,
        acceptable=first.acceptable,
        why=why,
        note=shown,
        marked=marked,
        answers=tuple(_answer(agent, record, hidden) for agent, record in answers.items()),
    )


def _spans(answers: Answers) -> list[tuple[int, int, str]]:
    """Return what the agents themselves point at, each span with the agent's name."""
    return [(*span[:2], f"{span[2]} ({agent})") for agent, record in answers.items() for span in record.evidence]


def _extracted(note: str) -> list[tuple[int, int, str]]:
    """Return what the extraction finds in the note, for agents that point at nothing."""
    from triagelab.cases.extraction import extract

    found = extract(note)
    numbers = [(start, end, name.replace("_", " ")) for name, (start, end) in found.number_spans.items()]
    mentions = [(one.start, one.end, f"{one.concept.replace('_', ' ')}: {one.assertion}") for one in found.findings]
    return numbers + mentions


def _answer(agent: str, record: Record, hidden: bool) -> Answer:
    words, kind = verdict(record)
    completion = None if hidden or record.completion is None else visible(record.completion)
    return Answer(agent, record, words, kind, completion)
