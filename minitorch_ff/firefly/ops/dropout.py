"""Values times random factors that were drawn beforehand: dropout and its kin."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator


class Dropout(Operator):
    """`x` times a constant mask, such as zeros and scaled ones."""

    fresh = True
    called = "Mul"

    def forward(self, xp, x, *, mask):
        self.factor = mask
        return xp.mul(x, mask)

    def backward(self, xp, grad):
        return (xp.mul(grad, self.factor),)


class RRelu(Dropout):
    """`x` times random slopes, multiplied in their precision: float32 for bfloat16."""

    called = "RreluWithNoise"

    def forward(self, xp, x, *, slopes):
        self.factor = xp.cast(slopes, x.dtype)
        return xp.cast(xp.mul(x, slopes), x.dtype)


class AlphaDropout(Dropout):
    """`a x` where the mask holds, a fixed negative value elsewhere, then shifted by `b`.

    Mean and variance of self-normalising activations stay what they are.
    """

    called = "Add"

    def forward(self, xp, x, *, factor, offset):
        self.factor = factor
        return xp.add(xp.mul(x, factor), offset)
