"""The majority agent: the commonest level, ties to the urgent side, and no file but its own."""

from __future__ import annotations

import json

import pytest

from triagelab.agents.base import Agent
from triagelab.agents.majority import FILE, MajorityAgent, MajorityModel
from triagelab.cases.presentation import Presentation
from triagelab.errors import BadInputError, DataFormatError


def agent(*counts):
    return MajorityAgent(MajorityModel(dataset="x", scale="immedr", counts=counts))


def test_the_commonest_level_for_everybody():
    predictions = agent(1, 2, 9, 3, 0).predict([Presentation("a", "x"), Presentation("b", "y")])
    assert [prediction.level for prediction in predictions] == [3, 3]
    assert predictions[0].probabilities == pytest.approx((2 / 20, 3 / 20, 10 / 20, 4 / 20, 1 / 20))
    assert isinstance(agent(1, 0, 0, 0, 0), Agent)


def test_of_equals_the_more_urgent():
    assert agent(0, 4, 1, 4, 0).predict([Presentation("a", "x")])[0].level == 2


def test_nobody():
    assert agent(1, 1, 1, 1, 1).predict([]) == []


def test_saved_and_loaded(tmp_path):
    agent(1, 2, 9, 3, 0).save(tmp_path)
    assert MajorityAgent.load(tmp_path).model == agent(1, 2, 9, 3, 0).model


@pytest.mark.parametrize(
    "change",
    [
        {"counts": [1, 2, 3]},
        {"counts": [0, 0, 0, 0, 0]},
        {"counts": [-1, 2, 3, 4, 5]},
        {"surprise": 1},
        {"format": "other"},
    ],
)
def test_a_damaged_file_is_one_line(tmp_path, change):
    agent(1, 2, 9, 3, 0).save(tmp_path)
    path = tmp_path / FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DataFormatError, match=r"majority\.json: ") as caught:
        MajorityAgent.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_no_file_and_no_json(tmp_path):
    with pytest.raises(BadInputError, match="majority directory"):
        MajorityAgent.load(tmp_path)
    (tmp_path / FILE).write_text("{")
    with pytest.raises(DataFormatError):
        MajorityAgent.load(tmp_path)
