"""The stated cost of a wrong level, and the decision that costs least."""

from pathlib import Path

import numpy as np
import pytest

from triagelab.clinical.costs import CostMatrix, CostTable, cost_matrices, cost_matrix, load_costs
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError


def test_under_triage_of_an_urgent_patient_is_dearest():
    standard = cost_matrix()
    assert standard.cost(2, 3) == 3.0 > standard.cost(4, 5) == 1.5 > standard.cost(3, 2) == 1.0
    assert standard.cost(1, None) == standard.cost(1, 5) + 1


@pytest.mark.parametrize("name", list(cost_matrices()))
def test_certainty_is_answered_as_it_is(name):
    assert cost_matrix(name).cheapest(np.eye(5)).tolist() == [1, 2, 3, 4, 5]


def test_doubt_is_settled_towards_the_dearer_mistake():
    doubt = np.array([[0.0, 0.3, 0.7, 0.0, 0.0], [0.0, 0.1, 0.9, 0.0, 0.0]])
    assert cost_matrix().cheapest(doubt).tolist() == [2, 3]


def test_a_tie_goes_to_the_more_urgent_level():
    assert cost_matrix().cheapest(np.array([[0.0, 0.25, 0.75, 0.0, 0.0]])).tolist() == [2]


def test_unknown_matrix_names_the_nearest():
    with pytest.raises(UnknownNameError, match="standard"):
        cost_matrix("standart")


RATIOS = "over = 1.0\nunder = 2.0\nunder_urgent = 5.0\nno_answer_extra = 0.5\n"
ROWS = """rows = [
  [0, 3, 6, 9, 12, 13],
  [1, 0, 3, 6, 9, 10],
  [2, 1, 0, 1.5, 3, 4],
  [3, 2, 1, 0, 1.5, 4],
  [4, 3, 2, 1, 0, 5],
]
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_shipped_matrix_by_name():
    assert load_costs("standard") is cost_matrix("standard")
    assert load_costs("sensitivity").table()[1, 2] == 4.0


def test_four_ratios_in_a_file(tmp_path: Path):
    costs = load_costs(written(tmp_path, RATIOS))
    assert isinstance(costs, CostMatrix)
    assert costs.name == "mine"
    assert costs.cost(1, 3) == 10.0
    assert costs.cost(3, None) == 4.5
    assert load_costs(str(tmp_path / "mine.toml")) == costs
    assert load_costs(written(tmp_path, f'name = "ours"\n{RATIOS}')).name == "ours"


def test_every_cell_in_a_file(tmp_path: Path):
    costs = load_costs(written(tmp_path, ROWS))
    assert isinstance(costs, CostTable)
    np.testing.assert_array_equal(costs.table(), cost_matrix().table())


def test_a_right_answer_may_cost_something_itself(tmp_path: Path):
    costs = load_costs(written(tmp_path, ROWS.replace("[2, 1, 0, 1.5, 3, 4]", "[2, 1, 0.9, 1.5, 3, 4]")))
    assert costs.table()[2, 2] == 0.9


@pytest.mark.parametrize("name", ["standart", "", "Standard", "rows"])
def test_an_unknown_name_is_no_file(name: str):
    with pytest.raises(UnknownNameError, match="sensitivity, standard"):
        load_costs(name)


@pytest.mark.parametrize("name", ["absent.toml", "folder/absent", Path("absent")])
def test_a_file_that_is_not_there(name: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInputError, match="absent"):
        load_costs(name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "over"),
        ("over = 1", "under"),
        ("over = [", "TOML"),
        (RATIOS + "extra = 1\n", "extra"),
        (RATIOS.replace("1.0", "nan"), "over"),
        (RATIOS.replace("1.0", "inf"), "over"),
        (RATIOS.replace("1.0", "'one'"), "over"),
        (RATIOS.replace("1.0", "-1.0"), "truth 2, answer 1: cost -1 is not above the right answer's 0"),
        (RATIOS.replace("1.0", "0.0"), "truth 2, answer 1: cost 0 is not above the right answer's 0"),
        (RATIOS.replace("0.5", "-20"), "truth 1, no answer: cost 0 is not above the right answer's 0"),
        ("name = 3\n" + RATIOS, "name"),
        ("rows = []\n", "got 0 rows; expected 5"),
        (ROWS.replace("  [4, 3, 2, 1, 0, 5],\n", ""), "got 4 rows; expected 5"),
        (ROWS.replace("]\n]", "],\n  [1, 1, 1, 1, 1, 1]]").replace("5],\n]", "5],\n  [4, 3, 2, 1, 0, 5]]"), "6 rows"),
        (ROWS.replace("12, 13]", "12]"), "rows"),
        (ROWS.replace("12, 13]", "12, 13, 14]"), "rows"),
        (ROWS.replace("12, 13]", "12, inf]"), "rows"),
        (ROWS.replace("[2, 1, 0,", "[2, 0, 0,"), "truth 3, answer 2: cost 0 is not above the right answer's 0"),
        (ROWS.replace("1.5, 3, 4]", "1.5, 3, -1]"), "truth 3, no answer: cost -1"),
        ("rows = 3\n", "rows"),
        (ROWS.replace("12, 13]", "12, 1e300]"), "at most 1e+09"),
        (ROWS + "over = 1\n", "over"),
    ],
)
def test_a_file_that_is_no_cost_convention_is_one_clear_line(text: str, words: str, tmp_path: Path):
    with pytest.raises(DataFormatError) as caught:
        load_costs(written(tmp_path, text))
    assert "mine.toml" in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
