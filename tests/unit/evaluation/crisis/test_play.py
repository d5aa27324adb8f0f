"""One episode: the record says what happened, and the hook sees every step."""

from __future__ import annotations

import pytest

from triagelab.agents.crisis_policies import load_crisis_policy
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.evaluation.crisis.play import play_episode
from triagelab.evaluation.crisis.records import WEIGHTS, CrisisRecord, read_crisis_records
from triagelab.rewards.crisis.pay import step_pay


def episode(name="heuristic", scenario="mass_casualty", seed=4, **options):
    return play_episode(load_crisis_policy(name), scenario, seed=seed, **options)


def test_the_record_agrees_with_the_hospital():
    seen = []

    def look(h, report):
        seen.append((h, step_pay(h.plan, report), report))

    record = episode(on_step=look)
    h = seen[-1][0]
    assert len(seen) == record.steps == 20
    assert all(one[0] is h for one in seen)
    assert record.survival == pytest.approx(h.outcome()["survival"])
    assert record.patients == h.outcome()["patients"]
    assert set(record.dead) == {one.id for one in h.patients.values() if one.arrived and not one.alive}
    assert record.reward == pytest.approx(sum(sum(pay.values()) for _, pay, _ in seen))
    assert record.reward == pytest.approx(sum(record.reward_parts.values()))
    assert record.acts == sum(len(report.results) for _, _, report in seen)
    assert record.wrong == sum(report.wrong for _, _, report in seen)
    assert record.role_share == h.ledger.share(h.minute)


def test_the_same_arguments_give_the_same_record():
    for name in ("random", "heuristic"):
        assert episode(name) == episode(name)
    assert episode("random") != episode("random", seed=5)


def test_the_heuristic_saves_more_and_treats_sooner_than_nothing():
    one, two = episode("nothing"), episode("heuristic")
    assert two.survival > one.survival
    assert all(wait is None for wait in one.treated_after)
    treated = [wait for wait in two.treated_after if wait is not None]
    assert len(treated) > 0.5 * len(two.treated_after)
    assert all(wait >= 0 for wait in treated)


def test_detection_is_f1_and_needs_something_caught():
    base = episode("nothing")
    assert base.detection == 0.0
    assert base.precision is None
    found = base.model_copy(update={"caught": 2, "injected": 4, "false_flags": 1})
    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == pytest.approx(0.5)
    assert found.detection == pytest.approx(2 * (2 / 3) * 0.5 / (2 / 3 + 0.5))
    assert base.model_copy(update={"caught": 0, "injected": 0}).detection == 0.0


def test_reward_of_ten_is_fixed_at_both_ends_and_not_clipped():
    base = episode("nothing")
    assert base.model_copy(update={"reward": -10.0}).reward_of_ten == pytest.approx(0)
    assert base.model_copy(update={"reward": 1.0}).reward_of_ten == pytest.approx(10)
    assert episode("flag-spam").reward_of_ten < 0


def test_the_composite_weighs_the_parts():
    record = episode()
    assert sum(WEIGHTS.values()) == 100
    assert record.composite == pytest.approx(sum(WEIGHTS[name] * value for name, value in record.parts.items()))


def test_roles_that_owed_nothing_do_not_count():
    base = episode("nothing")
    share = {"er_triage": 0.5, "pharmacy": 1.0, "it_systems": None}
    assert base.model_copy(update={"role_share": share}).role_correct == pytest.approx(0.75)
    assert base.model_copy(update={"role_share": {"er_triage": None}}).role_correct == 0.0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"scenario": "earthquake"}, UnknownNameError),
        ({"difficulty": float("nan")}, BadInputError),
        ({"difficulty": 2}, BadInputError),
        ({"seed": -1}, BadInputError),
        ({"steps": 0}, BadInputError),
    ],
)
def test_an_episode_that_is_none_is_refused(arguments, error):
    with pytest.raises(error):
        episode(**arguments)


def test_records_survive_the_file_and_bad_lines_are_named(tmp_path):
    record, place = episode("triage-only"), tmp_path / "records.jsonl"
    line = record.model_dump_json()
    place.write_text(line + "\n")
    assert read_crisis_records(place) == [record]
    assert CrisisRecord.model_validate_json(line).composite == record.composite
    place.write_text(line + "\n" + line + "\n")
    with pytest.raises(DataFormatError, match=r":2: .* is on line 1"):
        read_crisis_records(place)
    place.write_text(line.replace('"caught":0', '"caught":-1') + "\n")
    with pytest.raises(DataFormatError, match=r":1: caught"):
        read_crisis_records(place)
