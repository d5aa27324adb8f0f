"""Episodes: played in lock step, written as they come, resumable to the byte, bounded by constant and oracle."""

from __future__ import annotations

import json

import pytest

from triagelab.agents.bedside_scripted import CommitAtOnce, Constant, DoNothing
from triagelab.cases.bedside.actions import BedsideAction
from triagelab.envs.registry import make
from triagelab.errors import BadInputError, DataFormatError, RunStateError, UnknownNameError
from triagelab.evaluation import episode_bounds, episodes
from triagelab.evaluation.episode_measures import MEASURES
from triagelab.evaluation.episode_play import play_batch, player_of
from triagelab.evaluation.episode_records import EPISODES, make_row, read_rows
from triagelab.evaluation.episode_summary import episode_lines, read_episode_summary, summarise_episodes
from triagelab.evaluation.episodes import evaluate_episodes


class Seen:
    """Remembers what it was shown; answers as it is told."""

    name = "seen"

    def __init__(self, answer: object = None) -> None:
        self.shown, self.answer = [], answer

    def act(self, dialogues, *, seed=0):
        self.shown.append((len(dialogues), seed))
        return [self.answer for _ in dialogues]


def run(tmp_path, agent="commit-at-once", name="run", n=14, **options):
    return evaluate_episodes(agent, tmp_path / name, split="train", n=n, batch=4, progress=False, **options)


def test_summary_has_every_measure_and_its_origin(tmp_path):
    found = run(tmp_path, config={"note": "x"})
    assert found == json.loads((tmp_path / "run" / "summary.json").read_text())
    assert found == read_episode_summary(tmp_path / "run")
    assert all({"value", "low", "high", "n"} <= set(found[name]) for name in MEASURES)
    assert (found["kind"], found["n"], found["env"], found["split"]) == ("episodes", 14, "bedside-v1", "train")
    assert found["config"]["options"] == {"note": "x"}
    assert sum(map(sum, found["confusion"]["counts"])) == sum(found["questions_histogram"].values()) == 14
    assert found["best_constant"]["split"] == "dev"
    text = "\n".join(episode_lines(found))
    assert "commit-at-once in bedside-v1/train, n = 14 episodes" in text
    assert "chosen on 300 dev cases" in text


def test_rows_tell_the_whole_episode(tmp_path):
    run(tmp_path, "rules", n=5)
    rows = read_rows(tmp_path / "run")
    assert [row.seed for row in rows] == [0, 1, 2, 3, 4]
    for row in rows:
        assert sum(row.components.values()) == pytest.approx(sum(row.rewards)) == pytest.approx(row.total)
        assert len(row.actions) == len(row.rewards)
        assert row.actions[-1] == f"commit({row.answer},{row.answer_pathway},{row.answer_pattern})"
        assert row.questions <= len(row.actions)
        assert row.ceiling >= row.floor


def test_oracle_is_100_and_the_best_constant_0(tmp_path):
    best = episode_bounds.best_constant("bedside-v1")
    oracle, constant = run(tmp_path, "oracle", "a"), run(tmp_path, Constant(best.action, "best"), "b")
    assert oracle["normalised"]["value"] == pytest.approx(100.0)
    assert constant["normalised"]["value"] == pytest.approx(0.0, abs=1e-9)
    assert oracle["exact"]["value"] == oracle["pathway"]["value"] == oracle["pattern"]["value"] == 1.0
    assert run(tmp_path, "do-nothing", "c")["no_commit"]["value"] == 1.0


def test_no_other_constant_part_is_better_on_the_cases_it_was_chosen_on():
    cases = 40
    best = episode_bounds.best_constant("bedside-v1", None, cases)
    with make("bedside-v1") as env:
        for level in range(1, 6):
            other = best.action.model_copy(update={"level": level})
            earned = [episode_bounds.constant_return(env, other, seed=seed, split="dev") for seed in range(cases)]
            assert sum(earned) / cases <= best.mean_return + 1e-9


def test_a_stopped_run_goes_on_to_the_same_bytes(tmp_path):
    whole = run(tmp_path, "random", "whole")
    run(tmp_path, "random", "cut")
    place = tmp_path / "cut" / EPISODES
    lines = place.read_bytes().splitlines(keepends=True)
    place.write_bytes(b"".join(lines[:6]) + lines[6][:40])
    again = run(tmp_path, "random", "cut")
    assert place.read_bytes() == (tmp_path / "whole" / EPISODES).read_bytes()
    changing = {"seconds", "code_version"}
    assert {k: v for k, v in again.items() if k not in changing} == {
        k: v for k, v in whole.items() if k not in changing
    }


def test_a_finished_run_asks_nothing_again(tmp_path):
    agent = Seen(BedsideAction(kind="commit", level=3, pathway="urgent", pattern="burn"))
    run(tmp_path, agent)
    asked = len(agent.shown)
    run(tmp_path, agent)
    assert len(agent.shown) == asked == 4


@pytest.mark.parametrize("change", [{"n": 15}, {"seed": 1}, {"agent": "random"}, {"config": {"x": 1}}])
def test_another_configuration_in_the_same_folder_is_refused(tmp_path, change):
    run(tmp_path)
    with pytest.raises(RunStateError, match="another configuration"):
        run(tmp_path, **change)


def test_episodes_of_unknown_origin_are_refused(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / EPISODES).write_text("")
    with pytest.raises(RunStateError, match=r"without run\.json"):
        run(tmp_path)


def test_an_agent_that_cannot_act_leaves_nothing_behind(tmp_path):
    class Broken(Seen):
        def act(self, dialogues, *, seed=0):
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run(tmp_path, Broken())
    assert not (tmp_path / "run").exists()


def test_answers_that_are_no_action_cost_a_step_and_are_counted(tmp_path):
    found = run(tmp_path, Seen("commit 2"), n=3)
    assert found["invalid"]["value"] == found["no_commit"]["value"] == 1.0
    stand_in = Seen(BedsideAction(kind="more_info"))
    stand_in.stand_in = stand_in.answer
    assert run(tmp_path, stand_in, "b", n=3)["invalid"]["value"] == 1.0


def test_agents_are_asked_in_batches_of_what_still_runs(tmp_path):
    agent = Seen(BedsideAction(kind="commit", level=3, pathway="urgent", pattern="burn"))
    run(tmp_path, agent)
    assert [size for size, _ in agent.shown] == [4, 4, 4, 2]
    assert len({seed for _, seed in agent.shown}) == 4


def test_too_few_actions_are_an_error(tmp_path):
    class Short(Seen):
        def act(self, dialogues, *, seed=0):
            return []

    with pytest.raises(BadInputError, match="actions of seen"):
        run(tmp_path, Short())


def test_batches_do_not_change_what_a_deterministic_agent_does():
    with make("bedside-v1") as env:
        player = player_of(CommitAtOnce())
        together = play_batch(player, env, split="train", seeds=range(3))
        alone = [play_batch(player, env, split="train", seeds=[seed])[0] for seed in range(3)]
    assert together == alone


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"env": "bedside-v2"}, "did you mean 'bedside-v1'"),
        ({"env": "esi-v1"}, "--data"),
        ({"split": "tests"}, "did you mean 'test'"),
        ({"n": 0}, "n: got 0"),
        ({"batch": 0}, "batch: got 0"),
        ({"agent": "rulez"}, "did you mean 'rules'"),
        ({"reward": "nothing-like-it"}, "reward"),
    ],
)
def test_wrong_arguments_are_named_and_leave_no_folder(tmp_path, options, message):
    given = {"agent": "do-nothing", "split": "train", "n": 2, **options}
    with pytest.raises((BadInputError, UnknownNameError), match=message):
        evaluate_episodes(given.pop("agent"), tmp_path / "run", **given)
    assert not (tmp_path / "run").exists()


def test_named_tasks_have_their_ids_and_tiers_and_end_with_the_split(tmp_path):
    found = evaluate_episodes("commit-at-once", tmp_path / "run", split="tasks", n=1000, progress=False)
    rows = read_rows(tmp_path / "run")
    assert found["n"] == len(rows) == 15
    assert {row.tier for row in rows} == {"easy", "medium", "hard"}
    assert len({row.task for row in rows}) == 15


def test_broken_lines_are_named(tmp_path):
    run(tmp_path, n=2)
    place = tmp_path / "run" / EPISODES
    lines = place.read_text().splitlines()
    place.write_text("\n".join([lines[0], lines[0]]) + "\n")
    with pytest.raises(DataFormatError, match="seed 0 stands on line 1"):
        read_rows(place)
    place.write_text(lines[0].replace('"level":', '"levle":') + "\n")
    with pytest.raises(DataFormatError, match=r"episodes\.jsonl:1: "):
        read_rows(place)


def test_an_environment_without_a_debrief_is_refused():
    with make("bedside-v1") as env:
        ((dialogue, _),) = play_batch(player_of(DoNothing()), env, split="train", seeds=[0])
        blind = dialogue.turns[-1][1].model_copy(update={"debrief": {}})
        last = type(dialogue)(dialogue.first, (*dialogue.turns[:-1], (dialogue.turns[-1][0], blind)))
        with pytest.raises(DataFormatError, match="debrief of seed 0"):
            make_row(last, env="bedside-v1", split="train", seed=0, agent="x", bounds=(0.0, 1.0))


def test_nothing_to_sum_up_is_an_error():
    with pytest.raises(BadInputError, match="at least one episode"):
        summarise_episodes([])
    assert episodes.ENVS == ("bedside-v1",)
