"""Primitives that pick elements by position, anywhere or in each row, and put them back."""

from __future__ import annotations

REDUCTIONS = {
    "sum": ("add", 0), "mean": ("add", 0), "prod": ("multiply", 1), "amax": ("maximum", None),
    "amin": ("minimum", None),
}  # fmt: skip
"""The function of two numbers behind a reduction, and the number that it begins with."""


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
            self._reduce_at("add", result, index, grad)
        else:
            result[index] = grad
        return result

    def index_put(self, x, index, value, accumulate):
        """A copy of `x` with `value` at `index`, or added to what is there."""
        result = self.copy(x)
        if accumulate:
            self._reduce_at("add", result, index, value)
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

    def take_rows(self, x, index):
        """The rows of `x` at `index`, integers of any shape."""
        return x.take(index, 0)

    def add_rows(self, x, index, rows):
        """So many rows of zeros, with every row of `x` added to the one at its `index`."""
        result = self.module.zeros((rows, *x.shape[index.ndim :]), x.dtype)
        self._reduce_at("add", result, index, x)
        return result

    def _reduce_at(self, name, result, index, values):
        """Reduce values into the places that an index names, with the function `name`."""
        getattr(self.module, name).at(result, index, values)

    # ------------------------------------------------------------- along one dimension
    #
    # There an index holds positions along `dim`; in the other dimensions it is smaller or
    # equal.

    def _places(self, dim, index):
        """The full index of the places that `index` names."""
        places = [
            index if i == dim else self.module.arange(n).reshape((n,) + (1,) * (index.ndim - 1 - i))
            for i, n in enumerate(index.shape)
        ]
        return tuple(places)

    def gather(self, x, dim, index, repeated=True):
        """From each row along `dim` the elements at `index`.

        Whether some may be `repeated` matters only to the gradient.
        """
        if not x.ndim or not index.size:
            return self.module.full(index.shape, 0 if x.ndim else x, x.dtype)
        return x[self._places(dim, index)]

    def gather_back(self, grad, shape, dim, index, repeated=True):
        """Zeros of `shape` with `grad` added at `index` of each row."""
        result = self.module.zeros(shape, grad.dtype)
        if not shape or not grad.size:
            return result + grad.sum()
        places = self._places(dim, index)
        if repeated:
            self._reduce_at("add", result, places, grad)
        else:
            result[places] = grad
        return result

    def scatter(self, x, dim, index, source):
        """A copy of `x` with `source` at `index` of each row."""
        return self._put(x, dim, index, source, accumulate=False)

    def scatter_add(self, x, dim, index, source):
        """A copy of `x` with `source` added at `index` of each row."""
        return self._put(x, dim, index, source, accumulate=True)

    def _put(self, x, dim, index, source, accumulate):
        used = source[tuple([slice(0, n) for n in index.shape])]
        if not x.ndim:
            flat = used.reshape(-1)
            if not index.size:
                return self.copy(x)
            total = x + flat.sum() if accumulate else flat[-1]
            return self.module.asarray(total, x.dtype)
        return self.index_put(x, self._places(dim, index), used, accumulate)

    def scatter_reduce(self, x, dim, index, source, reduce, include_self):
        """A copy of `x`; what falls on one place is reduced, "sum" to "amin", with what is there.

        A mean is given as its sum. Unless `include_self`, what is there does not count.
        """
        name, start = REDUCTIONS[reduce]
        if not include_self:  # of extremes, any of the elements may stand first
            first = source if start is None else self.module.full(source.shape, start, x.dtype)
            x = self.scatter(x, dim, index, first)
        result = self.copy(x).reshape(x.shape or 1)
        used = source[tuple([slice(0, n) for n in index.shape])]
        rows, used = index.reshape(index.shape or 1), used.reshape(index.shape or 1)
        self._reduce_at(name, result, self._places(dim, rows), used)
        return result.reshape(x.shape)

    def untouched(self, x, dim, index):
        """True at the places of `x` that `index` does not name."""
        mask = self.module.ones(x.shape, bool)
        if not x.ndim:
            return mask if not index.size else ~mask
        mask[self._places(dim, index)] = False
        return mask
