"""What CuPy does otherwise than NumPy, or not at all, composed of what it has.

No primitive here waits for the device. What must (a boolean index, counts of unknown range,
distinct elements) is shared with NumPy, and waits in PyTorch as well.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff.firefly.backend.array_api import ArrayBackend

REDUCERS = {"maximum": "max", "minimum": "min", "logical_or": "any", "logical_and": "all"}


def special(name: str) -> Any:
    """A primitive that is the function `name` of `cupyx.scipy.special`."""

    def primitive(self, x):
        return self._special(name, x)

    return primitive


def _with_loops(x):
    """bfloat16 as float32: CuPy's ufuncs know it, its reductions and its sorting do not."""
    return x.astype("float32") if x.dtype.kind == "V" else x


class Composed(ArrayBackend):
    """Every primitive, over CuPy's functions alone."""

    cupyx: Any
    waits = True
    _window_block = 1 << 26  # few large products keep a GPU busy

    def __init__(self, module):
        super().__init__(module)
        linalg: Any = self
        for name in ("cholesky", "inverse", "solve"):
            setattr(linalg, name, self._raising(getattr(self, name)))

    def _raising(self, function):
        """A function of matrices that raises, as NumPy's does; CuPy's would give not-a-number."""

        def checked(*matrices):
            with self.cupyx.errstate(linalg="raise"):
                return function(*matrices)

        return checked

    def unique(self, x, dim=None, consecutive=False):
        """Distinct elements or slices, where each went, how often each occurs."""
        values, *others = super().unique(_with_loops(x), dim, consecutive)
        return values.astype(x.dtype, copy=False), *others

    def searchsorted(self, boundaries, values, right):
        """Where each value belongs in sorted boundaries, or in its own row of them."""
        return super().searchsorted(_with_loops(boundaries), _with_loops(values), right)

    # -------------------------------------------------------------------- reductions

    def _reducer(self, name):
        """CuPy's ufuncs reduce to sums and products only; the arrays' methods do the rest."""

        def reduce(x, dim=None, dtype=None, out=None, keepdims=False):
            y = getattr(x, REDUCERS[name])(axis=dim, out=out, keepdims=keepdims)
            return y.astype(x.dtype) if x.dtype.kind == "V" and y.dtype.kind == "f" else y

        return reduce

    def prod(self, x, dim=None, keepdim=False, dtype=None):
        """Product in `x`'s dtype, integers and booleans in int64."""
        y = super().prod(_with_loops(x), dim, keepdim, None if x.dtype.kind == "V" else dtype)
        return y.astype(x.dtype) if x.dtype.kind == "V" else y

    def sum(self, x, dim=None, keepdim=False, dtype=None):
        """Sum in `x`'s dtype, half-precision numbers by way of float32; integers in int64."""
        if dtype is None:
            dtype = x.dtype if x.dtype.kind in "fcV" else self.module.dtype("int64")
        if x.dtype.itemsize == 2 and x.dtype == dtype:
            return x.sum(axis=dim, dtype="float32", keepdims=keepdim).astype(dtype)
        return x.sum(axis=dim, dtype=dtype, keepdims=keepdim)

    def argmax(self, x, dim=None, keepdim=False):
        """Position of the first largest element, in int64: CuPy has C's other name for it."""
        return x.argmax(axis=dim, keepdims=keepdim).view("int64")

    def argmin(self, x, dim=None, keepdim=False):
        """Position of the first smallest element, in int64."""
        return x.argmin(axis=dim, keepdims=keepdim).view("int64")

    # ------------------------------------------------------------- single elements

    def scale(self, x, factor):
        """`x` times a Python number: an argument of the kernel, not an array."""
        return self.module.multiply(x, self._like(x, factor))

    def shift(self, x, amount):
        """`x` plus a Python number, in `x`'s dtype."""
        return self.module.add(x, self._like(x, amount))

    def _like(self, param, value):
        """A number that may change at every step, or an array of one, in `param`'s dtype."""
        array = isinstance(value, self.buffer_type)
        return value.astype(param.dtype) if array else param.dtype.type(value)

    def _all_like(self, param, *values):
        """Several such numbers."""
        return [self._like(param, value) for value in values]

    def _perhaps_any(self, mask):
        """Yes: to know it would take waiting."""
        return True

    def where(self, mask, a, b):
        """`a` where the boolean `mask` holds, `b` elsewhere; bfloat16 by its bits."""
        if a.dtype.kind != "V":
            return self.module.where(mask, a, b)
        return self.module.where(mask, a.view("u2"), b.view("u2")).view(a.dtype)

    def where_true(self, x, mask):
        """`x` where the boolean `mask` holds, zero elsewhere (infinities included)."""
        return self.where(mask, x, self.constant(0, x.dtype))

    # ------------------------------------------------------------ special functions

    def _special(self, name, x, *before):
        """A function of CuPy's, for a dtype that it has, in the dtype of `x`."""
        wide = x if x.dtype.char in "fd" else x.astype("float32")
        function = getattr(self.cupyx.scipy.special, name)
        return function(*before, wide).astype(x.dtype, copy=False)

    erf, erfc, erfcx, erfinv = map(special, ("erf", "erfc", "erfcx", "erfinv"))
    rough_erf = erf  # PyTorch's for CUDA has all digits
    normal_cdf, log_ndtr, ndtri = map(special, ("ndtr", "log_ndtr", "ndtri"))
    lgamma = special("gammaln")

    def digamma(self, x):
        """The derivative of `lgamma`; at zero with the sign that PyTorch gives it."""
        at_zero = self.module.negative(self.module.copysign(self._like(x, math.inf), x))
        below = self.module.where(x == -math.inf, self._like(x, math.nan), self._psi(x))
        return self.module.where(x == 0, at_zero, below)

    def _psi(self, x):
        """The library's, with not-a-number at the poles below zero."""
        pole = self.module.logical_and(x < 0, x == self.module.floor(x))
        return self.module.where(pole, self._like(x, math.nan), self._special("digamma", x))

    def _polygamma(self, x, n):
        """Up to sign and factor, Hurwitz' zeta function."""
        order = self.module.asarray(n + 1, "float64")
        zeta = self.cupyx.scipy.special.zeta(order, x.astype("float64"))
        return ((-1) ** (n + 1) * math.factorial(n) * zeta).astype(x.dtype)

    def bessel_i(self, x, order, scaled):
        """The modified Bessel function of order 0 or 1; scaled, times `e⁻|x|`."""
        return self._special(f"i{order}{'e' if scaled else ''}", x)

    # -------------------------------------------------------------------------- order

    def argsort(self, x, dim, descending=False):
        """The order of the elements along `dim`; equal ones keep theirs."""
        return super().argsort(_with_loops(x), dim, descending)

    def top_positions(self, x, k, dim, largest):
        """Where the `k` largest or smallest elements along `dim` are: CuPy sorts all anyway."""
        return self.argsort(x, dim, largest)[(*(slice(None),) * dim, slice(0, k))]

    def median(self, x, ignore_nan):
        """The middle one of all elements; not-a-number if there are none."""
        module, size = self.module, x.size
        if not size:
            return module.asarray(math.nan).astype(x.dtype)
        missing = module.count_nonzero(module.isnan(x))
        middle = module.maximum(size - missing - 1, 0) // 2
        if not ignore_nan:
            middle = module.where(missing > 0, size - 1, middle)
        return module.sort(_with_loops(x.reshape(-1))).take(middle).astype(x.dtype, copy=False)

    def _running(self, name, x, dim):
        """A function of two, all along `dim`: after `k` rounds over the `2ᵏ` elements so far."""
        function, before = getattr(self.module, name), (slice(None),) * dim
        y, step = self.copy(x), 1
        while step < x.shape[dim]:
            so_far = function(y[(*before, slice(step, None))], y[(*before, slice(0, -step))])
            y = self.module.concatenate((y[(*before, slice(0, step))], so_far), dim)
            step *= 2
        return y

    # ------------------------------------------------------------------ by position

    def _reduce_at(self, name, result, index, values):
        """Reduce values into the places that an index names, in a fixed order.

        CuPy's `ufunc.at` lacks dtypes and functions, and adds in the order of chance.
        """
        module = self.module
        parts: Any = index if type(index) is tuple else (index,)
        taken = len(parts)
        arrays = [getattr(getattr(p, "dtype", None), "kind", "") in ("i", "u") for p in parts]
        whole = all([isinstance(part, slice) and part == slice(None) for part in parts[:-1]])
        if (
            arrays[-1] and whole and taken > 1
        ):  # rows of what lies behind, once that dimension comes first
            turned = module.moveaxis(result, taken - 1, 0).copy()
            values = module.broadcast_to(values, (*result.shape[: taken - 1], *parts[-1].shape,
                                                  *result.shape[taken:]))  # fmt: skip
            depth = parts[-1].ndim
            order = range(taken - 1, taken - 1 + depth)
            self._reduce_at(name, turned, parts[-1], module.moveaxis(values, order, range(depth)))
            result[...] = module.moveaxis(turned, 0, taken - 1)
            return
        if not all(arrays):
            taken = result.ndim
        rows = math.prod(result.shape[:taken])
        keys = module.arange(rows).reshape(result.shape[:taken])[index]
        width = math.prod(result.shape[taken:])
        shape = (*keys.shape, *result.shape[taken:])
        if not math.prod(shape):
            return
        values = module.broadcast_to(module.asarray(values, result.dtype), shape)
        values = module.ascontiguousarray(values).reshape(keys.size, width)
        keys = keys.reshape(-1)
        order = keys.argsort()
        flat = result.reshape(rows, width)
        self._reduce_runs(name, flat, keys[order], order, values)
        if not result.flags.c_contiguous:
            result[...] = flat.reshape(result.shape)

    def _reduce_runs(self, name, result, keys, order, values):
        """Reduce rows of `values`, in order, into the rows of `result` that sorted keys name.

        After `k` rounds each row has up to `2ᵏ` of its own run; the last of a run has all.
        """
        module, function = self.module, getattr(self.module, name)
        rows, step, count = values[order], 1, len(keys)
        while step < count:
            together = module.equal(keys[step:], keys[:-step])[:, None]
            joined = module.where(together, function(rows[step:], rows[:-step]), rows[step:])
            rows = module.concatenate((rows[:step], joined))
            step *= 2
        ends = module.concatenate((keys[1:] != keys[:-1], module.ones(1, bool)))
        spare = module.concatenate((result, result[:1]))  # what is no end goes to a last row
        spare[module.where(ends, keys, len(result))] = function(rows, result[keys])
        result[...] = spare[:-1]
