"""Primitives of padding and resizing."""

from __future__ import annotations


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
        """Zeros of `shape` with weighted elements added at the positions."""
        dtype = grad.dtype
        for dim, taps in reversed(steps):
            sizes = (*grad.shape[:dim], shape[dim], *grad.shape[dim + 1 :])
            parts = [(at, _weighted(grad, dim, weights)) for at, weights in taps]
            grad = self.module.zeros(sizes, parts[0][1].dtype)
            for positions, part in parts:
                self.module.add.at(grad, (*(slice(None),) * dim, positions), part)
        return grad.astype(dtype, copy=False)


def _inside(margins):
    """The index of what lies within the margins; a negative one counts as none."""
    ends = [(max(before, 0), -after if after > 0 else None) for before, after in margins]
    return tuple([slice(*pair) for pair in ends])


def _weighted(x, dim, weights):
    """Elements times weights along a dimension; None stands for ones."""
    return x if weights is None else x * weights.reshape((-1,) + (1,) * (x.ndim - 1 - dim))
