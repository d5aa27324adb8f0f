"""From a completion to an answer, or to the reason why there is none. It never guesses.

An answer is an `ANSWER:` mark that starts a line outside any reasoning block and names exactly one level. A mark
inside a sentence or a quotation is somebody else's answer; only where no line starts with a mark, the last words of the
text may be one, after a full stop or in the whole format written on one line. Time is linear in the length of the text.
"""

from __future__ import annotations

import re

from triagelab.completions.answer_line import MARK, Fault, Mark, nothing_after, read_mark
from triagelab.completions.answers import Parsed, ParseStatus
from triagelab.completions.plain import Plain, plain
from triagelab.completions.second_thoughts import second_thoughts

_AS_ASKED = re.compile(r"ANSWER: ESI [1-5]")
_REASONING = ("think", "thinking", "reasoning")
_DECORATION = " \t\r*_#`-•+✅✔☑👉🏥🚑🚨➡→▶"
_WORD = re.compile(r"[^\W_]")
_SOMEBODY_ELSE = re.compile(
    r"(?:[:\"'“‘«]|\b(?:says?|said|writes?|wrote|written|states?|stated|asks?|asked|reads?|words?|reply|output|not|maybe))"
    r"\s*\Z"
)
_COLON = re.compile(r"[*_`]{0,4}[ \t]{0,4}:")
_REFUSAL = re.compile(
    r"\bas an ai\b|\bi(?:'m| am) (?:not a (?:doctor|medical|clinician|nurse)|(?:sorry|afraid),? (?:but )?i (?:can|am))"
    r"|\b(?:i|we)(?:'m| am| are)? (?:unable|not able|not qualified|cannot|can't|can not|won't|will not)\b"
    r"[^.\n]{0,40}\b(?:triage|assess|assist|help|provide|determine|give|assign|classify|comply|answer|advise|offer|rate)"
)
_PUBLISHED = re.compile(r"ANSWER:\s*ESI\s*([1-5])")
_PUBLISHED_FALLBACK = re.compile(r"ESI\s+([1-5])\b")


def parse(text: str, *, truncated: bool = False) -> Parsed:
    """Return the single final answer of a completion, or the status that says why there is none.

    Args:
        text: what the model wrote, without the prompt.
        truncated: the model was cut off by its token limit; an answer at the very end may then be unfinished.

    Missing: `level` is None under every status but CLEAN and REPAIRED.
    """
    read = plain(text)
    if not read.low or read.low.isspace():
        return Parsed(ParseStatus.EMPTY, None, reason="nothing was written")
    begin = _body_start(read.low)
    if begin is None:
        return Parsed(ParseStatus.TRUNCATED, None, reason="the reasoning block never ends")
    own, quoted = _marks(read.low, begin)
    return _verdict(read, begin, own, quoted, truncated)


def parse_published(text: str) -> Parsed:
    """Return what the published evaluation protocol reads: two regexes, first match, for comparison only.

    Source: the cards of v46 and v49 (`ANSWER:\\s*ESI\\s*([1-5])`, fallback `ESI\\s+([1-5])\\b`).
    """
    sections = {
        "has_extraction": "EXTRACTION" in text,
        "has_algorithm": "ALGORITHM" in text,
        "has_answer": "ANSWER" in text,
    }
    for pattern, status in ((_PUBLISHED, ParseStatus.CLEAN), (_PUBLISHED_FALLBACK, ParseStatus.REPAIRED)):
        if found := pattern.search(text):
            return Parsed(
                status, int(found[1]), **sections, start=found.start(), end=found.end(), reason="published regex"
            )
    status = ParseStatus.MALFORMED if text.strip() else ParseStatus.EMPTY
    return Parsed(status, None, **sections, reason="no published regex matches")


def declines(low: str, begin: int = 0) -> bool:
    """Return whether a lower-case text declines to answer, from `begin` on."""
    return _REFUSAL.search(low, begin) is not None


def _body_start(low: str) -> int | None:
    """Return where the text after the last reasoning block begins, None if a block stays open."""
    if "<" not in low:
        return 0
    close = max((low.rfind(f"</{name}>") + len(name) + 3 if f"</{name}>" in low else 0) for name in _REASONING)
    opened = max(low.rfind(f"<{name}>") for name in _REASONING)
    return None if opened >= close and opened >= 0 else close


def _line_start(low: str, begin: int, position: int) -> bool:
    """Return whether only list or markdown marks stand between the start of the line and `position`."""
    if low.startswith("final ", max(position - 6, begin)) and position - 6 >= begin:
        position -= 6
    floor = max(begin, position - 16)
    while position > floor and low[position - 1] in _DECORATION:
        position -= 1
    return position == begin or low[position - 1] == "\n"


def _marks(low: str, begin: int) -> tuple[list[Mark], list[Mark]]:
    """Return the marks that start a line, and those that do not."""
    own: list[Mark] = []
    inside: list[Mark] = []
    position = low.find("answer", begin)
    while position >= 0:
        found = MARK.match(low, position)
        after = position + 6
        if found is not None:
            starts_line = _line_start(low, begin, position)
            limit = len(low) if starts_line else min(len(low), found.end() + 80)
            line_end = low.find("\n", found.end(), limit)
            mark = read_mark(low, position, found.end(), limit if line_end < 0 else line_end)
            (own if starts_line else inside).append(mark)
            after = max(after, mark.end if starts_line else after)
        position = low.find("answer", after)
    return own, inside


def _verdict(read: Plain, begin: int, own: list[Mark], inside: list[Mark], truncated: bool) -> Parsed:
    low = read.low
    marks = own
    sections = _sections(low, begin, own[-1].start if own else len(low))
    if not own and _last_words(low, begin, inside):
        marks, sections = inside, _sections(low, begin, inside[0].start)
    sections["has_answer"] = bool(marks)
    status, mark, reason = _settle(low, marks)
    if mark is None:
        if status is ParseStatus.MALFORMED and not marks:
            status, reason = _without_answer(low, begin, inside, sections, truncated)
        elif status is ParseStatus.MALFORMED and (truncated or _stops_short(low, marks[-1])):
            status, reason = ParseStatus.TRUNCATED, "the text stops inside the answer line"
        return Parsed(status, None, **sections, reason=reason)
    if truncated and mark.end >= len(low.rstrip(" \t\r")) and not low.endswith("\n"):
        return Parsed(ParseStatus.TRUNCATED, None, **sections, reason="cut off right after the level, which may go on")
    start, end = read.span(mark.start, mark.end)
    as_asked = not inside and len(marks) == 1 and not read.source[end:].strip()
    clean = as_asked and _AS_ASKED.fullmatch(read.source, start, end) and start == _line_begin(read.source, start)
    if clean:
        return Parsed(ParseStatus.CLEAN, mark.level, **sections, start=start, end=end, reason="as asked")
    return Parsed(
        ParseStatus.REPAIRED, mark.level, **sections, start=start, end=end, reason=reason or "not exactly as asked"
    )


def _settle(low: str, marks: list[Mark]) -> tuple[ParseStatus, Mark | None, str]:
    """Return the final answer among the marks, or the status without one."""
    if len(marks) == 1 and marks[0].fault is None and nothing_after(low, marks[0].end):
        return ParseStatus.REPAIRED, marks[0], ""
    real = [mark for mark in marks if mark.fault is not Fault.PLACEHOLDER]
    if not real:
        return ParseStatus.MALFORMED, None, Fault.PLACEHOLDER.value if marks else "no ANSWER line"
    levels = {mark.level for mark in real if mark.level is not None}
    if len(levels) > 1:
        return (
            ParseStatus.CONFLICTING,
            None,
            "different answers: " + ", ".join(f"ESI {level}" for level in sorted(levels)),
        )
    for mark in real:
        if mark.fault is Fault.SEVERAL:
            return ParseStatus.CONFLICTING, None, mark.fault.value
        if mark.fault is Fault.ABSTAINED and not levels:
            return ParseStatus.REFUSED, None, mark.fault.value
        if mark.fault is not None:
            return ParseStatus.MALFORMED, None, mark.fault.value
    last = real[-1]
    if last.level is not None and not nothing_after(low, last.end):
        undone = second_thoughts(low, last.end, last.level)
        if undone is not None:
            status = ParseStatus.CONFLICTING if undone.startswith("ESI") else ParseStatus.MALFORMED
            return status, None, undone
    return ParseStatus.REPAIRED, last, f"the same answer {len(real)} times" if len(real) > 1 else ""


def _last_words(low: str, begin: int, inside: list[Mark]) -> bool:
    """Return whether the text ends with a mark that, though no line starts with it, is the writer's own answer."""
    if not inside or inside[-1].level is None or not nothing_after(low, inside[-1].end):
        return False
    start = inside[-1].start
    before = low[max(begin, start - 20) : start].rstrip(_DECORATION + "\n")
    if before.endswith((".", ";", "!", "|", ")", "]")):
        return True
    sections = _sections(low, begin, start)
    whole_format = _on_one_line(low, begin) and sections["has_extraction"] and sections["has_algorithm"]
    return whole_format and _SOMEBODY_ELSE.search(low, max(begin, start - 30), start) is None


def _on_one_line(low: str, begin: int) -> bool:
    return "\n" not in low[begin:].strip()


def _without_answer(
    low: str, begin: int, inside: list[Mark], sections: dict[str, bool], truncated: bool
) -> tuple[ParseStatus, str]:
    if declines(low, begin):
        return ParseStatus.REFUSED, "declines to answer"
    if truncated:
        return ParseStatus.TRUNCATED, "cut off before an answer"
    if begin > 0 and not low[begin:].strip():
        return ParseStatus.MALFORMED, "nothing stands after the reasoning block"
    if inside:
        return ParseStatus.MALFORMED, "ANSWER stands only inside a sentence or a quotation"
    if sections["has_extraction"]:
        return ParseStatus.TRUNCATED, "the format begins and stops before the answer"
    return ParseStatus.MALFORMED, "no ANSWER line"


def _stops_short(low: str, mark: Mark) -> bool:
    return mark.fault is Fault.NO_LEVEL and low[mark.end :].strip(" \t\r\n*_`") in ("", "e", "es", "esi", "esi level")


def _sections(low: str, begin: int, answer: int) -> dict[str, bool]:
    """Return which sections stand before the answer, in order and not empty."""
    extraction = _header(low, begin, answer, "extraction", "", False)
    algorithm = _header(low, begin, answer, "algorithm", "esi ", _on_one_line(low, begin))
    end = algorithm[0] if algorithm else answer
    return {
        "has_extraction": extraction is not None and extraction[0] < end and _says_something(low, extraction[1], end),
        "has_algorithm": algorithm is not None and _says_something(low, algorithm[1], answer),
    }


def _header(low: str, begin: int, limit: int, word: str, prefix: str, anywhere: bool) -> tuple[int, int] | None:
    """Return where the first header of a section starts and where its text begins."""
    position = low.find(word, begin, limit)
    while position >= 0:
        start = position - len(prefix) if prefix and low.startswith(prefix, position - len(prefix)) else position
        colon = _COLON.match(low, position + len(word), limit)
        if colon and (anywhere or _line_start(low, begin, start)):
            return start, colon.end()
        position = low.find(word, position + len(word), limit)
    return None


def _says_something(low: str, start: int, end: int) -> bool:
    """Return whether a letter or digit stands in the first 200 characters of a section."""
    return _WORD.search(low, start, min(end, start + 200)) is not None


def _line_begin(source: str, position: int) -> int:
    return source.rfind("\n", 0, position) + 1
