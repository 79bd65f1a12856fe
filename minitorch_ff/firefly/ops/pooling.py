"""Pooling: one number for each window of neighbouring elements.

A window over several dimensions is a product of windows along each, and so are a maximum over
it and a sum: the dimensions are pooled one after the other.
"""

from __future__ import annotations

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

    def elements(self) -> int | tuple[int, ...]:
        """How many elements each window has; one number if all have as many."""
        counts = [0] * self.size
        for outputs, _ in self.taps:
            for i in range(*outputs.indices(self.size)):
                counts[i] += 1
        return counts[0] if len(set(counts)) == 1 else tuple(counts)


def sliding(
    n: int, size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Window:
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


def adaptive(n: int, size: int) -> Window:
    """`size` windows that share `n` elements: the `i`-th from `⌊i n/size⌋` to `⌈(i+1) n/size⌉`.

    With `g` the greatest common divisor, the pattern begins anew after `size / g` windows,
    `n / g` elements further on.
    """
    repeats = max(math.gcd(n, size), 1)
    period, stride = size // repeats, n // repeats
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
    """What pools one dimension after the other; `places` says how each was.

    `called` is PyTorch's name of the node, and its number.
    """

    fresh = True

    def backward(self, xp, grad):
        for shape, dim, window, winners in reversed(self.places):
            grad = xp.window_sum_back(grad, shape, dim, window, winners)
        return (grad,)


class MaxPool(Pooling):
    """The largest element of each window, which gets the gradient."""

    def forward(self, xp, x, *, windows, called):
        self.called, self.variant = called
        return self.pool(xp, x, windows, self.edges[0] is not None)

    def pool(self, xp, x, windows, find):
        """The largest elements; if `find` is set, note which: the first in row-major order."""
        self.places = []
        for dim, window in reversed(windows) if find else windows:
            y, winners = xp.window_max(x, dim, window, find)
            self.places.append((x.shape, dim, window, winners))
            x = y
        return x


class MaxPoolIndices(SeveralOutputs, MaxPool):
    """The largest element of each window, and its position in row-major order.

    `first` is the first of the dimensions that positions count in.
    """

    differentiable_outputs = (0,)

    def forward(self, xp, x, *, windows, called, first):
        self.called, self.variant = called
        y = self.pool(xp, x, windows, True)
        shape = x.shape[first:]
        positions = xp.broadcast_to(xp.reshape(xp.arange(math.prod(shape)), shape), x.shape)
        for _, dim, window, winners in self.places:  # the positions go the same way
            positions = xp.window_sum(positions, dim, window, winners)
        return y, positions

    def backward(self, xp, grads):
        return super().backward(xp, grads[0])


class AvgPool(Pooling):
    """The sum of each window over a divisor.

    That is a product of `factors`, one for each dimension: a number, or one for each window.
    """

    def forward(self, xp, x, *, windows, factors, called):
        self.called, self.variant = called
        self.places, dtype = [], x.dtype
        if dtype.itemsize == 2:
            x = xp.cast(x, "float32")
        for dim, window in windows:
            self.places.append((x.shape, dim, window, None))
            x = xp.window_sum(x, dim, window)
        numbers = [factor for factor in factors if isinstance(factor, int)]
        self.divisor = xp.constant(math.prod(numbers), x.dtype)
        for dim, factor in enumerate(factors, x.ndim - len(factors)):
            if not isinstance(factor, int):
                column = (len(factor), *(1,) * (x.ndim - dim - 1))
                each = xp.reshape(xp.asarray(factor, x.dtype), column)
                self.divisor = xp.mul(self.divisor, each)
        divide = xp.trunc_divide if dtype.kind == "i" else xp.div
        y = divide(x, self.divisor)
        return y if y.dtype == dtype else xp.cast(y, dtype)

    def backward(self, xp, grad):
        return super().backward(xp, xp.div(grad, self.divisor))


class MaxUnpool(Operator):
    """Zeros with each element at its position in the last dimensions, from `first` on."""

    fresh = True

    def forward(self, xp, x, *, index, shape, first, called):
        self.called, self.variant = called
        self.input_shape = x.shape
        rows = math.prod(x.shape[:first])
        self.flat = rows, math.prod(shape[first:])
        self.index = xp.reshape(index, (rows, math.prod(x.shape[first:])))
        x = xp.reshape(x, self.index.shape)
        return xp.reshape(xp.gather_back(x, self.flat, 1, self.index, False), shape)

    def backward(self, xp, grad):
        picked = xp.gather(xp.reshape(grad, self.flat), 1, self.index)
        return (xp.reshape(picked, self.input_shape),)
