"""Tables that imaging agents are fitted on: train rows only, and nothing of the truth but the label."""

from __future__ import annotations

import pytest

from triagelab.cases.imaging.generator import dataset_split
from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.clinical.imaging import Appropriateness
from triagelab.errors import BadInputError
from triagelab.training.imaging_fit import fit_table, fitted_imaging_agent


def test_the_table_is_the_train_split_without_its_truth() -> None:
    table = fit_table(variants=4)
    cases = dataset_split("train", variants=4)
    assert [question.id for question, _ in table] == [case.id for case in cases]
    assert all(type(row) is tuple and len(row) == 2 for row in table)
    assert all(type(question) is ImagingQuestion and type(label) is Appropriateness for question, label in table)
    unseen = {case.id for split in ("test", "ood") for case in dataset_split(split, variants=4)}
    assert not unseen & {question.id for question, _ in table}


def test_agents_are_fitted_by_name_and_the_table_is_made_only_for_those_that_need_it() -> None:
    agent = fitted_imaging_agent("majority", variants=4)
    assert agent.name == "majority"
    assert fitted_imaging_agent("rules", variants=0).name == "rules"
    with pytest.raises(BadInputError, match="variants"):
        fitted_imaging_agent("majority", variants=0)
