"""Primitives for special functions, which NumPy does not have.

All but the error function in float32 are computed in float64, whatever the dtype of
`x`, and given back in that dtype: they are rare, and most cancel digits on the way.
"""

from __future__ import annotations

import functools
import math

# -ln(1 - erf x) / x for 0 < x < 4, to 4e-9; a least-squares fit, reweighted until the
# largest relative errors were equal. Highest power first, here and below.
ERF_SINGLE = (
    -9.256271654e-06, 1.176413267e-04, -6.328370428e-04, 1.667027787e-03,
    -1.603963745e-04, -1.915306375e-02, 1.027778305e-01, 6.36619382e-01, 1.128379172,
)  # fmt: skip

# M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions (1964), 7.1.26: the error
# function is 1 - e^(-x²) times a polynomial in 1 / (1 + p x).
ERF_ROUGH_RATE = 0.3275911
ERF_ROUGH = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)

# W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23
# (1969): numerator and denominator of erf x / x in x² (|x| < 0.46875), of eˣ² erfc x in
# x (to 4), and of the rest of its asymptotic series in 1 / x² (beyond 4).
ERF_CENTER = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2,
     3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3),
)  # fmt: skip
ERFCX_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0,
     6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
     1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3,
     3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
ERFCX_TAIL = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip

# M. J. Wichura, Algorithm AS 241: the percentage points of the normal distribution,
# Applied Statistics 37 (1988): near the middle, further out, far out.
QUANTILE_CENTER = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
     4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
     1.3314166789178437745e2, 3.3871328727963666080e0),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
     2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
     4.2313330701600911252e1, 1.0),
)  # fmt: skip
QUANTILE_MIDDLE = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
     1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
     4.63033784615654529590e0, 1.42343711074968357734e0),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
     1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
     2.05319162663775882187e0, 1.0),
)  # fmt: skip
QUANTILE_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
     5.46378491116411436990e0, 6.65790464350110377720e0),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1.0),
)  # fmt: skip

# Bernoulli's numbers B₂, B₄, …, B₁₆, of the asymptotic series.
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def polynomial(coefficients, x):
    """The sum of coefficients times powers of `x`, the highest power first."""
    result = coefficients[0]
    for c in coefficients[1:]:
        result = result * x + c
    return result


def ratio(numerator_and_denominator, x):
    """A polynomial divided by another."""
    above, below = numerator_and_denominator
    return polynomial(above, x) / polynomial(below, x)


def in_double(method):
    """Compute in float64, and give the result in the dtype of `x`."""

    @functools.wraps(method)
    def primitive(self, x, *args):
        double = self.module.asarray(x).astype("float64", copy=False)
        return method(self, double, *args).astype(x.dtype, copy=False)

    return primitive


class Special:
    """The error function and its relatives, the gamma and the Bessel functions."""

    # ---------------------------------------------------------------- error functions

    def erf(self, x):
        """The error function, to three units in the last place."""
        if x.dtype.char == "d":
            return self._erf_double(x)
        if x.dtype.char == "f":
            return self._erf_single(x)
        return self._erf_single(x.astype("float32")).astype(x.dtype)

    def normal_cdf(self, x):
        """The normal distribution function, without the digits of its tail below zero."""
        y = self.scale(x, math.sqrt(0.5))
        y = self._erf_single(y, small=False) if x.dtype.char == "f" else self.erf(y)
        y = self.module.add(y, self.constant(1, x.dtype), y)
        return self.module.multiply(y, self.constant(0.5, x.dtype), y)

    def _erf_single(self, x, small=True):
        """`1 - e⁻ᵖ` with a polynomial `p` in `|x|`, in place where possible.

        `small` results have all their digits, which costs twice the time.
        """
        multiply, add = self.module.multiply, self.module.add
        size, y = self.module.empty_like(x), self.module.empty_like(x)
        x.clip(self.constant(-4, x.dtype), self.constant(4, x.dtype), size)
        self.module.absolute(size, size)
        multiply(size, self.constant(ERF_SINGLE[0], x.dtype), y)
        for c in ERF_SINGLE[1:]:
            add(y, self.constant(c, x.dtype), y)
            multiply(y, size, y)
        self.module.negative(y, y)
        if small:
            self.module.expm1(y, y)
        else:
            add(self.module.exp(y, y), self.constant(-1, x.dtype), y)
        return self.module.copysign(y, x, y)

    def rough_erf(self, x):
        """To 5e-7, for float32: PyTorch's CPU rounds this one to half precision."""
        size = self.module.abs(x)
        t = self.module.reciprocal(self.shift(self.scale(size, ERF_ROUGH_RATE), 1))
        y, *rest = [self.constant(c, x.dtype) for c in ERF_ROUGH]
        for c in rest:
            y = self._fused(t, y, c)
        y = self._fused(y, -self.module.exp(-size * size) * t, self.constant(1, x.dtype))
        return self.module.copysign(y, x)

    def _fused(self, a, b, c):
        """`a b + c` of float32 numbers, rounded once."""
        product = self.module.multiply(a, b, dtype="float64")
        return self.module.add(product, c).astype("float32")

    @in_double
    def _erf_double(self, x):
        far = self.module.copysign(1 - self._erfc_far(self.module.abs(x)), x)
        return self.module.where(self.module.abs(x) < 0.46875, self._erf_near(x), far)

    def _erf_near(self, x):
        """The error function for `|x|` up to 0.46875."""
        return x * ratio(ERF_CENTER, x * x)

    def _erfcx_far(self, size):
        """`eˣ² erfc x` for `x` from 0.46875."""
        inverse = 1 / (size * size)
        tail = (1 / math.sqrt(math.pi) - inverse * ratio(ERFCX_TAIL, inverse)) / size
        return self.module.where(size <= 4, ratio(ERFCX_MIDDLE, size), tail)

    def _erfc_far(self, size):
        """`erfc x` for `x` from 0.46875."""
        # x² rounded would lose digits in the exponent: split, so that head² is exact.
        size = self.module.minimum(size, 30)
        head = self.module.trunc(size * 16) / 16
        weight = self.module.exp(-head * head)
        return self._erfcx_far(size) * weight * self.module.exp((head - size) * (head + size))

    @in_double
    def erfc(self, x):
        """`1 - erf x`, exact where it is small."""
        far = self._erfc_far(self.module.abs(x))
        far = self.module.where(x < 0, 2 - far, far)
        return self.module.where(self.module.abs(x) < 0.46875, 1 - self._erf_near(x), far)

    @in_double
    def erfcx(self, x):
        """`eˣ² erfc x`."""
        square = self.module.exp(x * x)
        far = self._erfcx_far(self.module.abs(x))
        far = self.module.where(x < 0, 2 * square - far, far)
        near = square * (1 - self._erf_near(x))
        return self.module.where(self.module.abs(x) < 0.46875, near, far)

    @in_double
    def log_ndtr(self, x):
        """The logarithm of the normal distribution function."""
        scaled = x * math.sqrt(0.5)
        below = self.module.log(self.erfcx(-scaled) / 2) - scaled * scaled
        above = self.module.log1p(-self.erfc(scaled) / 2)
        return self.module.where(x < -1, below, above)

    @in_double
    def erfinv(self, x):
        """The number whose error function is `x`."""
        tail = (1 - self.module.abs(x)) / 2
        return self._quantile(x / 2, tail) * math.sqrt(0.5)

    @in_double
    def ndtri(self, x):
        """The number below which a normal variable stays with probability `x`."""
        return self._quantile(x - 0.5, self.module.minimum(x, 1 - x))

    def _quantile(self, offset, tail):
        """A normal quantile, from the probability less ½ and that of the tail."""
        module = self.module
        center = offset * ratio(QUANTILE_CENTER, 0.180625 - offset * offset)
        depth = module.sqrt(-module.log(tail))
        finite = module.minimum(depth, 30)
        middle = ratio(QUANTILE_MIDDLE, finite - 1.6)
        far = module.where(depth < math.inf, ratio(QUANTILE_TAIL, finite - 5), depth)
        outer = module.copysign(module.where(depth <= 5, middle, far), offset)
        return module.where(module.abs(offset) <= 0.425, center, outer)

    # ---------------------------------------------------------------- gamma functions

    @in_double
    def digamma(self, x):
        """The derivative of `lgamma`."""
        module = self.module
        # Below zero by reflection, ψ(x) = ψ(1 - x) - π / tan(πx), of the part behind
        # the decimal point: π x itself would be rounded.
        part = x - module.trunc(x)
        y = module.where(x < 0, 1 - x, x)
        result = module.where(x < 0, -math.pi / module.tan(math.pi * part), 0.0)
        for _ in range(10):  # ψ(y) = ψ(y + 1) - 1 / y
            small = y < 10
            result = result - module.where(small, 1 / y, 0.0)
            y = module.where(small, y + 1, y)
        series = [b / (2 * k) for k, b in enumerate(BERNOULLI, 1)]
        rest = polynomial(series[::-1], 1 / (y * y)) / (y * y)
        result = result + module.log(y) - 0.5 / y - rest
        result = module.where(module.isinf(x), module.where(x > 0, x, math.nan), result)
        result = module.where((x < 0) & (part == 0), math.nan, result)
        return module.where(x == 0, -module.copysign(math.inf, x), result)

    def polygamma(self, x, n):
        """The `n`-th derivative of `digamma`, for `n` from 1."""
        return self._trigamma(x) if n == 1 else self._polygamma(x, n)

    def _trigamma(self, x):
        """The derivative of `digamma`, in the dtype of `x`: as rough as PyTorch's near poles."""
        module = self.module
        low = module.less(x, 0.5)  # by reflection: ψ′(x) = π² / sin²(πx) - ψ′(1 - x)
        y = module.where(low, 1 - x, x)
        total = 0
        for _ in range(6):  # ψ′(y) = ψ′(y + 1) + 1 / y²
            total = total + 1 / (y * y)
            y = y + 1
        square = 1 / (y * y)
        rest = 1 + 1 / (2 * y) + square * (1 / 6 - square * (1 / 30 - square / 42))
        total = total + rest / y
        sine = module.sin(self.constant(math.pi, x.dtype) * x)
        pole = self.constant(math.pi**2, x.dtype) / (sine * sine)
        return module.where(low, pole - total, total)

    @in_double
    def _polygamma(self, x, n):
        # Up to sign and factor it is Hurwitz' zeta function, the sum of (x + k)⁻ˢ: some
        # terms as they are, the others by the formula of Euler and Maclaurin.
        module = self.module
        s = n + 1
        finite = module.where(module.isfinite(x), x, 0.0)
        lowest = float(finite.min()) if x.size else 0.0
        total = module.zeros_like(x)
        y = x
        for _ in range(min(10 + max(0, math.ceil(-lowest)), 10_000)):
            total = total + y**-s
            y = y + 1
        total = total + y ** (1 - s) / (s - 1) + y**-s / 2
        factor = 1.0
        for k, b in enumerate(BERNOULLI, 1):
            factor *= (s + 2 * k - 2) * (s + 2 * k - 3 if k > 1 else 1) / (2 * k * (2 * k - 1))
            total = total + b * factor * y ** (1 - s - 2 * k)
        return (-1) ** s * math.factorial(n) * total

    # --------------------------------------------------------------- Bessel functions

    @in_double
    def bessel_i(self, x, order, scaled):
        """The modified Bessel function of order 0 or 1; scaled, times `e⁻|x|`."""
        # Its integral over an angle, of cosh(x cos t) or cos t sinh(x cos t), as a sum:
        # for periodic functions that converges faster than any power. Far out, its
        # asymptotic series.
        module = self.module
        size = module.abs(x)
        near = module.minimum(size, 200)
        total = module.zeros_like(x)
        for k in range(32):
            c = math.cos((k + 0.5) * math.pi / 64)
            total = total + (c * module.sinh(near * c) if order else module.cosh(near * c))
        near = total / 32 * module.exp(-near)
        term = module.ones_like(x)
        far = term
        for k in range(1, 8):
            term = term * ((2 * k - 1) ** 2 - 4 * order) / (8 * k * size)
            far = far + term
        value = module.where(size < 200, near, far / module.sqrt(2 * math.pi * size))
        if order:
            value = module.copysign(value, x)
        return value if scaled else value * module.exp(size)
