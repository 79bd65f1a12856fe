"""Arithmetic that rounds as compiled C++ does.

NumPy has no fused multiply-add, and its vectorised `log`, `exp`, … may differ from the
C library's in the last bit. PyTorch's generator uses both, so here they are rebuilt.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from minitorch_ff.firefly.random.dtypes import is_half

INT64_MIN = -(2**63)

silent = np.errstate(all="ignore")
"""C++ says nothing when a float overflows or an operation has no value; nor do we."""


def fma32(a, b, c) -> np.ndarray:
    """`a*b + c` in float32 with one rounding.

    The product of two float32 values is exact in float64. The sum is rounded twice, to
    float64 and to float32, which differs from rounding once in about one of 10⁹ cases.
    """
    wide = np.multiply(a, b, dtype=np.float64)
    wide += c
    return wide.astype(np.float32)


def fma64(a, b: float, c: float) -> np.ndarray:
    """`a*b + c` in float64 with (practically) one rounding; `a` is an array.

    An error-free product (Dekker) and an error-free sum (Knuth) give the result as a
    value and a correction far below its last bit.
    """
    if c == 0 or not math.isfinite(b) or not math.isfinite(c):
        return a * b + c
    if abs(b) > 2.0**900:  # splitting would overflow: compute on a smaller scale
        return fma64(a, b * 2.0**-128, c * 2.0**-128) * 2.0**128
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    product_error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    total = product + c
    back = total - product
    total_error = (product - (total - back)) + (c - back)
    return total + (product_error + total_error)


def _halves(x):
    """Split 53 bits into two parts of 26, whose products are exact."""
    shifted = (2.0**27 + 1) * x
    high = shifted - (shifted - x)
    return high, x - high


def each(function: Callable[[float], float], values) -> np.ndarray:
    """The C library's `function` of every value of a float64 array."""
    results = map(function, values.ravel().tolist())
    return np.fromiter(results, np.float64, values.size).reshape(values.shape)


def log(x: float) -> float:
    """Natural logarithm, with C's answer for zero where Python raises."""
    return math.log(x) if x else -math.inf


def exp(x: float) -> float:
    """Exponential, with C's answer for large numbers where Python raises."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def sine(angles) -> np.ndarray:
    """The C library's sine of float64 angles in [0, 2π]."""
    return np.sin(angles) if _numpy_agrees() else each(math.sin, angles)


def cosine(angles) -> np.ndarray:
    """The C library's cosine of float64 angles in [0, 2π]."""
    return np.cos(angles) if _numpy_agrees() else each(math.cos, angles)


@cache
def _numpy_agrees() -> bool:
    """Whether NumPy's float64 sine and cosine are the C library's; they usually are."""
    probe = np.linspace(0, 2 * math.pi, 4096)
    return bool(
        (np.sin(probe) == each(math.sin, probe)).all()
        and (np.cos(probe) == each(math.cos, probe)).all()
    )


def cast(values, dtype: np.dtype) -> np.ndarray:
    """Round float64 or int64 values to `dtype`; to half precision by way of float32."""
    if is_half(dtype):
        values = values.astype(np.float32)
    return values.astype(dtype, copy=False)


def floor(x: float) -> int:
    """The integer at or below `x`; -2⁶³, as in C on x86, where no int64 is."""
    return math.floor(x) if -(2.0**63) <= x < 2.0**63 else INT64_MIN
