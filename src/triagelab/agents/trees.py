"""A fitted ensemble of regression trees as plain arrays: no pickle to load, nothing but numpy to predict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from triagelab.errors import DataFormatError

ROWS_AT_ONCE = 1024
MAX_DEPTH = 64


@dataclass(frozen=True)
class Trees:
    """Trees laid end to end.

    Shapes: `roots` (trees,); the others (nodes,). Children are positions in the same arrays; a leaf points at itself.
    Missing: a NaN goes to the left child where `missing_left` says so.
    """

    base: float
    roots: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing_left: np.ndarray
    value: np.ndarray

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Return one score a row. Shapes: (n, features) -> (n,)."""
        parts = [self._scores(rows[start : start + ROWS_AT_ONCE]) for start in range(0, len(rows), ROWS_AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        place = np.broadcast_to(self.roots, (len(rows), len(self.roots))).copy()
        lines = np.arange(len(rows))[:, None]
        for _ in range(MAX_DEPTH):
            values = rows[lines, self.feature[place]]
            go_left = np.where(np.isnan(values), self.missing_left[place], values <= self.threshold[place])
            following = np.where(go_left, self.left[place], self.right[place])
            if np.array_equal(following, place):
                break
            place = following
        return self.base + self.value[place].sum(axis=1)

    def to_arrays(self) -> dict[str, np.ndarray]:
        return {
            "tree_base": np.asarray([self.base]),
            "tree_roots": self.roots,
            "tree_feature": self.feature,
            "tree_threshold": self.threshold,
            "tree_left": self.left,
            "tree_right": self.right,
            "tree_missing_left": self.missing_left,
            "tree_value": self.value,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray], n_features: int) -> Trees:
        """Return the trees, checked so that no array from outside can point past another one.

        Raises: DataFormatError.
        """
        trees = cls(
            base=float(arrays["tree_base"][0]),
            roots=arrays["tree_roots"].astype(np.int32),
            feature=arrays["tree_feature"].astype(np.int32),
            threshold=arrays["tree_threshold"].astype(np.float64),
            left=arrays["tree_left"].astype(np.int32),
            right=arrays["tree_right"].astype(np.int32),
            missing_left=arrays["tree_missing_left"].astype(bool),
            value=arrays["tree_value"].astype(np.float64),
        )
        count = len(trees.value)
        per_node = (trees.feature, trees.threshold, trees.left, trees.right, trees.missing_left)
        pointers = np.concatenate([trees.left, trees.right, trees.roots])
        if any(array.shape != (count,) for array in per_node) or trees.roots.ndim != 1 or not len(trees.roots):
            raise DataFormatError("the arrays of the trees do not have one length")
        if pointers.min() < 0 or pointers.max() >= count:
            raise DataFormatError("a tree points outside its arrays")
        if trees.feature.min() < 0 or trees.feature.max() >= n_features:
            raise DataFormatError("a tree asks for a column that the model does not have")
        if not np.all(np.isfinite(trees.value)):
            raise DataFormatError("a leaf has no finite value")
        return trees
