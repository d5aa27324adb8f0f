"""Outcomes are targets of training visits and of nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from triagelab.datasets.registry import load_dataset
from triagelab.training.visit_outcomes import COLUMNS, FURTHER, OUTCOMES, further_of, outcome_targets


def test_codes_below_zero_are_no_outcome():
    values = {name: [-9.0, -7.0, 1.0] for name in COLUMNS}
    values["TOTDIAG"], values["NUMGIV"] = [-9.0, 3.0, 8.0], [2.0, -8.0, 4.0]
    found = further_of(values)
    assert found.shape == (3, len(FURTHER))
    assert found[0].tolist() == [0, 0, 0, 0, 0, 1, 0]
    assert found[1].tolist() == [0, 0, 0, 1, 0, 0, 0]
    assert found[2].tolist() == [1, 1, 1, 1, 1, 1, 1]


@pytest.mark.realdata
def test_only_training_visits_have_targets(data_dir: Path):
    folder = data_dir / "nhamcs"
    train = list(load_dataset("nhamcs", folder, split="train", limit=300))
    later = list(load_dataset("nhamcs", folder, split="dev", limit=50))
    other = list(load_dataset("generated", split="train", n=5))
    table = outcome_targets(folder, [*train, *later, *other])
    assert table.shape == (355, len(OUTCOMES))
    assert np.isin(table[:300], (0.0, 1.0)).all()
    assert np.isnan(table[300:]).all()
    stayed = table[:300, OUTCOMES.index("stayed")] == 1
    urgent = np.asarray([case.truth.level <= 2 for case in train])
    assert urgent[stayed].mean() > urgent[~stayed].mean()
    # a visit that says it is a training visit but is of a later year has no row to be read from
    with pytest.raises(KeyError):
        outcome_targets(folder, [replace(later[0], split="train")])
