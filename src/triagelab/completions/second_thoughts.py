"""What stands behind an answer and undoes it: another level, or words that take the answer back. Folded text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from triagelab.completions.numerals import NUMERAL, value_of

_ANSWER_ITSELF = r"(?:answer|line|level|above|previous|first|last|earlier)"
_UNSURE = r"(?:not (?:\w+ )?(?:sure|certain)|unsure|uncertain)"
_TAKEN_BACK = re.compile(
    # A patient can wait, should be seen and is not sure since when: only what is said of the answer takes it back.
    r"\b(?:wait(?<!can wait)(?<!cannot wait)(?<!can't wait)(?<!could wait)(?<!may wait)(?<!must wait)(?<!should wait)"
    r"(?<!will wait)(?<!to wait)(?<!not wait)(?<!safely wait)(?<!patient wait)(?<!the wait)(?<!a wait)"
    r"(?! (?:times?|list|room)\b)"
    r"|hmm|scratch that|correction(?! of\b)|on second thought|i (?:was|am) wrong|i take (?:it|that) back|disregard"
    rf"|ignore (?:that|this|(?:the|my) {_ANSWER_ITSELF})|let me (?:re|think|correct|change)"
    r"|change my (?:mind|answer|level|rating|decision|assessment)"
    r"|revis(?:e|ed|ing) (?:to|my|it|this)"
    rf"|make (?:it|that) (?:(?:an?|esi|level|rather|instead) ){{0,3}}(?:{NUMERAL}|(?:higher|lower|another)\b)"
    r"|should (?:instead |rather |really )?be (?:an? |one |some ){0,2}(?:lower|higher|different|other|another|changed"
    r"|corrected|revised|raised|lowered|(?:up|down)graded)"
    rf"|(?:i(?:'m| am)|we(?:'re| are)|(?:answer|level|this|that|it|esi [1-5])(?:'s| is)) (?:\w+ )?{_UNSURE}"
    rf"|{_UNSURE} (?:about|of) (?:it|(?:the|this|my) (?:answer|level))"
    r"|i retract|never ?mind|just kidding|strike that|forget (?:it|that|the (?:answer|line|level))"
    r"|do not use (?:it|(?:the|that|this|my) (?:answer|line|level))"
    r"|(?:(?:up|down)grad(?:e|ed|ing)|chang(?:e|ed|ing)) (?:it |this )?to (?:esi |level ){0,2}[1-5](?![0-9])"
    r"|(?:that|this|it|above|(?:my|the|this|that) (?:answer|level|line)(?: above)?)(?: is|'s| was)"
    r" (?:wrong|incorrect|retracted|withdrawn|void|invalid"
    r"|not (?:right|correct|valid|(?:my|the) (?:right |correct |final )?(?:answer|level))))\b"
    r"|\n[^\w\n]{0,6}(?:no|nope|not)[^\w\n]{0,6}(?=\n|\Z)"
    rf"|[\n.!?;(–—-][^\w\n]{{0,6}}(?:(?:but|though|still|really|just|honestly) ){{0,2}}{_UNSURE}\b"
    rf"|,[ \t]{{0,4}}(?:(?:but|though) )?{_UNSURE}[^\w\n]{{0,6}}(?=\n|\Z)"
)
_NAMED = re.compile(
    r"\b(?:esi(?:[ \t-]{0,3}level)?|(?:triage|acuity) level)[-:#*_`= \t]{0,4}([0-9])"
    r"(?![0-9]|(?:st|nd|rd|th)\b| (?:edition|handbook)\b)"
)
_ANSWERED = re.compile(
    r"\b(?:final answer\b|answer[*_` \t]{0,4}(?:[:=–—-]|is\b|was\b|(?:should|would) be\b))[*_` \t–—-]{0,4}"
    r"(?:level[ \t]|esi[ \t])?([0-9])(?![0-9])"
)
_BOXED = re.compile(r"\\boxed\{[^0-9\n}]{0,20}\}?[ \t]?([0-9])(?![0-9])")
_SHOULD_BE = re.compile(
    r"\b(?:should|would|could|might|ought to) (?:instead |rather |really |also )?(?:have been|be|have said|say) "
    r"(?:(?:an?|at|level) ){0,3}"
    r"([1-5])(?![0-9%/:]|[.,][0-9]| (?:resource|second|minute|min\b|hour|hr|day|week|month|year|time|of\b|mg|ml|l\b))"
)
_IN_WORDS = re.compile(
    r"\b(?:esi(?: level)?|(?:triage|acuity) level) (one|two|three|four|five|ii|iii|iv)\b"
    r"(?![ -](?:level|point|tier|step|categor))"
)
_LINE_OF_LEVELS = re.compile(
    rf"\n(?:[^\w\n]{{0,12}}(?:{NUMERAL}|(?:esi|levels?|triage|acuity|category|priority|answers?|final|correct|true|real"
    r"|actual|actually|rather|instead|second|choice|alternative|alternatively|option|guess|best|worst|case|edit|updated?"
    r"|sorry|mean|meant|better|no|not|maybe|perhaps|possibly|now|also|or|and|to)\b)){1,10}[^\w\n]{0,12}(?=\n|\Z)"
)
_NUMERAL = re.compile(rf"\b{NUMERAL}")
_PRONOUN = re.compile(r"\bi (?=mean)")


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
    for digit in (_NAMED, _ANSWERED, _BOXED, _SHOULD_BE):
        yield from (int(found[1]) for found in digit.finditer(low, position))
    for line in _LINE_OF_LEVELS.finditer(low, position):
        yield from (value_of(found) for found in _NUMERAL.findall(_PRONOUN.sub("", line[0])))
    yield from (value_of(found[1]) for found in _IN_WORDS.finditer(low, position))
