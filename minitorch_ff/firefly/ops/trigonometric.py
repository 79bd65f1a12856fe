"""Sines, cosines, tangents; their hyperbolic relatives; and the ways back."""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.base import HALVES, Operator
from minitorch_ff.firefly.ops.elementwise import Elementwise, Pairwise


class Sin(Elementwise):
    """The sine; the gradient is `g cos x`."""

    def chain(self, xp, grad, x):
        return xp.mul(grad, xp.cos(x))


class Cos(Elementwise):
    """The cosine; the gradient is `-g sin x`."""

    def chain(self, xp, grad, x):
        return xp.mul(grad, xp.neg(xp.sin(x)))


class Tan(Elementwise):
    """The tangent; the gradient is `g (1 + y²)`."""

    saves = "y"

    def chain(self, xp, grad, y):
        return xp.mul(grad, xp.shift(xp.mul(y, y), 1))


class Asin(Elementwise):
    """The angle with the sine `x`; the gradient is `g / √(1 - x²)`."""

    def chain(self, xp, grad, x):
        return xp.mul(grad, xp.rsqrt(one_minus_square(xp, x)))


class Acos(Elementwise):
    """The angle with the cosine `x`; the gradient is `-g / √(1 - x²)`."""

    def chain(self, xp, grad, x):
        return xp.neg(xp.mul(grad, xp.rsqrt(one_minus_square(xp, x))))


class Atan(Elementwise):
    """The angle with the tangent `x`; the gradient is `g / (1 + x²)`."""

    def chain(self, xp, grad, x):
        return xp.div(grad, xp.shift(xp.mul(x, x), 1))


class Atan2(Pairwise):
    """The angle of a point `(b, a)`; the gradient is `g b / r²`, `-g a / r²` or 0."""

    floats = True

    def chain(self, xp, grad, a, b):
        square = xp.add(xp.mul(a, a), xp.mul(b, b))
        nonzero = xp.ne(square, xp.constant_like(0, square))
        share = xp.where_true(xp.reciprocal(square), nonzero)
        return xp.mul(xp.mul(grad, b), share), xp.neg(xp.mul(xp.mul(grad, a), share))


class Sinh(Elementwise):
    """The hyperbolic sine; the gradient is `g cosh x`."""

    rounds_forward = HALVES[1:]

    def chain(self, xp, grad, x):
        return xp.mul(grad, xp.cosh(x))


class Cosh(Elementwise):
    """The hyperbolic cosine; the gradient is `g sinh x`."""

    rounds_forward = HALVES[1:]

    def chain(self, xp, grad, x):
        return xp.mul(grad, xp.sinh(x))


class Asinh(Elementwise):
    """The number with the hyperbolic sine `x`; the gradient is `g / √(x² + 1)`."""

    def chain(self, xp, grad, x):
        return xp.mul(grad, xp.rsqrt(xp.shift(xp.mul(x, x), 1)))


class Acosh(Elementwise):
    """The number with the hyperbolic cosine `x`; the gradient is `g / √(x² - 1)`."""

    def chain(self, xp, grad, x):
        return xp.mul(grad, xp.rsqrt(xp.shift(xp.mul(x, x), -1)))


class Atanh(Elementwise):
    """The number with the hyperbolic tangent `x`; the gradient is `g / (1 - x²)`."""

    def chain(self, xp, grad, x):
        return xp.div(grad, one_minus_square(xp, x))


class Sinc(Elementwise):
    """`sin(πx) / (πx)`, and 1 at 0.

    The gradient is `g (πx cos(πx) - sin(πx)) / (πx²)`, and 0 at 0.
    """

    def chain(self, xp, grad, x):
        angle, area = xp.scale(x, math.pi), xp.scale(xp.mul(x, x), math.pi)
        slope = xp.div(xp.sub(xp.mul(angle, xp.cos(angle)), xp.sin(angle)), area)
        nonzero = xp.ne(area, xp.constant_like(0, area))
        return xp.where_true(xp.mul(grad, slope), nonzero)


class Deg2rad(Operator):
    """Degrees as radians: `x π / 180`."""

    floats = fresh = True
    factor = math.pi / 180
    called = "Deg2Rad"

    def forward(self, xp, x):
        return xp.scale(x, self.factor)

    def backward(self, xp, grad):
        return (xp.scale(grad, self.factor),)


class Rad2deg(Deg2rad):
    """Radians as degrees: `x 180 / π`."""

    factor = 180 / math.pi
    called = "Rad2Deg"


def one_minus_square(xp, x):
    """`1 - x²`, as it stands under several roots."""
    return xp.sub(xp.constant_like(1, x), xp.mul(x, x))
