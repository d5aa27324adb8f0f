"""The tabular agent: levels and probabilities from scores, files without code in them, one line for a damaged one."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tabular_samples import dataset
from triagelab.agents.base import Agent
from triagelab.agents.decisions import levels_from_scores
from triagelab.agents.tabular import (
    ARRAYS_FILE,
    MODEL_FILE,
    TabularAgent,
    probabilities,
)
from triagelab.cases.presentation import Presentation
from triagelab.errors import BadInputError, DataFormatError
from triagelab.training.tabular import fit_tabular

CASES = dataset(train=300, dev=100, test=50)
SHOWN = [case.presentation for case in CASES.split("test")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return fit_tabular(CASES.split("train"), CASES.split("dev"), tmp_path_factory.mktemp("tabular"))


def test_cut_points():
    cuts = np.asarray([1.5, 2.5, 3.5, 4.5])
    assert levels_from_scores(np.asarray([-9.0, 1.49, 1.5, 3.0, 4.5, 9.0]), cuts).tolist() == [1, 1, 2, 3, 5, 5]


def test_probabilities_are_a_distribution_even_where_the_slopes_cross():
    slopes, intercepts = np.asarray([0.5, 4.0, 1.0, 2.0]), np.asarray([0.0, 9.0, 3.0, 9.0])
    table = probabilities(np.linspace(-50, 50, 101), slopes, intercepts)
    assert table.min() >= 0
    assert table.sum(axis=1) == pytest.approx(np.ones(101))


def test_a_prediction(folder):
    agent = TabularAgent.load(folder)
    predictions = agent.predict(SHOWN)
    assert isinstance(agent, Agent)
    assert len(predictions) == len(SHOWN)
    for prediction in predictions:
        assert prediction.level in (1, 2, 3, 4, 5)
        assert sum(prediction.probabilities) == pytest.approx(1)
        assert json.dumps(dict(prediction.extra))
    assert agent.predict([]) == []


def test_each_patient_alone_or_in_a_batch(folder):
    agent = TabularAgent.load(folder)
    together = agent.predict(SHOWN)
    for alone, batched in zip((agent.predict([item])[0] for item in SHOWN[:10]), together, strict=False):
        assert alone.level == batched.level
        assert alone.probabilities == pytest.approx(batched.probabilities)


def test_nothing_known_still_gets_a_level(folder):
    (prediction,) = TabularAgent.load(folder).predict([Presentation("a", "")])
    assert prediction.level in (1, 2, 3, 4, 5)


def test_three_ways_to_decide(folder):
    by_rounding = TabularAgent.load(folder, decision="rounding").predict(SHOWN)
    assert [p.level for p in by_rounding] == [min(5, max(1, round(p.extra["score"]))) for p in by_rounding]
    likeliest = TabularAgent.load(folder, decision="likeliest").predict(SHOWN)
    assert [p.level for p in likeliest] == [1 + int(np.argmax(p.probabilities)) for p in likeliest]
    with pytest.raises(BadInputError, match="decision"):
        TabularAgent.load(folder, decision="coin")


def test_saved_again_it_predicts_the_same(folder, tmp_path):
    agent = TabularAgent.load(folder)
    agent.save(tmp_path)
    assert TabularAgent.load(tmp_path).predict(SHOWN) == agent.predict(SHOWN)


def copied(folder, tmp_path):
    for name in (MODEL_FILE, ARRAYS_FILE):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    "change", [{"surprise": 1}, {"format": "x"}, {"cuts": [1, 2, 3]}, {"features": {}}, {"heads": ["level"]}]
)
def test_a_changed_model_file_is_refused(folder, tmp_path, change):
    path = copied(folder, tmp_path) / MODEL_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DataFormatError) as caught:
        TabularAgent.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_changed_arrays_are_refused(folder, tmp_path):
    path = copied(folder, tmp_path) / ARRAYS_FILE
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(DataFormatError, match="not the arrays that"):
        TabularAgent.load(tmp_path)


def test_pickled_objects_are_never_loaded(folder, tmp_path):
    """Even with a matching checksum: NumPy refuses object arrays here."""
    import hashlib
    import io

    copied(folder, tmp_path)
    buffer = io.BytesIO()
    np.savez(buffer, heads=np.asarray([{"a": 1}], dtype=object))
    (tmp_path / ARRAYS_FILE).write_bytes(buffer.getvalue())
    model = json.loads((tmp_path / MODEL_FILE).read_text())
    model["arrays_sha256"] = hashlib.sha256(buffer.getvalue()).hexdigest()
    (tmp_path / MODEL_FILE).write_text(json.dumps(model))
    with pytest.raises(DataFormatError, match="pickle"):
        TabularAgent.load(tmp_path)


def test_a_folder_without_the_files(tmp_path):
    with pytest.raises(BadInputError, match="model"):
        TabularAgent.load(tmp_path)
