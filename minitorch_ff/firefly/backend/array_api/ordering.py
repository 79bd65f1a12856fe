"""Primitives that put elements in order, find positions, and add up along the way."""

from __future__ import annotations

import math


class Ordering:
    """Positions are int64. Not-a-number counts as larger than everything."""

    # -------------------------------------------------------------------------- order

    def argsort(self, x, dim, descending=False):
        """The order of the elements along `dim`; equal ones keep theirs."""
        module = self.module
        if not descending:
            return module.argsort(x, axis=dim, kind="stable")
        # Sorted from behind, then read from behind: so equal ones keep their order.
        order = module.argsort(module.flip(x, dim), axis=dim, kind="stable")
        return module.subtract(x.shape[dim] - 1, module.flip(order, dim))

    def top_positions(self, x, k, dim, largest):
        """Where the `k` largest or smallest elements along `dim` are."""
        size = x.shape[dim]
        before = (slice(None),) * dim
        if size < 64 or 8 * k > size or not k:  # sorting all is as fast
            return self.argsort(x, dim, largest)[(*before, slice(0, k))]
        at = size - k if largest else k - 1
        part = slice(size - k, size) if largest else slice(0, k)
        chosen = self.module.argpartition(x, at, axis=dim)[(*before, part)]
        order = self.argsort(self.gather(x, dim, chosen), dim, largest)
        return self.gather(chosen, dim, order)

    def median_positions(self, x, dim, ignore_nan):
        """Where the middle element along `dim` is; the lower of two."""
        module = self.module
        size = x.shape[dim]
        order = self.argsort(x, dim)
        nan = module.isnan(x)
        numbers = size - module.sum(nan, axis=dim, keepdims=True)
        middle = module.maximum(numbers - 1, 0) // 2
        if not ignore_nan:  # the first not-a-number comes right behind the numbers
            at_nan = module.minimum(numbers, size - 1)
            middle = module.where(numbers < size, at_nan, middle)
        return self.gather(order, dim, middle)

    def median(self, x, ignore_nan):
        """The middle one of all elements; not-a-number if there are none."""
        missing = int(self.module.count_nonzero(self.module.isnan(x)))
        if not x.size or (missing and not ignore_nan):
            return self.module.array(float("nan")).astype(x.dtype)
        middle = max(x.size - missing - 1, 0) // 2
        return self.module.partition(x.reshape(-1), middle)[middle]

    def mode_positions(self, x, dim):
        """Where the last of the most frequent (and then smallest) elements is."""
        module = self.module
        order = self.argsort(x, dim)
        ordered = self.gather(x, dim, order)
        size = x.shape[dim]
        before = (slice(None),) * dim
        place = self.module.arange(size).reshape((size,) + (1,) * (x.ndim - dim - 1))
        starts = module.ones(x.shape, bool)
        changed = module.not_equal(
            ordered[(*before, slice(1, None))], ordered[(*before, slice(0, -1))]
        )
        starts[(*before, slice(1, None))] = changed
        first = self._running("maximum", module.where(starts, place, 0), dim)
        length = place - first  # of the run so far
        longest = module.argmax(length, axis=dim, keepdims=True)
        return self.gather(order, dim, longest)

    def running_positions(self, x, dim, largest):
        """Where the largest or smallest element so far is, the last of equal ones."""
        module = self.module
        best = self._running("maximum" if largest else "minimum", x, dim)
        size = x.shape[dim]
        place = module.arange(size).reshape((size,) + (1,) * (x.ndim - dim - 1))
        is_best = module.logical_or(module.equal(x, best), module.isnan(x))
        return self._running("maximum", module.where(is_best, place, 0), dim)

    # ----------------------------------------------------------------------- so far

    def cumsum(self, x, dim):
        """Running sums, of integers in int64; of float32 in double, as in PyTorch."""
        return self._accumulate(self.module.cumsum, x, dim)

    def cumprod(self, x, dim):
        """Running products, of integers in int64; float32 in double, as in PyTorch."""
        return self._accumulate(self.module.cumprod, x, dim)

    def _accumulate(self, function, x, dim):
        if not x.ndim:
            return self.copy(x)
        if x.dtype.kind in "iub":
            return function(x, axis=dim, dtype="int64")
        if x.dtype.kind == "f" and x.dtype.itemsize < 8:
            return function(x, axis=dim, dtype="float64").astype(x.dtype)
        return function(x, axis=dim)

    def logcumsumexp(self, x, dim):
        """`log(exp x₁ + … + exp xᵢ)` along `dim`."""
        return self._running("logaddexp", x, dim) if x.ndim else self.copy(x)

    def _running(self, name, x, dim):
        """A function of two operands, applied all along `dim`."""
        return getattr(self.module, name).accumulate(x, dim)

    # ---------------------------------------------------------------------- counting

    def unique(self, x, dim=None, consecutive=False):
        """Distinct elements or slices, where each went, how often each occurs.

        In order; `consecutive` joins equal neighbours only, where they are.
        """
        module = self.module
        rows = x.reshape(-1, 1) if dim is None else module.moveaxis(x, dim, 0)
        count, *rest = shape = rows.shape
        rows = rows.reshape(count, math.prod(rest))
        order = module.arange(count)
        if not consecutive and count:
            order = module.lexsort(rows.T[::-1]) if rows.shape[1] else order
        ordered = rows[order]
        starts = module.ones(count, bool)
        starts[1:] = module.any(module.not_equal(ordered[1:], ordered[:-1]), axis=1)
        places = module.flatnonzero(starts)
        inverse = module.empty(count, "int64")
        inverse[order] = module.cumsum(starts, dtype="int64") - 1
        ends = module.append(places[1:], count) if count else places
        values = ordered[places].reshape((len(places), *shape[1:]))
        if dim is None:
            return values.reshape(-1), inverse.reshape(x.shape), ends - places
        return module.moveaxis(values, 0, dim), inverse, ends - places

    def bincount(self, x, weights=None, minlength=0):
        """How often each of the integers 0, 1, … occurs, or the sum of its weights."""
        return self.module.bincount(x, weights, minlength)

    def histogram(self, x, bins, low, high):
        """How many elements are in each of `bins` equal parts from `low` to `high`."""
        counts, _ = self.module.histogram(x, bins, (low, high))
        return counts.astype(x.dtype)

    def searchsorted(self, boundaries, values, right):
        """Where each value belongs in sorted boundaries, or in its own row of them."""
        module, side = self.module, "right" if right else "left"
        if boundaries.ndim == 1:
            return module.asarray(module.searchsorted(boundaries, values, side))
        result = module.zeros(values.shape, "int64")
        if boundaries.size and values.size:
            rows = [a.reshape(-1, a.shape[-1]) for a in (boundaries, values, result)]
            for row, wanted, out in zip(*rows, strict=True):
                out[...] = module.searchsorted(row, wanted, side)
        return result
