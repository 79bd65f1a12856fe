"""Elements picked along one dimension, and put back there."""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.base import Operator, Underivable
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


class ScatterReduce(Operator):
    """The elements of `source` that fall on one place of `x`, and it, reduced to one.

    Of a sum each gets the gradient; of a mean its part; of a product the gradient times the
    others; of the largest or smallest, all equal to it share. Without `include_self` the old
    element has no say, and no gradient.
    """

    def forward(self, xp, x, source, *, dim, index, reduce, include_self=True, called=""):
        self.reduce, self.include_self, self.called = reduce, include_self, called
        self.dim, self.index = dim, index
        self.source_shape = source.shape
        y = xp.scatter_reduce(x, dim, index, source, reduce, include_self)
        if reduce == "mean":
            ones = xp.full(x.shape, 1, x.dtype)
            more = xp.full(source.shape, 1, x.dtype)
            self.count = xp.scatter_reduce(ones, dim, index, more, "sum", include_self)
            y = (xp.div if x.dtype.kind in "fcV" else xp.floor_divide)(y, self.count)
        self.save_for_backward(x, source, y)
        return y

    def backward(self, xp, grad):
        x, source, y = self.saved_tensors
        source = xp.index(source, tuple([slice(0, n) for n in self.index.shape]))
        if self.reduce == "mean":
            grad = xp.div(grad, self.count)
        if self.reduce == "prod":
            to_x, to_source = self.of_product(xp, grad, x, source, y)
        elif self.reduce in ("amax", "amin"):
            to_x, to_source = self.of_extreme(xp, grad, x, source, y)
        else:
            to_x, to_source = grad, xp.gather(grad, self.dim, self.index)
        if not self.include_self:
            to_x = xp.where_true(to_x, xp.untouched(x, self.dim, self.index))
        return to_x, padded(xp, to_source, self.source_shape)

    def of_product(self, xp, grad, x, source, y):
        """Both gradients of a product; a lone zero gets the product of all others."""
        zero, one = xp.constant_like(0, x), xp.constant_like(1, x)
        rest = xp.where(xp.eq(x, zero), one, x)
        to_x = xp.div(xp.mul(grad, self.product(xp, rest, source)), rest)
        is_zero = xp.eq(source, zero)
        zeros = xp.gather_back(xp.where(is_zero, one, zero), x.shape, self.dim, self.index)
        several = xp.gt(xp.gather(zeros, self.dim, self.index), one)
        if xp.records and xp.any(xp.logical_and(is_zero, several)):
            raise RuntimeError(
                "scatter_reduce(): Double backward is unsupported for src when >1 zeros in src are "
                "scattered to the same position in self"
            )
        alone = xp.logical_and(is_zero, xp.logical_not(several))
        others = self.product(xp, x, xp.where(alone, one, source))
        of_zero = xp.gather(xp.mul(grad, others), self.dim, self.index)
        of_more = xp.gather(xp.mul(grad, y), self.dim, self.index)
        of_more = xp.div(of_more, xp.where(is_zero, one, source))
        return to_x, xp.where(alone, of_zero, of_more)

    def product(self, xp, x, source):
        """The product once more, with other factors."""
        return xp.scatter_reduce(x, self.dim, self.index, source, "prod", self.include_self)

    def of_extreme(self, xp, grad, x, source, y):
        """Both gradients of a largest or smallest element."""
        zero, one = xp.constant_like(0, x), xp.constant_like(1, x)
        mine = xp.where(xp.eq(x, y), one, zero)
        is_one = xp.eq(source, xp.gather(y, self.dim, self.index))
        theirs = xp.where(is_one, one, zero)
        share = xp.add(mine, xp.gather_back(theirs, x.shape, self.dim, self.index))
        grad = xp.div(grad, share)
        return xp.mul(mine, grad), xp.mul(theirs, xp.gather(grad, self.dim, self.index))


class ScatterInto(Underivable):
    """`x` with `source` added to it, or multiplied with it, at given positions of each row."""

    aten = "scatter"

    def forward(self, xp, x, source, *, dim, index, reduce):
        return xp.scatter_reduce(x, dim, index, source, reduce, True)


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
