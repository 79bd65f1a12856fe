"""Activation functions, and the softmax family."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator


class Relu(Operator):
    """`x` where it is positive, zero elsewhere."""

    __slots__ = ()
    fresh = True

    def forward(self, xp, x):
        y = xp.positive_part(x)
        self.save_for_backward(y)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        return (xp.where_positive(grad, y),)


class Tanh(Operator):
    """The hyperbolic tangent; the gradient is `g (1 - y²)`."""

    __slots__ = ()
    fresh = True

    def forward(self, xp, x):
        y = xp.tanh(x)
        self.save_for_backward(y)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        return (xp.mul(grad, xp.sub(xp.constant_like(1, y), xp.mul(y, y))),)


class Softmax(Operator):
    """Exponentials scaled to add up to one; the gradient is `y (g - Σ g y)`."""

    fresh = True

    def forward(self, xp, x, *, dim):
        self.dim = dim
        y = xp.softmax(x, dim)
        self.save_for_backward(y)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        weighted = xp.sum(xp.mul(grad, y), self.dim, True)
        return (xp.mul(y, xp.sub(grad, weighted)),)
