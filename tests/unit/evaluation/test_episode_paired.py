"""Two agents in the same episodes: paired by seed, antisymmetric, folders of two kinds refused."""

from __future__ import annotations

import pytest

from triagelab.errors import BadInputError
from triagelab.evaluation.episode_measures import MEASURES, measured, ratio
from triagelab.evaluation.episode_paired import compare_episodes, compare_folders, differences
from triagelab.evaluation.episode_records import EPISODES, EpisodeRow, read_rows
from triagelab.evaluation.episode_summary import read_episode_summary
from triagelab.evaluation.episodes import evaluate_episodes
from triagelab.evaluation.report import build_report
from triagelab.evaluation.report_episodes import episode_definitions


def row(seed: int, *, level: int = 3, answer: int | None = 3, total: float = 0.8, questions: int = 4) -> EpisodeRow:
    return EpisodeRow(
        env="bedside-v1",
        split="test",
        seed=seed,
        agent="a",
        actions=("commit(3,urgent,burn)",),
        rewards=(total,),
        components={"level": total},
        total=total,
        level=level,
        pathway="urgent",
        pattern="burn",
        answer=answer,
        answer_pathway=None if answer is None else "urgent",
        answer_pattern=None if answer is None else "burn",
        minutes=3.0,
        questions=questions,
        floor=0.2,
        ceiling=1.0,
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    top = tmp_path_factory.mktemp("episodes")
    for agent in ("commit-at-once", "do-nothing"):
        evaluate_episodes(agent, top / agent, split="train", n=20, progress=False)
    evaluate_episodes("do-nothing", top / "dev", split="dev", n=20, progress=False)
    evaluate_episodes("do-nothing", top / "fewer", split="train", n=12, progress=False)
    return top


def test_measures_count_what_they_say():
    rows = [row(0), row(1, level=1, answer=3), row(2, level=2, answer=1), row(3, answer=None, total=-1.2)]
    value = {name: float(ratio(one.parts(rows).sum(0))) for name, one in MEASURES.items()}
    assert value["exact"] == 0.25
    assert value["within_one"] == 0.5
    assert value["sensitivity_1_2"] == 0.5
    assert (value["under_triage"], value["over_triage"], value["no_commit"]) == (0.25, 0.25, 0.25)
    assert value["normalised"] == pytest.approx(100 * (3 * 0.6 - 1.4) / (4 * 0.8))
    assert value["questions"] == 4.0


def test_intervals_hold_their_value_and_few_cases_get_none():
    rows = [row(seed, answer=3 if seed % 3 else 4, total=0.8 - 0.1 * (seed % 4)) for seed in range(60)]
    for name, found in measured(rows).items():
        if found.value is not None and found.low is not None:
            assert found.low <= found.value <= found.high, name
    assert measured(rows[:5])["mean_return"].low is None
    assert measured(rows[:5])["sensitivity_1_2"].value is None


def test_comparison_is_antisymmetric_and_sees_a_clear_difference():
    good = [row(seed, total=0.9 - 0.01 * (seed % 5)) for seed in range(40)]
    poor = [row(seed, answer=5, total=0.3 - 0.01 * (seed % 7), questions=9) for seed in range(40)]
    there, back = differences(good, poor), differences(poor, good)
    for name in there:
        assert there[name].value == pytest.approx(-back[name].value)
    assert there["normalised"].verdict == "b worse"
    assert back["normalised"].verdict == "b better"
    assert there["questions"].value == 5.0
    assert there["exact"].test == "McNemar exact"
    same = differences(good, good)
    assert all(one.value == 0 and one.verdict == "not told apart" for one in same.values())


def test_folders_compare_and_say_so(folders):
    found = compare_episodes(folders / "do-nothing", folders / "commit-at-once")
    assert (found.a, found.b, found.n) == ("do-nothing", "commit-at-once", 20)
    assert found.differences["normalised"].verdict == "b better"
    told = found.to_dict()
    assert told["kind"] == "episode comparison"
    assert "n = 20 paired episodes" in told["lines"][0]
    assert compare_folders(folders / "do-nothing", folders / "commit-at-once") == found


def test_other_cases_are_refused_or_left_out_by_request(folders):
    with pytest.raises(BadInputError, match="split"):
        compare_episodes(folders / "do-nothing", folders / "dev")
    with pytest.raises(BadInputError, match="--intersect"):
        compare_episodes(folders / "do-nothing", folders / "fewer")
    found = compare_episodes(folders / "do-nothing", folders / "fewer", intersect=True)
    assert found.n == 12
    assert "8 episodes" in found.notes[0]
    assert found.a != found.b


def test_the_same_seed_with_another_case_is_refused(folders, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for name in ("summary.json", "run.json", EPISODES):
        (other / name).write_text((folders / "do-nothing" / name).read_text())
    rows = [one.model_copy(update={"floor": one.floor - 1}) for one in read_rows(other)]
    (other / EPISODES).write_text("".join(one.model_dump_json() + "\n" for one in rows))
    with pytest.raises(BadInputError, match="another case"):
        compare_episodes(folders / "do-nothing", other)


def test_folders_of_two_kinds_are_refused(folders, tmp_path):
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "records.jsonl").write_text("")
    with pytest.raises(BadInputError, match="two of one kind"):
        compare_folders(notes, folders / "do-nothing")
    with pytest.raises(BadInputError, match=r"summary\.json"):
        compare_folders(tmp_path / "nothing", tmp_path / "nothing")


def test_a_folder_that_is_not_there_is_named_and_not_taken_for_another_kind(folders, tmp_path):
    with pytest.raises(BadInputError, match=r"none-here'; allowed.*summary"):
        compare_folders(folders / "dev", tmp_path / "none-here")


def test_a_report_of_episodes_alone_explains_its_measures_and_holds_its_configurations(folders, tmp_path):
    parts = [folders / "commit-at-once", folders / "do-nothing"]
    page = build_report(parts, tmp_path / "report.html").read_text(encoding="utf-8")
    for label, text in episode_definitions():
        assert f"<dt>{label}</dt><dd>{text}</dd>" in page
    assert "Quadratic kappa" not in page
    for folder in parts:
        assert read_episode_summary(folder)["config_hash"] in page
