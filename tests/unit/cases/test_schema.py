from __future__ import annotations

import dataclasses
import json
import pickle

import pytest

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError


@pytest.fixture
def case() -> Case:
    presentation = Presentation(
        case_id="x-1", narrative="67F chest pain", age_years=67, sex="female", vitals=VitalSigns(spo2_pct=91)
    )
    truth = Truth(level=2, scale="esi-v5", labelled_by="engine", acceptable=frozenset({2, 3}), because=("b1",))
    return Case(presentation, truth, dataset="generated", split="train", family="f")


def test_round_trip_through_json_and_pickle(case):
    assert Case.from_dict(json.loads(json.dumps(case.to_dict()))) == case
    assert pickle.loads(pickle.dumps(case)) == case


def test_hash_moves_with_content(case):
    other = dataclasses.replace(case, truth=dataclasses.replace(case.truth, level=3))
    assert other.content_hash() != case.content_hash()


def test_presentation_holds_no_field_of_the_truth():
    shown = {field.name for field in dataclasses.fields(Presentation)}
    hidden = {field.name for field in dataclasses.fields(Truth)} | {"family", "truth", "label"}
    assert not shown & hidden


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": 0}, "level"),
        ({"level": 6}, "level"),
        ({"scale": "esi"}, "scale"),
        ({"labelled_by": "me"}, "labelled_by"),
    ],
)
def test_truth_refuses_what_is_not_a_label(change, message):
    good = {"level": 3, "scale": "esi-v4", "labelled_by": "nurse"}
    with pytest.raises(BadInputError, match=message):
        Truth(**{**good, **change})


def test_the_level_is_in_its_own_acceptable_set():
    with pytest.raises(BadInputError, match="holds the level 3"):
        Truth(level=3, scale="esi-v4", labelled_by="nurse", acceptable=frozenset({1, 2}))
