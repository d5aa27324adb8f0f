"""What `triagelab triage` prints of one answer: a JSON row, or lines for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from triagelab.agents.base import Prediction
from triagelab.cases.presentation import Presentation
from triagelab.cli.explain import QUESTIONS, Step, ask_lines, asks, path, sign_line, signs
from triagelab.cli.highlight import DECISIVE, NOT_FINDINGS, Span, bracketed, coloured, evidence, rule_words, words

if TYPE_CHECKING:
    from rich.console import Console

NOTICE = "research and education only, not a medical device"
STATED = {"yes": "yes", "no": "no", "unknown": "nothing says so"}
AMOUNTS = {"none": "no resource", "one": "one resource", "many": "two or more", "unknown": "not known"}


def row(presentation: Presentation, prediction: Prediction, version: int, *, full: bool = True) -> dict[str, Any]:
    """Return one answer as plain JSON values.

    Missing: what an agent does not give is null or empty: no trace, no path; no probabilities, null.
    `full` reads the note once more for the vital signs that mattered; files of notes do without.
    """
    found = {
        "id": presentation.case_id,
        "level": prediction.level,
        "acceptable": sorted(prediction.acceptable) if prediction.acceptable is not None else None,
        "point": prediction.point,
        "path_level": prediction.extra.get("engine_level"),
        "because": list(prediction.because),
        "unknown": list(prediction.unknown),
        "confidence": prediction.confidence,
        "probabilities": list(prediction.probabilities) if prediction.probabilities is not None else None,
        "evidence": [_span(span) for span in evidence(presentation, prediction, version)],
        "ask": list(asks(prediction)),
        "path": [step.to_dict() for step in path(prediction, version)],
        "resources": resources(prediction.extra),
        "implausible": list(prediction.extra.get("implausible") or ()),
        "status": str(prediction.status),
    }
    if "safety" in prediction.extra:
        found["safety"] = prediction.extra["safety"]
    if full:
        mattered = signs(presentation, prediction, version) if prediction.point else []
        found["vitals"] = [sign.to_dict() for sign in mattered]
    return found


def _span(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "label": span.label, "text": span.text}


def resources(extra: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the forecast: probability of 0, 1 and 2 or more kinds, and the kinds expected or ruled out."""
    if "resources" not in extra and "resource_counts" not in extra:
        return None
    chances = extra.get("resource_counts")
    named = ("0", "1", "2+")
    return {
        "probabilities": dict(zip(named, map(float, chances), strict=True)) if chances is not None else None,
        "needed": dict(extra.get("resources") or {}),
    }


def show(presentation: Presentation, prediction: Prediction, version: int, console: Console) -> None:
    """Print one answer for people; in colour where the console is a terminal that wants it."""
    spans = evidence(presentation, prediction, version)
    plain, piped = not console.is_terminal or console.no_color, not console.is_terminal
    head, *rest = lines(presentation, prediction, version)
    console.print(
        _folded(head, console), style=None if plain else "bold", highlight=False, markup=False, soft_wrap=True
    )
    console.print()
    if plain:
        console.print(bracketed(presentation.narrative, spans), highlight=False, markup=False, soft_wrap=piped)
        rest = [*span_lines(spans), *rest]
    else:
        console.print(coloured(presentation.narrative, spans))
        console.print(_legend(spans))
    for line in rest:
        console.print(_folded(line, console), highlight=False, markup=False, soft_wrap=True)


def _folded(line: str, console: Console) -> str:
    """Return a line broken between words for a terminal, under its own indent; as it is for a pipe."""
    if not console.is_terminal or len(line) <= console.width:
        return line
    text = line.lstrip(" ")
    indent = len(line) - len(text) + (3 if text[:3] in {f"{point}  " for point in QUESTIONS} else 0)
    return textwrap.fill(line, max(console.width, 20), subsequent_indent=" " * min(indent, 8))


def _legend(spans: list[Span]) -> Any:
    from rich.text import Text

    from triagelab.cli.highlight import FINDING, NUMBER, STYLES

    legend = Text("marked: " if spans else "nothing in the note was read as evidence", style="dim")
    texts = {DECISIVE: " decided ", FINDING: " finding ", NUMBER: " number "}
    for kind, text in texts.items():
        if any(span.kind == kind for span in spans):
            legend.append(text, style=STYLES[kind])
            legend.append(" ")
    return legend


def span_lines(spans: list[Span]) -> Iterator[str]:
    """Yield the evidence as a list, for readers without colour."""
    if spans:
        yield "evidence ([*...*] decided):"
    shown: dict[tuple[int, int], list[Span]] = {}
    for span in spans:
        shown.setdefault((span.start, span.end), []).append(span)
    for (start, end), here in shown.items():
        labels = ", ".join(words(span.label) if span.label in NOT_FINDINGS else _label(span) for span in here)
        mark = "*" if any(span.kind == DECISIVE for span in here) else "-"
        yield f"  {mark} {start}-{end} {labels}"


def _label(span: Span) -> str:
    from triagelab.cli.highlight import one_line

    return one_line(span.label.replace("_", " "))


def lines(presentation: Presentation, prediction: Prediction, version: int) -> list[str]:
    """Return everything but the note: level, path, vital signs, what to ask, sources."""
    if prediction.level is None:
        return [f"no answer ({prediction.status})", "", NOTICE]
    found = [_headline(prediction)]
    by_engine = prediction.extra.get("engine_level")
    found += _safety_lines(prediction.extra.get("safety"))
    if by_engine not in (None, prediction.level) and not raised(prediction.extra):
        found.append(
            f"the decision path leads to ESI {by_engine}; by its probabilities the agent answers another level"
        )
    steps = path(prediction, version)
    found += ["", "decision path"] if steps else ["", "this agent gives no decision path"]
    for step in steps:
        found += _step_lines(step, prediction, version)
    assumed = prediction.extra.get("assumed_age_years")
    if steps and assumed is not None:
        found.append(f"age not stated: limits are those at {assumed:g} years, an assumption")
    mattered = signs(presentation, prediction, version) if steps else []
    found += ["vital signs that mattered", *(f"  {sign_line(sign)}" for sign in mattered)] if mattered else []
    expected = resources(prediction.extra)
    if expected is not None and expected["probabilities"] is not None:
        shares = ", ".join(f"{name}: {share:.0%}" for name, share in expected["probabilities"].items())
        found.append(f"resources expected (probability): {shares}")
    questions = list(ask_lines(prediction))
    found += ["ask next", *(f"  {question}" for question in questions)] if questions else []
    found += _sources(prediction, version)
    found.append(f"ESI v{version} rules, {NOTICE}" if steps else NOTICE)
    return found


def raised(extra: Mapping[str, Any]) -> bool:
    """Return whether a safety layer made the answer more urgent."""
    return bool((extra.get("safety") or {}).get("raised"))


def _safety_lines(note: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield the red flags of a safety layer with their sources, and from which answer they raised."""
    if not note or not note["flags"]:
        return
    before = f"ESI {note['without']}" if note["without"] is not None else "no answer"
    yield f"red flags (raised from {before})" if note["raised"] else "red flags (the answer was urgent enough)"
    for flag in note["flags"]:
        yield f"  {flag['sentence']} [{flag['rule']}] ({flag['source']})"


def _headline(prediction: Prediction) -> str:
    by_path = prediction.point and prediction.extra.get("engine_level") in (None, prediction.level)
    parts = [f"ESI {prediction.level}" + (f" (decision point {prediction.point})" if by_path else "")]
    if prediction.confidence is not None:
        parts.append(f"confidence {prediction.confidence:.0%}")
    if prediction.acceptable and len(prediction.acceptable) > 1:
        parts.append("defensible: " + ", ".join(str(level) for level in sorted(prediction.acceptable)))
    return ", ".join(parts)


def _step_lines(step: Step, prediction: Prediction, version: int) -> Iterator[str]:
    if not step.asked:
        yield f"  {step.point}  not asked"
        return
    answer = (AMOUNTS if step.point == "C" else STATED).get(str(step.answer), str(step.answer))
    missing = f" ({len(step.open)} facts not known)" if step.open else ""
    yield f"  {step.point}  {QUESTIONS[step.point]} {answer}{missing}"
    for rule in step.because:
        yield f"     because {rule_words(rule, version)}"


def _sources(prediction: Prediction, version: int) -> Iterator[str]:
    from triagelab.clinical.esi import rule_info
    from triagelab.errors import UnknownNameError

    seen: set[str] = set()
    for rule_id in prediction.because:
        try:
            source = rule_info(rule_id, version).source
        except UnknownNameError:
            continue
        if source not in seen:
            seen.add(source)
            yield f"source: {source}"
