"""Products of vectors, matrices and stacks of matrices."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator


class Mm(Operator):
    """`A B` of two matrices."""

    __slots__ = ()
    fresh = True

    def forward(self, xp, a, b):
        self.save_for_each_other(a, b)
        return xp.matmul(a, b)

    def backward(self, xp, grad):
        a, b = self.saved_tensors
        return (
            None if b is None else xp.matmul(grad, xp.t(b)),
            None if a is None else xp.matmul(xp.t(a), grad),
        )


class Linear(Operator):
    """`x Wᵀ + b` of a matrix `x`, in one node."""

    __slots__ = ()
    fresh = True

    def forward(self, xp, x, weight, bias=None):
        edges = self.edges
        self.save_for_backward(
            None if edges[1] is None else x, None if edges[0] is None else weight
        )
        return xp.linear(x, weight, bias)

    def backward(self, xp, grad):
        x, weight = self.saved_tensors
        edges = self.edges
        to_x = None if weight is None else xp.matmul(grad, weight)
        to_weight = None if x is None else xp.matmul(xp.t(grad), x)
        if len(edges) == 2:
            return to_x, to_weight
        return to_x, to_weight, None if edges[2] is None else xp.sum_rows(grad)

    def name(self):
        return "AddmmBackward0" if len(self.edges) == 3 else "MmBackward0"
