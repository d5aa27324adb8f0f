from __future__ import annotations

import subprocess
import sys

import numpy as np

from triagelab.seeding import derive_seed, stream


def test_streams_are_independent_of_neighbouring_seeds_and_keys():
    draws = {
        tuple(stream(namespace, seed, *keys).integers(0, 2**62, 4))
        for namespace in ("a", "b")
        for seed in (42, 43)
        for keys in ((), (1,), ("1",), (1, 1))
    }
    assert len(draws) == 16


def test_same_seed_same_numbers_in_another_process():
    code = "from triagelab.seeding import derive_seed; print(derive_seed('x', 7, 'k', 3))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(result.stdout) == derive_seed("x", 7, "k", 3)


def test_streams_are_uniform_enough():
    draws = stream("uniform", 1).random(20_000)
    assert abs(float(np.mean(draws)) - 0.5) < 0.01
