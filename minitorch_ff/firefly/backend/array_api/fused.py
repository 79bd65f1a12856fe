"""Primitives that fuse what training steps do most: linear layers and losses."""

from __future__ import annotations


class Fused:
    """Each is composed here; a faster back end may override."""

    def linear(self, x, weight, bias):
        """`x Wᵀ + b` of a matrix `x`; `bias` may be None."""
        result = self._dot(x, weight.T)
        return result if bias is None else self.module.add(result, bias, result)

    def linear_back(self, grad, x, weight):
        """The gradients of `x` and `weight`, each None if the other is."""
        to_x = None if weight is None else self._dot(grad, weight)
        return to_x, None if x is None else self._dot(grad.T, x)

    def squared_error(self, a, b):
        """The mean squared difference, and the difference itself."""
        difference = self.module.subtract(a, b)
        flat = difference.reshape(-1)
        return self._dot(flat, flat) / flat.size, difference

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
            return self._maximum(x, dim, None, None, True)
        return self.row_maxima(x.reshape(-1, x.shape[-1])).reshape(*x.shape[:-1], 1)

    def log_softmax(self, x, dim):
        """The logarithm of the softmax over `dim`, without overflow."""
        if not x.size:
            return self.copy(x)
        module = self.module
        shifted = module.asarray(module.subtract(x, self.largest(x, dim)))
        total = self.sum(self.exp(shifted), dim, True)
        return module.subtract(shifted, module.log(total))

    def row_shares(self, x, target, ignored):
        """Targets that are classes, and the share of each row in a mean: 0 if it is ignored."""
        module = self.module
        counts = module.not_equal(target, ignored)
        dtype = "float32" if x.dtype.itemsize == 2 else x.dtype
        share = module.true_divide(counts, module.count_nonzero(counts)).astype(dtype)
        return module.where(counts, target, 0).astype("int64"), share

    def cross_entropy(self, x, target, share=None):
        """The mean loss of rows of scores, and their softmax; ignored rows have no share."""
        module = self.module
        rows, classes = x.shape
        shifted = module.subtract(x, self.row_maxima(x).reshape(rows, 1))
        weights = module.exp(shifted)
        total = self._dot(weights, self.ones_vector(classes, x.dtype))
        loss = module.subtract(module.log(total), shifted[self.positions(rows), target])
        if share is not None:
            zero = self.constant(0, x.dtype)
            loss = module.where(share == zero, zero, module.multiply(loss, share))
            return self.sum(loss), module.divide(weights, total.reshape(rows, 1), weights)
        mean = module.multiply(self.sum(loss), self.constant(1 / rows, x.dtype))
        return mean, module.divide(weights, total.reshape(rows, 1), weights)

    def cross_entropy_back(self, grad, probabilities, target, share=None):
        """`(p - t) g / n` for the one-hot targets `t`, or with the shares in place of `1 / n`."""
        module = self.module
        rows = probabilities.shape[0]
        if share is not None:
            difference = module.subtract(probabilities, self.one_hot(target, probabilities))
            zero = self.constant(0, share.dtype)
            share = module.where(share > zero, module.multiply(share, grad), zero)
            return module.multiply(difference, share.reshape(rows, 1))
        share = module.multiply(grad, self.constant(1 / rows, probabilities.dtype))
        result = module.multiply(probabilities, share)
        result[self.positions(rows), target] -= share
        return result

    def positions(self, n):
        """0, 1, … n-1; never to be written."""
        return self.module.arange(n)
