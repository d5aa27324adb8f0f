"""A plain boosted regression on NHAMCS, and how an evaluated agent compares with it on the same visits.

Usage: python bench/baseline_nhamcs.py FOLDER_WITH_CDC_FILES EVALUATION_FOLDER

What a user would fit first: vital signs, age, injury and the three reason codes as numbers, trained on 2016-2018, four
cut points tuned on 2019 for quadratic kappa, scored on 2020. The interval resamples hospitals, without smoothing.
"""

from __future__ import annotations

import sys

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from triagelab import load_dataset
from triagelab.agents.decisions import ROUNDING, levels_from_scores
from triagelab.cases.schema import Case
from triagelab.clinical.vitals import VitalSigns
from triagelab.evaluation.records import read_records
from triagelab.seeding import stream
from triagelab.training.tabular_cuts import quadratic_kappa, tune_cuts

INJURY = {"yes": 1.0, "no": 0.0}


def row(case: Case) -> list[float | None]:
    """Return the columns of one visit."""
    shown = case.presentation
    codes = [shown.structured.get(f"rfv{place}") for place in (1, 2, 3)]
    return [
        shown.age_years,
        *(getattr(shown.vitals, name) for name in VitalSigns.names()),
        INJURY.get(str(shown.structured.get("injury"))),
        *(float(code) if code is not None else None for code in codes),
    ]


def main(folder: str, evaluated: str) -> None:
    data = {split: list(load_dataset("nhamcs", folder, split=split)) for split in ("train", "dev", "test")}
    tables = {split: np.asarray([row(case) for case in cases], dtype=float) for split, cases in data.items()}
    levels = {split: np.asarray([case.truth.level for case in cases]) for split, cases in data.items()}
    kept = ~np.isnan(tables["train"]).all(axis=0)
    with threadpool_limits(limits=1):
        model = HistGradientBoostingRegressor(learning_rate=0.05, max_iter=300, random_state=0)
        model.fit(tables["train"][:, kept], levels["train"])
        dev, test = model.predict(tables["dev"][:, kept]), model.predict(tables["test"][:, kept])
    plain = levels_from_scores(test, tune_cuts(dev, levels["dev"]))
    answered = {record.case_id: record.predicted for record in read_records(evaluated)}
    agent = np.asarray([answered[case.case_id] for case in data["test"]])
    print("plain, rounded:", round(quadratic_kappa(levels["test"], levels_from_scores(test, ROUNDING)), 3))
    print("plain, tuned cuts:", round(quadratic_kappa(levels["test"], plain), 3))
    print("agent:", round(quadratic_kappa(levels["test"], agent), 3))
    _, hospital = np.unique([case.cluster for case in data["test"]], return_inverse=True)
    places = [np.flatnonzero(hospital == number) for number in range(hospital.max() + 1)]
    draws = []
    for drawn in stream("bench.baseline", 0).integers(0, len(places), (1000, len(places))):
        chosen = np.concatenate([places[number] for number in drawn])
        truth = levels["test"][chosen]
        draws.append(quadratic_kappa(truth, agent[chosen]) - quadratic_kappa(truth, plain[chosen]))
    print("agent - plain, 95 %:", np.quantile(draws, [0.025, 0.975]).round(3).tolist())


if __name__ == "__main__":
    main(*sys.argv[1:3])
