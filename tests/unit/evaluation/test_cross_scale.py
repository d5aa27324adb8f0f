"""Results on a scale that is not ESI say so wherever they are read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaluation_samples import SpyAgent, dataset
from triagelab.datasets.base import Dataset
from triagelab.evaluation.report import build_report
from triagelab.evaluation.runner import evaluate, summary_lines

WARNING = "KTAS has no resource step: cross-scale transfer, never ESI accuracy"


def on_scale(scale: str) -> Dataset:
    made = dataset(12)
    cases = tuple(replace(case, truth=replace(case.truth, scale=scale)) for case in made)
    return Dataset(made.name, cases, scale)


@pytest.mark.parametrize(("scale", "warned"), [("ktas", True), ("esi-v5", False)])
def test_summary_and_report(tmp_path, scale, warned):
    summary = evaluate(SpyAgent(), on_scale(scale), tmp_path / "run", progress=False)
    assert any(WARNING in line for line in summary_lines(summary)) == warned
    page = build_report([tmp_path / "run"], tmp_path / "report.html").read_text(encoding="utf-8")
    assert (WARNING in page) == warned
