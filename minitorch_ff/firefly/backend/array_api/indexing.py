"""Primitives that pick elements by position, and put them back."""

from __future__ import annotations


class Indexing:
    """Indices are what NumPy takes: ints, slices, None, `...`, integer or bool arrays."""

    def index(self, x, index):
        """`x[index]`; a basic index gives a view, even of a single element."""
        index = index if type(index) is tuple else (index,)
        if not any(item is ... for item in index):
            index += (...,)  # otherwise x[0] of a vector is a copy
        return x[index]

    def index_back(self, grad, index, shape):
        """Zeros of `shape` with `grad` added at `index`; repeated places add up."""
        result = self.module.zeros(shape, grad.dtype)
        parts = index if type(index) is tuple else (index,)
        if any(isinstance(part, (self.buffer_type, list)) for part in parts):
            self.module.add.at(result, index, grad)
        else:
            result[index] = grad
        return result

    def index_put(self, x, index, value, accumulate):
        """A copy of `x` with `value` at `index`, or added to what is there."""
        result = self.copy(x)
        if accumulate:
            self.module.add.at(result, index, value)
        else:
            result[index] = value
        return result

    def mask_except(self, x, index):
        """True at all places of `x` but those that `index` names."""
        mask = self.module.ones(x.shape, bool)
        mask[index] = False
        return mask

    def one_hot(self, target, like):
        """Ones at the target's column of each row, in the shape and dtype of `like`."""
        result = self.module.zeros_like(like)
        result[self.positions(len(target)), target] = 1
        return result
