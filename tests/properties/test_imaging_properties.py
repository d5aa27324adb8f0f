"""What holds for every condition: unknown facts, changes, traces, splits, notes."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.cases.imaging.generator import imaging_case
from triagelab.cases.imaging.variant import Variant, draw_variant, signature, split_of
from triagelab.clinical.imaging import ORDER, condition, conditions, decide_imaging, label_of, procedures
from triagelab.completions.imaging_answers import gold_completion, parse_imaging
from triagelab.completions.imaging_evidence import evidence_lines
from triagelab.completions.imaging_prompts import imaging_messages
from triagelab.seeding import stream

NAMES = tuple(conditions())


@cache
def variant(name: str, number: int) -> Variant:
    split = "ood" if condition(name).held_out else "train"
    return draw_variant(name, stream("tests.imaging.property", number, name), split)


variants = st.builds(variant, st.sampled_from(NAMES), st.integers(0, 15))


@settings(max_examples=120, deadline=None)
@given(variants, st.data())
def test_completing_what_is_unknown_leads_to_a_possible_label(one: Variant, data: st.DataObject) -> None:
    hidden = data.draw(st.sets(st.sampled_from(sorted(one.facts)), max_size=6))
    told = {name: value for name, value in one.facts.items() if name not in hidden}
    for procedure in one.labels:
        found = decide_imaging(one.condition, procedure, told)
        # Safety rules act on what is said only, so what is hidden of them may lower the label further.
        rest = {name: one.facts[name] for name in hidden if name in condition(one.condition).features}
        numbers = {name: one.facts[name] for name in hidden if name not in rest}
        safety = {"pregnant", "contrast_reaction", "unsafe_implant", "dialysis", "egfr"}
        whole = {**told, **{k: v for k, v in {**rest, **numbers}.items() if k not in safety}}
        assert label_of(one.condition, procedure, whole)[0] in found.possible
        assert found.label in found.possible
        assert (len(found.possible) > 1) <= bool(found.unknown)


@settings(max_examples=80, deadline=None)
@given(variants)
def test_a_trace_is_true(one: Variant) -> None:
    for procedure, label in one.labels.items():
        found = decide_imaging(one.condition, procedure, one.facts)
        assert found.label is label
        assert found.possible == {label}
        for change in found.changes:
            changed: dict[str, Any] = {**one.facts, change.feature: change.to}
            assert label_of(one.condition, procedure, changed)[0] is change.label is not label
        by_rule = next(rule for rule in condition(one.condition).rules[procedure] if found.rule.endswith(f".{rule.id}"))
        assert ORDER.index(by_rule.label) <= ORDER.index(label), "safety rules only ever lower"
        assert (by_rule.label is label) == (not found.safety)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["train", "test", "ood"]), st.integers(0, 10**6))
def test_a_case_is_the_same_again_and_its_question_tells_nothing_of_the_truth(split: str, seed: int) -> None:
    case = imaging_case(split, seed)
    again = imaging_case(split, seed)
    assert case == again
    assert case.id == again.id
    assert split_of(case.truth.condition, signature(case.truth.condition, case.truth.facts)) == split
    shown = str(case.question.row()).lower()
    # The word alone may stand in a note ("alert and appropriate"); no label may.
    assert not [label for label in ORDER if label.value in shown]
    assert case.question.asked in procedures()[case.question.procedure].names


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["imaging", "imaging-brief"]))
def test_prompts_carry_the_question_and_gold_completions_are_read_back(seed: int, template: str) -> None:
    case = imaging_case("test", seed)
    text = imaging_messages(case.question, template, evidence_lines(case.question))[-1]["content"]
    assert case.question.note in text
    assert case.question.asked in text
    read = parse_imaging(gold_completion(case.truth.reasoning, case.truth.label))
    assert read.label is case.truth.label
    assert read.well_formed


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=300)
    | st.lists(
        st.sampled_from(
            [
                "<think>",
                "</think>",
                "<answer>",
                "</answer>",
                "usually appropriate",
                "may be appropriate",
                " ",
                "x. ",
                "\n",
                "usually not appropriate",
                "ﬁ",
                "İ",
                "<ANSWER>",
            ]
        ),
        max_size=14,
    ).map("".join)
)
def test_the_parser_takes_any_text_and_answers_only_with_one_label(text: str) -> None:
    read = parse_imaging(text)
    assert (read.label is None) == (read.status.value not in ("clean", "repaired"))
    if read.label is not None:
        assert "answer" in text.lower()
