"""Many elements into one: sums, means, products, extremes, norms."""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.base import Operator


class Sum(Operator):
    """The sum over `dim` (an int, a tuple, or None for all); the gradient is spread back."""

    def forward(self, xp, x, *, dim=None, keepdim=False):
        self.input_shape = x.shape
        self.dim = dim
        self.keepdim = keepdim
        return xp.sum(x, dim, keepdim)

    def backward(self, xp, grad):
        return (spread(xp, grad, self.input_shape, self.dim, self.keepdim),)

    def name(self):
        return "SumBackward0" if self.dim is None else "SumBackward1"


class Mean(Operator):
    """The mean over `dim`; the gradient is spread back, divided by the count."""

    fresh = True

    def forward(self, xp, x, *, dim=None, keepdim=False):
        self.input_shape = x.shape
        self.dim = dim
        self.keepdim = keepdim
        self.count = count_of(x.shape, dim)
        return xp.div(xp.sum(x, dim, keepdim), xp.constant(self.count, x.dtype))

    def backward(self, xp, grad):
        grad = xp.scale(grad, 1 / self.count) if self.count else grad
        grad = spread(xp, grad, self.input_shape, self.dim, self.keepdim)
        return (xp.copy(grad),)

    def name(self):
        return "MeanBackward0" if self.dim is None else "MeanBackward1"


def dims_of(shape, dim):
    """`dim` as a tuple of numbers from 0."""
    if dim is None:
        return tuple(range(len(shape)))
    return tuple([d % len(shape) for d in (dim if type(dim) is tuple else (dim,))])


def count_of(shape, dim):
    """How many elements are reduced to one."""
    if dim is None:
        return math.prod(shape)
    return math.prod([shape[d] for d in dims_of(shape, dim)])


def kept_shape(shape, dim):
    """The shape of a reduction's result with `keepdim=True`."""
    dims = dims_of(shape, dim)
    return tuple([1 if i in dims else n for i, n in enumerate(shape)])


def spread(xp, grad, shape, dim, keepdim):
    """A reduction's gradient as a (read-only) array of the input's shape."""
    if dim is not None and not keepdim and shape:
        grad = xp.reshape(grad, kept_shape(shape, dim))
    return xp.broadcast_to(grad, shape)
