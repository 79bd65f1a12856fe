"""Primitives of padding and resizing."""

from __future__ import annotations

import math

MATRIX = 1 << 20
"""Up to so many weights the gradient is a product with their matrix."""


class Resampling:
    """Margins are a pair of numbers for each dimension; for steps see the operator `Resample`."""

    def pad(self, x, margins, value):
        """The elements within margins of one value; negative margins are cut off."""
        sizes = [n + sum(pair) for n, pair in zip(x.shape, margins, strict=True)]
        result = self.module.full(sizes, value, x.dtype)
        result[_inside(margins)] = x[_inside([(-before, -after) for before, after in margins])]
        return result

    def resample(self, x, steps):
        """Along each step's dimension, weighted sums of the elements at its positions."""
        dtype = x.dtype
        for dim, taps in steps:
            parts = [_weighted(self.module.take(x, at, dim), dim, w) for at, w in taps]
            x = sum(parts[1:], start=parts[0])
        return x.astype(dtype, copy=False)

    def resample_back(self, grad, shape, steps):
        """Zeros of `shape` with weighted elements added at the positions.

        A short line is a product with the matrix of all weights, which is much faster; but
        there infinity meets zeros, and then each element is added by itself.
        """
        dtype = grad.dtype
        for dim, taps in reversed(steps):
            n, m = shape[dim], grad.shape[dim]
            result = self._times_matrix(grad, dim, n, taps) if 0 < n * m <= MATRIX else None
            if result is None or not self.module.isfinite(result).all():
                sizes = (*grad.shape[:dim], n, *grad.shape[dim + 1 :])
                parts = [(at, _weighted(grad, dim, weights)) for at, weights in taps]
                result = self.module.zeros(sizes, parts[0][1].dtype)
                for at, part in parts:
                    self.module.add.at(result, (*(slice(None),) * dim, at), part)
            grad = result
        return grad.astype(dtype, copy=False)

    def _times_matrix(self, grad, dim, n, taps):
        """Lines along `dim` times the matrix that holds the weight of each tap."""
        m, shape = grad.shape[dim], grad.shape
        dtype = self.module.result_type(grad.dtype, self.module.float32)
        matrix = self.module.zeros((n, m), dtype)
        for at, weights in taps:
            place = (at, self.positions(m))
            self.module.add.at(matrix, place, 1 if weights is None else weights)
        lines = grad.astype(dtype, copy=False)
        lines = lines.reshape(math.prod(shape[:dim]), m, math.prod(shape[dim + 1 :]))
        product = lines[..., 0] @ matrix.T if lines.shape[2] == 1 else matrix @ lines
        return product.reshape(*shape[:dim], n, *shape[dim + 1 :])


def _inside(margins):
    """The index of what lies within the margins; a negative one counts as none."""
    ends = [(max(before, 0), -after if after > 0 else None) for before, after in margins]
    return tuple([slice(*pair) for pair in ends])


def _weighted(x, dim, weights):
    """Elements times weights along a dimension; None stands for ones."""
    return x if weights is None else x * weights.reshape((-1,) + (1,) * (x.ndim - 1 - dim))
