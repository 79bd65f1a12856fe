"""Primitives that pick elements along one dimension, and put them back."""

from __future__ import annotations


class Picking:
    """`index` holds positions along `dim`; in the other dimensions it is smaller or equal."""

    def _places(self, shape, dim, index):
        """The full index of the places that `index` names."""
        grids = self.module.ogrid[tuple([slice(0, n) for n in index.shape])]
        return tuple([index if i == dim else grid for i, grid in enumerate(grids)])

    def gather(self, x, dim, index):
        """From each row along `dim` the elements at `index`."""
        if not x.ndim or not index.size:
            return self.module.full(index.shape, 0 if x.ndim else x, x.dtype)
        return x[self._places(x.shape, dim, index)]

    def gather_back(self, grad, shape, dim, index):
        """Zeros of `shape` with `grad` added at `index` of each row."""
        result = self.module.zeros(shape, grad.dtype)
        if not shape or not grad.size:
            return result + grad.sum()
        self.module.add.at(result, self._places(shape, dim, index), grad)
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
        return self.index_put(x, self._places(x.shape, dim, index), used, accumulate)

    def untouched(self, x, dim, index):
        """True at the places of `x` that `index` does not name."""
        mask = self.module.ones(x.shape, bool)
        if not x.ndim:
            return mask if not index.size else ~mask
        mask[self._places(x.shape, dim, index)] = False
        return mask
