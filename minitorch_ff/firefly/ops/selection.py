"""Elements chosen by a mask."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator


class Where(Operator):
    """`a` where the boolean `mask` holds, `b` elsewhere; the gradient likewise."""

    fresh = True

    def forward(self, xp, a, b, mask):
        self.save_for_backward(mask)
        return xp.where(mask, a, b)

    def backward(self, xp, grad):
        (mask,) = self.saved_tensors
        to_a, to_b, _ = self.edges
        return (
            None if to_a is None else xp.where_true(grad, mask),
            None if to_b is None else xp.where_true(grad, xp.logical_not(mask)),
        )


class MaskedFill(Operator):
    """A number where the boolean `mask` holds, `x` elsewhere."""

    fresh = True

    def forward(self, xp, x, mask, *, value):
        self.save_for_backward(mask)
        return xp.where(mask, xp.constant(value, x.dtype), x)

    def backward(self, xp, grad):
        (mask,) = self.saved_tensors
        return (xp.where_true(grad, xp.logical_not(mask)),)


class MaskedFillTensor(Operator):
    """A 0-d tensor's value where the boolean `mask` holds, `x` elsewhere."""

    fresh = True
    called = "MaskedFill"
    variant = 1

    def forward(self, xp, x, mask, value):
        self.save_for_backward(mask)
        return xp.where(mask, xp.cast(value, x.dtype), x)

    def backward(self, xp, grad):
        (mask,) = self.saved_tensors
        to_value = None if self.edges[2] is None else xp.where_true(grad, mask)
        return xp.where_true(grad, xp.logical_not(mask)), None, to_value
