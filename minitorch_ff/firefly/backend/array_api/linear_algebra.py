"""Products of matrices."""

from __future__ import annotations


class LinearAlgebra:
    """Matrix products and what is built on them."""

    def matmul(self, a, b):
        """`a @ b` for one or two dimensions each, and for stacks of matrices."""
        if a.ndim <= 2 and b.ndim <= 2:
            return a.dot(b)  # twice as fast as matmul for small matrices
        return self.module.matmul(a, b)
