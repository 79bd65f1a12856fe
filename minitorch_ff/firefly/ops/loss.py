"""Losses: how far a prediction is from its target."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator


class MseLoss(Operator):
    """The mean of `(a - b)²`; the gradient is `2 (a - b) g / n`."""

    fresh = True
    promotes = True

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


class CrossEntropy(Operator):
    """Mean negative log-softmax at the target class, of rows of scores.

    With the softmax `p` and the one-hot target `t` the gradient is `(p - t) g / n`.
    """

    fresh = True

    def forward(self, xp, x, *, target):
        self.target = target
        self.save_for_backward(x)
        value, self.kept = xp.cross_entropy(x, target)
        return value

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        probabilities = self.recall(xp)
        if probabilities is None:
            probabilities = xp.softmax(x, 1)
        return (xp.cross_entropy_back(grad, probabilities, self.target),)

    def name(self):
        return "NllLossBackward0"
