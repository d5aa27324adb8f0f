"""Cases for the report: chosen by rule, marked, escaped, and withheld where the source says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from evaluation_samples import record
from triagelab.evaluation.report_cases import MAX_SHOWN, highlight, instructive_cases, verdict, visible
from triagelab.evaluation.report_sources import Evaluation

spans = st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60), st.text(max_size=8)), max_size=6)


def group(*answers: list[int | None], truth: list[int], **more) -> list[Evaluation]:
    return [
        Evaluation(
            Path(f"agent-{number}"),
            f"agent-{number}",
            {},
            tuple(
                record(i, t, p, **{"note": f"note {i}", **more})
                for i, (t, p) in enumerate(zip(truth, given, strict=True))
            ),
        )
        for number, given in enumerate(answers)
    ]


@given(st.text(max_size=50), spans)
def test_highlight_changes_nothing_but_marks(note, found):
    shown = highlight(note, found)
    assert Markup(shown).striptags().split() == Markup.escape(visible(note)).striptags().split()
    assert "<script" not in shown


def test_highlight_escapes_note_and_label():
    shown = highlight("<script>x</script> pain", [(19, 23, '"><b>')])
    assert shown == '&lt;script&gt;x&lt;/script&gt; <mark title="&#34;&gt;&lt;b&gt;">pain</mark>'


def test_overlapping_spans_name_both():
    shown = highlight("chest pain", [(0, 10, "a"), (6, 10, "b")])
    assert shown == '<mark title="a">chest </mark><mark title="a; b">pain</mark>'


def test_long_text_is_cut_and_says_so():
    assert visible("x" * (MAX_SHOWN + 5)).endswith("(5 more characters)")
    assert "5 more characters" in highlight("x" * (MAX_SHOWN + 5), [(0, MAX_SHOWN + 5, "all")])


def test_control_and_direction_characters_are_made_visible():
    assert visible("a\x00b\u202ec\n") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c\n"


@pytest.mark.parametrize(
    ("level", "predicted", "acceptable", "words", "kind"),
    [
        (2, 2, None, "right", "right"),
        (2, 3, None, "1 level under", "under"),
        (2, 3, (2, 3), "1 level under, defensible", "defensible"),
        (1, 4, None, "3 levels under", "severe"),
        (4, 2, None, "2 levels over", "over"),
        (4, None, None, "no answer (malformed)", "silent"),
    ],
)
def test_verdict(level, predicted, acceptable, words, kind):
    assert verdict(record(0, level, predicted, acceptable=acceptable, status="malformed")) == (words, kind)


def test_severe_misses_come_first_and_no_case_twice():
    truth = [1, *[3] * 30, 2, 5]
    found = instructive_cases(group([4, *[3] * 30, 2, None], [1, *[3] * 30, 2, 5], truth=truth))
    assert len(found) == 10
    assert found[0].case_id == "case-0"
    assert found[0].why == "An emergency that an agent sent to wait"
    assert len({case.case_id for case in found}) == 10
    assert any(case.why == "An agent gave no answer" or case.answers[0].kind == "silent" for case in found)


def test_fewer_cases_than_ten():
    assert len(instructive_cases(group([3, 3], truth=[3, 4]))) == 2


def test_the_same_choice_every_time():
    evaluations = group([1, 2, 3, 4, 5] * 8, truth=[2, 2, 3, 4, 4] * 8)
    assert [case.case_id for case in instructive_cases(evaluations)] == [
        case.case_id for case in instructive_cases(evaluations)
    ]


def test_only_cases_that_all_agents_answered():
    first, second = group([3] * 5, [3] * 5, truth=[3] * 5)
    shorter = Evaluation(second.folder, second.label, {}, second.records[2:])
    assert {case.case_id for case in instructive_cases([first, shorter])} == {"case-2", "case-3", "case-4"}


def test_credentialed_text_is_withheld():
    (case,) = instructive_cases(group([3], truth=[3], credentialed=True, completion="quotes the note"))
    assert case.note is None
    assert case.answers[0].completion is None


def test_evidence_of_the_agents_is_marked_else_what_the_note_says():
    (case,) = instructive_cases(group([3], truth=[3], note="chest pain", evidence=((0, 5, "where"),)))
    assert 'title="where (agent-0)"' in case.note
    assert case.marked == "evidence named by the agents"
    (case,) = instructive_cases(group([3], truth=[3], note="chest pain, BP 88/60"))
    assert "<mark" in case.note
    assert case.marked == "findings read from the note"
