"""The CPU back end: what only NumPy needs."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy

from minitorch_ff.firefly.backend import threads
from minitorch_ff.firefly.backend.array_api import ArrayBackend
from minitorch_ff.firefly.backend.array_api.updates import Updates
from minitorch_ff.firefly.backend.blas_threads import use_one_thread
from minitorch_ff.firefly.backend.memory import LARGEST, Spare, keep_freed_memory

# Floating-point exceptions give inf and nan without a word, as in PyTorch; for calls from
# the engine only, so that a user's own NumPy code warns as before.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minitorch_ff\.firefly\.")


BRANCHY = 1 << 11
"""From this many elements on, `numpy.where` loses to masking bits: it guesses a branch
for each element, and a random mask makes it guess wrong."""

LANES = 16
"""Up to so many products of a dot product are added half to half; as wide as AVX-512."""

TOGETHER, MANY = 1 << 22, 1 << 19
"""From so many multiplications on, a matrix product, or many, are worth several threads."""

TURNED = range(1 << 15, (1 << 20) + 1)
"""With so many multiplications OpenBLAS takes long for `x @ w.T` of row-major matrices: with one
of the two turned round beforehand it takes two thirds, or half."""

TILE = 64
"""BLAS works on so many rows or columns at a time, or on a divisor: a product of float32 that is
cut between them gives the same bits. One of float64 does not always, and is not cut."""

BITS = {"f": numpy.int32, "d": numpy.int64}
"""The integers as wide as a floating type."""

SPREAD = "exp exp2 expm1 log log2 log1p sin cos tan sinh cosh tanh".split()
SPREAD_METHODS = ["positive_part", "where_nonzero", "sigmoid", "normal_cdf", "erf", "rough_erf"]
SPREAD_UPDATES = {name for name in vars(Updates) if name.endswith("_step")} - {"plain_sgd_step"}
"""What treats each element alone, and is worth several threads; `plain_sgd_step` takes lists."""

PAIRS = {"f": numpy.complex64, "d": numpy.complex128}
"""The complex type of which a number is two of a floating type."""


class NumpyBackend(ArrayBackend):
    """Primitives over `numpy.ndarray`."""

    device_type = "cpu"
    buffer_type = numpy.ndarray

    def __init__(self) -> None:
        super().__init__(numpy)
        keep_freed_memory()
        self._spare = Spare()
        self._parts_products = use_one_thread()
        self.use_threads(threads.at_start())

    def use_threads(self, n: int) -> None:
        """Let primitives use `n` threads; with one, they are NumPy's functions themselves."""
        threads.allow(n)
        self._threads = n
        self._dot: Any = numpy.ndarray.dot if n == 1 else self._large_dot
        for name in SPREAD:
            function = getattr(numpy, name)
            setattr(self, name, function if n == 1 else threads.spread(function))
        for name in SPREAD_METHODS:
            self.__dict__.pop(name, None)
            if n > 1:
                setattr(self, name, threads.spread(getattr(self, name), writes=False))
        for name in SPREAD_UPDATES:
            self.__dict__.pop(name, None)
            if n > 1:
                update = threads.spread_update(getattr(self, name), self.update_block)
                setattr(self, name, update)

    def in_threads(self, function, blocks):
        """Call `function(*block)` for every block, in as many threads as are allowed."""
        threads.in_threads(function, blocks)

    def device_index(self, x: Any) -> int | None:
        """The number of the device that holds `x`; the CPU has none."""
        return None

    def to_numpy(self, x: Any) -> numpy.ndarray:
        """The buffer as a NumPy array: itself."""
        return x

    def from_numpy(self, x: numpy.ndarray, index: int | None = None) -> Any:
        """A NumPy array as a buffer: itself."""
        return x

    def flat(self, shapes, dtype):
        """Memory for arrays side by side; each is saved as a memory of its own."""
        flat = super().flat(shapes, dtype)
        flat.parts = [apart(part) for part in flat.parts]
        return flat

    def broadcast_to(self, x, shape):
        """Elements repeated without a copy: `numpy.broadcast_to` costs ten times as much."""
        if not getattr(x, "ndim", 1):
            return numpy.ndarray(shape, x.dtype, numpy.asarray(x), 0, (0,) * len(shape))
        return numpy.broadcast_to(x, shape)

    # NumPy makes these read-only, which only it knows.

    def expand(self, x, shape):
        """Elements repeated without a copy, as writable as `x` is."""
        return _as_writable(super().expand(x, shape), x)

    def diagonal(self, x, offset, dim0, dim1):
        """The elements on a diagonal of two dimensions, as a last dimension."""
        return _as_writable(super().diagonal(x, offset, dim0, dim1), x)

    def unfold(self, x, dim, size, step):
        """Windows along `dim`, as a last dimension; they share memory."""
        windows = numpy.lib.stride_tricks.sliding_window_view(
            x, size, dim, writeable=x.flags.writeable
        )
        return windows[(slice(None),) * dim + (slice(None, None, step),)]

    def add_rows(self, x, index, rows):
        """So many rows of zeros, with every row of `x` added to the one at its `index`.

        `add.at` is fast for a vector only, so rows are taken apart; not into single numbers,
        if they can go in pairs, as complex ones.
        """
        shape, dtype = (rows, *x.shape[index.ndim :]), x.dtype
        width = math.prod(shape[1:])
        pairs = PAIRS.get(dtype.char)
        if pairs is not None and width and not width % 2:
            x, width = numpy.ascontiguousarray(x).reshape(-1).view(pairs), width // 2
        result = numpy.zeros(rows * width, x.dtype)
        places = numpy.add.outer(index.reshape(-1) * width, numpy.arange(width))
        numpy.add.at(result, places.reshape(-1), x.reshape(-1))
        return result.view(dtype).reshape(shape)

    def matmul(self, a, b):
        """`a @ b`; the products of short vectors are added in PyTorch's order."""
        if a.itemsize == 2 and a.dtype.kind not in "iu":
            return numpy.matmul(*_wider(a, b)).astype(a.dtype)
        if a.ndim == 2 >= b.ndim:
            return self._dot(a, b)
        if a.ndim != 1 or b.ndim > 2:
            return self._products(a, b)
        if a.size > LANES or a.shape != b.shape or a.dtype.char != "f":
            return a.dot(b)
        products = numpy.zeros(LANES, a.dtype)
        numpy.multiply(a, b, products[: a.size])
        for half in (8, 4):
            products = products[:half] + products[half:]
        return (products[0] + products[1]) + (products[2] + products[3])

    def linear(self, x, weight, bias):
        """`x Wᵀ + b` of a matrix `x`; `bias` may be None."""
        if x.itemsize == 2 and x.dtype.kind not in "iu":
            return self.linear(*_wider(x, weight, bias)).astype(x.dtype)
        count = len(weight)
        if x.size < 512 or count < 16 or x.size * count not in TURNED:
            result = self._dot(x, weight.T)
        elif weight.size <= x.size:
            result = self._dot(x, weight.T.copy())
        else:
            result = self._dot(x.T.copy().T, weight.T)
        return result if bias is None else numpy.add(result, bias, result)

    def linear_back(self, grad, x, weight):
        """The gradients of `x` and `weight`, each None if the other is."""
        if grad.itemsize == 2 and grad.dtype.kind not in "iu":
            wide = self.linear_back(*_wider(grad, x, weight))
            return tuple([None if to is None else to.astype(grad.dtype) for to in wide])
        to_x = None if weight is None else self._dot(grad, weight)
        if x is None:
            return to_x, None
        if grad.size < MANY or grad.shape[1] * x.shape[1] * x.itemsize < LARGEST:
            return to_x, self._dot(grad.T, x)
        return to_x, self._large_gradient(grad.T, x)

    def _large_gradient(self, a, b):
        """The product of matrices, where another one of its size may have been given back."""
        if a.dtype is not b.dtype:
            return self._dot(a, b)
        return self._dot(a, b, self._spare.take((a.shape[0], b.shape[1]), b.dtype))

    def _large_dot(self, a, b, out=None):
        """`a b` of a matrix; a large product is parted along its longer side."""
        if b.ndim == 1 or a.size * b.shape[1] < TOGETHER:
            return a.dot(b, out)
        if not self._parts_products or not a.dtype.char == b.dtype.char == "f":
            return a.dot(b, out)
        result = numpy.empty((len(a), b.shape[1]), a.dtype) if out is None else out
        count = min(self._threads, 2 * a.size * b.shape[1] // TOGETHER)
        if len(a) < b.shape[1]:
            cuts = threads.cuts(b.shape[1], count, TILE)
            parts = [(a, b[:, cut], result[:, cut]) for cut in cuts]
        else:
            parts = [(a[cut], b, result[cut]) for cut in threads.cuts(len(a), count, TILE)]
        threads.in_threads(_multiply, parts)
        return result

    def _products(self, a, b):
        """The products of many matrices, some in each thread."""
        shared = self._threads > 1 and a.ndim == b.ndim and len(a) == len(b) > 1
        if not shared or a.size * b.shape[-1] < MANY or a.dtype is not b.dtype:
            return numpy.matmul(a, b)
        shape = numpy.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        result = numpy.empty((*shape, a.shape[-2], b.shape[-1]), a.dtype)
        threads.in_threads(
            _multiply, [(a[i], b[i], result[i]) for i in threads.cuts(len(a), self._threads)]
        )
        return result

    def prod(self, x, dim=None, keepdim=False, dtype=None):
        """Product in `x`'s dtype; of half-precision numbers in PyTorch's order, each rounded.

        It goes through contiguous rows in 4 vectors of 16 numbers, as wide as AVX2.
        """
        kept = x.dtype.kind in "fV" and dtype in (None, x.dtype)
        if x.dtype.itemsize != 2 or not (kept and x.size and x.ndim):
            return super().prod(x, dim, keepdim, dtype)
        multiply = numpy.multiply
        rows = x.reshape(-1) if dim is None else numpy.moveaxis(x, dim, -1)
        count = rows.shape[-1] // 64 if dim is None or dim in (-1, x.ndim - 1) else 0
        if count and x.flags.c_contiguous:
            vectors = rows[..., : 64 * count].reshape(*rows.shape[:-1], count, 4, 16)
            lanes = multiply.accumulate(vectors, -3)[..., -1, :, :]
            lanes = multiply(lanes[..., 0::2, :], lanes[..., 1::2, :])
            lane = multiply(lanes[..., 0, :], lanes[..., 1, :])
            rows = numpy.concatenate([lane, rows[..., 64 * count :]], -1)
        y = multiply.accumulate(rows, -1)[..., -1]
        dims = tuple(range(x.ndim)) if dim is None else dim
        return numpy.expand_dims(y, dims) if keepdim else y

    def rounded_sum(self, x):
        """The sum of a vector of half-precision numbers in PyTorch's order, each step rounded.

        Sixteen are added up, then sixteen of those sums, and so on; but for the first number.
        """
        add, zero = numpy.add, numpy.zeros(1, x.dtype)
        power = max(4, -(-math.ceil(math.log2(max(x.size, 1))) // 8))
        first, rest, total = x[:1], x[1:], zero
        for _ in range(7):
            whole = rest.size >> power << power
            total = add(total, add.accumulate(numpy.concatenate([zero, rest[whole:]]))[-1])
            rest = add.accumulate(rest[:whole].reshape(-1, 1 << power), 1)[:, -1]
        return add(total, add.accumulate(numpy.concatenate([zero, first, rest]))[-1])[0]

    def positive_part(self, x):
        """`x` where it is positive, zero elsewhere; not-a-number stays."""
        zero = self.constant(0, x.dtype)
        if x.size < 8 * BRANCHY or x.dtype.kind != "f":
            return numpy.maximum(x, zero)
        return x.clip(zero, self.constant(math.inf, x.dtype))  # `maximum` is slower

    def where_nonzero(self, x, condition):
        """`x` where `condition` is not zero, zero elsewhere."""
        if not x.ndim:
            return super().where_nonzero(x, condition)
        mask = numpy.not_equal(condition, self.constant(0, condition.dtype)).astype(x.dtype)
        return numpy.multiply(x, mask, mask)  # faster than by booleans

    def where(self, mask, a, b):
        """`a` where the boolean `mask` holds, `b` elsewhere."""
        integer = BITS.get(a.dtype.char)
        if mask.size < BRANCHY or integer is None or a.dtype is not b.dtype:
            return numpy.where(mask, a, b)
        dtype, a, b = a.dtype, a.view(integer), b.view(integer)
        # True as a byte is 1; negated, and widened with its sign, all bits are set.
        bits = numpy.negative(mask.view("i1"))
        kept = numpy.bitwise_and(numpy.bitwise_xor(a, b), bits)
        return numpy.bitwise_xor(kept, b).view(dtype)

    def where_true(self, x, mask):
        """`x` where the boolean `mask` holds, zero elsewhere (infinities included)."""
        integer = BITS.get(x.dtype.char)
        if mask.size < BRANCHY or integer is None:
            return numpy.where(mask, x, self.constant(0, x.dtype))
        kept = numpy.bitwise_and(x.view(integer), numpy.negative(mask.view("i1")))
        return kept.view(x.dtype)

    def lgamma(self, x):
        """The logarithm of the gamma function's size, from Python's own `math`."""
        values = [_lgamma(value) for value in numpy.ravel(x).tolist()]
        return numpy.array(values, x.dtype).reshape(x.shape)


def _multiply(a: Any, b: Any, out: Any) -> None:
    numpy.matmul(a, b, out=out)


def apart(x: numpy.ndarray) -> numpy.ndarray:
    """The elements of a contiguous array in place, as if they were the whole of the memory."""
    return numpy.frombuffer(x.reshape(-1).view(numpy.uint8).data, x.dtype).reshape(x.shape)


def writable(x: numpy.ndarray) -> numpy.ndarray:
    """The same memory as an array that may be written, whatever `x` says."""
    return numpy.asarray(_Memory(x)).view(x.dtype)


class _Memory:
    def __init__(self, x: numpy.ndarray) -> None:
        interface = x.__array_interface__
        self.owner = x
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}


def _as_writable(result: Any, x: Any) -> Any:
    if x.flags.writeable:
        result.flags.writeable = True
    return result


def _lgamma(x: float) -> float:
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):  # at a pole, or too large
        return math.inf


def _wider(*buffers):
    """Floats of 16 bits in 32, the width that BLAS adds in; None stays."""
    return [None if x is None else x.astype(numpy.float32) for x in buffers]
