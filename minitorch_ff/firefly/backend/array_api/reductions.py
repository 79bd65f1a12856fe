"""Primitives that make one number of many."""

from __future__ import annotations

SMALL = 1 << 15
"""Below this many elements a sum runs fastest as a product with ones."""

SHORT_ROW = 64
"""Below this many elements it is slow to reduce each row by itself."""

LONG_ROW = 1 << 10
"""Up to so many elements a row is summed fastest, and well enough, as a product with ones."""


class Reductions:
    """Sums, products, extremes. `dim` is an int, a tuple of ints, or None for all."""

    def any(self, x, dim=None, keepdim=False):
        """Whether some element is true."""
        return self._any(x, dim, None, None, keepdim)

    def all(self, x, dim=None, keepdim=False):
        """Whether all elements are true."""
        return self._all(x, dim, None, None, keepdim)

    def sum(self, x, dim=None, keepdim=False, dtype=None):
        """Sum in `x`'s dtype, half-precision numbers by way of float32; integers in int64."""
        if dtype is None:
            dtype = x.dtype if x.dtype.kind in "fcV" else self.module.int64
        if dtype is x.dtype and dtype.char in "fd" and x.flags.c_contiguous and x.size:
            last = x.ndim - 1
            if dim is None and x.size < SMALL and not keepdim:
                return self._dot(x.reshape(-1), self.ones_vector(x.size, dtype))
            if last > 0 and dim in (last, (last,)) and x.shape[-1] <= LONG_ROW:
                return self.row_sums(x).reshape(x.shape[:-1] + (1,) * keepdim)
        if x.dtype.itemsize == 2 and x.dtype is dtype:
            return self.module.add.reduce(x, dim, "float32", None, keepdim).astype(dtype)
        return self.module.add.reduce(x, dim, dtype, None, keepdim)

    def prod(self, x, dim=None, keepdim=False, dtype=None):
        """Product in `x`'s dtype, integers and booleans in int64."""
        if dtype is None:
            dtype = x.dtype if x.dtype.kind in "fcV" else self.module.int64
        return self.module.multiply.reduce(x, dim, dtype, None, keepdim)

    def rounded_sum(self, x):
        """The sum of a vector, where PyTorch rounds half-precision numbers as it goes."""
        return self.sum(x)

    def amax(self, x, dim=None, keepdim=False):
        """The largest element; not-a-number wins."""
        return self._maximum(x, dim, None, None, keepdim)

    def amin(self, x, dim=None, keepdim=False):
        """The smallest element; not-a-number wins."""
        return self._minimum(x, dim, None, None, keepdim)

    def all_between(self, x, low, high):
        """Whether all of some integers are in `[low, high)`; reads the result."""
        if not x.size:
            return True
        if low == 0 and x.dtype.char == "l":  # without its sign, a number below zero is huge
            return bool(self._maximum(x.view("uint64"), None) < high)
        least = self._minimum(x, None)
        return bool(least >= low) and bool(self._maximum(x, None) < high)

    def argmax(self, x, dim=None, keepdim=False):
        """Position of the first largest element, in int64."""
        return self.module.argmax(x, axis=dim, keepdims=keepdim)

    def argmin(self, x, dim=None, keepdim=False):
        """Position of the first smallest element, in int64."""
        return self.module.argmin(x, axis=dim, keepdims=keepdim)

    def sum_rows(self, x):
        """Column sums of a matrix, as a product with ones: faster than a reduction."""
        if x.dtype.itemsize == 2:
            return self.sum(x, 0)
        return self._dot(self.ones_vector(x.shape[0], x.dtype), x)

    def row_sums(self, x):
        """Sums over the last dimension, as a vector."""
        width = x.shape[-1]
        return self._dot(x.reshape(-1, width), self.ones_vector(width, x.dtype))

    def row_maxima(self, x):
        """The largest element of each row of a matrix."""
        if x.shape[1] < SHORT_ROW:  # as columns, so that many rows are compared at once
            return self._maximum(x.T.copy(), 0)
        return self._maximum(x, 1)

    def logsumexp(self, x, dim=None, keepdim=False):
        """`log Σ exp x` without overflow; of no elements, minus infinity."""
        module = self.module
        if not x.size:
            return module.log(module.add.reduce(module.exp(x), dim, None, None, keepdim))
        largest = module.asarray(self._maximum(x, dim, None, None, True))
        largest = module.where(module.isfinite(largest), largest, self.constant(0, x.dtype))
        weights = module.exp(module.subtract(x, largest))
        total = module.log(module.add.reduce(weights, dim, None, None, keepdim))
        return module.add(total, largest.reshape(total.shape))

    def shares(self, x, y, dim):
        """Where `x` equals `y`, one over how often it does; zero elsewhere."""
        module = self.module
        equal = module.logical_or(module.equal(x, y), module.isnan(x))
        count = module.add.reduce(equal, dim, x.dtype, None, True)
        return module.true_divide(equal, count, dtype=x.dtype)
