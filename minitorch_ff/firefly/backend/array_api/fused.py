"""Primitives that fuse what training steps do most: linear layers and losses."""

from __future__ import annotations


class Fused:
    """Each is composed here; a faster back end may override."""

    def linear(self, x, weight, bias):
        """`x Wᵀ + b` of a matrix `x`; `bias` may be None."""
        result = self.module.dot(x, weight.T)
        return result if bias is None else self.module.add(result, bias, result)

    def squared_error(self, a, b):
        """The mean squared difference, and the difference itself."""
        difference = self.module.subtract(a, b)
        flat = difference.reshape(-1)
        factor = self.constant(1 / max(flat.size, 1), difference.dtype)
        return self.module.multiply(self.module.dot(flat, flat), factor), difference

    def softmax(self, x, dim):
        """Exponentials over `dim`, scaled to add up to one."""
        weights = self.module.subtract(x, self.module.maximum.reduce(x, dim, keepdims=True))
        self.module.exp(weights, weights)
        total = self.module.add.reduce(weights, dim, keepdims=True)
        return self.module.divide(weights, total, weights)
