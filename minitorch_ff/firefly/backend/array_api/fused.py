"""Primitives that fuse what training steps do most: linear layers and losses."""

from __future__ import annotations


class Fused:
    """Each is composed here; a faster back end may override."""

    def linear(self, x, weight, bias):
        """`x Wᵀ + b` of a matrix `x`; `bias` may be None."""
        result = x.dot(weight.T)
        return result if bias is None else self.module.add(result, bias, result)

    def linear_back(self, grad, x, weight):
        """The gradients of `x` and `weight`, each None if the other is."""
        to_x = None if weight is None else grad.dot(weight)
        return to_x, None if x is None else grad.T.dot(x)

    def squared_error(self, a, b):
        """The mean squared difference, and the difference itself."""
        difference = self.module.subtract(a, b)
        flat = difference.reshape(-1)
        factor = self.constant(1 / max(flat.size, 1), difference.dtype)
        return self.module.multiply(flat.dot(flat), factor), difference

    def sigmoid(self, x):
        """`1 / (1 + e⁻ˣ)`."""
        y = self.module.exp(self.module.negative(x))
        return self.module.reciprocal(self.add_(y, self.constant(1, x.dtype)))

    def softmax(self, x, dim):
        """Exponentials over `dim`, scaled to add up to one."""
        if not x.size:
            return self.copy(x)
        weights = self.module.asarray(self.module.subtract(x, self.largest(x, dim)))
        self.exp(weights, weights)
        return self.module.divide(weights, self.sum(weights, dim, True), weights)

    def largest(self, x, dim):
        """The largest elements along `dim`, which stays with size 1; fast for short rows."""
        if dim != x.ndim - 1 or x.ndim < 2:
            return self.module.maximum.reduce(x, dim, keepdims=True)
        return self.row_maxima(x.reshape(-1, x.shape[-1])).reshape(*x.shape[:-1], 1)

    def log_softmax(self, x, dim):
        """The logarithm of the softmax over `dim`, without overflow."""
        if not x.size:
            return self.copy(x)
        module = self.module
        shifted = module.asarray(module.subtract(x, self.largest(x, dim)))
        total = self.sum(self.exp(shifted), dim, True)
        return module.subtract(shifted, module.log(total))

    def cross_entropy(self, x, target):
        """The mean loss of rows of scores, and their softmax."""
        module = self.module
        rows, classes = x.shape
        shifted = module.subtract(x, self.row_maxima(x).reshape(rows, 1))
        weights = module.exp(shifted)
        total = weights.dot(self.ones_vector(classes, x.dtype))
        loss = module.subtract(module.log(total), shifted[self.positions(rows), target])
        mean = module.multiply(self.sum(loss), self.constant(1 / rows, x.dtype))
        return mean, module.divide(weights, total.reshape(rows, 1), weights)

    def cross_entropy_back(self, grad, probabilities, target):
        """`(p - t) g / n` for the one-hot targets `t`."""
        module = self.module
        rows = probabilities.shape[0]
        share = module.multiply(grad, self.constant(1 / rows, probabilities.dtype))
        result = module.multiply(probabilities, share)
        result[self.positions(rows), target] -= share
        return result

    def positions(self, n):
        """0, 1, … n-1, kept."""
        try:
            return self._positions[n]
        except KeyError:
            result = self._positions[n] = self.module.arange(n)
            return result
