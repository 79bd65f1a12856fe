"""Primitives for pooling: windows along one dimension, described by `ops.pooling.Window`.

A window's elements are its taps. For each tap there are two slices along the dimension: the
outputs that have it, and where it lies for them in the input. A loop over the few taps, each
with an operation on whole arrays, does for all windows what a loop over windows would.
"""

from __future__ import annotations

import math
from typing import Any


class Windows:
    """Several dimensions are pooled one after the other."""

    def window_max(self, x, dim, window, find):
        """The largest element of each window; if `find` is set, also the number of its tap.

        Not-a-number wins; among equals the first, among several not-a-numbers the last.
        """
        module, taps, floating = self.module, _places(dim, window), x.dtype.kind in "fV"
        shape = _pooled(x, dim, window)
        winners: Any = None
        if find:
            winners = module.zeros(shape, "u1" if len(taps) < 256 else "i4")
        if window.whole:
            y = x[taps[0][1]]
        else:
            y = module.full(shape, -math.inf if floating else module.iinfo(x.dtype).min, x.dtype)
            for number in range(len(taps) - 1, -1, -1) if find else ():
                winners[taps[number][0]] = number  # the first tap, if nothing is larger
        for number in range(window.whole, len(taps)):
            outputs, inputs = taps[number]
            old, new = y[outputs], x[inputs]
            if find:
                better = module.greater(new, old)
                if floating:
                    better |= module.isnan(new)
                known = winners[outputs]
                module.maximum(known, better * known.dtype.type(number), out=known)
            larger = module.maximum(old, new, out=None if window.whole else old)
            y = larger if window.whole else y
        return y, winners

    def window_sum(self, x, dim, window, winners=None):
        """The sum of each window; with `winners`, of its element at the tap they name."""
        y: Any = None if window.whole else self.module.zeros(_pooled(x, dim, window), x.dtype)
        for number, (outputs, inputs) in enumerate(_places(dim, window)):
            part = x[inputs]
            if winners is not None:
                part = self.where_true(part, winners[outputs] == number)
            if not window.whole:
                y[outputs] += part
            else:
                y = part if y is None else self.module.add(y, part)
        return y

    def window_sum_back(self, grad, shape, dim, window, winners=None):
        """Zeros of `shape` with each gradient added at all taps of its window, or at one."""
        x = self.module.zeros(shape, grad.dtype)
        for number, (outputs, inputs) in enumerate(_places(dim, window)):
            part = grad[outputs]
            if winners is not None:
                part = self.where_true(part, winners[outputs] == number)
            if window.disjoint:
                x[inputs] = part
            else:
                x[inputs] += part
        return x


def _places(dim, window):
    """The taps as indices of a whole array."""
    before = (slice(None),) * dim
    return [((*before, outputs), (*before, inputs)) for outputs, inputs in window.taps]


def _pooled(x, dim, window):
    """The shape with windows in the place of elements."""
    return (*x.shape[:dim], window.size, *x.shape[dim + 1 :])
