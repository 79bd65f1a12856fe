"""Draws of categories, weighted, with and without putting them back."""

from __future__ import annotations

from typing import Literal

import numpy as np

from minitorch_ff.firefly.random.continuous import Continuous
from minitorch_ff.firefly.random.dtypes import (
    FLOAT32, FLOAT64, is_floating, scalar_name,
)  # fmt: skip
from minitorch_ff.firefly.random.exact import silent
from minitorch_ff.firefly.random.memory_order import fill


class Multinomial(Continuous):
    """Draws of categories."""

    @silent
    def multinomial(
        self, weights: np.ndarray, num_samples: int, replacement: bool = False
    ) -> np.ndarray:
        """Draw categories with probabilities in proportion to weights.

        Without replacement two categories may score the same, most likely in half
        precision. PyTorch leaves their order undefined; here the first one wins.

        Args:
            weights: One weight per category, of any sum. Shape `(categories,)` or
                `(rows, categories)` for as many independent draws, floating.
            num_samples: How many categories to draw, of each row.
            replacement: Whether a category can be drawn again.

        Returns:
            Indices. Shape `(num_samples,)` or `(rows, num_samples)`, int64.

        Raises:
            RuntimeError: The weights are no distribution, or there are too few of them.
        """
        check_weights(weights, num_samples, replacement)
        if num_samples == 1 or not replacement:
            return self._by_race(weights, num_samples)
        return self._by_sum(weights, num_samples)

    def _by_race(self, weights, num_samples: int):
        """Each category arrives after a time drawn at its rate; the first ones win."""
        times = np.empty(weights.shape, weights.dtype, _order(weights))
        fill(times, self.exponential(weights.size, 1.0, weights.dtype))
        score = weights / times
        if num_samples == 1:
            return np.argmax(score, axis=-1, keepdims=True)
        order = np.argsort(-score, axis=-1, kind="stable")
        return order[..., :num_samples].copy()

    def _by_sum(self, weights, num_samples: int):
        """Look each uniform number up in the running sum of the weights."""
        precision = FLOAT64 if weights.dtype == FLOAT64 else FLOAT32
        rows = np.atleast_2d(weights).astype(precision)
        samples = np.empty((len(rows), num_samples), np.int64)
        for row, out in zip(rows, samples, strict=True):
            cumulative = np.add.accumulate(row)
            cumulative /= cumulative[-1]
            cumulative[-1] = 1
            u = self.unit64(num_samples)
            out[:] = np.searchsorted(cumulative.astype(np.float64), u)
        return samples.reshape(*weights.shape[:-1], num_samples)


def _order(weights) -> Literal["C", "F"]:
    """The order of rows and columns in memory, which the drawn times share."""
    row_step, column_step = weights.strides[0], weights.strides[-1]
    return "F" if 0 < row_step < column_step else "C"


def check_weights(weights, num_samples: int, replacement: bool) -> None:
    """Refuse weights that are no distribution, or too few of them."""
    require(weights.ndim in (1, 2), "prob_dist must be 1 or 2 dim")
    if not is_floating(weights.dtype):
        raise RuntimeError(
            "multinomial only supports floating-point dtypes for input, "
            f"got: {scalar_name(weights.dtype)}"
        )
    require(num_samples > 0, "cannot sample n_sample <= 0 samples")
    categories = weights.shape[-1]
    require(
        replacement or num_samples <= categories,
        "cannot sample n_sample > prob_dist.size(-1) samples without replacement",
    )
    require(categories <= 2**24, "number of categories cannot exceed 2^24")
    positive = bool((weights >= 0).all())  # and a number
    finite = bool(np.isfinite(weights).all())
    if num_samples == 1 or not replacement:
        words = "probability tensor contains either `inf`, `nan` or element < 0"
        require(positive and finite, words)
    invalid = "invalid multinomial distribution"
    require(positive, f"{invalid} (encountering probability entry < 0)")
    require(finite, f"{invalid} (encountering probability entry = infinity or NaN)")
    has_sum = bool((weights > 0).any(axis=-1).all())
    require(has_sum, f"{invalid} (sum of probabilities <= 0)")


def require(condition: bool, text: str) -> None:
    """Refuse what does not meet a condition."""
    if not condition:
        raise RuntimeError(text)
