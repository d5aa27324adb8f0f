"""Records: what they hold, what they refuse, and what a killed writer leaves behind."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from evaluation_samples import dataset, record
from triagelab.agents.base import Prediction
from triagelab.errors import DataFormatError, RunStateError
from triagelab.evaluation.records import RecordWriter, drop_broken_tail, make_record, read_records


def test_round_trip(tmp_path):
    path = tmp_path / "records.jsonl"
    written = [record(0, 2, None, status="refused"), record(1, 3, 3, evidence=((0, 4, "pain"),), note="pain\u2028 é")]
    with RecordWriter(path) as writer:
        writer.write(written)
    with RecordWriter(path) as writer:
        writer.write([record(2, 5, 4)])
    assert read_records(tmp_path) == [*written, record(2, 5, 4)]


def test_truth_and_answer_of_a_case():
    case = dataset(1)[0]
    prediction = Prediction(level=2, acceptable=frozenset({3, 2}), extra={"tokens": 12})
    found = make_record(case, prediction, agent="a", repeat=1)
    assert (found.case_id, found.repeat, found.level) == ("case-0", 1, case.truth.level)
    assert found.predicted_acceptable == (2, 3)
    assert found.note == case.presentation.narrative
    assert found.extra == {"tokens": 12}


def test_credentialed_text_is_not_written():
    case = dataset(1, credentialed=True)[0]
    found = make_record(case, Prediction(level=2, completion="quotes the note"), agent="a")
    assert found.credentialed
    assert found.note is None
    assert found.completion is None
    assert "chest pain" not in found.model_dump_json()


def test_half_a_surrogate_pair_can_be_written():
    found = make_record(dataset(1)[0], Prediction(level=2, completion="bad \ud800 text"), agent="a")
    assert found.completion == "bad ? text"
    assert found.model_dump_json()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("level", 6), ("level", None), ("level", "2"), ("predicted", 0), ("predicted", 2.5), ("scale", "esi")],
        *[("probabilities", (0.5, 0.5, 0.5, 0, 0)), ("probabilities", (1.5, -0.5, 0, 0, 0))],
        *[("repeat", -1), ("levle", 2)],
    ],
)
def test_values_that_are_no_record(field, value):
    with pytest.raises(ValidationError, match=field):
        record(**{"index": 0, "level": 2, "predicted": 2, field: value})


def test_error_names_file_line_and_field(tmp_path):
    path = tmp_path / "records.jsonl"
    bad = record(1, 2, 2).model_dump_json().replace('"level":2', '"level":9')
    path.write_text(record(0, 2, 2).model_dump_json() + "\n" + bad + "\n")
    with pytest.raises(DataFormatError, match=r"records\.jsonl:2: level: .*9"):
        read_records(path)


def test_a_case_that_stands_twice_is_an_error(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text(2 * (record(0, 2, 2).model_dump_json() + "\n"))
    with pytest.raises(DataFormatError, match=r":2: case 'case-0'.*line 1"):
        read_records(path)


def test_broken_tail_is_cut_and_a_whole_file_is_left_alone(tmp_path):
    path = tmp_path / "records.jsonl"
    whole = record(0, 2, 2).model_dump_json() + "\n"
    path.write_text(whole + whole[:37])
    assert drop_broken_tail(path)
    assert path.read_text() == whole
    assert not drop_broken_tail(path)


def test_two_writers_are_refused(tmp_path):
    path = tmp_path / "records.jsonl"
    with RecordWriter(path), pytest.raises(RunStateError, match="another evaluation"):
        RecordWriter(path)
