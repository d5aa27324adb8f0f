from __future__ import annotations

import sys

import pytest


def test_denormals_are_zero_only_inside_the_block():
    torch = pytest.importorskip("torch")
    from triagelab.training.machine import denormals_as_zero

    smallest = torch.tensor(sys.float_info.min, dtype=torch.float64)
    with pytest.raises(RuntimeError, match="stop"), denormals_as_zero():
        raise RuntimeError("stop")
    assert float(smallest / 2) > 0.0
