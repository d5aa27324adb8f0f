"""Reading one `ANSWER: ESI n` mark: the level it names, or why it names none. Works on folded text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from triagelab.completions.numerals import NUMERAL, value_of

SPECIAL = r"<(?:\|[^|>\n]{1,40}\||/?(?:s|eos|bos|pad|end_of_turn|eot|answer))>"
_SPECIAL = re.compile(SPECIAL)
_GAP = rf"(?:[ \t\r*_`]|{SPECIAL}){{0,16}}"
MARK = re.compile(
    rf"answer[*_`]{{0,4}}[ \t]{{0,4}}(?:[:=]|is\b|[-–—](?=[ \t]esi[ \t])|(?=\n|esi[ \t-]{{0,4}}\d)){_GAP}"
    rf"(?:\n{_GAP}(?:[->•][ \t](?=[*_` \t]{{0,4}}esi\b))?{_GAP}){{0,2}}"
)
_VALUE = re.compile(
    r"[\"'(\[{]{0,2}(?:(?:triage )?(?:emergency severity index|esi)\b(?:-(?=\d))?"
    r"(?: \((?:esi|emergency severity index)\)(?= ))?(?: (?:score|category)\b)?)?"
    r"[ \t]{0,4}(?:[-–—:#=][ \t]{1,4}|[:#*_`(\[{]{0,3}[ \t]{0,4})"
    r"(?:(?:triage )?level[ \t]{0,4}[:#*_`(\[{]{0,3}[ \t]{0,4})?"
    r"(?:\$?\\boxed\{(?:\\text\{)?(?:esi(?: level)?[ \t]?\}?[ \t])?)?"
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
    r"|(?:or|(?:up |down )?to|and|as well as|versus|through|thru|till|until)\b|vs\b\.?)[ \t*_`(\[]{0,6}"
    r"(?:(?:esi|level)[ \t-]{0,4})?(?:level )?\d(?!\d)"
    r"|[ \t*_`)\]]{0,6}(?:or|to|vs\.?|versus|through) (?:(?:an?|esi|level|even|maybe|perhaps|possibly) ){0,3}"
    r"(?:one|two|three|four|five|i{1,3}|iv|v)\b"
    r"(?!-| (?:or more )?(?:resource|second|minute|hour|day|week|month|year|of\b))"
)
_RESOURCES = re.compile(
    # A range has no blanks and a choice has "or": "ESI 2-3 resources" and "ESI 2 or 3 resources" stay hedges.
    r"[*_`]{0,4}(?:[,;:.)]{1,2}[ \t]{1,4}|[ \t]{1,4}(?:[-–—|][ \t]{1,4})?\(?)"
    r"(?:(?:maybe|perhaps|possibly|probably|likely|about|only|needs?|requires?|expect(?:s|ed|ing)?|with|at least|up to)"
    r" ){0,3}\d(?:[ \t]?[-–][ \t]?\d|\+)?[ \t]"
    r"(?:(?:or more|more|different|expected|likely|anticipated|separate) ){0,2}resources?\b"
)
_ODD = r"(?:[^\w\n]|_)"
_NUMBERS_TO_THE_END = re.compile(rf"{_ODD}{{1,12}}{NUMERAL}(?:{_ODD}{{1,12}}{NUMERAL}){{0,8}}{_ODD}*")
_NUMBER = re.compile(NUMERAL)
_NO_RIGHT_AFTER = re.compile(
    r"[\s.,;:!*_`()\[\]–—-]{0,12}(?:(?:no|nope|not)(?=[ \t]*(?:[.,;:!?)–—-]|\n|$|wait|it\b|that\b|sure|certain))|\?"
    r"|or (?:higher|lower|above|below|worse|better|more|less|maybe|perhaps|possibly)\b"
    # "Possibly septic" doubts the diagnosis, "possibly lower" the level.
    rf"|(?:maybe|perhaps|possibly)\b(?![,:]? (?!(?:an? )?(?:{NUMERAL}|(?:esi|levels?|not|even|more|less|higher|lower|up"
    r"|down|better|worse|another|wrong|so|if)\b)|[^\n]{0,200}(?<![0-9.,])[1-5](?![0-9%/]|[.,][0-9]| (?:resource|second"
    r"|minute|min\b|hour|hr|day|week|month|year|time|mg|ml|l\b)))[a-z])"
    r"|(?:unsure|uncertain|questionable|wrong|incorrect|rejected|retracted|withdrawn|deleted|crossed out|ish"
    r"|or so|or thereabouts|give or take|plus or minus)\b)"
    r"|[ \t*_`)\]]{0,6}(?:isn't|wasn't|cannot|can't|does not|doesn't|never|at (?:least|most)|approximately|roughly"
    r"|(?:is|was|would be|seems) (?:clearly |certainly |probably )?"
    r"(?:not|wrong|incorrect|false|an error|a mistake|ruled out|excluded|unlikely))\b"
)
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
    level = int(low[end - 1])
    if (resources := _RESOURCES.match(low, end, line_end)) is not None:
        end = resources.end()
        if end >= line_end:
            return None
    if _OTHER_RIGHT_AFTER.match(low, end, line_end) or _OR_ANOTHER.search(low, end, line_end):
        return Fault.SEVERAL
    if (row := _NUMBERS_TO_THE_END.fullmatch(low, end, line_end)) and {
        value_of(found) for found in _NUMBER.findall(row[0])
    } != {level}:
        return Fault.SEVERAL
    if low[end] in "/~&|+" or _NO_RIGHT_AFTER.match(low, end, line_end):
        return Fault.DOUBTED
    return None


def nothing_after(low: str, position: int) -> bool:
    """Return whether only white space, closing punctuation and end-of-text tokens follow."""
    return position >= len(low) or _NOTHING.match(low, position) is not None
