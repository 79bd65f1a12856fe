"""Exponentials and logarithms."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator


class Exp(Operator):
    """`eˣ`; the gradient is `g y`."""

    __slots__ = ()
    fresh = True

    def forward(self, xp, x):
        y = xp.exp(x)
        self.save_for_backward(y)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        return (xp.mul(grad, y),)


class Log(Operator):
    """The natural logarithm; the gradient is `g / x`."""

    __slots__ = ()
    fresh = True

    def forward(self, xp, x):
        self.save_for_backward(x)
        return xp.log(x)

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        return (xp.div(grad, x),)
