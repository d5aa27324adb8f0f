"""Reading imaging completions: one label, or the reason why there is none."""

from __future__ import annotations

import time

import pytest

from triagelab.clinical.imaging import Appropriateness
from triagelab.completions.answers import ParseStatus
from triagelab.completions.imaging_answers import gold_completion, parse_imaging, sentences_of

USUALLY, MAY, NOT = Appropriateness.USUALLY, Appropriateness.MAY, Appropriateness.NOT


@pytest.mark.parametrize(
    ("text", "status", "label"),
    [
        ("<think>It hurts.</think><answer>usually appropriate</answer>", ParseStatus.CLEAN, USUALLY),
        ("<think>It hurts.</think>\n<answer>may be appropriate</answer>\n", ParseStatus.CLEAN, MAY),
        ("<think>It hurts.</think><answer>Usually Not Appropriate</answer>", ParseStatus.CLEAN, NOT),
        ("<think></think><answer>usually appropriate</answer>", ParseStatus.REPAIRED, USUALLY),
        ("<answer>usually not appropriate.</answer>", ParseStatus.REPAIRED, NOT),
        ("<think>x y</think><answer>**usually_not_appropriate**</answer>", ParseStatus.REPAIRED, NOT),
        ("<think>x y</think><answer>This procedure is may be appropriate</answer>", ParseStatus.REPAIRED, MAY),
        ("<think>x</think><answer>may be appropriate</answer> I hope.", ParseStatus.REPAIRED, MAY),
        ("<answer>usually appropriate</answer><answer>usually appropriate</answer>", ParseStatus.REPAIRED, USUALLY),
        (
            "<think>a<answer>usually appropriate</answer></think><answer>may be appropriate</answer>",
            ParseStatus.REPAIRED,
            MAY,
        ),
        ("", ParseStatus.EMPTY, None),
        (" \n\t", ParseStatus.EMPTY, None),
        ("<think>x", ParseStatus.TRUNCATED, None),
        ("<think>x</think><answer>usually appropriate", ParseStatus.TRUNCATED, None),
        ("<think>x</think>usually appropriate", ParseStatus.MALFORMED, None),
        ("usually appropriate", ParseStatus.MALFORMED, None),
        ("<think>x</think><answer>not usually appropriate</answer>", ParseStatus.MALFORMED, None),
        ("<think>x</think><answer>always appropriate</answer>", ParseStatus.MALFORMED, None),
        ("<think>x</think><answer></answer>", ParseStatus.MALFORMED, None),
        ("<answer>usually appropriate</answer><answer>", ParseStatus.MALFORMED, None),
        ("<answer>usually appropriate</answer><answer>no idea</answer>", ParseStatus.MALFORMED, None),
        ("<answer>usually appropriate or may be appropriate</answer>", ParseStatus.CONFLICTING, None),
        ("<answer>usually appropriate</answer><answer>may be appropriate</answer>", ParseStatus.CONFLICTING, None),
        ("I cannot assess this patient.", ParseStatus.REFUSED, None),
        ("<think>x</think><answer>usually appropriate" + " " * 300 + "</answer>", ParseStatus.MALFORMED, None),
    ],
)
def test_one_label_or_none(text: str, status: ParseStatus, label: Appropriateness | None) -> None:
    read = parse_imaging(text)
    assert (read.status, read.label) == (status, label), read.reason
    assert read.reason


def test_a_cut_off_text_without_an_answer_is_truncated() -> None:
    assert parse_imaging("<think>a b</think>", truncated=True).status is ParseStatus.TRUNCATED
    assert parse_imaging("It hurts and", truncated=True).status is ParseStatus.TRUNCATED


def test_reasoning_is_what_stands_in_the_block_or_before_the_answer() -> None:
    assert (
        parse_imaging("<think>It HURTS. ﬁne.</think><answer>may be appropriate</answer>").reasoning == "It HURTS. ﬁne."
    )
    assert parse_imaging("It hurts. <answer>may be appropriate</answer>").reasoning == "It hurts."
    assert parse_imaging("<answer>may be appropriate</answer>").reasoning == ""


def test_a_gold_completion_is_the_format_to_the_letter() -> None:
    read = parse_imaging(gold_completion(("The leg hurts.", "It is swollen."), MAY))
    assert read.well_formed
    assert sentences_of(read.reasoning) == ("The leg hurts.", "It is swollen.")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One is here. Two is there! Is three? ", ("One is here.", "Two is there!", "Is three?")),
        ("- one is\n- two are\n3. three be", ("one is", "two are", "three be")),
        ("The limit is 0.5 mg. Next one.", ("The limit is 0.5 mg.", "Next one.")),
        ("word", ()),
        ("", ()),
    ],
)
def test_sentences(text: str, sentences: tuple[str, ...]) -> None:
    assert sentences_of(text) == sentences


@pytest.mark.parametrize(
    "piece", ["<answer>", "<think>", "</think>", "<answer>x</answer>", "usually appropriate ", ". A"]
)
def test_long_texts_are_read_in_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    begun = time.perf_counter()
    parse_imaging(text)
    sentences_of(text)
    assert time.perf_counter() - begun < 5.0
