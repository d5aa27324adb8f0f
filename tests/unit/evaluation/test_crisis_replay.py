"""Replays: what is written is what is read, what is read can be proven, and what is broken is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crisis_replay_samples import Hostile
from triagelab.agents.crisis_policies import load_crisis_policy, scripted_policies
from triagelab.errors import BadInputError, DataFormatError
from triagelab.evaluation.crisis_replay import MAX_ENTRIES, Replay, nothing_deaths, read_replay, write_replay
from triagelab.evaluation.crisis_replay_check import prove
from triagelab.evaluation.crisis_replay_record import deaths_of_nothing, plain, record_episode
from triagelab.evaluation.crisis_replay_state import snapshot
from triagelab.hospital.acts import Act
from triagelab.hospital.hospital import begin
from triagelab.hospital.tables import ROLES


@pytest.fixture(scope="module")
def replay() -> Replay:
    return record_episode(load_crisis_policy("heuristic"), "equipment_failure", 0.6, 4, 20)


@pytest.fixture(scope="module")
def lines(replay) -> list[dict]:
    return list(replay.lines())


def written(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_what_is_written_is_what_is_read(replay, tmp_path):
    path = write_replay(tmp_path / "deep" / "one.jsonl", replay)
    assert read_replay(path) == replay
    assert len(path.read_text().splitlines()) == 22
    assert len(replay.states()) == 21
    again = record_episode(load_crisis_policy("heuristic"), "equipment_failure", 0.6, 4, 20)
    assert again == replay


def test_it_tells_of_the_same_episode_as_the_simulator(replay):
    h = begin("equipment_failure", 0.6, 4, 20)
    for step in replay.steps:
        h.step(step.acts)
    dead = {name for name, one in h.patients.items() if one.arrived and not one.alive}
    assert dead == {name for step in replay.steps for name in step.deaths}
    assert (
        sum(len(step.deaths) for step in replay.steps) == replay.end.deaths == replay.states()[-1].deaths == len(dead)
    )
    assert replay.end.survival == h.outcome()["survival"]
    assert replay.end.shares == h.ledger.share(h.minute)
    for area, (here, free) in replay.states()[-1].beds.items():
        assert here == sum(one.area == area for one in replay.states()[-1].patients.values())
        assert free == h.free(area)


@pytest.mark.parametrize("name", scripted_policies())
def test_every_policy_can_be_proven_from_its_file(name, tmp_path):
    found = record_episode(load_crisis_policy(name), "combined_surge", 0.5, 1, 20)
    proof = prove(read_replay(write_replay(tmp_path / "x.jsonl", found)))
    assert (proof.agrees, proof.states, proof.difference) == (True, 21, None)


def test_whatever_was_sent_can_be_proven(tmp_path):
    found = record_episode(Hostile(), "mass_casualty", 0.5, 2, 20)
    again = read_replay(write_replay(tmp_path / "x.jsonl", found))
    assert again == found
    assert prove(again).difference is None
    assert any(one.act is None for step in found.steps for one in step.results)
    assert all(len(step.said["er_triage"]) <= 4000 for step in found.steps)


def test_nobody_acting_is_the_baseline_itself():
    found = record_episode(load_crisis_policy("nothing"), "mass_casualty", 0.5, 0, 20)
    assert len(found.end.nothing) == found.end.deaths > 0
    for state in found.states():
        assert nothing_deaths(found.end, state.minute) == state.deaths
    assert deaths_of_nothing("mass_casualty", 0.5, 0, 20) == found.end.nothing


def test_recording_changes_nothing():
    watched, alone = begin("staff_shortage", 0.5, 7, 20), begin("staff_shortage", 0.5, 7, 20)
    book = load_crisis_policy("heuristic")
    from triagelab.hospital.views import View

    while not alone.done:
        for h in (watched, alone):
            h.step(book.act({role: View(h, role) for role in ROLES}))
        before = watched.digest()
        snapshot(watched)
        assert watched.digest() == before == alone.digest() == watched.clone().digest()


def test_the_digest_sees_what_the_picture_does_not():
    one, other = begin("mass_casualty", 0.5, 0, 20), begin("mass_casualty", 0.5, 0, 20)
    one.step({})
    other.step({})
    assert one.digest() == other.digest()
    other.patients["P-001"].hazard += 1e-4
    assert snapshot(one).patients == snapshot(other).patients
    assert one.digest() != other.digest()


def tampered(rows: list[dict], change) -> list[dict]:
    copy = json.loads(json.dumps(rows))
    change(copy)
    return copy


def first(rows: list[dict], status: str) -> dict:
    return next(one for row in rows[1:-1] for one in row["results"] if one["status"] == status and one["act"])


CHANGES = {
    "a vital sign": lambda rows: rows[6]["state"]["patients"]["P-001"][4].__setitem__(2, 41.0),
    "a place": lambda rows: rows[9]["state"]["patients"]["P-002"].__setitem__(0, "roof"),
    "a digest": lambda rows: rows[12]["state"].__setitem__("digest", "0" * 32),
    "a death": lambda rows: rows[3]["deaths"].append("P-001"),
    "an act": lambda rows: next(row for row in rows[1:-1] if row["acts"]["er_triage"])["acts"]["er_triage"].pop(),
    "a result": lambda rows: first(rows, "done").__setitem__("status", "refused"),
    "a pay": lambda rows: rows[5]["pay"].__setitem__("survival", 1.0),
    "what happened": lambda rows: next(row for row in rows[1:-1] if row["happened"])["happened"].clear(),
    "the seed": lambda rows: rows[0].__setitem__("seed", 5),
    "the start": lambda rows: rows[0]["state"].__setitem__("queue", 99),
    "the age of a patient": lambda rows: rows[0]["patients"][0].__setitem__("age_years", 3.0),
    "the outcome": lambda rows: rows[-1].__setitem__("deaths", 0),
    "the baseline": lambda rows: rows[-1]["nothing"].__setitem__("P-001", 15.0),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_record_is_found_out(what, lines, tmp_path):
    proof = prove(read_replay(written(tmp_path / "x.jsonl", tampered(lines, CHANGES[what]))))
    assert not proof.agrees
    assert proof.difference
    assert proof.difference.startswith(("header", "step", "end"))


BROKEN = {
    "no format": (lambda rows: rows[0].pop("format"), ":1: format: expected 'triagelab-crisis-replay'"),
    "another version": (lambda rows: rows[0].__setitem__("version", 2), ":1: version: expected 1"),
    "a field too many": (lambda rows: rows[3].__setitem__("note", 1), ":4: note: Extra inputs"),
    "a field too few": (lambda rows: rows[3].pop("pay"), ":4: pay: Field required"),
    "a word for a number": (lambda rows: rows[4]["state"].__setitem__("queue", "many"), ":5: state.queue: "),
    "not a number": (lambda rows: rows[4].__setitem__("hazard", float("nan")), ":5: hazard: "),
    "a step twice": (lambda rows: rows[5].__setitem__("step", 3), ":6: step: expected 4, got 3"),
    "a wrong minute": (lambda rows: rows[5]["state"].__setitem__("minute", 5), ":6: state.minute: expected 75"),
    "an unknown patient": (
        lambda rows: rows[5]["state"]["patients"].__setitem__("P-9", rows[5]["state"]["patients"]["P-001"]),
        ":6: state.patients: 'P-9' is not in the header",
    ),
    "a long text": (lambda rows: rows[2].__setitem__("said", {"pharmacy": "x" * 4001}), ":3: said.pharmacy: "),
    "too many results": (
        lambda rows: rows[2].__setitem__("results", [first(rows, "done")] * (MAX_ENTRIES + 1)),
        ":3: results: ",
    ),
    "too many steps": (lambda rows: rows[0].__setitem__("steps", 201), ":1: steps: "),
    "fewer steps than said": (lambda rows: rows.pop(-2), ":21: the header says 20 steps, here are 19"),
    "cut off": (lambda rows: rows.__delitem__(slice(7, None)), ":7: cut off after 6 of 20 steps"),
    "more after the end": (lambda rows: rows.append(rows[-1]), ":23: nothing may follow"),
    "no end": (lambda rows: rows.__setitem__(-1, rows[1]), ":22: line: expected 'end' after 20 steps"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_named_by_line_and_field(what, lines, tmp_path):
    change, said = BROKEN[what]
    path = written(tmp_path / "x.jsonl", tampered(lines, change))
    with pytest.raises(DataFormatError) as caught:
        read_replay(path)
    assert f"{path}{said}" in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "triagelab-crisis-replay"}', "[" * 50_000, "\x00\xff"])
def test_what_is_no_replay_at_all(text, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataFormatError, match=r"x\.jsonl"):
        read_replay(path)


def test_a_place_that_cannot_be_and_a_write_that_fails(replay, tmp_path, monkeypatch):
    with pytest.raises(BadInputError):
        read_replay(tmp_path / "nowhere.jsonl")
    with pytest.raises(BadInputError):
        write_replay(tmp_path, replay)
    path = tmp_path / "kept.jsonl"
    path.write_text("what was here")
    bad = replay._replace(end=replay.end.model_copy(update={"reward": float("nan")}))
    with pytest.raises(ValueError, match="JSON"):
        write_replay(path, bad)
    assert path.read_text() == "what was here"
    assert list(tmp_path.iterdir()) == [path]


def test_a_scenario_that_is_gone_is_a_word_not_a_crash(lines, tmp_path):
    path = written(tmp_path / "x.jsonl", tampered(lines, lambda rows: rows[0].__setitem__("scenario", "flood")))
    with pytest.raises(BadInputError, match="flood"):
        prove(read_replay(path))


def test_plain_values_are_bounded():
    assert plain(float("inf")) == "inf"
    assert plain(10**400) == "a number too large"
    assert plain({"a": {"b": {"c": {"d": {}}}}}) == {"a": {"b": {"c": {"d": "a dict"}}}}
    assert len(plain("x" * 10_000_000)) == 400
    assert plain([Act("er_triage", "assess", {"patient": "P-001"})])
    json.dumps(plain([{1: object(), "s": {1, 2}, "n": float("nan")}]), allow_nan=False)
