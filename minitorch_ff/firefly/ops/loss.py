"""Losses: how far a prediction is from its target."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator


class MseLoss(Operator):
    """The mean of `(a - b)²`; the gradient is `2 (a - b) g / n`."""

    fresh = True

    def forward(self, xp, a, b):
        self.count = max(a.size, 1)
        self.save_for_backward(a, b)
        value, self.kept = xp.squared_error(a, b)
        return value

    def backward(self, xp, grad):
        a, b = self.saved_tensors
        difference = self.recall(xp)
        if difference is None:
            difference = xp.sub(a, b)
        to_a = xp.mul(difference, xp.scale(grad, 2 / self.count))
        return to_a, None if self.edges[1] is None else xp.neg(to_a)
