"""An ordinal head: small networks whose four outputs are the log-odds that the level is at most 1, 2, 3, 4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import erf, expit

from triagelab.errors import DataFormatError

LAYERS = 3
ROWS_AT_ONCE = 2048


@dataclass(frozen=True)
class OrdinalHead:
    """Networks of three layers whose log-odds are averaged.

    Shapes: `networks` holds one tuple a network, of (weights (outputs, inputs), bias (outputs,)) a layer.
    """

    networks: tuple[tuple[tuple[np.ndarray, np.ndarray], ...], ...]

    @property
    def inputs(self) -> int:
        return self.networks[0][0][0].shape[1]

    def log_odds(self, rows: np.ndarray) -> np.ndarray:
        """Return log-odds of level <= 1, 2, 3, 4. Shapes: (n, inputs) -> (n, 4)."""
        parts = [self._some(rows[start : start + ROWS_AT_ONCE]) for start in range(0, len(rows), ROWS_AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros((0, 4))

    def _some(self, rows: np.ndarray) -> np.ndarray:
        total = np.zeros((len(rows), 4))
        for layers in self.networks:
            values = rows.astype(np.float32)
            for weights, bias in layers[:-1]:
                values = _gelu(values @ weights.T + bias)
            weights, bias = layers[-1]
            total += values @ weights.T + bias
        return total / len(self.networks)

    def to_arrays(self) -> dict[str, np.ndarray]:
        return {
            f"network{place}_layer{depth}_{name}": array
            for place, layers in enumerate(self.networks)
            for depth, pair in enumerate(layers)
            for name, array in zip(("weights", "bias"), pair, strict=True)
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], inputs: int) -> OrdinalHead:
        """Return the head, its shapes checked.

        Raises: DataFormatError, KeyError.
        """
        count = len(arrays) // (2 * LAYERS)
        if count < 1 or len(arrays) != count * 2 * LAYERS:
            raise DataFormatError("encoder.npz: not the arrays of an ordinal head")
        networks = []
        for place in range(count):
            layers, width = [], inputs
            for depth in range(LAYERS):
                weights = arrays[f"network{place}_layer{depth}_weights"].astype(np.float32)
                bias = arrays[f"network{place}_layer{depth}_bias"].astype(np.float32)
                if weights.ndim != 2 or weights.shape[1] != width or bias.shape != weights.shape[:1]:
                    raise DataFormatError("encoder.npz: layers that do not fit each other or the inputs")
                layers.append((weights, bias))
                width = len(bias)
            if width != 4:
                raise DataFormatError("encoder.npz: the last layer has no four outputs")
            networks.append(tuple(layers))
        return cls(tuple(networks))


def _gelu(values: np.ndarray) -> np.ndarray:
    return 0.5 * values * (1.0 + erf(values / np.float32(np.sqrt(2.0))))


def log_odds_of(table: np.ndarray, bound: float = 6.0) -> np.ndarray:
    """Return log-odds of level <= 1, 2, 3, 4, kept within `bound`. Shapes: probabilities (n, 5) -> (n, 4)."""
    at_most = np.clip(np.cumsum(np.asarray(table)[:, :4], axis=1), expit(-bound), expit(bound))
    return np.log(at_most) - np.log1p(-at_most)


def probabilities_of(log_odds: np.ndarray) -> np.ndarray:
    """Return P(level = 1..5), rows of which sum to one. Shapes: (n, 4) -> (n, 5)."""
    at_most = np.maximum.accumulate(expit(log_odds), axis=1)
    bounds = np.hstack([np.zeros((len(at_most), 1)), at_most, np.ones((len(at_most), 1))])
    return np.diff(bounds, axis=1)
