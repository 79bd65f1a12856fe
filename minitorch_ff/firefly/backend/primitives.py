"""What a back end offers: the primitives, family by family.

An operator's rule calls them as `xp.name(...)` and touches a buffer in no other way. Two
namespaces answer: a back end (`array_api` shares all of it between NumPy and CuPy), and
`recorded`, in which the same names work on tensors, for a backward pass that is recorded.

- Shapes and dimensions are Python ints and tuples of them, never arrays. `dim` counts
  from 0; it is checked and made positive above. A mask is a boolean buffer, positions are an
  integer one, and all positions are inside: that too is checked above.
- Operands that meet have one dtype (`promotion` sees to it), and a result has it as well,
  unless it is said here: float32 stays float32. What is a NumPy scalar becomes a buffer in
  `apply`.
- A primitive leaves its inputs alone. The exceptions: a name that ends in `_` writes into
  its first operand, `out` is written and returned, and an optimizer's `..._step` writes all
  of its arrays but the gradient.
- In `recorded`, what gives floating numbers is differentiable: it calls the operator of
  that name, and a fused primitive is written out in simple ones. What gives booleans or
  positions (`eq`, `isnan`, `logical_not`, `sign`, `mask_except`, ...) is constant there: a
  plain buffer in both worlds. Only what rules call has a twin.
- A fused primitive (`linear`, `cross_entropy`, `batch_norm`, ...) equals its composition;
  the shared back end has it, so a new one needs the simple ones only.

The file is as many lines as there are primitives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, Protocol

import numpy

Array = Any
"""A buffer: whatever the array library makes."""

Shape = tuple[int, ...]
Dims = int | tuple[int, ...] | None
"""One dimension, several, or all."""

Number = complex
"""A Python number of any kind."""

DType = Any
Index = Any
"""What NumPy takes: ints, slices, None, `...`, integer or boolean arrays, tuples of these."""

Settings = dict[str, Any]
"""An optimizer's settings by their public names."""


class Primitives(Protocol):
    """What a back end must offer."""

    module: ModuleType
    """The array library, or what speaks like it."""

    device_type: str
    """The name of its devices: `"cpu"`, `"cuda"`."""

    buffer_type: type
    """The class of its buffers."""

    records: bool
    """Whether a call leaves a trace in the graph; of back ends it does not."""

    update_block: int
    """So many elements an optimizer updates at a time."""

    # ------------------------------------------------------------ buffers, constants, the host

    def constant(self, value: Number, dtype: DType) -> Array:
        """A 0-d buffer holding `value`, kept: making one costs more than using it."""

    def constant_like(self, value: Number, x: Array) -> Array:
        """A 0-d constant to meet `x`, in its dtype."""

    def beside(self, array: numpy.ndarray, x: Array) -> Array:
        """A NumPy array as a buffer where `x` is."""

    def ones_vector(self, n: int, dtype: DType) -> Array:
        """`n` ones, kept for sums that run as products with them."""

    def asarray(self, x: Array) -> Array:
        """NumPy gives scalars for 0-d results; a buffer is always an array."""

    def device_index(self, x: Array) -> int | None:
        """The number of the device that holds `x`; None if there is only one."""

    def to_numpy(self, x: Array) -> numpy.ndarray:
        """The buffer as a NumPy array; a copy if it is not in the host's memory."""

    def from_numpy(self, x: numpy.ndarray, index: int | None = None) -> Array:
        """A NumPy array as a buffer, on the device of that number."""

    # --------------------------------------------------------------------- every element alone

    def add(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """`a + b`."""

    def sub(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """`a - b`."""

    def mul(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """`a * b`."""

    def div(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """`a / b`, floating."""

    def neg(self, x: Array, out: Array | None = None) -> Array:
        """`-x`."""

    def floor_divide(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """`a / b`, rounded down."""

    def fmod(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """What is left of `a` after division by `b`, with the sign of `a`."""

    def power(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """`a` to the power `b`."""

    def reciprocal(self, x: Array, out: Array | None = None) -> Array:
        """`1 / x`."""

    def abs(self, x: Array, out: Array | None = None) -> Array:
        """`|x|`."""

    def sqrt(self, x: Array, out: Array | None = None) -> Array:
        """The square root."""

    def square(self, x: Array, out: Array | None = None) -> Array:
        """`x²`."""

    def maximum(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """The larger one; not-a-number wins."""

    def minimum(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """The smaller one; not-a-number wins."""

    def fmax(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """The larger one; a number wins over not-a-number."""

    def fmin(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """The smaller one; a number wins over not-a-number."""

    def copysign(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """`|a|` with the sign of `b`."""

    def hypot(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """`√(a² + b²)` without overflow."""

    def nextafter(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """The number after `a` on the way to `b`."""

    def conj(self, x: Array, out: Array | None = None) -> Array:
        """The complex conjugate."""

    def frexp(self, x: Array) -> tuple[Array, Array]:
        """Mantissa and exponent of 2."""

    def gcd(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """The greatest common divisor of integers."""

    def lcm(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """The least common multiple of integers."""

    def exp(self, x: Array, out: Array | None = None) -> Array:
        """`eˣ`."""

    def exp2(self, x: Array, out: Array | None = None) -> Array:
        """`2ˣ`."""

    def expm1(self, x: Array, out: Array | None = None) -> Array:
        """`eˣ - 1`, exact near zero."""

    def log(self, x: Array, out: Array | None = None) -> Array:
        """The natural logarithm."""

    def log2(self, x: Array, out: Array | None = None) -> Array:
        """The logarithm to base 2."""

    def log1p(self, x: Array, out: Array | None = None) -> Array:
        """`log(1 + x)`, exact near zero."""

    def logaddexp(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """`log(eᵃ + eᵇ)` without overflow."""

    def logaddexp2(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """`log₂(2ᵃ + 2ᵇ)` without overflow."""

    def sin(self, x: Array, out: Array | None = None) -> Array:
        """The sine of an angle in radians."""

    def cos(self, x: Array, out: Array | None = None) -> Array:
        """The cosine of an angle in radians."""

    def tan(self, x: Array, out: Array | None = None) -> Array:
        """The tangent of an angle in radians."""

    def arcsin(self, x: Array, out: Array | None = None) -> Array:
        """The angle, in radians, whose sine is `x`."""

    def arccos(self, x: Array, out: Array | None = None) -> Array:
        """The angle, in radians, whose cosine is `x`."""

    def arctan(self, x: Array, out: Array | None = None) -> Array:
        """The angle, in radians, whose tangent is `x`."""

    def arctan2(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """The angle, in radians, of the point `(b, a)`."""

    def sinh(self, x: Array, out: Array | None = None) -> Array:
        """The hyperbolic sine."""

    def cosh(self, x: Array, out: Array | None = None) -> Array:
        """The hyperbolic cosine."""

    def tanh(self, x: Array, out: Array | None = None) -> Array:
        """The hyperbolic tangent."""

    def arcsinh(self, x: Array, out: Array | None = None) -> Array:
        """The inverse of `sinh`."""

    def arccosh(self, x: Array, out: Array | None = None) -> Array:
        """The inverse of `cosh`."""

    def arctanh(self, x: Array, out: Array | None = None) -> Array:
        """The inverse of `tanh`."""

    def floor(self, x: Array, out: Array | None = None) -> Array:
        """Rounded down."""

    def ceil(self, x: Array, out: Array | None = None) -> Array:
        """Rounded up."""

    def trunc(self, x: Array, out: Array | None = None) -> Array:
        """Rounded towards zero."""

    def round(self, x: Array, out: Array | None = None) -> Array:
        """Rounded to the nearest integer, halves to the even one."""

    def signbit(self, x: Array, out: Array | None = None) -> Array:
        """Whether the sign is negative, of zeros as well."""

    def eq(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """Where `a == b`."""

    def ne(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """Where `a != b`."""

    def lt(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """Where `a < b`."""

    def le(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """Where `a <= b`."""

    def gt(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """Where `a > b`."""

    def ge(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """Where `a >= b`."""

    def isnan(self, x: Array, out: Array | None = None) -> Array:
        """Where `x` is not-a-number."""

    def isinf(self, x: Array, out: Array | None = None) -> Array:
        """Where `x` is infinite."""

    def isfinite(self, x: Array, out: Array | None = None) -> Array:
        """Where `x` is neither infinite nor not-a-number."""

    def logical_and(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """Where both are true (not zero)."""

    def logical_or(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """Where one is true, or both."""

    def logical_xor(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """Where exactly one is true."""

    def logical_not(self, x: Array, out: Array | None = None) -> Array:
        """Where `x` is zero."""

    def bitwise_and(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """The bits set in both."""

    def bitwise_or(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """The bits set in one, or both."""

    def bitwise_xor(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """The bits set in exactly one."""

    def bitwise_not(self, x: Array, out: Array | None = None) -> Array:
        """All bits turned; of booleans, the opposite."""

    def left_shift(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """The bits of `a` moved up by `b` places."""

    def right_shift(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """The bits of `a` moved down by `b` places."""

    def zeros_like(self, x: Array) -> Array:
        """Zeros in the shape and dtype of `x`."""

    def pow(self, x: Array, exponent: Number) -> Array:
        """`x` to a Python number: small powers by multiplication, which is faster."""

    def integer_power(self, a: Array, b: Array) -> Array:
        """Integers to the power of integers; a negative power keeps 1 and -1 only."""

    def scale(self, x: Array, factor: Number) -> Array:
        """`x` times a Python number, in `x`'s dtype."""

    def shift(self, x: Array, amount: Number) -> Array:
        """`x` plus a Python number, in `x`'s dtype."""

    def positive_part(self, x: Array) -> Array:
        """`x` where it is positive, zero elsewhere; not-a-number stays."""

    def where_positive(self, x: Array, condition: Array) -> Array:
        """`x` where `condition` is above zero, zero elsewhere."""

    def sign(self, x: Array) -> Array:
        """-1, 0 or 1, in `x`'s dtype; 0 for not-a-number."""

    def log10(self, x: Array) -> Array:
        """The logarithm to base 10; whole for powers of 10, as float32 alone is not."""

    def sinc(self, x: Array) -> Array:
        """`sin(πx) / (πx)`, and 1 at 0."""

    def nan_to_num(self, x: Array, nan: Number, above: Number, below: Number) -> Array:
        """Numbers in the place of not-a-number, of +infinity and of -infinity."""

    def where(self, mask: Array, a: Array, b: Array) -> Array:
        """`a` where the boolean `mask` holds, `b` elsewhere."""

    def where_true(self, x: Array, mask: Array) -> Array:
        """`x` where the boolean `mask` holds, zero elsewhere (infinities included)."""

    def remainder(self, a: Array, b: Array) -> Array:
        """What is left of `a`, with the sign of `b`; a zero keeps the sign of `a`."""

    def trunc_divide(self, a: Array, b: Array) -> Array:
        """`a / b`, rounded towards zero, in the operands' dtype."""

    def clip(self, x: Array, low: Number | None, high: Number | None) -> Array:
        """`x` held between two Python numbers; either may be None."""

    def cast(self, x: Array, dtype: DType) -> Array:
        """`x` in another dtype, always in new memory."""

    def copy(self, x: Array) -> Array:
        """`x` in new memory of its own, in the same layout."""

    def add_(self, x: Array, y: Array) -> Array:
        """Add `y` to `x`, into `x` itself, unless it is a scalar without memory."""

    def copy_(self, x: Array, y: Array) -> None:
        """Write `y`, broadcast and cast, into `x`."""

    # ----------------------------------------------------------------------- special functions

    def erf(self, x: Array) -> Array:
        """The error function, to three units in the last place."""

    def erfc(self, x: Array) -> Array:
        """`1 - erf x`, exact where it is small."""

    def erfcx(self, x: Array) -> Array:
        """`eˣ² erfc x`."""

    def log_ndtr(self, x: Array) -> Array:
        """The logarithm of the normal distribution function."""

    def erfinv(self, x: Array) -> Array:
        """The number whose error function is `x`."""

    def ndtri(self, x: Array) -> Array:
        """The number below which a normal variable stays with probability `x`."""

    def digamma(self, x: Array) -> Array:
        """The derivative of `lgamma`."""

    def polygamma(self, x: Array, n: int) -> Array:
        """The `n`-th derivative of `digamma`, for `n` from 1."""

    def bessel_i(self, x: Array, order: int, scaled: bool) -> Array:
        """The modified Bessel function of order 0 or 1; scaled, times `e⁻|x|`."""

    def lgamma(self, x: Array) -> Array:
        """The logarithm of the gamma function's size, from Python's own `math`."""

    # -------------------------------------------------------------------- many elements to one

    def any(self, x: Array, dim: Dims = None, keepdim: bool = False) -> Array:
        """Whether some element is true."""

    def all(self, x: Array, dim: Dims = None, keepdim: bool = False) -> Array:
        """Whether all elements are true."""

    def sum(self, x: Array, dim: Dims = None, keepdim: bool = False, dtype: DType = None) -> Array:
        """Sum in `x`'s dtype, integers and booleans in int64."""

    def prod(self, x: Array, dim: Dims = None, keepdim: bool = False, dtype: DType = None) -> Array:
        """Product in `x`'s dtype, integers and booleans in int64."""

    def amax(self, x: Array, dim: Dims = None, keepdim: bool = False) -> Array:
        """The largest element; not-a-number wins."""

    def amin(self, x: Array, dim: Dims = None, keepdim: bool = False) -> Array:
        """The smallest element; not-a-number wins."""

    def all_between(self, x: Array, low: Number, high: Number) -> bool:
        """Whether all of some integers are in `[low, high)`; reads the result."""

    def argmax(self, x: Array, dim: int | None = None, keepdim: bool = False) -> Array:
        """Position of the first largest element, in int64."""

    def argmin(self, x: Array, dim: int | None = None, keepdim: bool = False) -> Array:
        """Position of the first smallest element, in int64."""

    def row_maxima(self, x: Array) -> Array:
        """The largest element of each row of a matrix."""

    def sum_rows(self, x: Array) -> Array:
        """Column sums of a matrix, as a product with ones: faster than a reduction."""

    def logsumexp(self, x: Array, dim: Dims = None, keepdim: bool = False) -> Array:
        """`log Σ exp x` without overflow; of no elements, minus infinity."""

    def shares(self, x: Array, y: Array, dim: Dims) -> Array:
        """Where `x` equals `y`, one over how often it does; zero elsewhere."""

    # ------------------------------------------------------------- order, running sums, counts

    def take_along(self, x: Array, positions: Array, dim: int, repeated: bool = False) -> Array:
        """The elements at `positions`, which lack `dim` if it is dropped.

        Whether some are `repeated` matters only to the gradient.
        """

    def put_along(
        self, grad: Array, positions: Array, dim: int, shape: Shape, repeated: bool = False
    ) -> Array:
        """Zeros of `shape` with `grad` at `positions`; `repeated` ones add up."""

    def argsort(self, x: Array, dim: int, descending: bool = False) -> Array:
        """The order of the elements along `dim`; equal ones keep theirs."""

    def top_positions(self, x: Array, k: int, dim: int, largest: bool) -> Array:
        """Where the `k` largest or smallest elements along `dim` are."""

    def median_positions(self, x: Array, dim: int, ignore_nan: bool) -> Array:
        """Where the middle element along `dim` is; the lower of two."""

    def median(self, x: Array, ignore_nan: bool) -> Array:
        """The middle one of all elements; not-a-number if there are none."""

    def mode_positions(self, x: Array, dim: int) -> Array:
        """Where the last of the most frequent (and then smallest) elements is."""

    def running_positions(self, x: Array, dim: int, largest: bool) -> Array:
        """Where the largest or smallest element so far is, the last of equal ones."""

    def cumsum(self, x: Array, dim: int) -> Array:
        """Running sums, of integers in int64; of float32 in double, as in PyTorch."""

    def cumprod(self, x: Array, dim: int) -> Array:
        """Running products, of integers in int64; float32 in double, as in PyTorch."""

    def logcumsumexp(self, x: Array, dim: int) -> Array:
        """`log(exp x₁ + … + exp xᵢ)` along `dim`."""

    def unique(
        self, x: Array, dim: int | None = None, consecutive: bool = False
    ) -> tuple[Array, Array, Array]:
        """Distinct elements or slices, where each went, how often each occurs.

        In order; `consecutive` joins equal neighbours only, where they are.
        """

    def bincount(self, x: Array, weights: Array | None = None, minlength: int = 0) -> Array:
        """How often each of the integers 0, 1, … occurs, or the sum of its weights."""

    def histogram(self, x: Array, bins: int, low: Number, high: Number) -> Array:
        """How many elements are in each of `bins` equal parts from `low` to `high`."""

    def searchsorted(self, boundaries: Array, values: Array, right: bool) -> Array:
        """Where each value belongs in sorted boundaries, or in its own row of them."""

    # ---------------------------------------------------------------------- arranging elements

    def broadcast_to(self, x: Array, shape: Shape) -> Array:
        """Elements repeated to a larger shape, without a copy; read-only."""

    def zeros(self, shape: Shape, dtype: DType) -> Array:
        """Zeros."""

    def ones(self, shape: Shape, dtype: DType) -> Array:
        """Ones."""

    def full(self, shape: Shape, value: Number, dtype: DType) -> Array:
        """One value everywhere."""

    def empty(self, shape: Shape, dtype: DType) -> Array:
        """Memory, as it is."""

    def arange(self, start: Number, end: Number, step: Number = 1, dtype: DType = None) -> Array:
        """Numbers from `start` up to (not including) `end`."""

    def contiguous(self, x: Array) -> Array:
        """The elements in row-major order; a copy only if they are not."""

    def stack(self, parts: Sequence[Array], dim: int) -> Array:
        """Arrays of one shape, side by side along a new dimension."""

    def reshape(self, x: Array, shape: Shape) -> Array:
        """The elements in row-major order as `shape`; a view where the layout allows."""

    def permute(self, x: Array, dims: tuple[int, ...]) -> Array:
        """The dimensions in the order `dims`."""

    def t(self, x: Array) -> Array:
        """A matrix transposed."""

    def expand(self, x: Array, shape: Shape) -> Array:
        """Elements repeated without a copy, as writable as `x` is."""

    def diagonal(self, x: Array, offset: int, dim0: int, dim1: int) -> Array:
        """The elements on a diagonal of two dimensions, as a last dimension."""

    def unfold(self, x: Array, dim: int, size: int, step: int) -> Array:
        """Windows along `dim`, as a last dimension; they share memory."""

    def is_view(self, result: Array, x: Array) -> bool:
        """Whether `result` looks at the memory of `x`."""

    def diagonal_back(self, grad: Array, shape: Shape, offset: int, dim0: int, dim1: int) -> Array:
        """Zeros of `shape` with `grad` on a diagonal."""

    def unfold_back(self, grad: Array, shape: Shape, dim: int, size: int, step: int) -> Array:
        """Windows added up where they overlap."""

    def flip(self, x: Array, dims: tuple[int, ...]) -> Array:
        """The order reversed along `dims`."""

    def roll(self, x: Array, shifts: Sequence[int], dims: tuple[int, ...]) -> Array:
        """Elements moved along `dims`, around the end."""

    def triangle(self, x: Array, diagonal: int, lower: bool) -> Array:
        """The lower or upper part of matrices, zero elsewhere."""

    def cat(self, parts: Sequence[Array], dim: int) -> Array:
        """Arrays one after the other along `dim`."""

    def to_device(self, x: Array, target: Any, index: int | None) -> Array:
        """A copy on another back end's device."""

    # ------------------------------------------------------------------------ picking by index

    def index(self, x: Array, index: Index) -> Array:
        """`x[index]`; a basic index gives a view, even of a single element."""

    def index_back(self, grad: Array, index: Index, shape: Shape) -> Array:
        """Zeros of `shape` with `grad` added at `index`; repeated places add up."""

    def index_put(self, x: Array, index: Index, value: Array, accumulate: bool) -> Array:
        """A copy of `x` with `value` at `index`, or added to what is there."""

    def mask_except(self, x: Array, index: Index) -> Array:
        """True at all places of `x` but those that `index` names."""

    def one_hot(self, target: Array, like: Array) -> Array:
        """Ones at the target's column of each row, in the shape and dtype of `like`."""

    # ------------------------------------------------------------- picking along one dimension

    def gather(self, x: Array, dim: int, index: Array) -> Array:
        """From each row along `dim` the elements at `index`."""

    def gather_back(self, grad: Array, shape: Shape, dim: int, index: Array) -> Array:
        """Zeros of `shape` with `grad` added at `index` of each row."""

    def scatter(self, x: Array, dim: int, index: Array, source: Array) -> Array:
        """A copy of `x` with `source` at `index` of each row."""

    def scatter_add(self, x: Array, dim: int, index: Array, source: Array) -> Array:
        """A copy of `x` with `source` added at `index` of each row."""

    def untouched(self, x: Array, dim: int, index: Array) -> Array:
        """True at the places of `x` that `index` does not name."""

    # -------------------------------------------------------------------- products of matrices

    def matmul(self, a: Array, b: Array) -> Array:
        """`a @ b` for one or two dimensions each, and for stacks of matrices."""

    # -------------------------------------------------------------------- matrices taken apart

    def cholesky(self, x: Array) -> Array:
        """The lower factor `L` of `x = L Lᴴ`."""

    def inverse(self, x: Array) -> Array:
        """Inverse matrices."""

    def solve(self, a: Array, b: Array) -> Array:
        """The `x` with `a x = b`."""

    def det(self, x: Array) -> Array:
        """Determinants."""

    def slogdet(self, x: Array) -> tuple[Array, Array]:
        """Signs, and logarithms of sizes, of determinants."""

    def svd(self, x: Array, full: bool) -> tuple[Array, Array, Array]:
        """`U`, the singular values falling, and `Vᵀ`."""

    def eigh(self, x: Array, upper: bool) -> tuple[Array, Array]:
        """The eigenvalues, rising, and the eigenvectors; reads one triangle."""

    def qr(self, x: Array, mode: str) -> tuple[Array, Array]:
        """`Q` and `R`; of mode "r", an empty `Q`."""

    def identities(self, x: Array) -> Array:
        """Identity matrices in the shape and dtype of `x`."""

    def identity_mask(self, values: Array) -> Array:
        """True on the diagonal of matrices as wide as `values`."""

    def pinv(self, x: Array, cutoff: Callable[[Array], Array]) -> Array:
        """The pseudo-inverse; singular values up to `cutoff(values)` count as zero."""

    # --------------------------------------------------------- fused: linear layers and losses

    def linear(self, x: Array, weight: Array, bias: Array | None) -> Array:
        """`x Wᵀ + b` of a matrix `x`; `bias` may be None."""

    def linear_back(self, grad: Array, x: Array | None, weight: Array | None) -> tuple:
        """The gradients of `x` and `weight`, each None if the other is."""

    def squared_error(self, a: Array, b: Array) -> tuple[Array, Array]:
        """The mean squared difference, and the difference itself."""

    def sigmoid(self, x: Array) -> Array:
        """`1 / (1 + e⁻ˣ)`."""

    def softmax(self, x: Array, dim: int) -> Array:
        """Exponentials over `dim`, scaled to add up to one."""

    def log_softmax(self, x: Array, dim: int) -> Array:
        """The logarithm of the softmax over `dim`, without overflow."""

    def cross_entropy(self, x: Array, target: Array) -> tuple[Array, Array]:
        """The mean loss of rows of scores, and their softmax."""

    def cross_entropy_back(self, grad: Array, probabilities: Array, target: Array) -> Array:
        """`(p - t) g / n` for the one-hot targets `t`."""

    def positions(self, n: int) -> Array:
        """0, 1, … n-1, kept."""

    # -------------------------------------------------------------------- fused: normalisation

    def channel_sums(self, x: Array, dims: tuple[int, ...]) -> Array:
        """Sums over `dims`, in a shape that meets `x`."""

    def per_channel(self, values: Array, x: Array) -> Array:
        """A vector with an element for each channel, in a shape that meets `x`."""

    def batch_norm(
        self, x: Array, weight: Array | None, bias: Array | None, dims: tuple[int, ...], eps: Number
    ) -> tuple[Array, Array, Array, Array, Array]:
        """The normalised and weighted input; also the centred one, `1/√var`, mean, var."""

    def batch_norm_back(
        self, grad: Array, centred: Array, rstd: Array, weight: Array | None, dims: tuple[int, ...]
    ) -> tuple[Array, Array, Array]:
        """The gradients of input, weight and bias."""

    def mix_(self, x: Array, y: Array, share: Number) -> None:
        """Move `x` towards `y` by a share of the way, in `x`'s memory."""

    def rsqrt(self, x: Array) -> Array:
        """One over the square root."""

    # -------------------------------------- the optimizers' updates, written into their arrays

    def flat(self, shapes: Sequence[Shape], dtype: DType) -> Any:
        """Memory for arrays of these shapes, side by side."""

    def numbers(self, array: Array) -> Array:
        """All numbers in one dimension, two per complex one; a view if possible."""

    def plain_sgd_step(
        self, params: Sequence[Array], grads: Sequence[Array], group: Settings
    ) -> None:
        """Gradient descent without state, over a list of parameters in their shapes."""

    def sgd_step(
        self, param: Array, grad: Array, group: Settings, momentum_buffer: Array, *, first: bool
    ) -> None:
        """Gradient descent; at the `first` step the momentum buffer is the gradient."""

    def adam_step(
        self,
        param: Array,
        grad: Array,
        group: Settings,
        exp_avg: Array,
        exp_avg_sq: Array,
        max_exp_avg_sq: Array | None = None,
        *,
        step: int,
    ) -> None:
        """Adam; AdamW with `decoupled_weight_decay`, AMSGrad with `max_exp_avg_sq`."""

    def rmsprop_step(
        self,
        param: Array,
        grad: Array,
        group: Settings,
        square_avg: Array,
        momentum_buffer: Array | None = None,
        grad_avg: Array | None = None,
    ) -> None:
        """RMSprop; centered with `grad_avg`, with momentum given its buffer."""

    def adagrad_step(
        self, param: Array, grad: Array, group: Settings, sum: Array, *, step: int
    ) -> None:
        """Adagrad: divides by the root of the sum of all squared gradients so far."""

    def adadelta_step(
        self, param: Array, grad: Array, group: Settings, square_avg: Array, acc_delta: Array
    ) -> None:
        """Adadelta: scales the gradient by past changes against past gradients."""

    def adamax_step(
        self,
        param: Array,
        grad: Array,
        group: Settings,
        exp_avg: Array,
        exp_inf: Array,
        *,
        step: int,
    ) -> None:
        """Adamax: Adam with a decaying maximum in place of the average square."""

    def nadam_step(
        self,
        param: Array,
        grad: Array,
        group: Settings,
        exp_avg: Array,
        exp_avg_sq: Array,
        *,
        step: int,
        mu: Number,
        mu_next: Number,
        mu_product: Number,
    ) -> None:
        """NAdam: Adam with Nesterov's look ahead; `mu` weighs the gradient itself."""

    def radam_step(
        self,
        param: Array,
        grad: Array,
        group: Settings,
        exp_avg: Array,
        exp_avg_sq: Array,
        *,
        step: int,
        rectification: Number | None,
    ) -> None:
        """RAdam: Adam that divides only once the mean square can be trusted."""

    def asgd_step(
        self, param: Array, grad: Array, group: Settings, ax: Array, *, eta: Number, mu: Number
    ) -> None:
        """Averaged SGD: steps of size `eta`; `mu` is the new place's share in `ax`."""

    def rprop_step(
        self, param: Array, grad: Array, group: Settings, prev: Array, step_size: Array
    ) -> None:
        """Rprop: step sizes grow while the gradient keeps its sign, else shrink."""

    # --------------------------------------------- updates that look at a parameter as a whole

    def adafactor_step(
        self,
        param: Array,
        grad: Array,
        group: Settings,
        row_var: Array | None = None,
        col_var: Array | None = None,
        variance: Array | None = None,
        *,
        step: int,
    ) -> None:
        """Adafactor: of the average square it keeps row and column means only.

        A vector has neither and keeps its `variance` whole.
        """

    def muon_step(
        self,
        param: Array,
        grad: Array,
        group: Settings,
        momentum_buffer: Array,
        *,
        adjusted_lr: Number,
    ) -> None:
        """Muon: steps along the orthogonal matrix nearest to the momentum."""
