"""Elements picked along one dimension, and put back there."""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.base import Operator
from minitorch_ff.firefly.ops.elementwise import OfPrimitive
from minitorch_ff.firefly.ops.linear_maps import Pick, PutBack


class Gather(Pick):
    """From each row (along `dim`) the elements at given positions; they return there."""


class GatherBack(PutBack):
    """Zeros with elements added at given positions of each row: the other way round."""

    fresh = True
    called = "GatherBackward"


class ScatterAdd(OfPrimitive):
    """`x` with `source` added at given positions of each row."""

    def forward(self, xp, x, source, *, dim, index):
        self.dim, self.index = dim, index
        self.source_shape = source.shape
        return getattr(xp, self.primitive)(x, dim, index, source)

    def backward(self, xp, grad):
        to_x = None if self.edges[0] is None else self.to_first(xp, grad)
        if self.edges[1] is None:
            return to_x, None
        return to_x, padded(xp, xp.gather(grad, self.dim, self.index), self.source_shape)

    def to_first(self, xp, grad):
        """The gradient of `x`."""
        return grad


class Scatter(ScatterAdd):
    """`x` with `source` at given positions of each row, in the place of what is there."""

    fresh = True

    def to_first(self, xp, grad):
        return xp.where_true(grad, xp.untouched(grad, self.dim, self.index))


def padded(xp, grad, shape):
    """A gradient of the part of the source that was used, zeros for the rest."""
    if tuple(grad.shape) == tuple(shape):
        return grad
    part = tuple([slice(0, n) for n in grad.shape])
    return xp.index_back(grad, part, shape)


class MaskedScatter(Operator):
    """`x` with the elements of `source`, one after the other, where a mask holds."""

    fresh = True

    def forward(self, xp, x, source, *, mask):
        self.mask = mask
        self.source_shape = source.shape
        self.count = int(mask.sum())
        flat = source.reshape(-1)[: self.count]
        return xp.index_put(x, (mask,), flat, False)

    def backward(self, xp, grad):
        to_x = xp.where_true(grad, ~self.mask)
        if self.edges[1] is None:
            return to_x, None
        picked = xp.index(grad, (self.mask,))
        size = math.prod(self.source_shape)
        flat = xp.index_back(picked, (slice(0, self.count),), (size,))
        return to_x, xp.reshape(flat, self.source_shape)
