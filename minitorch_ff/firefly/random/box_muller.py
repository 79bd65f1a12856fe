"""The Box-Muller transform: uniform values become normal ones, over groups of sixteen.

In a group the first eight values give radii and the last eight angles:

    radius = sqrt(-2 log(1 - d[j]))      angle = 2π d[j + 8]      for j = 0 … 7
    d[j]     = mean + std · radius · cos(angle)
    d[j + 8] = mean + std · radius · sin(angle)

The last two lines are fused multiply-adds. In float64 the functions are the C
library's. In float32 PyTorch's vector instructions evaluate the polynomials of the
Cephes library, whose last bits depend on every rounding on the way; here the same
polynomials are evaluated with the same roundings.
"""

from __future__ import annotations

import math

import numpy as np

from minitorch_ff.firefly.random.exact import cosine, each, fma32, fma64, sine

GROUP = 16


def transform(values, mean: float, std: float) -> None:
    """Turn groups of uniform values into normal ones, in place.

    Args:
        values: Uniform values in [0, 1). Shape `(16 k,)`, float32 or float64.
        mean: The normal distribution's mean.
        std: Its standard deviation.
    """
    if values.dtype == np.float64:
        _transform64(values.reshape(-1, GROUP), mean, std)
    else:
        _transform32(values, np.float32(mean), np.float32(std))


def _transform64(groups, mean: float, std: float) -> None:
    first, last = groups[:, :8], groups[:, 8:]
    radius = np.sqrt(-2.0 * each(math.log, 1.0 - first))
    angle = (2.0 * math.pi) * last
    first[...] = fma64(radius * cosine(angle), std, mean)
    last[...] = fma64(radius * sine(angle), std, mean)


# ------------------------------------------------------------------------- float32

_HALF_GROUP = np.dtype("V32")  # eight float32 values as one item: quick to copy

_TWO_PI = np.float32(2 * math.pi)


def _transform32(values, mean: np.float32, std: np.float32) -> None:
    halves = values.view(_HALF_GROUP)  # first and last eights, in turn
    first = np.ascontiguousarray(halves[0::2]).view(np.float32)
    last = np.ascontiguousarray(halves[1::2]).view(np.float32)
    radius = np.sqrt(np.float32(-2) * _log(np.float32(1) - first))
    sin, cos = _sine_and_cosine(_TWO_PI * last)
    sin *= radius
    cos *= radius
    halves[0::2] = _scaled(cos, std, mean).view(_HALF_GROUP)
    halves[1::2] = _scaled(sin, std, mean).view(_HALF_GROUP)


def _scaled(values, std: np.float32, mean: np.float32):
    if mean:
        return fma32(values, std, mean)
    return values * std + mean  # adding zero rounds nothing, but leaves no -0


def _coefficients(*values: float):
    """Float32 numbers, kept in float64, in which `fma32` computes."""
    return tuple(np.float64(np.float32(value)) for value in values)


def _polynomial(coefficients, wide_x):
    """Their sum with powers of `x`, the highest power first, rounded at every step."""
    p = coefficients[0]
    for coefficient in coefficients[1:]:
        p = fma32(p, wide_x, coefficient)
    return p


# log(1 + x) = x - x²/2 + x³ P(x) on [√½ - 1, √2 - 1]; highest power first.
_LOG = _coefficients(
    7.0376836292e-2,
    -1.1514610310e-1,
    1.1676998740e-1,
    -1.2420140846e-1,
    1.4249322787e-1,
    -1.6668057665e-1,
    2.0000714765e-1,
    -2.4999993993e-1,
    3.3333331174e-1,
)
# log 2 in two parts: the first has so few bits that products with exponents are exact.
_LOG_2_HIGH = np.float32(0.693359375)
_LOG_2_LOW = np.float32(-2.12194440e-4)

_SQRT_HALF_BITS = np.int32(0x3F3504F3)  # float32's bits of √½
_MANTISSA_BITS = np.int32(0x7FFFFF)


def _log(u):
    """Natural logarithm of float32 values in (0, 1]."""
    # u = 2^exponent · m with m in [√½, √2), by arithmetic on the bits; x = m - 1.
    bits = u.view(np.int32) - _SQRT_HALF_BITS
    exponent = (bits >> 23).astype(np.float32)
    bits &= _MANTISSA_BITS
    bits += _SQRT_HALF_BITS
    x = bits.view(np.float32)
    x -= np.float32(1)

    p = _polynomial(_LOG, x.astype(np.float64))
    p *= x

    square = x * x
    p = fma32(p, square, exponent * _LOG_2_LOW)
    square *= np.float32(0.5)
    p -= square
    x += p
    exponent *= _LOG_2_HIGH
    x += exponent
    return x


# sin x = x + x³ S(x²) and cos x = 1 - x²/2 + x⁴ C(x²) on [-π/4, π/4].
_SIN = _coefficients(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS = _coefficients(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)

_4_OVER_PI = np.float32(1.27323954473516)
# π/4 in three parts, again so that the first products are exact.
_PI_4_HIGH = np.float32(0.78515625)
_PI_4_MIDDLE = np.float32(2.4187564849853515625e-4)
_PI_4_LOW = np.float64(np.float32(3.77489497744594108e-8))

# Signs by quarter turn, counted from -π/4: 0, 1, 2, 3, and 4 for the last eighth.
_SIN_SIGN = np.array([1, 1, -1, -1, 1], np.float32)
_COS_SIGN = np.array([1, -1, -1, 1, 1], np.float32)


def _sine_and_cosine(angle):
    """Sine and cosine of float32 values in [0, 2π]."""
    # Take away whole quarter turns, so that x lies in [-π/4, π/4].
    quarter = (angle * _4_OVER_PI).astype(np.int32)
    quarter += 1
    quarter >>= 1
    eighths = (2 * quarter).astype(np.float32)
    x = angle - eighths * _PI_4_HIGH
    x -= eighths * _PI_4_MIDDLE
    x = fma32(eighths, -_PI_4_LOW, x)

    square = x * x
    wide_square = square.astype(np.float64)

    cos = _polynomial(_COS, wide_square)
    cos *= square
    cos = fma32(cos, wide_square, np.float32(-0.5) * square)
    cos += np.float32(1)

    sin = _polynomial(_SIN, wide_square)
    sin *= square
    sin = fma32(sin, x, x)

    # After an odd number of quarter turns sine and cosine have changed places.
    odd = (quarter & 1).astype(bool)
    signed_sin = np.where(odd, cos, sin)
    signed_cos = np.where(odd, sin, cos)
    signed_sin *= _SIN_SIGN[quarter]
    signed_cos *= _COS_SIGN[quarter]
    return signed_sin, signed_cos
