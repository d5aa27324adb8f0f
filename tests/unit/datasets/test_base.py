"""A dataset is a sequence of cases with its reject log."""

from __future__ import annotations

from dataset_samples import visits, year_of
from triagelab.datasets.base import Dataset


def test_a_split_keeps_the_reject_log():
    year = year_of(visits({}, {"IMMEDR": -9.0}))
    dataset = Dataset("nhamcs", tuple(year.cases), "immedr", tuple(year.rejects), ("note",))
    assert (len(dataset), dataset[0], list(dataset)) == (1, dataset.cases[0], list(dataset.cases))
    assert len(dataset.split("train")) == 0
    assert dataset.split("train").reject_counts() == {"no triage level (blank)": 1}
    assert dataset.split("test") == dataset
