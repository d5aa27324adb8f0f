"""The parts of one episode at the bedside."""

from __future__ import annotations

import pytest

from triagelab.envs.bedside_episode import falling


@pytest.mark.parametrize("levels", [[], [2], [2, 2, 2, 2], [3, 2, 2, 1, 1, 1], [3] * 9 + [1], [3] + [1] * 9])
def test_levels_between_two_equal_ones_are_not_asked_for(levels: list[int]) -> None:
    asked: list[float] = []

    def level_at(moment: float) -> int:
        asked.append(moment)
        return levels[int(moment)]

    assert falling([float(place) for place in range(len(levels))], level_at) == levels
    if len(set(levels)) == 1:
        assert len(set(asked)) <= 2
