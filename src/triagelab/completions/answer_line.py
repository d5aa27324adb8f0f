"""Reading one `ANSWER: ESI n` mark: the level it names, or why it names none. Works on folded text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

SPECIAL = r"<(?:\|[^|>\n]{1,40}\||/?(?:s|eos|bos|pad|end_of_turn|eot|answer))>"
_SPECIAL = re.compile(SPECIAL)
_GAP = rf"(?:[ \t\r*_`]|{SPECIAL}){{0,16}}"
MARK = re.compile(rf"answer[*_`]{{0,4}}[ \t]{{0,4}}(?:[:=]|is\b|(?=\n|esi[ \t-]{{0,4}}\d)){_GAP}(?:\n{_GAP}){{0,2}}")
_VALUE = re.compile(
    r"[\"'(\[{]{0,2}(?:(?:triage )?(?:emergency severity index|esi)\b(?:-(?=\d))?)?"
    r"[ \t]{0,4}(?:[-–—:#][ \t]{1,4}|[:#*_`(\[{]{0,3}[ \t]{0,4})"
    r"(?:(?:triage )?level[ \t]{0,4}[:#*_`(\[{]{0,3}[ \t]{0,4})?"
    r"(?P<number>[-+\u2212]?\d+(?:[.,/\u2044:]\d+)*)"
)
_LEVELS_IN_A_ROW = re.compile(r"[1-5](?:[/,][1-5])+")
_GLUED_VALUE = re.compile(r"[\"'(\[{]{0,2}esi(?P<number>\d+(?:[.,/\u2044:]\d+)*)")
_FORMAT_RANGE = re.compile(r"[\"'(\[{<]{0,2}(?:esi)?[ \t]{0,4}[\[<({]{0,2}1[ \t]?[-–—][ \t]?5\b")
_PLACEHOLDER = re.compile(r"[\"'(\[{<]{0,2}(?:esi)?[ \t]{0,4}[\[<({]{0,2}(?:(?:n|x|level|number)\b|_{1,9})")
_OR_ANOTHER = re.compile(
    r"\bor (?:(?:esi|level|even|maybe|perhaps|possibly) ){0,3}[1-5](?![0-9])"
    r"|\b(?:otherwise|else|alternatively|maybe|perhaps|possibly|leaning|bordering|verging"
    r"|(?:could|might|may) (?:also )?be)[,:]? (?:(?:an?|esi|level|even|on|to|towards?) ){0,3}[1-5]"
    r"(?![0-9%/]|\.[0-9]| (?:or more )?(?:resource|second|minute|min\b|hour|hr|day|week|month|year|time|of\b))"
    r"|\)[ \t,;/&|-]{1,4}(?:(?:or|and|then|esi|level) ){0,3}[1-5][ \t]{0,4}(?:\(|$)"
    r"|(?:\b(?:and|or|but)|[,;]) (?:esi |level ){0,2}[1-5] (?:if|unless|otherwise|in case|at (?:best|worst))\b"
)
_ABSTAIN = re.compile(
    r"[^\n]{0,40}?\b(?:unable|cannot|can't|can not|unknown|undetermined|n/a|none|insufficient"
    r"|not (?:enough|possible|applicable))\b"
)
_OTHER_RIGHT_AFTER = re.compile(
    r"[ \t*_`)\]]{0,6}(?:[-\u2010-\u2015\u2212=]?>|[-\u2010-\u2015\u2212/~\u301c&|,+\u2190-\u21ff]|\.{2,3}"
    r"|or\b|to\b|and\b|vs\b\.?|versus\b|through\b)[ \t*_`(\[]{0,6}"
    r"(?:(?:esi|level)[ \t-]{0,4})?(?:level )?\d(?!\d)"
    r"|[ \t*_`)\]]{0,6}(?:or|to|vs\.?|versus|through) (?:(?:an?|esi|level|even|maybe|perhaps|possibly) ){0,3}"
    r"(?:one|two|three|four|five|i{1,3}|iv|v)\b"
    r"(?!-| (?:or more )?(?:resource|second|minute|hour|day|week|month|year|of\b))"
)
_NUMBERS_TO_THE_END = re.compile(r"(?:[^\w\n]|_){1,12}[1-5](?:(?:[^\w\n]|_){1,12}[1-5]){0,8}[^\w\n]*")
_NO_RIGHT_AFTER = re.compile(
    r"[\s.,;:!*_`()\[\]–—-]{0,12}(?:(?:no|nope|not)(?=[ \t]*(?:[.,;:!?)–—-]|\n|$|wait|it\b|that\b|sure|certain))|\?"
    r"|or (?:higher|lower|above|below|worse|better|more|less|maybe|perhaps|possibly)\b"
    r"|(?:maybe|perhaps|possibly|questionable|wrong|incorrect)\b)"
    r"|[ \t*_`)\]]{0,6}(?:isn't|wasn't|(?:is|was|would be|seems) (?:clearly |certainly |probably )?"
    r"(?:not|wrong|incorrect|false|ruled out|excluded|unlikely))\b"
)
_TAKEN_BACK = re.compile(
    r"\b(?:wait|hmm|scratch that|correction|on second thought|i (?:was|am) wrong|i take (?:it|that) back|disregard"
    r"|ignore (?:the|that|this|my)|let me (?:re|think|correct|change)|change my|revis(?:e|ed|ing) (?:to|my|it|this)"
    r"|make (?:it|that)|should (?:instead |rather )?be|not sure|not certain|unsure"
    r"|i retract|never ?mind|just kidding|forget (?:it|that|the (?:answer|line|level))|strike that"
    r"|(?:up|down)grad(?:e|ed|ing) (?:it |this )?to (?:esi |level ){0,2}[1-5]"
    r"|(?:that|this|it|above|(?:my|the|this|that) (?:answer|level|line)(?: above)?)(?: is|'s| was)"
    r" (?:wrong|incorrect|retracted|withdrawn"
    r"|not (?:right|correct|(?:my|the) (?:right |correct |final )?(?:answer|level))))\b"
)
_LEVEL_NAMED = re.compile(r"\b(?:esi(?:[ \t-]{0,3}level)?|(?:triage|acuity) level)[-:#*_`= \t]{0,4}([0-9])(?![0-9])")
_IN_WORDS = {"one": 1, "two": 2, "ii": 2, "three": 3, "iii": 3, "four": 4, "iv": 4, "five": 5}
_LEVEL_IN_WORDS = re.compile(
    rf"\b(?:esi(?: level)?|(?:triage|acuity) level) ({'|'.join(_IN_WORDS)})\b(?![ -](?:level|point|tier|step|categor))"
)
_ANSWER_NAMED = re.compile(
    r"\banswer[*_` \t]{0,4}(?:[:=]|is|was|(?:should|would) be)[*_` \t]{0,4}(?:level[ \t]|esi[ \t])?([0-9])(?![0-9])"
)
_LINE_OF_LEVELS = re.compile(
    r"\n(?:[^\w\n]{0,12}(?:[1-5]|esi|levels?|triage|acuity|category|final|correct|true|real|actual|actually|rather|instead"
    r"|second|choice|alternative|alternatively|option|guess|best|worst|case|not|maybe|perhaps|possibly|now|also"
    r"|or|and|to)\b){1,10}[^\w\n]{0,12}(?=\n|\Z)"
)
_DIGIT = re.compile(r"[1-5]")
_NOTHING = re.compile(rf"(?:[\s.,;!)\]}}*_`\"']|{SPECIAL})*\Z")
_RIGHT_AFTER = frozenset(" \t\r\n.,;:!)]}*_`\"'-–—/~&|+?")


class Fault(Enum):
    """Why a mark names no single level."""

    NO_LEVEL = "no level after ANSWER"
    PLACEHOLDER = "the line shows the format, not a level"
    NOT_A_LEVEL = "the number is not a level from 1 to 5"
    SEVERAL = "several levels on the answer line"
    DOUBTED = "the level is questioned or taken back"
    ABSTAINED = "the answer line declines to answer"


@dataclass(frozen=True, slots=True)
class Mark:
    """One ANSWER mark in folded text: where it stands and what it names."""

    start: int
    end: int
    level: int | None
    fault: Fault | None


def read_mark(low: str, start: int, mark_end: int, line_end: int) -> Mark:
    """Return what stands after an ANSWER mark, looking no further than the end of its line."""
    if _FORMAT_RANGE.match(low, mark_end, line_end):
        return Mark(start, mark_end, None, Fault.PLACEHOLDER)
    value = _GLUED_VALUE.match(low, mark_end) or _VALUE.match(low, mark_end)
    if value is None:
        if _PLACEHOLDER.match(low, mark_end, line_end):
            return Mark(start, mark_end, None, Fault.PLACEHOLDER)
        fault = Fault.ABSTAINED if _ABSTAIN.match(low, mark_end, min(line_end, mark_end + 80)) else Fault.NO_LEVEL
        return Mark(start, mark_end, None, fault)
    number, end = value["number"], value.end()
    if number not in ("1", "2", "3", "4", "5"):
        several = _LEVELS_IN_A_ROW.fullmatch(number) is not None
        return Mark(start, end, None, Fault.SEVERAL if several else Fault.NOT_A_LEVEL)
    return Mark(start, end, int(number), _fault_after(low, end, line_end))


def _fault_after(low: str, end: int, line_end: int) -> Fault | None:
    if end >= line_end:
        return None
    if low[end] not in _RIGHT_AFTER and _SPECIAL.match(low, end) is None:
        return Fault.NOT_A_LEVEL
    if _OTHER_RIGHT_AFTER.match(low, end, line_end) or _OR_ANOTHER.search(low, end, line_end):
        return Fault.SEVERAL
    if (row := _NUMBERS_TO_THE_END.fullmatch(low, end, line_end)) and set(_DIGIT.findall(row[0])) != {low[end - 1]}:
        return Fault.SEVERAL
    if low[end] in "/~&|+" or _NO_RIGHT_AFTER.match(low, end, line_end):
        return Fault.DOUBTED
    return None


def nothing_after(low: str, position: int) -> bool:
    """Return whether only white space, closing punctuation and end-of-text tokens follow."""
    return position >= len(low) or _NOTHING.match(low, position) is not None


def second_thoughts(low: str, position: int, level: int) -> str | None:
    """Return why the text from `position` on undoes an answer, or None if it lets it stand."""
    for named in _named_levels(low, position):
        if named != level:
            return f"ESI {named} is named after the answer ESI {level}"
    if _TAKEN_BACK.search(low, position):
        return "the answer is taken back after it was given"
    return None


def _named_levels(low: str, position: int) -> Iterator[int]:
    """Yield the levels that the text from `position` on names: in a sentence, in words, alone on a line."""
    for digit in (_LEVEL_NAMED, _ANSWER_NAMED):
        yield from (int(found[1]) for found in digit.finditer(low, position))
    for line in _LINE_OF_LEVELS.finditer(low, position):
        yield from (int(found) for found in _DIGIT.findall(line[0]))
    yield from (_IN_WORDS[found[1]] for found in _LEVEL_IN_WORDS.finditer(low, position))
