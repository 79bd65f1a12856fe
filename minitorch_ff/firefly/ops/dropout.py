"""Values times random factors that were drawn beforehand: dropout and its kin."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator


class Dropout(Operator):
    """`x` times a constant mask, such as zeros and scaled ones."""

    fresh = True

    def forward(self, xp, x, *, mask, called="Mul"):
        self.mask = mask
        self.called = called
        return xp.mul(x, mask)

    def backward(self, xp, grad):
        return (xp.mul(grad, self.mask),)


class AlphaDropout(Operator):
    """`a x` where the mask holds, a fixed negative value elsewhere, then shifted by `b`.

    Mean and variance of self-normalising activations stay what they are.
    """

    fresh = True
    called = "Add"

    def forward(self, xp, x, *, factor, offset):
        self.factor = factor
        return xp.add(xp.mul(x, factor), offset)

    def backward(self, xp, grad):
        return (xp.mul(grad, self.factor),)
