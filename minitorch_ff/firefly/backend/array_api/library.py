"""The primitives that are functions of the array library itself, under PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from types import ModuleType
from typing import Any

Function = Callable[..., Any]

LIBRARY_NAMES = {
    "sub": "subtract", "mul": "multiply", "div": "true_divide", "neg": "negative",
    "abs": "absolute", "conj": "conjugate", "round": "rint", "asin": "arcsin", "acos": "arccos",
    "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal",
    "gt": "greater", "ge": "greater_equal", "bitwise_not": "invert",
    "cholesky": "linalg.cholesky", "inverse": "linalg.inv",
    "solve": "linalg.solve", "det": "linalg.det", "slogdet": "linalg.slogdet",
}  # fmt: skip
"""What the library calls a primitive, if not as we do."""


class LibraryFunctions:
    """Taken from the library as they are, with no wrapper in between, which costs nothing.

    Those of single elements take `out=` as well, an array for the result.
    """

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        for name in LibraryFunctions.__annotations__:
            setattr(self, name, attrgetter(LIBRARY_NAMES.get(name, name))(module))
        self._maximum, self._minimum = self._reducer("maximum"), self._reducer("minimum")
        self._any, self._all = self._reducer("logical_or"), self._reducer("logical_and")

    def _reducer(self, name: str) -> Function:
        """The reduction by a function of two, called as NumPy's: dims, dtype, out, keepdims."""
        return attrgetter(name)(self.module).reduce

    add: Function
    """`a + b`."""
    sub: Function
    """`a - b`."""
    mul: Function
    """`a * b`."""
    div: Function
    """`a / b`, floating."""
    neg: Function
    """`-x`."""
    floor_divide: Function
    """`a / b`, rounded down."""
    fmod: Function
    """What is left of `a` after division by `b`, with the sign of `a`."""
    power: Function
    """`a` to the power `b`."""
    reciprocal: Function
    """`1 / x`."""
    abs: Function
    """`|x|`."""
    sqrt: Function
    """The square root."""
    square: Function
    """`x²`."""
    maximum: Function
    """The larger one; not-a-number wins."""
    minimum: Function
    """The smaller one; not-a-number wins."""
    fmax: Function
    """The larger one; a number wins over not-a-number."""
    fmin: Function
    """The smaller one; a number wins over not-a-number."""
    copysign: Function
    """`|a|` with the sign of `b`."""
    hypot: Function
    """`√(a² + b²)` without overflow."""
    nextafter: Function
    """The number after `a` on the way to `b`."""
    conj: Function
    """The complex conjugate."""
    frexp: Function
    """Mantissa and exponent of 2."""
    gcd: Function
    """The greatest common divisor of integers."""
    lcm: Function
    """The least common multiple of integers."""

    exp: Function
    """`eˣ`."""
    exp2: Function
    """`2ˣ`."""
    expm1: Function
    """`eˣ - 1`, exact near zero."""
    log: Function
    """The natural logarithm."""
    log2: Function
    """The logarithm to base 2."""
    log1p: Function
    """`log(1 + x)`, exact near zero."""
    logaddexp: Function
    """`log(eᵃ + eᵇ)` without overflow."""
    logaddexp2: Function
    """`log₂(2ᵃ + 2ᵇ)` without overflow."""

    sin: Function
    """The sine of an angle in radians."""
    cos: Function
    """The cosine of an angle in radians."""
    tan: Function
    """The tangent of an angle in radians."""
    asin: Function
    """The angle, in radians, whose sine is `x`."""
    acos: Function
    """The angle, in radians, whose cosine is `x`."""
    atan: Function
    """The angle, in radians, whose tangent is `x`."""
    atan2: Function
    """The angle, in radians, of the point `(b, a)`."""
    sinh: Function
    """The hyperbolic sine."""
    cosh: Function
    """The hyperbolic cosine."""
    tanh: Function
    """The hyperbolic tangent."""
    asinh: Function
    """The inverse of `sinh`."""
    acosh: Function
    """The inverse of `cosh`."""
    atanh: Function
    """The inverse of `tanh`."""

    floor: Function
    """Rounded down."""
    ceil: Function
    """Rounded up."""
    trunc: Function
    """Rounded towards zero."""
    round: Function
    """Rounded to the nearest integer, halves to the even one."""
    signbit: Function
    """Whether the sign is negative, of zeros as well."""

    eq: Function
    """Where `a == b`."""
    ne: Function
    """Where `a != b`."""
    lt: Function
    """Where `a < b`."""
    le: Function
    """Where `a <= b`."""
    gt: Function
    """Where `a > b`."""
    ge: Function
    """Where `a >= b`."""
    isnan: Function
    """Where `x` is not-a-number."""
    isinf: Function
    """Where `x` is infinite."""
    isfinite: Function
    """Where `x` is neither infinite nor not-a-number."""

    logical_and: Function
    """Where both are true (not zero)."""
    logical_or: Function
    """Where one is true, or both."""
    logical_xor: Function
    """Where exactly one is true."""
    logical_not: Function
    """Where `x` is zero."""
    bitwise_and: Function
    """The bits set in both."""
    bitwise_or: Function
    """The bits set in one, or both."""
    bitwise_xor: Function
    """The bits set in exactly one."""
    bitwise_not: Function
    """All bits turned; of booleans, the opposite."""
    left_shift: Function
    """The bits of `a` moved up by `b` places."""
    right_shift: Function
    """The bits of `a` moved down by `b` places."""

    zeros_like: Function
    """Zeros in the shape and dtype of `x`."""

    asarray: Function
    """NumPy gives scalars for 0-d results; a buffer is always an array."""
    zeros: Function
    """Zeros."""
    ones: Function
    """Ones."""
    full: Function
    """One value everywhere."""
    empty: Function
    """Memory, as it is."""
    arange: Function
    """Numbers from `start` up to (not including) `end`."""
    stack: Function
    """Arrays of one shape, side by side along a new dimension."""

    cholesky: Function
    """The lower factor `L` of `x = L Lᴴ`."""
    inverse: Function
    """Inverse matrices."""
    solve: Function
    """The `x` with `a x = b`."""
    det: Function
    """Determinants."""
    slogdet: Function
    """Signs, and logarithms of sizes, of determinants."""
