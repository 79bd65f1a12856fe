"""The error function and its relatives, the gamma and the Bessel functions."""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.base import HALVES, not_implemented
from minitorch_ff.firefly.ops.elementwise import Elementwise

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


class Erf(Elementwise):
    """The error function; the gradient is `2 / √π e^(-x²) g`."""

    rounds_forward = HALVES
    height = TWO_OVER_ROOT_PI

    def chain(self, xp, grad, x):
        bell = xp.exp(xp.neg(xp.mul(x, x)))
        return xp.mul(grad, xp.scale(bell, self.height))


class Erfc(Erf):
    """`1 - erf x`; the gradient is `-2 / √π e^(-x²) g`."""

    height = -TWO_OVER_ROOT_PI


class SpecialErfcx(Elementwise):
    """`e^(x²) erfc x`; the gradient is `(2 x y - 2 / √π) g`."""

    widens = False

    saves = "xy"

    def value(self, xp, x):
        refuse_half(x, "erfcx_cpu")
        return xp.erfcx(x)

    def chain(self, xp, grad, x, y):
        slope = xp.shift(xp.scale(xp.mul(x, y), 2), -TWO_OVER_ROOT_PI)
        return xp.mul(grad, slope)


def refuse_half(x, kernel):
    """Refuse numbers of two bytes, which these functions do not come in."""
    if x.dtype.itemsize == 2:
        raise not_implemented(kernel, x.dtype)


class Erfinv(Elementwise):
    """The number whose error function is `x`; the gradient is `√π / 2 e^(y²) g`."""

    saves = "y"

    def chain(self, xp, grad, y):
        return xp.mul(grad, xp.scale(xp.exp(xp.mul(y, y)), 1 / TWO_OVER_ROOT_PI))


class SpecialLogNdtr(Elementwise):
    """The logarithm of the normal distribution function.

    The gradient is `e^(-y - x²/2) / √(2π) g`.
    """

    widens = False
    saves = "xy"

    def value(self, xp, x):
        refuse_half(x, "log_ndtr_cpu")
        return xp.log_ndtr(x)

    def chain(self, xp, grad, x, y):
        exponent = xp.add(y, xp.scale(xp.mul(x, x), 0.5))
        return xp.mul(xp.scale(grad, 1 / math.sqrt(2 * math.pi)), xp.exp(xp.neg(exponent)))


class SpecialNdtri(Elementwise):
    """The quantile of the normal distribution; the gradient is `√(2π) e^(y²/2) g`."""

    widens = False
    saves = "y"

    def value(self, xp, x):
        refuse_half(x, "ndtri_cpu")
        return xp.ndtri(x)

    def chain(self, xp, grad, y):
        slope = xp.exp(xp.scale(xp.mul(y, y), 0.5))
        return xp.mul(grad, xp.scale(slope, math.sqrt(2 * math.pi)))


class SpecialEntr(Elementwise):
    """`-x ln x`, 0 at 0, -∞ below; the gradient is `-(ln x + 1) g`."""

    def value(self, xp, x):
        zero = xp.constant(0, x.dtype)
        inside = xp.where_true(xp.neg(xp.mul(x, xp.log(x))), xp.ne(x, zero))
        return xp.where(xp.lt(x, zero), xp.constant(-math.inf, x.dtype), inside)

    def chain(self, xp, grad, x):
        return xp.mul(grad, xp.neg(xp.shift(xp.log(x), 1)))


class Lgamma(Elementwise):
    """The logarithm of the gamma function's size; the gradient is `ψ(x) g`."""

    def chain(self, xp, grad, x):
        return xp.mul(grad, xp.digamma(x))


class Digamma(Elementwise):
    """`ψ`, the derivative of `lgamma`; the gradient is `ψ′(x) g`."""

    def chain(self, xp, grad, x):
        return xp.mul(grad, xp.polygamma(x, 1))


class Polygamma(Elementwise):
    """The `n`-th derivative of `ψ`; the gradient is the next one times `g`."""

    def value(self, xp, x):
        return xp.polygamma(x, self.n) if self.n else xp.digamma(x)

    def chain(self, xp, grad, x):
        return xp.mul(grad, xp.polygamma(x, self.n + 1))


class BesselI(Elementwise):
    """The modified Bessel functions `I₀` and `I₁`; scaled, times `e^-|x|`.

    `I₀′ = I₁` and `I₁′ = I₀ - I₁ / x`; scaled, less `sign(x) y`.
    """

    saves = "xy"

    def value(self, xp, x):
        return xp.bessel_i(x, self.order, self.scaled)

    def chain(self, xp, grad, x, y):
        other = xp.bessel_i(x, 1 - self.order, self.scaled)
        slope = other
        sign = xp.sign(x)  # PyTorch counts not-a-number among the zeros here
        if self.order:
            zero = xp.eq(sign, xp.constant_like(0, sign))
            nonzero = xp.where(zero, xp.constant_like(1, x), x)
            slope = xp.sub(slope, xp.div(y, nonzero))
        if self.scaled:
            slope = xp.sub(slope, xp.mul(y, sign))
        if self.order:
            slope = xp.where(zero, xp.constant_like(0.5, x), slope)
        return xp.mul(grad, slope)

    def name(self):
        name = f"I{self.order}" + ("E" if self.scaled else "")
        return f"{'' if name == 'I0' else 'Special'}{name}Backward0"
