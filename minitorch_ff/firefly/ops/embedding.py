"""Rows of a table by number, and rows added up where their numbers say."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator


class Embedding(Operator):
    """The rows of `weight` at `index`; a row's gradient is the sum over all places it went to.

    Each place counts with its constant `share`, if there are any.
    """

    fresh = True

    def forward(self, xp, weight, *, index, share=None):
        self.index, self.share, self.rows = index, share, weight.shape[0]
        return xp.take_rows(weight, index)

    def backward(self, xp, grad):
        if self.share is not None:
            grad = xp.mul(grad, self.share)
        return (xp.add_rows(grad, self.index, self.rows),)


class AddRows(Operator):
    """Zeros, with every row of `x` added to the row at its `index`: the other way round."""

    fresh = True
    called = "EmbeddingDenseBackward"

    def forward(self, xp, x, *, index, rows):
        self.index = index
        return xp.add_rows(x, index, rows)

    def backward(self, xp, grad):
        return (xp.take_rows(grad, self.index),)
