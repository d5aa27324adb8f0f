"""From a completion `<think>...</think><answer>...</answer>` to a label, or to the reason why there is none.

The answer is the content of the one `<answer>` block after the reasoning, and it is one of three labels and nothing
else. It never guesses. Time is linear in the length of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from triagelab.clinical.imaging_table import Appropriateness
from triagelab.completions.answers import ParseStatus
from triagelab.completions.parser import declines
from triagelab.completions.plain import Plain, plain

THINK, END_THINK, ANSWER, END_ANSWER = "<think>", "</think>", "<answer>", "</answer>"
LONGEST_ANSWER = 200
"""Characters of an answer block that are read; a label has fewer than thirty."""
_LABEL = re.compile(r"usually[\s_-]+not[\s_-]+appropriate|usually[\s_-]+appropriate|may[\s_-]+be[\s_-]+appropriate")
_AROUND = " \t\n\r*_`\"'“”‘’«»().:;,!-"
_AHEAD = re.compile(
    r"(?:(?:the |my |final )*(?:answer|label|rating)(?: is)?|"
    r"(?:this|the|it)(?: (?:imaging|procedure|study|scan|test))? is)\s*:?\s*"
)
_READ = {
    "usuallyappropriate": Appropriateness.USUALLY,
    "maybeappropriate": Appropriateness.MAY,
    "usuallynotappropriate": Appropriateness.NOT,
}
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]?\s+(?=[^a-z\s])|\n+|;\s+")
_BULLET = re.compile(r"^(?:[-*•+]|\(?\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class ImagingAnswer:
    """The verdict on one completion.

    Attributes:
        status: how the label was found, or why there is none. CLEAN is the format to the letter.
        label: None under every status but CLEAN and REPAIRED; never a guess.
        reasoning: what stands in the reasoning block, or before the answer where there is no block.
        reason: one line for people.
    """

    status: ParseStatus
    label: Appropriateness | None
    reasoning: str = ""
    reason: str = ""

    @property
    def well_formed(self) -> bool:
        """Return whether the completion is one reasoning block with something in it, one answer, and nothing else."""
        return self.status is ParseStatus.CLEAN


def parse_imaging(text: str, *, truncated: bool = False) -> ImagingAnswer:
    """Return the one label of a completion, or the status that says why there is none.

    Args:
        truncated: the model was cut off by its token limit.
    """
    read = plain(text)
    low = read.low
    if not low.strip():
        return ImagingAnswer(ParseStatus.EMPTY, None, reason="nothing was written")
    close = low.rfind(END_THINK)
    opened = low.rfind(THINK)
    if opened > close:
        return ImagingAnswer(ParseStatus.TRUNCATED, None, reason="the reasoning block never ends")
    begin = close + len(END_THINK) if close >= 0 else 0
    blocks, unclosed = _blocks(low, begin)
    first = blocks[0][0] - len(ANSWER) if blocks else len(low) if unclosed is None else unclosed
    reasoning = _reasoning(read, begin, first)
    if not blocks:
        return _without(low, begin, unclosed, reasoning, truncated)
    labels = [_label_in(low[start:end]) for start, end in blocks]
    found = {label for label in labels if isinstance(label, Appropriateness)}
    if len(found) > 1 or any(label == "several" for label in labels):
        return ImagingAnswer(ParseStatus.CONFLICTING, None, reasoning, "different labels in the answer")
    if unclosed is not None:
        return ImagingAnswer(ParseStatus.MALFORMED, None, reasoning, "another answer block begins and does not end")
    if len(found) != 1 or any(label is None for label in labels):
        return ImagingAnswer(ParseStatus.MALFORMED, None, reasoning, "the answer is none of the three labels")
    clean = len(blocks) == 1 and _to_the_letter(text, found.copy().pop())
    status = ParseStatus.CLEAN if clean else ParseStatus.REPAIRED
    return ImagingAnswer(status, found.pop(), reasoning, "as asked" if clean else "not exactly as asked")


def gold_completion(reasoning: tuple[str, ...], label: Appropriateness) -> str:
    """Return sentences and label in the format that is asked for."""
    return f"{THINK}{' '.join(reasoning)}{END_THINK}{ANSWER}{label.value}{END_ANSWER}"


def sentences_of(reasoning: str, most: int = 200) -> tuple[str, ...]:
    """Return the sentences of a text, without list marks; at most `most`, of at least two words each."""
    parts = (_BULLET.sub("", part.strip()).strip() for part in _SENTENCE_END.split(reasoning))
    return tuple(part for part in parts if len(part.split()) > 1)[:most]


def _blocks(low: str, begin: int) -> tuple[list[tuple[int, int]], int | None]:
    """Return the answer blocks as spans of their content, and where a block begins that does not end."""
    found: list[tuple[int, int]] = []
    place = low.find(ANSWER, begin)
    while place >= 0:
        start = place + len(ANSWER)
        end = low.find(END_ANSWER, start)
        if end < 0:
            return found, place
        found.append((start, end))
        place = low.find(ANSWER, end)
    return found, None


def _label_in(content: str) -> Appropriateness | str | None:
    """Return the label that a block holds, `several` for more than one, None for anything else."""
    if len(content) > LONGEST_ANSWER:
        return None
    kinds = {re.sub(r"[\s_-]", "", found) for found in _LABEL.findall(content)}
    if len(kinds) > 1:
        return "several"
    bare = content.strip(_AROUND)
    ahead = _AHEAD.match(bare)
    bare = bare[ahead.end() :].strip(_AROUND) if ahead else bare
    return _READ.get(re.sub(r"[\s_-]", "", bare)) if _LABEL.fullmatch(bare) else None


def _reasoning(read: Plain, begin: int, answer: int) -> str:
    """Return the reasoning as it was written."""
    if begin:
        opened = read.low.find(THINK)
        start = opened + len(THINK) if opened >= 0 else 0
        end = begin - len(END_THINK)
    else:
        start, end = 0, answer
    first, last = read.span(min(start, end), end)
    return read.source[first:last].replace(THINK, " ").replace(END_THINK, " ").strip()


def _without(low: str, begin: int, unclosed: int | None, reasoning: str, truncated: bool) -> ImagingAnswer:
    if unclosed is not None:
        return ImagingAnswer(ParseStatus.TRUNCATED, None, reasoning, "the answer block never ends")
    if truncated:
        return ImagingAnswer(ParseStatus.TRUNCATED, None, reasoning, "cut off before an answer")
    if declines(low[begin:]):
        return ImagingAnswer(ParseStatus.REFUSED, None, reasoning, "declines to answer")
    return ImagingAnswer(ParseStatus.MALFORMED, None, reasoning, "no <answer> block after the reasoning")


def _to_the_letter(text: str, label: Appropriateness) -> bool:
    """Return whether the text is one reasoning block with words in it, one answer block, and nothing else."""
    body = text.strip()
    end = body.find(END_THINK)
    if not body.startswith(THINK) or end < 0 or body.count(THINK) != 1 or body.count(END_THINK) != 1:
        return False
    thought, rest = body[len(THINK) : end], body[end + len(END_THINK) :].strip()
    if not any(char.isalnum() for char in thought) or ANSWER in thought:
        return False
    return rest.lower() == f"{ANSWER}{label.value}{END_ANSWER}"


__all__ = ["ImagingAnswer", "gold_completion", "parse_imaging", "sentences_of"]
