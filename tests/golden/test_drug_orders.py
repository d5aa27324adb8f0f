"""Orders with the rules that they break: violations, benign look-alikes, and both sides of every limit."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from triagelab.clinical.drug_rules import drug_rules
from triagelab.clinical.drug_scores import VERDICTS, Answer, score_reviews
from triagelab.clinical.drugs import DrugOptions, Review, check
from triagelab.files import read_toml

CASES = read_toml(Path(__file__).with_name("drug_orders.toml"))["case"]
HISTORY = {"history_complete": True, "active": [], "allergies": []}
EXPECTED = [Answer(case["verdict"], tuple(case["expect"])) for case in CASES]


def review(case) -> Review:
    options = DrugOptions(**case.get("options", {}))
    return check(case["order"], {**HISTORY, **case["patient"]}, options=options)


@pytest.mark.parametrize("case", CASES, ids=[f"{i}-{case['about']}" for i, case in enumerate(CASES)])
def test_order(case):
    found = review(case)
    assert (list(found.rule_ids), found.verdict) == (case["expect"], case["verdict"])
    if "provisional" in case:
        assert found.provisional == case["provisional"], found.needs
    if "double_check" in case:
        assert list(found.double_check) == case["double_check"]


def test_half_of_the_orders_are_benign():
    share = sum(not case["expect"] for case in CASES) / len(CASES)
    assert len(CASES) >= 130
    assert 0.45 <= share <= 0.6


def test_every_rule_is_broken_once_and_every_row_has_a_look_alike():
    ids = {rule.id for rule in drug_rules().rules}
    rows = {rule.row for rule in drug_rules().rules}
    assert {case["about"] for case in CASES} <= ids
    assert {name for case in CASES for name in case["expect"]} == ids
    assert rows == {f"D{number:02d}" for number in range(1, 47)}
    assert {case["about"][:3] for case in CASES if case["about"] not in case["expect"]} == rows


def test_the_rules_score_one_on_their_own_set():
    found = score_reviews(EXPECTED, [review(case) for case in CASES])
    assert (found.precision, found.recall, found.verdict_accuracy, found.score) == (1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_same_verdict_for_all_scores_badly(verdict):
    found = score_reviews(EXPECTED, [Answer(verdict) for _ in CASES])
    assert found.verdict_balanced == pytest.approx(1 / 3)
    assert found.score < 0.2
    assert found.recall == 0.0


def test_reject_all_with_every_rule_named_scores_badly():
    every = tuple(rule.id for rule in drug_rules().rules)
    found = score_reviews(EXPECTED, [Answer("reject", every) for _ in CASES])
    assert found.recall == 1.0
    assert found.precision is not None
    assert found.precision < 0.02
    assert found.needless == 1.0
    assert found.score < 0.2


def test_the_most_common_rule_is_no_shortcut():
    common = Counter(name for case in CASES for name in case["expect"]).most_common(1)[0][0]
    found = score_reviews(EXPECTED, [Answer("reject", (common,)) for _ in CASES])
    assert found.score < 0.25
