"""The intervals of the stress test hold the truth as often as they say, for answers that hang together by case."""

from __future__ import annotations

import pytest

from triagelab.evaluation.stress_scores import ratio
from triagelab.seeding import stream

SAMPLES = 120
VARIANTS = 4
ALIKE = 0.3
"""Correlation between the variants of a case."""


@pytest.mark.parametrize(("cases", "rate"), [(36, 0.1), (100, 0.02), (100, 0.3)])
def test_coverage_over_correlated_variants(cases, rate):
    generator = stream("test/stress-coverage", cases, str(rate))
    scale = (1 - ALIKE) / ALIKE
    held = 0
    for sample in range(SAMPLES):
        chances = generator.beta(rate * scale, (1 - rate) * scale, size=cases)
        parts = [
            (str(case), float(generator.random() < chances[case]), 1.0)
            for case in range(cases)
            for _ in range(VARIANTS)
        ]
        found = ratio(parts, sample, "coverage")
        assert found.low is not None
        assert found.high is not None
        held += found.low <= rate <= found.high
    assert held / SAMPLES >= 0.90
