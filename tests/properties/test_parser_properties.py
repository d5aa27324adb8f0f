"""What holds for any text the parser may be given."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.completions.answers import ParseStatus
from triagelab.completions.parser import parse, parse_published
from triagelab.completions.plain import plain

PIECES = st.sampled_from(
    ["ANSWER:", " ESI ", "ESI", "1", "2", "3", "5", "6", "-", "?", "\n", "**", " or ", "<think>", "</think>",
     "EXTRACTION:", "ESI ALGORITHM:",
     " no", "not ", '"', "２", "\u200b", " ", ".", "wait", "x", "I cannot assign", ">", "é", "\u2028"]
)  # fmt: skip
SOUP = st.lists(PIECES, max_size=25).map("".join)


@settings(max_examples=400, deadline=None)
@given(SOUP | st.text(max_size=200), st.booleans())
def test_level_and_span_only_where_there_is_an_answer(text: str, truncated: bool) -> None:
    parsed = parse(text, truncated=truncated)
    answered = parsed.status in (ParseStatus.CLEAN, ParseStatus.REPAIRED)
    assert (parsed.level is not None) == answered
    assert parsed.level in (None, 1, 2, 3, 4, 5)
    if answered:
        words = plain(text[parsed.start : parsed.end]).low
        assert words.startswith("answer")
        assert words.endswith(str(parsed.level))
    assert parse(text, truncated=truncated) == parsed


@settings(max_examples=300, deadline=None)
@given(SOUP, st.integers(1, 5), st.integers(1, 5))
def test_a_second_different_answer_never_leaves_a_level(before: str, first: int, second: int) -> None:
    text = f"{before}\nANSWER: ESI {first}\nANSWER: ESI {second}"
    level = parse(text).level
    assert level is None or level == first == second


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="<"), max_size=80), st.integers(1, 5))
def test_free_text_before_never_changes_the_answer_to_another(before: str, level: int) -> None:
    assert parse(f"{before}\nANSWER: ESI {level}").level in (level, None)


@settings(max_examples=200, deadline=None)
@given(SOUP)
def test_clean_answers_are_read_alike_by_the_published_protocol_when_they_stand_alone(text: str) -> None:
    parsed = parse(text)
    if parsed.status is ParseStatus.CLEAN and text.count("ESI") == 1:
        assert parse_published(text).level == parsed.level


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_positions_map_back_in_order(text: str) -> None:
    read = plain(text)
    places = [read.original(index) for index in range(len(read.low))]
    assert places == sorted(places)
    assert all(0 <= place < max(1, len(text)) for place in places)
    for index, char in enumerate(read.low):
        start, end = read.span(index, index + 1)
        assert start == places[index]
        assert char in plain(text[start:end]).low
