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
            parts = [_weighted(self.module.take(x, at, dim), dim, w) for at, *w in taps]
            x = sum(parts[1:], start=parts[0])
        return x.astype(dtype, copy=not steps)

    def resample_back(self, grad, shape, steps):
        """Zeros of `shape` with weighted elements added at the positions.

        A short line is a product with the matrix of all weights, which is much faster; but
        there infinity meets zeros, and then each element is added by itself.
        """
        dtype = grad.dtype
        for dim, taps in reversed(steps):
            sizes = (*grad.shape[:dim], shape[dim], *grad.shape[dim + 1 :])
            short = 0 < shape[dim] * grad.shape[dim] <= MATRIX
            result = self._times_matrix(grad, dim, sizes, taps) if short else None
            if result is None or self._perhaps_any(~self.module.isfinite(result)):
                parts = [((*(slice(None),) * dim, at), _weighted(grad, dim, w)) for at, *w in taps]
                result = sum([self.index_back(part, index, sizes) for index, part in parts])
            grad = result
        return grad.astype(dtype, copy=not steps)

    def _times_matrix(self, grad, dim, sizes, taps):
        """Lines along `dim` times the matrix that holds the weight of each tap."""
        m, dtype = grad.shape[dim], self.module.result_type(grad.dtype, self.module.float32)
        matrix = self.module.zeros((sizes[dim], m), dtype)
        for at, *weights in taps:
            self._reduce_at("add", matrix, (at, self.positions(m)), weights[0] if weights else 1)
        lines = grad.astype(dtype, copy=False)
        lines = lines.reshape(math.prod(sizes[:dim]), m, math.prod(sizes[dim + 1 :]))
        product = lines[..., 0] @ matrix.T if lines.shape[2] == 1 else matrix @ lines
        return product.reshape(sizes)


def _inside(margins):
    """The index of what lies within the margins; a negative one counts as none."""
    ends = [(max(before, 0), -after if after > 0 else None) for before, after in margins]
    return tuple([slice(*pair) for pair in ends])


def _weighted(x, dim, weights):
    """Elements times weights along a dimension, if there are any."""
    for w in weights:
        x = x * w.reshape((-1,) + (1,) * (x.ndim - 1 - dim))
    return x
