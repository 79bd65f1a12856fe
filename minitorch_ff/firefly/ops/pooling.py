"""Pooling: one number for each window of neighbouring elements.

A window over several dimensions is a product of windows along each, and so are a maximum over
it and a sum: the dimensions are pooled one after the other.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

from minitorch_ff.firefly.ops.base import Operator, SeveralOutputs
from minitorch_ff.firefly.ops.linear_maps import Pick, PutBack


class Window(NamedTuple):
    """How windows lie along one dimension.

    Attributes:
        size: How many windows there are.
        taps: For each element of a window two slices: the outputs that have it, and where it
            lies for them in the input.
        whole: Every window has all elements, and more than one.
        disjoint: No input is in two windows.
    """

    size: int
    taps: tuple[tuple[slice, slice], ...]
    whole: bool
    disjoint: bool


@functools.cache
def sliding(n: int, size: int, kernel: int, stride: int, padding: int, dilation: int) -> Window:
    """`size` windows over `n` elements, `stride` apart, the first one `padding` before them."""
    taps = []
    for i in range(kernel):
        offset = i * dilation - padding
        first = max(0, -(offset // stride))
        count = min(size, (n - 1 - offset) // stride + 1) - first
        if count > 0:
            start = first * stride + offset
            inputs = slice(start, start + (count - 1) * stride + 1, stride)
            taps.append((slice(first, first + count), inputs))
    whole = len(taps) == kernel > 1 and all(outputs == slice(0, size) for outputs, _ in taps)
    return Window(size, tuple(taps), whole, (kernel - 1) * dilation < stride)


@functools.cache
def elements(
    n: int, size: int, kernel: int, stride: int, padding: int, with_padding: bool
) -> int | tuple[int, ...]:
    """How many elements each of these windows has: one number if all have as many."""
    counts = []
    for start in range(-padding, size * stride - padding, stride):
        end = min(start + kernel, n + padding)
        if not with_padding:
            start, end = max(start, 0), min(end, n)
        counts.append(end - start)
    return counts[0] if len(set(counts)) == 1 else tuple(counts)


@functools.cache
def adaptive(n: int, size: int) -> Window:
    """`size` windows that share `n` elements: the `i`-th reaches from `⌊i n/size⌋` to
    `⌈(i+1) n/size⌉`.

    After `size / gcd` windows the pattern begins anew, `n / gcd` elements further on.
    """
    repeats = math.gcd(n, size)
    period, stride = size // max(repeats, 1), n // max(repeats, 1)
    taps = []
    for i in range(period):
        for start in range(i * n // size, -(-(i + 1) * n // size)):
            inputs = slice(start, start + (repeats - 1) * stride + 1, stride)
            taps.append((slice(i, None, period), inputs))
    return Window(size, tuple(taps), period == 1 < len(taps), period == 1)


class WindowSum(Pick):
    """Sums of windows along one dimension, or of the elements that won in them."""


class WindowSumBack(PutBack):
    """Elements added at the places of such windows: the other way round."""


class Pooling(Operator):
    """What pools a dimension after the other; `places` says how each was."""

    fresh = True

    def backward(self, xp, grad):
        for shape, dim, window, winners in reversed(self.places):
            grad = xp.window_sum_back(grad, shape, dim, window, winners)
        return (grad,)


class MaxPool(Pooling):
    """The largest element of each window, which gets the gradient."""

    def forward(self, xp, x, *, windows, called, variant=0):
        self.called, self.variant = called, variant
        return self.pool(xp, x, windows, self.edges[0] is not None)

    def pool(self, xp, x, windows, find):
        """The largest elements; `find` them, so that the first in row-major order wins."""
        self.places = []
        for dim, window in reversed(windows) if find else windows:
            y, winners = xp.window_max(x, dim, window, find)
            self.places.append((x.shape, dim, window, winners))
            x = y
        return x


class MaxPoolIndices(SeveralOutputs, MaxPool):
    """The largest element of each window, and its position in row-major order."""

    differentiable_outputs = (0,)

    def forward(self, xp, x, *, windows, called, variant=0):
        self.called, self.variant = called, variant
        y = self.pool(xp, x, windows, True)
        pooled = x.shape[windows[0][0] :]
        positions = xp.reshape(xp.arange(math.prod(pooled)), pooled)
        positions = xp.broadcast_to(positions, x.shape)
        for _, dim, window, winners in self.places:  # take the same way
            positions = xp.window_sum(positions, dim, window, winners)
        return y, positions

    def backward(self, xp, grads):
        return super().backward(xp, grads[0])


class AvgPool(Pooling):
    """The sum of each window over its divisor.

    That is a product of factors, one for each dimension: a number, or one for each window.
    """

    def forward(self, xp, x, *, windows, factors, called, variant=0):
        self.called, self.variant = called, variant
        self.places, dtype = [], x.dtype
        if dtype.itemsize == 2:
            x = xp.cast(x, "float32")
        divisor = xp.constant(math.prod([f for f in factors if isinstance(f, int)]), x.dtype)
        for (dim, window), factor in zip(windows, factors, strict=True):
            self.places.append((x.shape, dim, window, None))
            x = xp.window_sum(x, dim, window)
            if not isinstance(factor, int):
                column = (len(factor), *(1,) * (x.ndim - dim - 1))
                divisor = xp.mul(divisor, xp.reshape(xp.asarray(factor, x.dtype), column))
        self.divisor = divisor
        y = xp.trunc_divide(x, divisor) if dtype.kind == "i" else xp.div(x, divisor)
        return y if y.dtype == dtype else xp.cast(y, dtype)

    def backward(self, xp, grad):
        return super().backward(xp, xp.div(grad, self.divisor))
