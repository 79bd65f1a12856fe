"""Elements picked by position, and put back."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator, Stepwise
from minitorch_ff.firefly.ops.linear_maps import PutBack


class Index(Operator):
    """`x[index]`; the gradient goes back to the places it came from, repeated ones add up."""

    fresh = True

    def forward(self, xp, x, *, index):
        self.index = index
        self.input_shape = x.shape
        return xp.index(x, index)

    def backward(self, xp, grad):
        return (xp.index_back(grad, self.index, self.input_shape),)

    def name(self):
        index = self.index if type(self.index) is tuple else (self.index,)
        for item in reversed(index):
            if item is None:
                return "UnsqueezeBackward0"
            if isinstance(item, int):
                return "SelectBackward0"
            if isinstance(item, slice):
                if item != slice(None):
                    return "SliceBackward0"
            elif item is not ...:
                return "IndexBackward0"
        return "AliasBackward0"


class IndexBack(PutBack):
    """Zeros with elements added at an index: the other way round."""

    called = "IndexBackward"


class Copy(Operator):
    """`value` in the place of `x`, whose old value no longer counts."""

    def forward(self, xp, x, value):
        return xp.copy(xp.broadcast_to(xp.cast(value, x.dtype), x.shape))

    def backward(self, xp, grad):
        return None, grad

    def name(self):
        return "CopyBackwards"


class IndexPut(Operator):
    """`x` with `value` at `index`; with `accumulate`, added to what is there."""

    def forward(self, xp, x, value, *, index, accumulate=False):
        self.index, self.accumulate = index, accumulate
        return xp.index_put(x, index, value, accumulate)

    def backward(self, xp, grad):
        to_value = None if self.edges[1] is None else xp.index(grad, self.index)
        if self.accumulate or self.edges[0] is None:
            return grad, to_value
        mask = xp.mask_except(grad, self.index)
        return xp.where_true(grad, mask), to_value


class Overwrite(Stepwise):
    """Values that do not depend on the inputs in a differentiable way, such as random ones."""

    def forward(self, xp, *inputs, value, called, variant=0):
        self.called, self.variant = called, variant
        return value


class Fill(Operator):
    """One value in all places; the gradient of the value is the sum."""

    fresh = True

    def forward(self, xp, x, value):
        return xp.copy(xp.broadcast_to(xp.cast(value, x.dtype), x.shape))

    def backward(self, xp, grad):
        to_value = None if self.edges[1] is None else xp.sum(grad)
        return xp.scale(grad, 0), to_value
