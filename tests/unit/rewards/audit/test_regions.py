"""Where a reward and the costs choose different answers."""

from __future__ import annotations

import numpy as np
import pytest

from triagelab.clinical.costs import cost_matrix
from triagelab.rewards.audit.regions import STEPS, regions
from triagelab.rewards.audit.subject import subject_of
from triagelab.rewards.presets import load_preset

EVEN = (1.0, 1.0, 1.0, 1.0, 1.0)
POINTS = (STEPS + 1) * (STEPS + 2) // 2


def test_the_costs_agree_with_themselves_everywhere() -> None:
    found = regions(-cost_matrix().table(), EVEN)
    assert [region.levels for region in found] == [(1, 2, 3), (2, 3, 4), (3, 4, 5)]
    assert [region.differ for region in found] == [0.0, 0.0, 0.0]
    assert all(len(region.paid) == len(region.cheapest) == POINTS for region in found)


def test_v50_agrees_under_its_sampling_and_only_under_it() -> None:
    subject = subject_of(load_preset("v50"))
    assert all(region.differ == 0.0 for region in regions(subject.table, subject.sampling))
    assert any(region.differ > 0.0 for region in regions(subject.table, EVEN))
    sensitive = regions(subject.table, subject.sampling, cost_matrix("sensitivity"))
    assert any(region.differ > 0.0 for region in sensitive)


def test_beliefs_share_out_all_probability_over_their_levels() -> None:
    for region in regions(np.eye(5, 6), EVEN):
        np.testing.assert_allclose(region.beliefs.sum(axis=1), 1.0)
        outside = [level - 1 for level in range(1, 6) if level not in region.levels]
        assert (region.beliefs[:, outside] == 0).all()
        assert len(np.unique(region.beliefs, axis=0)) == POINTS


def test_one_for_right_names_the_likeliest_level() -> None:
    for region in regions(np.eye(5, 6), EVEN):
        assert (region.paid == region.beliefs.round(9).argmax(axis=1)).all()
        assert (region.cheapest <= region.paid + 1).all()


def test_a_belief_about_patients_is_shown_oversampled() -> None:
    [first, *_] = regions(np.eye(5, 6), (20.0, 1.0, 1.0, 1.0, 1.0))
    doubt = int(np.flatnonzero((first.beliefs[:, 0] == 0.1) & (first.beliefs[:, 1] == 0.9))[0])
    assert first.paid[doubt] == 0
    assert first.cheapest[doubt] == 1


def test_the_corners_are_answered_as_they_are() -> None:
    for name in ("v45c", "v46", "v48", "v49", "v50", "cost-v0"):
        subject = subject_of(load_preset(name))
        for region in regions(subject.table, subject.sampling):
            corners = np.flatnonzero(region.beliefs.max(axis=1) == 1.0)
            assert len(corners) == 3
            assert (region.paid[corners] == region.cheapest[corners]).all()


@pytest.mark.parametrize(("name", "least"), [("v45c", 0.3), ("v46", 0.2), ("v49", 0.2)])
def test_published_rewards_differ_from_the_costs_on_much_of_the_belief(name: str, least: float) -> None:
    subject = subject_of(load_preset(name))
    found = regions(subject.table, subject.sampling)
    assert max(region.differ for region in found) > least
    row = found[0].row()
    assert row["levels"] == [1, 2, 3]
    assert row["n"] == POINTS
