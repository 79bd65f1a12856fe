"""Products of vectors, matrices and stacks of matrices."""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.base import HALVES, Operator

NAMES = {(1, 1): "Dot", (2, 1): "Mv", (2, 2): "Mm", (1, 2): "Squeeze4", (3, 3): "Bmm"}


class MatMul(Operator):
    """`A B` of vectors, matrices or stacks, whose leading dimensions broadcast.

    Of matrices the gradients are `G Bᵀ` and `Aᵀ G`; a vector counts as a matrix of one row
    (on the left) or one column (on the right).
    """

    fresh = widens = True

    def forward(self, xp, a, b, *, called=None):
        self.save_for_each_other(a, b)
        self.ranks = a.ndim, b.ndim
        self.called = called
        return xp.matmul(a, b)

    def backward(self, xp, grad):
        a, b = self.saved_tensors
        if self.ranks == (2, 2):
            return (
                None if b is None else xp.matmul(grad, xp.t(b)),
                None if a is None else xp.matmul(xp.t(a), grad),
            )
        return self.to_first(xp, grad, b), self.to_second(xp, grad, a)

    def to_first(self, xp, grad, b):
        """The gradient of `A`."""
        rank_a, rank_b = self.ranks
        if b is None:
            return None
        if rank_b == 1:  # every row of A met the same vector
            return xp.mul(xp.reshape(grad, (*grad.shape, 1)), b)
        if rank_a == 1:
            grad = xp.reshape(grad, (*grad.shape[:-1], 1, grad.shape[-1]))
        to_a = xp.matmul(grad, transposed(xp, b))
        if rank_a == 1:
            to_a = xp.reshape(to_a, (*to_a.shape[:-2], to_a.shape[-1]))
        return to_a

    def to_second(self, xp, grad, a):
        """The gradient of `B`."""
        rank_a, rank_b = self.ranks
        if a is None:
            return None
        if rank_a == 1:
            if rank_b == 1:
                return xp.mul(grad, a)
            column = xp.reshape(a, (a.shape[0], 1))
            return xp.mul(column, xp.reshape(grad, (*grad.shape[:-1], 1, grad.shape[-1])))
        if rank_b == 1:
            to_b = xp.matmul(transposed(xp, a), xp.reshape(grad, (*grad.shape, 1)))
            return xp.reshape(to_b, to_b.shape[:-1])
        if rank_b == 2:  # one matrix for the whole stack: a single product
            rows = math.prod(a.shape[:-1])
            flat = xp.reshape(a, (rows, a.shape[-1]))
            return xp.matmul(xp.t(flat), xp.reshape(grad, (rows, grad.shape[-1])))
        return xp.matmul(transposed(xp, a), grad)

    def name(self):
        called = self.called or NAMES.get(self.ranks, "UnsafeView")
        return called + "Backward" + ("" if called[-1].isdigit() else "0")


def transposed(xp, x):
    """The last two dimensions exchanged."""
    dims = list(range(len(x.shape)))
    dims[-2], dims[-1] = dims[-1], dims[-2]
    return xp.permute(x, tuple(dims))


class Linear(Operator):
    """`x Wᵀ + b` over the last dimension of `x`, in one node.

    The gradients are `G W`, `Gᵀ x` and the column sums of `G`.
    """

    fresh = fits = widens = True

    def forward(self, xp, x, weight, bias=None):
        edges = self.edges
        self.saved = (None if edges[1] is None else x, None if edges[0] is None else weight)
        shape = self.input_shape = x.shape
        if len(shape) == 2:
            return xp.linear(x, weight, bias)
        rows = xp.linear(x.reshape(-1, shape[-1]), weight, bias)
        return rows.reshape(*shape[:-1], weight.shape[0])

    def backward(self, xp, grad):
        x, weight = self.saved_tensors
        edges = self.edges
        flat = len(self.input_shape) == 2
        if not flat:
            shape = self.input_shape
            rows = math.prod(shape[:-1])
            grad = xp.reshape(grad, (rows, grad.shape[-1]))
            x = None if x is None else xp.reshape(x, (rows, shape[-1]))
        to_x, to_weight = xp.linear_back(grad, x, weight)
        if not flat and to_x is not None:
            to_x = xp.reshape(to_x, self.input_shape)
        if len(edges) == 2:
            return to_x, to_weight
        return to_x, to_weight, None if edges[2] is None else xp.sum_rows(grad)

    def name(self):
        biased = len(self.edges) == 3
        rank = len(self.input_shape)
        if rank == 2:
            return "AddmmBackward0" if biased else "MmBackward0"
        if biased:
            return "ViewBackward0"
        return "SqueezeBackward4" if rank == 1 else "UnsafeViewBackward0"


class Addmm(MatMul):
    """`beta M + alpha A B`, in one node."""

    rounds = HALVES

    def forward(self, xp, m, a, b, *, beta, alpha, called="Addmm"):
        edges = self.edges
        self.save_for_backward(None if edges[2] is None else a, None if edges[1] is None else b)
        self.beta, self.alpha, self.called, self.ranks = beta, alpha, called, (a.ndim, b.ndim)
        product = xp.matmul(a, b)
        if alpha != 1:
            product = xp.scale(product, alpha)
        if beta == 0:
            return product
        return xp.add(product, m if beta == 1 else xp.scale(m, beta))

    def backward(self, xp, grad):
        products = super().backward(xp, grad)
        if self.alpha != 1:
            products = [g if g is None else xp.scale(g, self.alpha) for g in products]
        return None if self.edges[0] is None else xp.scale(grad, self.beta), *products
