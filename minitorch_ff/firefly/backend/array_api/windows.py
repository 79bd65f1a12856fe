"""Primitives for pooling: windows along one dimension, described by `ops.pooling.Window`.

A window's elements are its taps. For each tap there are two slices along the dimension: the
outputs that have it, and where it lies for them in the input. A loop over the few taps, each
with an operation on whole arrays, does for all windows what a loop over windows would.
"""

from __future__ import annotations

import math


class Windows:
    """Several dimensions are pooled one after the other."""

    def window_max(self, x, dim, window, find):
        """The largest element of each window; if `find` is set, also the number of its tap.

        Not-a-number wins; among equals the first, among several not-a-numbers the last.
        """
        module, before = self.module, (slice(None),) * dim
        shape = (*x.shape[:dim], window.size, *x.shape[dim + 1 :])
        floating = x.dtype.kind in "fV"
        winners = module.zeros(shape, "u1" if len(window.taps) < 256 else "i4") if find else None
        if window.whole:
            y = x[(*before, window.taps[0][1])]
        else:
            y = module.full(shape, -math.inf if floating else module.iinfo(x.dtype).min, x.dtype)
            if find:
                for number, (outputs, _) in reversed(list(enumerate(window.taps))):
                    winners[(*before, outputs)] = number  # the first one, if all are lowest
        for number, (outputs, inputs) in enumerate(window.taps):
            if number or not window.whole:
                old, new = y[(*before, outputs)], x[(*before, inputs)]
                if find:
                    better = module.greater(new, old)
                    if floating:
                        better |= module.isnan(new)
                    known = winners[(*before, outputs)]
                    module.maximum(known, better * known.dtype.type(number), out=known)
                larger = module.maximum(old, new, out=None if window.whole else old)
                y = larger if window.whole else y
        return y, winners

    def window_sum(self, x, dim, window, winners=None):
        """The sum of each window; with `winners`, of its element at the tap they name."""
        before = (slice(None),) * dim
        y = None
        if not window.whole:
            y = self.module.zeros((*x.shape[:dim], window.size, *x.shape[dim + 1 :]), x.dtype)
        for number, (outputs, inputs) in enumerate(window.taps):
            part = x[(*before, inputs)]
            if winners is not None:
                part = self.where_true(part, winners[(*before, outputs)] == number)
            if not window.whole:
                y[(*before, outputs)] += part
            else:
                y = part if y is None else self.module.add(y, part)
        return y

    def window_sum_back(self, grad, shape, dim, window, winners=None):
        """Zeros of `shape` with each gradient added at all taps of its window, or at one."""
        before = (slice(None),) * dim
        x = self.module.zeros(shape, grad.dtype)
        for number, (outputs, inputs) in enumerate(window.taps):
            part = grad[(*before, outputs)]
            if winners is not None:
                part = self.where_true(part, winners[(*before, outputs)] == number)
            if window.disjoint:
                x[(*before, inputs)] = part
            else:
                x[(*before, inputs)] += part
        return x
